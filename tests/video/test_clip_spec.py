import numpy as np
import pytest

from keras_nonlocal.video.clip_spec import ClipSpec

EVEN = np.arange(100) * 40_000  # 25 frames a second


def test_at_a_constant_rate_clips_by_time_are_clips_by_index():
    for clips in (1, 2, 4, 10):
        by_time, by_index = (
            ClipSpec(8, seconds_between_frames=0.16, num_clips=clips),
            ClipSpec(8, frame_stride=4, num_clips=clips),
        )
        assert by_time.spread_indices(EVEN, 25.0) == by_index.spread_indices(EVEN, 25.0)


def test_clips_follow_the_sampling_rule():
    clip = ClipSpec(4, frame_stride=8, sampling="official", num_clips=10)
    assert clip.spread_indices(EVEN, 25.0)[-1] == [90, 98, 6, 14]
    indices = clip.random_indices(EVEN, np.random.default_rng(1), 25.0)
    assert np.diff(indices).tolist() == [8, 8, 8]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_frames": 0}, "`num_frames`"),
        ({"frame_stride": 1.5}, "`frame_stride`"),
        ({"seconds_between_frames": 0}, "`seconds_between_frames`"),
        ({"seconds_between_frames": 0.1, "frame_stride": 2}, "count frames"),
        ({"seconds_between_frames": 0.1, "sampling": "official"}, "count frames"),
        ({"seconds_between_frames": float("nan")}, "`seconds_between_frames`"),
        ({"seconds_between_frames": True}, "`seconds_between_frames`"),
        ({"past_end": "stop", "seconds_between_frames": 0.1}, "`past_end` must be one of"),
        ({"past_end": "repeat_last"}, "`past_end` needs `seconds_between_frames`"),
        ({"short_side": 0}, "`short_side`"),
        ({"short_side": (20, 40), "size": (24, 32)}, "`size` fits"),
        ({"short_side": (320, 256)}, "`short_side`"),
        ({"size": (224, 0)}, "`size`"),
        ({"sampling": "random"}, "`sampling` must be one of 'spread', 'official'"),
        ({"num_clips": 0}, "`num_clips`"),
        ({"num_crops": 3}, "`num_crops` needs the `size`"),
    ],
)
def test_values_out_of_range_or_in_contradiction_raise(wrong, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        ClipSpec(**wrong)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_speed_jitter_keeps_frames_in_order_and_evenly_apart(stride):
    clip, times = ClipSpec(8, stride, speed_jitter=1.5), np.arange(200) * 40_000
    rng, means = np.random.default_rng(0), []
    for _ in range(50):
        steps = np.diff(clip.random_indices(times, rng, 25.0))
        assert steps.max() - steps.min() <= 2  # both ends are rounded
        means.append(steps.mean())
    assert stride / 1.5 - 0.2 <= min(means) < stride < max(means) <= stride * 1.5 + 0.2


def test_speed_jitter_with_seconds_between_frames_raises():
    with pytest.raises(ValueError, match=r"leave .*`speed_jitter`.*Received: .*speed_jitter=1.2"):
        ClipSpec(8, seconds_between_frames=0.1, speed_jitter=1.2)


def test_speed_jitter_below_1_raises():
    with pytest.raises(ValueError, match="`speed_jitter` must be a number of at least 1"):
        ClipSpec(8, speed_jitter=0.5)


def test_mean_and_std_may_be_arrays():
    clip = ClipSpec(8, mean=np.array([1.0, 2, 3]), std=np.float32([2, 2, 2]))
    assert (clip.mean, clip.std) == ((1.0, 2.0, 3.0), (2.0, 2.0, 2.0))


@pytest.mark.parametrize("mean", [(1, 2), "abc", (float("inf"),) * 3, (True,) * 3, 1.0])
def test_a_mean_that_is_not_one_number_per_channel_raises(mean):
    with pytest.raises(ValueError, match="`mean` must be one number for each"):
        ClipSpec(8, mean=mean, std=(1, 1, 1))
