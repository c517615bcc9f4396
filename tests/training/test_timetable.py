"""Remaining spans of a run equal a plain count of its steps."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.timetable import Timetable

RECIPE = VideoRecipe("nl_c2d_small", num_frames=2, frame_stride=1, size=(24, 24), epochs=1)


def timetable(clips, batch, unit, duration):
    other = {"epochs": "steps", "steps": "epochs"}[unit]
    recipe = RECIPE.changed(batch_size=batch, **{unit: duration, other: None})
    return Timetable.of(recipe, clips)


def counted(clips, batch, unit, duration):
    """The epoch of each step: an epoch ends with the batch that shows the last clip."""
    epochs, epoch, shown = [], 0, 0
    while (epoch if unit == "epochs" else len(epochs)) < duration:
        epochs.append(epoch)
        shown += batch
        if shown >= clips:
            epoch, shown = epoch + 1, 0
    return epochs


runs = st.tuples(
    st.integers(1, 40), st.integers(1, 9), st.sampled_from(["epochs", "steps"]), st.integers(1, 60)
)


def steps_of(span):
    return (span.epochs - span.initial_epoch) * span.steps_per_epoch


@given(runs, st.data())
def test_spans_contain_the_remaining_steps(run, data):
    all_steps = counted(*run)
    done = data.draw(st.integers(0, len(all_steps)))
    found = [
        epoch
        for span in timetable(*run).spans(done)
        for epoch in range(span.initial_epoch, span.epochs)
        for _ in range(span.steps_per_epoch)
    ]
    assert found == all_steps[done:]


@given(runs, st.data())
def test_there_are_at_most_three_spans_of_equal_epochs(run, data):
    table = timetable(*run)
    done = data.draw(st.integers(0, table.steps))
    spans = table.spans(done)
    assert len(spans) <= 3
    for number, span in enumerate(spans):
        assert span.first_step == done + sum(map(steps_of, spans[:number]))
    assert all(span.epochs > span.initial_epoch and span.steps_per_epoch > 0 for span in spans)
    assert sum(map(steps_of, spans)) == len(
        [
            step
            for span in spans
            for _ in range(span.initial_epoch, span.epochs)
            for step in range(span.steps_per_epoch)
        ]
    )


@given(runs)
@example((8, 3, "steps", 7))
def test_number_of_epochs_and_steps(run):
    all_steps, table = counted(*run), timetable(*run)
    assert table.steps == len(all_steps)
    assert table.epochs == all_steps[-1] + 1


@pytest.mark.parametrize(("clips", "expected"), [(8, 2), (9, 3), (4, 1), (3, 1)])
def test_last_batch_of_an_epoch_is_filled_up(clips, expected):
    assert timetable(clips, 4, "epochs", 1).steps_per_epoch == expected
