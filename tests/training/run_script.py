"""A short training run in a separate process: `python run_script.py VIDEOS FOLDER`."""

import sys

from keras_nonlocal.tasks.train import train
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.utils.errors import TrainingStopped

RECIPE = VideoRecipe(
    "nl_c2d_small",
    num_frames=2,
    frame_stride=2,
    size=(24, 24),
    about="a short run",
    arguments={"variant": "slowfast", "blocks": 1, "dropout": 0.5},
    augmentation=({"layer": "RandomFlip"},),
    epochs=6,
    batch_size=2,
    schedule="cosine",
    precise_bn_batches=2,
    test_num_clips=1,
)


def run(videos, folder):
    train(
        RECIPE,
        videos,
        folder,
        checkpoint_every_n_steps=2,
        deterministic=True,
        report=False,
        verbose=0,
    )


if __name__ == "__main__":
    try:
        run(*sys.argv[1:])
    except TrainingStopped as error:
        sys.exit(str(error))
