"""Long videos, streams and cameras are classified window by window."""

import glob
import socketserver
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from video.conftest import encode

from keras_nonlocal import zoo
from keras_nonlocal.tasks.video_classification.timeline import (
    Segment,
    TimedAnswer,
    classify_over_time,
    segments,
)
from keras_nonlocal.video import VideoError, iterate_frames, write_video
from keras_nonlocal.video.decoding.live import LiveVideo
from keras_nonlocal.video.samples.sample_video import write_sample

REAL = Path(__file__).parents[4] / "shared/data/weizmann"
FRAMES = 75  # of the sample


@pytest.fixture(scope="module")
def classifier():
    return zoo.load("nl_i3d_small_weizmann")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "sample.mp4"
    write_sample(path)
    return path


def answers_of(*rows):
    return [TimedAnswer(start, start + 2, np.array(values)) for start, values in enumerate(rows)]


def test_a_video_of_one_window_has_the_answer_of_predict(classifier, sample, tmp_path):
    frames = [pixels for _, pixels in iterate_frames(sample)]
    for count in (classifier.clip.span, 7):
        path = tmp_path / f"{count}.mkv"
        write_video(path, iter(frames[:count]), 25)
        (answer,) = classify_over_time(classifier, path)
        expected = classifier.predict(path)  # the mean of ten clips that are the same
        assert classifier.named(answer.probabilities) == pytest.approx(expected, abs=1e-6)


def test_windows_follow_each_other_to_the_end(classifier, sample):
    found = list(classify_over_time(classifier, sample, every=0.5))
    assert [answer.start for answer in found[:3]] == [0.0, 0.52, 1.0]
    assert found[-1].end == pytest.approx(sum(1 for _ in iterate_frames(sample)) / 25)
    assert all(answer.probabilities.sum() == pytest.approx(1, abs=1e-5) for answer in found)


def test_neighbors_with_one_label_are_a_segment():
    rows = answers_of([0.9, 0.1], [0.8, 0.2], [0.45, 0.55], [0.2, 0.8])
    assert segments(rows, ("a", "b"), smoothing=1) == [
        Segment(0, 2.5, "a", pytest.approx(0.85)),
        Segment(2.5, 5, "b", pytest.approx(0.675)),
    ]
    unsure = segments(rows, ("a", "b"), smoothing=1, threshold=0.6)
    assert [(part.end, part.label) for part in unsure] == [(2.5, "a"), (3.5, None), (5, "b")]
    joined = segments(rows, ("a", "b"), smoothing=1, threshold=0.6, least_seconds=1.1)
    assert [(part.end, part.label) for part in joined] == [(3.5, "a"), (5, "b")]


def test_smoothing_removes_a_single_other_answer():
    rows = answers_of([0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.9, 0.1], [0.9, 0.1])
    assert len(segments(rows, ("a", "b"), smoothing=1)) == 3
    assert [part.label for part in segments(rows, ("a", "b"))] == ["a"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"smoothing": 2}, "odd number. Received: smoothing=2"),
        ({"smoothing": 0}, "`smoothing` must be a positive integer"),
        ({"threshold": 1.5}, "from 0 to 1. Received: threshold=1.5"),
        ({"least_seconds": -1}, "least_seconds=-1"),
        ({"answers": []}, "Received: none"),
    ],
)
def test_wrong_numbers_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        segments(options.pop("answers", answers_of([1.0])), ("a",), **options)


@contextmanager
def sent(content):
    """The address of a server that sends these bytes to each client, and then hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(content)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield "tcp://{}:{}".format(*server.server_address)
        server.shutdown()


@pytest.fixture(scope="module")
def streamed(sample, tmp_path_factory):
    """The sample in a container that can be read from its start."""
    path = tmp_path_factory.mktemp("streamed") / "sample.ts"
    return encode(path, np.stack([pixels for _, pixels in iterate_frames(sample)]), fps=25)


def test_a_stream_has_the_answers_of_its_file(classifier, streamed):
    expected = list(classify_over_time(classifier, streamed, every=0.5))
    with sent(streamed.read_bytes()) as address:
        found = list(classify_over_time(classifier, address, every=0.5))
    assert found[-1].dropped == 0
    for answer, other in zip(found, expected, strict=True):
        assert (answer.start, answer.end) == pytest.approx((other.start, other.end))
        np.testing.assert_allclose(answer.probabilities, other.probabilities, atol=1e-6)


def test_a_camera_that_is_too_fast_loses_its_oldest_frames(streamed):
    with sent(streamed.read_bytes()) as address, LiveVideo(address, most_waiting=4) as live:
        end = time.monotonic() + 60
        while live.dropped < FRAMES - 4 and time.monotonic() < end:
            time.sleep(0.01)
        times = [moment for moment, _ in live]
    assert times == [moment for moment, _ in iterate_frames(streamed)][-4:]
    assert live.dropped == FRAMES - 4


def test_a_stream_that_cannot_be_read_is_an_error():
    expected = pytest.raises(VideoError, match=r"Cannot read 'tcp://.*Check the address")
    with sent(b"no video " * 100) as address, expected:
        LiveVideo(address)
    with pytest.raises(VideoError, match="Check the address"):
        LiveVideo("/dev/video77")


def test_a_stream_that_breaks_off_gives_what_came(streamed):
    content = streamed.read_bytes()
    with sent(content[: len(content) // 2]) as address, LiveVideo(address) as live:
        assert 10 < sum(1 for _ in live) < FRAMES


def test_standard_input_loses_no_frame(streamed):
    program = """if True:
        import time
        from keras_nonlocal.video.decoding.live import LiveVideo
        with LiveVideo("-", most_waiting=2) as live:
            frames = 0
            for _ in live:
                time.sleep(0.005)
                frames += 1
        print(frames, live.dropped)
    """
    with streamed.open("rb") as video:
        done = subprocess.run(
            [sys.executable, "-c", program], stdin=video, capture_output=True, check=True
        )
    assert done.stdout.split() == [b"%d" % FRAMES, b"0"]


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="needs the clips of Weizmann beside the checkout")
def test_ten_minutes_of_real_clips_have_their_labels(classifier, tmp_path):
    """Clips of two seconds are played forward and back, so that nobody jumps in the picture."""
    files = sorted(glob.glob(f"{REAL}/*/*.avi"))
    singles, bounds, frames = [], [0.0], 0

    def played():
        nonlocal frames
        for file in files * 10:
            if frames >= 15_000:
                return
            clip = [pixels for _, pixels in iterate_frames(file)]
            singles.append(next(iter(classifier.predict(file))))
            for turn in range(max(round(150 / len(clip)), 1)):
                yield from clip if turn % 2 == 0 else reversed(clip)
                frames += len(clip)
            bounds.append(frames / 25)

    write_video(tmp_path / "long.mkv", played(), 25)
    found = list(classify_over_time(classifier, tmp_path / "long.mkv"))
    parts = segments(found, classifier.class_names, threshold=0)
    assert parts[-1].end >= 599
    moments = np.arange(0.02, bounds[-1], 0.04)
    expected = [singles[np.searchsorted(bounds, moment) - 1] for moment in moments]
    ends = [part.end for part in parts]
    labels = [parts[min(np.searchsorted(ends, m), len(parts) - 1)].label for m in moments]
    right = np.mean([one == other for one, other in zip(labels, expected, strict=True)])
    window = found[0].end - found[0].start
    changes = [
        bound
        for bound, one, other in zip(bounds[1:-1], singles, singles[1:], strict=False)
        if one != other
    ]
    missed = [b for b in changes if min(abs(b - end) for end in ends) > window]
    print(f"{right:.1%} of the time, {len(missed)} of {len(changes)} boundaries missed")
    assert right >= 0.9
    assert not missed
