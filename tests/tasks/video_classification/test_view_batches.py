"""Results are prefetched in order, and views are batched by shape."""

import threading
import time

import numpy as np
import pytest

from keras_nonlocal.tasks.video_classification.view_batches import ShapeBatcher, prefetch


def test_prefetch_keeps_the_order():
    def slow(number):
        time.sleep(0.02 if number % 3 == 0 else 0)
        return -number

    assert list(prefetch(slow, range(20), 4)) == [(number, -number) for number in range(20)]


def test_prefetch_raises_an_error_at_its_turn_and_ends_the_threads():
    def failing(number):
        if number == 3:
            raise OSError("number 3")
        return number

    before, seen = threading.active_count(), []
    with pytest.raises(OSError, match="number 3"):
        seen.extend(result for _, result in prefetch(failing, range(10), 2))
    assert seen == [0, 1, 2]  # the results before the error
    assert threading.active_count() == before


def test_prefetch_is_bounded():
    started = []
    results = prefetch(started.append, range(100), 3)
    next(results)
    time.sleep(0.05)
    assert len(started) <= 4
    results.close()
    assert len(started) <= 4


def test_batches_have_one_shape_and_no_view_is_lost():
    rng = np.random.default_rng(0)
    batcher, batches, given = ShapeBatcher(lambda shape: 4, max_bytes=3000), [], []
    for video in range(30):
        size = int(rng.integers(2, 6))
        views = rng.integers(0, 256, (int(rng.integers(1, 7)), 2, size, size, 3), "uint8")
        given += [(video, view.tobytes()) for view in views]
        batches += list(batcher.add(video, views))
        assert sum(len(views) for _, views in batches) >= len(given) - 3000 // (2 * 2 * 2 * 3)
    batches += list(batcher.flush())
    assert max(len(views) for _, views in batches) == 4
    received = [
        (video, view.tobytes())
        for videos, views in batches
        for video, view in zip(videos, views, strict=True)
    ]
    assert sorted(received, key=lambda pair: pair[0]) == given
