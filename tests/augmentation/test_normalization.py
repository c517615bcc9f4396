"""Normalization against its formula and against the preprocessing of evaluation."""

import numpy as np
from augmentation.cases import clips

from keras_nonlocal import augmentation
from keras_nonlocal.video.preprocessing import preprocess


def test_normalization_equals_preprocess():
    for mean, std in [((114.75,) * 3, (57.375,) * 3), ((90.0, 100.0, 110.0), (50.0, 60.0, 70.0))]:
        expected = preprocess(clips(), mean=mean, std=std)
        np.testing.assert_allclose(
            augmentation.Normalization(mean, std)(clips()), expected, atol=1e-6
        )
    np.testing.assert_allclose(
        augmentation.Normalization()(clips()), (clips() - 114.75) / 57.375, atol=1e-6
    )
