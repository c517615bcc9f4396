"""How a video classifier is asked when it is served."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from ...export.fold_batch_norm import fold_batch_norm
from ...export.signature import (
    Served,
    Signature,
    checked,
    checked_images,
    decoded_jpegs,
)
from ...layers.base_non_local import BaseNonLocal
from ...utils.compat import output_of
from ...video.decoding.array_video import FPS
from ...video.graph_views import views_of_frames
from ...video.preprocessing import preprocess
from ...video.samples.sample_video import jumping_jacks
from .attention_signature import attention_signature

TOP = 5
MOST_FRAMES = 3000  # of a video in a request: 100 seconds
_POOLED = "avg_pool"


def served_classifier(classifier) -> Served:
    """Returns the signatures of a video classifier.

    `views` takes the clips that the network sees, and `serving_default` a whole video, which the
    graph cuts into clips. `jpeg_frames` and `encoded_clip` take a video as JPEG files and as an
    animated GIF, and `features` are the pooled features of clips. Where the network has non-local
    blocks, `attention_top` says what they attend to.

    Args:
        classifier: A `VideoClassifier`.
    """
    clip = classifier.clip
    network = fold_batch_norm(classifier.model)
    both, plain = _with_features(network), _with_features(classifier.model)
    names = tf.constant(classifier.class_names)

    def network_input(pixels):
        return preprocess(pixels, **clip.preprocessing)

    string, shape = tf.string, (None, clip.num_frames, *_size(clip), 3)
    pixels = tf.TensorSpec((None, None, None, None, 3), tf.uint8)
    clips = {"views": tf.TensorSpec((None, *shape), tf.uint8)}

    @tf.function(input_signature=[*clips.values()], autograph=False)  # traced once
    def over_views(views):
        """The mean over the views `(B, V, T, H, W, 3)`, which pass the network one by one."""
        views = checked_images(views, "views")

        def one(view):
            return both(network_input(view), training=False)

        views = tf.transpose(views, (1, 0, 2, 3, 4, 5))
        if clip.flip:
            views = tf.concat([views, views[..., ::-1, :]], axis=0)
        form = {
            name: tf.TensorSpec((None, each.shape[-1]), tf.float32)
            for name, each in both.output.items()
        }
        each = tf.map_fn(one, views, fn_output_signature=form)
        return {name: tf.reduce_mean(value, axis=0) for name, value in each.items()}

    def classes(views):
        probabilities = over_views(views)["probabilities"]
        scores, top = tf.math.top_k(probabilities, min(TOP, len(classifier.class_names)))
        return {
            "probabilities": probabilities,
            "top_classes": top,
            "top_names": tf.gather(names, top),
            "top_scores": scores,
        }

    @tf.function(input_signature=[pixels], autograph=False)
    def whole(frames):
        count = tf.shape(frames)[1]
        frames = checked(
            checked_images(frames, "frames"),
            "frames",
            (count >= 2, "at least 2 frames"),
            (count <= MOST_FRAMES, f"at most {MOST_FRAMES} frames"),
        )
        return classes(cut(frames))

    def cut(frames):
        form = tf.TensorSpec((clip.views, clip.num_frames, *_size(clip), 3), tf.uint8)
        return tf.map_fn(partial(views_of_frames, clip), frames, fn_output_signature=form)

    def of_jpegs(jpegs):
        files = checked(
            jpegs, "jpegs", (tf.shape(jpegs)[1] <= MOST_FRAMES, f"at most {MOST_FRAMES} frames")
        )
        pictures = decoded_jpegs(tf.reshape(files, [-1]), "jpegs")
        return whole(_grouped(pictures, tf.shape(jpegs)))

    def of_gifs(gifs):
        gifs = checked(gifs, "gifs", (tf.size(gifs) > 0, "at least one GIF file"))
        form = tf.TensorSpec((None, None, None, 3), tf.uint8)
        with tf.name_scope("gifs"):
            return whole(tf.map_fn(tf.io.decode_gif, gifs, fn_output_signature=form))

    def answer(views, output="probabilities"):
        seen = np.concatenate([views, views[..., ::-1, :]], 1) if clip.flip else views
        clips = [classifier.preprocess(view) for view in np.moveaxis(seen, 1, 0)]
        each = [plain.predict_on_batch(one)[output] for one in clips]
        return {output: np.mean(each, axis=0)}

    def answer_whole(frames):
        return answer(cut(tf.constant(frames)).numpy())

    videos = [_video(*size) for size in ((2 * clip.span + 1, 120, 160), (9, 96, 90))]
    requests = [{"frames": np.stack([video])} for video in videos]
    requests.append({"frames": np.stack([videos[0][::-1], videos[0]])})
    views = [{"views": cut(tf.constant(each["frames"]))[:, :2].numpy()} for each in requests]
    jpegs = [{"jpegs": np.array([_jpegs(video)])} for video in videos]
    gifs = [{"gifs": np.array([_gif(video)])} for video in videos]
    signatures = {
        "views": Signature(
            classes, clips, views, answer, refused=_none(views[0]), batching=None not in shape[1:]
        ),
        "serving_default": Signature(
            whole,
            {"frames": pixels},
            requests,
            answer_whole,
            refused={"frames": np.zeros((1, 9, 1, 1, 3), "uint8")},
        ),
        "jpeg_frames": Signature(
            of_jpegs,
            {"jpegs": tf.TensorSpec((None, None), string)},
            jpegs,
            lambda jpegs: answer_whole(_grouped(_pictures(jpegs), jpegs.shape).numpy()),
            refused={"jpegs": np.array([[b"\xff\xd8\xff broken"] * 3])},
        ),
        "encoded_clip": Signature(
            of_gifs,
            {"gifs": tf.TensorSpec((None,), string)},
            gifs,
            lambda gifs: answer_whole(tf.io.decode_gif(gifs[0])[None].numpy()),
            refused={"gifs": np.array([b"GIF89a broken"])},
        ),
        "features": Signature(
            lambda views: {"features": over_views(views)["features"]},
            clips,
            views,
            partial(answer, output="features"),
            tolerance=1e-4,
            refused=_none(views[0]),
        ),
    }
    if None not in shape[1:] and any(isinstance(x, BaseNonLocal) for x in network.layers):
        form = tf.TensorSpec((None, *shape[1:]), tf.uint8)
        signatures["attention_top"] = attention_signature(
            classifier, network, network_input, form, [each["views"][:, 0] for each in views]
        )
    return Served(network, signatures, _about(classifier, answer_whole, videos[0]))


def _about(classifier, answer_whole, video) -> dict[str, Any]:
    """Facts for the manifest, with how far a whole video is from the predictor's own reading."""
    expected = classifier.predict(video)
    found = answer_whole(video[None])["probabilities"][0]
    difference = max(
        abs(expected[name] - float(value))
        for name, value in zip(classifier.class_names, found, strict=True)
    )
    return {
        **classifier.about(),
        # A network that counts frames takes those of a file as they are.
        "frames_per_second": int(FPS) if classifier.clip.seconds_between_frames else None,
        "difference_to_predict": difference,
    }


def _with_features(network):
    """The network with its pooled features as a second output."""
    features = keras.ops.mean(output_of(network, _POOLED), axis=(1, 2, 3))
    return keras.Model(network.input, {"probabilities": network.output, "features": features})


def _size(clip):
    return clip.size or (None, None)


def _none(request):
    return {name: array[:0] for name, array in request.items()}


def _grouped(pictures, shape):
    size = tf.shape(pictures)[1:]
    return tf.reshape(pictures, tf.concat([shape, size], axis=0))


def _pictures(files):
    exact = {"channels": 3, "dct_method": "INTEGER_ACCURATE"}
    return tf.stack([tf.io.decode_jpeg(file, **exact) for file in files.flat])


def _video(frames: int, height: int, width: int) -> np.ndarray:
    """A person who jumps, at another size."""
    video = tf.image.resize(jumping_jacks(frames), (height, width))
    return tf.cast(video + 0.5, tf.uint8).numpy()


def _jpegs(video: np.ndarray) -> list[bytes]:
    return [tf.io.encode_jpeg(frame, quality=95).numpy() for frame in video]


def _gif(video: np.ndarray) -> bytes:
    frames, file = [Image.fromarray(frame) for frame in video], io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=33)
    return file.getvalue()
