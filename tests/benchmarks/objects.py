"""Small detection networks with and without blocks on rendered objects: Tables 5 and 6 in small.

python tests/benchmarks/objects.py DATA OUT [--seeds 0 1 2] [--builders ...]

DATA is a folder, into which 2,000 images to train and 200 unseen images to evaluate are written if
it does not exist. Each training, by the recipe of its network, is a folder and a line of
OUT/results.jsonl; a call goes on where the last one stopped. OUT/results.md compares the networks.
"""

from pathlib import Path

from seeds import arguments_of, compared, train_all

from keras_nonlocal.images import read_object_set
from keras_nonlocal.images.samples.objects import write_objects
from keras_nonlocal.tasks import find_recipe
from keras_nonlocal.tasks.detection import Detection, evaluate_detection
from keras_nonlocal.tasks.detection.evaluation import with_tolerances
from keras_nonlocal.training import fit

BUILDERS = (
    "mask_rcnn_small",
    "nl_mask_rcnn_small",
    "keypoint_rcnn_small",
    "nl_keypoint_rcnn_small",
)
FIRST_UNSEEN = 100_000  # the seeds of the images, from which all of them follow


def table(by_builder):
    lines = [
        "| network | number | seeds | mean | against the network without blocks | processor "
        "seconds |",
        "|---|---|---|---|---|---|",
    ]
    for builder, rows in by_builder.items():
        base = by_builder.get(builder.removeprefix("nl_"), [])
        seconds = sum(row["processor_seconds"] for row in rows) / len(rows)
        lines += [
            f"| {builder} | {name} | {compared(rows, base, name)} | {seconds:.0f} |"
            for name in rows[0]
            if name.endswith("_ap")
        ]
    return "\n".join(lines) + "\n"


def main():
    arguments = arguments_of(__doc__.splitlines()[0], BUILDERS)
    if not Path(arguments.data).exists():
        write_objects(arguments.data, 2000)
        write_objects(arguments.data, 200, seed=FIRST_UNSEEN, split="val")

    def train(builder, seed, folder):
        recipe = find_recipe(builder.removeprefix("nl_")).changed(builder=builder, seed=seed)
        task = Detection(recipe, arguments.data, split="train")
        run = fit(task, folder, verbose=2, report=False)
        unseen = read_object_set(arguments.data, split="val", keypoints="keypoints" in recipe.kinds)
        unseen = with_tolerances(unseen, recipe.keypoint_tolerance)
        scores = evaluate_detection(run.model, unseen, recipe.testing_image)
        return {name: float(value) for name, value in scores.summary().items()}

    lines = table(train_all(arguments, train))
    (arguments.out / "results.md").write_text(lines, "utf-8")
    print(lines)


if __name__ == "__main__":
    main()
