"""Smaller networks for tests of what is done with a network, such as training and saving it."""

from contextlib import contextmanager

import pytest

from keras_nonlocal.backbones import placement
from keras_nonlocal.models import video


@contextmanager
def shallow():
    """Networks of 18 layers have two residual blocks instead of eight: one in res3, one in res4."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(placement.DEPTHS, 18, (0, 1, 1, 0))
        blocks = {1: {"res4": (0,)}, 2: {"res3": (0,), "res4": (0,)}}
        patch.setitem(placement.PLACEMENTS, 18, blocks)
        yield


@contextmanager
def narrow():
    """Video networks have an eighth of the channels, with the layers and names as published."""

    def video_resnet(*inputs, width, **options):
        return published(*inputs, width=width // 8, **options)

    published = video.video_resnet
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(video, "video_resnet", video_resnet)
        yield
