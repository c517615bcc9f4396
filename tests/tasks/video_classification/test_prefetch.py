"""Reading ahead: order, errors in their turn, and threads that end."""

import threading
import time

import pytest

from keras_nonlocal.tasks.video_classification.prefetch import ahead


def test_results_come_in_order_however_long_each_takes():
    def slow(number):
        time.sleep(0.02 if number % 3 == 0 else 0)
        return -number

    assert list(ahead(slow, range(20), 4)) == [(number, -number) for number in range(20)]


def test_an_error_comes_in_its_turn_and_ends_the_threads():
    def failing(number):
        if number == 3:
            raise OSError("number 3")
        return number

    before, seen = threading.active_count(), []
    with pytest.raises(OSError, match="number 3"):
        seen.extend(result for _, result in ahead(failing, range(10), 2))
    assert seen == [0, 1, 2]  # what was there before it
    assert threading.active_count() == before


def test_no_more_is_read_than_workers_can_hold():
    started = []
    results = ahead(started.append, range(100), 3)
    next(results)
    time.sleep(0.05)
    assert len(started) <= 4
    results.close()
    assert len(started) <= 4
