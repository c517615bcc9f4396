"""The health of blocks: numbers against NumPy, and verdicts on networks made to be so."""

import keras
import numpy as np
import pytest
from explain.attention_oracle import attention
from explain.conftest import spread_weights

from keras_nonlocal import explain, layers
from keras_nonlocal.explain.health import health_table


def network(weights=None, **options):
    """A block on clips of 3 x 4 x 4 with four channels, and a classifier."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3, 4, 4, 4))
    x = layers.NonLocal3D(name="a_nonlocal", **options)(inputs)
    x = keras.layers.Dense(3, name="top")(keras.layers.GlobalAveragePooling3D()(x))
    model = keras.Model(inputs, x)
    for name, value in (weights or {}).items():
        variable = next(each for each in model.weights if each.path.endswith(name))
        variable.assign(np.broadcast_to(value, variable.shape))
    return model


@pytest.fixture(scope="module")
def clips():
    return np.random.default_rng(0).normal(size=(2, 3, 4, 4, 4)).astype("float32")


@pytest.mark.parametrize("axes", ["spacetime", "space", "time"])
def test_numbers_are_those_of_numpy(clips, axes):
    model = spread_weights(network(axes=axes))
    (found,) = explain.report(model, clips)
    layer = model.get_layer("a_nonlocal")
    branch = np.asarray(layer(clips)) - clips
    assert found.ratio == pytest.approx(np.sqrt((branch**2).mean() / (clips**2).mean()), rel=1e-4)
    assert found.gamma == pytest.approx(np.sqrt((np.asarray(layer.norm.gamma) ** 2).mean()))
    kernel, bias = (np.asarray(each) for each in model.get_layer("top").weights)
    outputs, without = np.asarray(model(clips)), clips.mean((1, 2, 3)) @ kernel + bias
    change = np.sqrt(((outputs - without) ** 2).mean() / (outputs**2).mean())
    assert found.change == pytest.approx(change, rel=1e-3)
    assert found.changed_answers == (outputs.argmax(1) != without.argmax(1)).mean()
    numbers = {"entropy": [], "space": [], "time": [], "same_frame": []}
    keys = {"spacetime": 48, "space": 16, "time": 3}[axes]
    for clip in clips:
        for query in queries(axes):
            row = attention(layer, clip, query)
            numbers["entropy"].append(-sum(w * np.log(w) for w in row.ravel() if w) / np.log(keys))
            places = {place: row[place] for place in np.ndindex(row.shape)}
            numbers["space"].append(
                sum(w * np.hypot(p[1] - query[1], p[2] - query[2]) for p, w in places.items())
            )
            numbers["time"].append(sum(w * abs(p[0] - query[0]) for p, w in places.items()))
            numbers["same_frame"].append(sum(w for p, w in places.items() if p[0] == query[0]))
    for name, values in numbers.items():
        assert getattr(found, name) == pytest.approx(np.mean(values), rel=1e-3), name


def queries(axes):
    """Sixteen of the positions of a set, and four of the sets, evenly spread."""
    if axes == "spacetime":
        return [np.unravel_index(int(i), (3, 4, 4)) for i in np.linspace(0, 47, 16).astype(int)]
    if axes == "space":
        return [(t, h, w) for t in range(3) for h in range(4) for w in range(4)]
    return [(t, h, w) for h, w in ((0, 0), (1, 1), (2, 2), (3, 3)) for t in range(3)]


def test_dependence_is_the_weight_that_is_elsewhere(clips):
    model = spread_weights(network(axes="space"))
    (found,) = explain.report(model, clips)
    layer, values = model.get_layer("a_nonlocal"), []
    for clip in clips:
        for t in range(3):
            rows = [attention(layer, clip, (t, h, w)) for h in range(4) for w in range(4)]
            mean = sum(rows) / 16
            values += [np.abs(row - mean).sum() / 2 for row in rows]
    assert found.dependence == pytest.approx(np.mean(values), rel=1e-3)


LARGE = np.random.default_rng(3).normal(0, 2, (4, 2))
VERDICTS = {
    "dead": {},
    "exploding": {"norm/gamma": 1e4, "out/kernel": 1.0, "theta/kernel": LARGE, "phi/kernel": LARGE},
    # All queries have the same theta, so all look at the same places.
    "collapsed": {
        "norm/gamma": 1.0,
        "out/kernel": 1.0,
        "theta/kernel": 0.0,
        "theta/bias": 3.0,
        "phi/kernel": LARGE,
    },
    "uniform": {"norm/gamma": 1.0, "out/kernel": 1.0, "theta/kernel": 0.0},
    "works": {"norm/gamma": 1.0, "out/kernel": 1.0, "theta/kernel": LARGE, "phi/kernel": LARGE},
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_networks_made_to_be_so(verdict, clips):
    (found,) = explain.report(network(VERDICTS[verdict]), clips)
    assert found.verdict == verdict
    assert (found.change == 0) == (verdict == "dead")


def test_a_network_that_is_not_finite_is_exploding(clips):
    model = network({"norm/gamma": np.inf, "out/kernel": 1.0})
    assert explain.report(model, clips)[0].verdict == "exploding"


def test_batches_are_read_up_to_a_limit_without_their_labels(clips):
    model = spread_weights(network())
    both = explain.report(model, clips)[0]
    one_by_one = explain.report(model, [(clips[:1], 0), (clips[1:], 0), (clips * 9, 0)], batches=2)
    assert one_by_one[0].ratio == pytest.approx(both.ratio, rel=1e-4)
    assert one_by_one[0].entropy == pytest.approx(both.entropy, rel=1e-4)
    with pytest.raises(ValueError, match="at least one batch"):
        explain.report(model, [])


def test_blocks_of_a_head_and_of_sequences(keypoint_model, people):
    found = {each.name: each for each in explain.report(keypoint_model, people)}
    assert sorted(found) == ["keypoint_conv_2_nonlocal", "keypoint_conv_4_nonlocal"]
    first = found["keypoint_conv_2_nonlocal"]
    assert first.time is first.same_frame is first.changed_answers is None
    assert 0 < first.space < 14 * 2**0.5  # in cells
    assert first.change > 0
    inputs = keras.Input((9, 4))
    sequences = keras.Model(inputs, layers.NonLocal1D(name="a_nonlocal")(inputs))
    (found,) = explain.report(sequences, np.random.default_rng(0).normal(size=(1, 9, 4)))
    assert found.space is None
    assert 0 < found.time < 8
    headings, rows = health_table([found])
    assert len(headings) == len(rows[0])
    assert rows[0][:2] == ["a_nonlocal", "dead"]
    assert rows[0][headings.index("space")] == "-"
