import numpy as np
import pytest

from keras_nonlocal.data import Clip
from keras_nonlocal.data.moments import duration, numbers_at, random_moment, spread_moments

EVEN = np.arange(100) * 40_000  # 25 frames a second
UNEVEN = np.array([0, 10_000, 50_000, 60_000, 200_000])


def shown(times, moment):
    """The last frame that has begun, found by looking at each."""
    moment %= duration(times)
    return max(number for number, time in enumerate(times) if time <= moment)


def test_the_last_frame_is_shown_as_long_as_the_one_before():
    assert duration(EVEN) == 4_000_000
    assert duration(UNEVEN) == 340_000
    assert duration(np.array([0])) == 1


@pytest.mark.parametrize("start", [0, 9_999, 10_000, 123_456])
@pytest.mark.parametrize("times", [EVEN, UNEVEN])
def test_each_moment_shows_the_frame_that_has_begun_last(times, start):
    numbers = numbers_at(times, start, frames=20, step=33_333)
    assert numbers == [shown(times, start + 33_333 * i) for i in range(20)]


def test_whole_frames_of_an_even_video_are_the_same_by_clock_and_by_count():
    by_clock, by_count = Clip(8, seconds=0.16, clips=4), Clip(8, stride=4, clips=4)
    ours = by_clock.test_numbers(EVEN, 25.0)
    assert [np.diff(numbers).tolist() for numbers in ours] == [[4] * 7] * 4
    assert ours[0] == by_count.test_numbers(EVEN, 25.0)[0]
    assert ours[-1] == by_count.test_numbers(EVEN, 25.0)[-1]


def test_random_moments_leave_room_for_the_clip():
    rng = np.random.default_rng(0)
    drawn = [random_moment(EVEN, 3_000_000, rng) for _ in range(500)]
    assert min(drawn) >= 0
    assert max(drawn) + 3_000_000 < duration(EVEN)
    assert np.ptp(drawn) > 900_000
    assert random_moment(EVEN, 9_000_000, rng) == 0


def test_moments_are_spread_from_the_first_to_the_last():
    assert spread_moments(EVEN, 1_000_000, 3) == [0, 1_499_999, 2_999_999]
    assert spread_moments(EVEN, 1_000_000, 1) == [1_499_999]


def test_a_clip_by_count_follows_its_scheme():
    clip = Clip(4, stride=8, sampling="official", clips=10)
    assert clip.test_numbers(EVEN, 25.0)[-1] == [90, 98, 6, 14]
    numbers = clip.random_numbers(EVEN, np.random.default_rng(1), 25.0)
    assert np.diff(numbers).tolist() == [8, 8, 8]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"frames": 0}, "`frames`"),
        ({"stride": 1.5}, "`stride`"),
        ({"seconds": 0}, "`seconds`"),
        ({"seconds": 0.1, "stride": 2}, "count frames"),
        ({"seconds": 0.1, "sampling": "official"}, "count frames"),
        ({"short_side": 0}, "`short_side`"),
        ({"short_side": (320, 256)}, "`short_side`"),
        ({"size": (224, 0)}, "`size`"),
        ({"sampling": "random"}, "`sampling` must be one of 'spread', 'official'"),
        ({"clips": 0}, "`clips`"),
        ({"crops": 3}, "`crops` needs the `size`"),
    ],
)
def test_what_is_out_of_range_or_contradicts_is_refused(wrong, said):
    with pytest.raises(ValueError, match=f"{said}.*Received"):
        Clip(**wrong)
