"""gradcheck of a model: right, wrong and without a slope, told apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nn
from autograd import Value
from autograd.primitives import Primitive
from nn import (
    L2,
    MLP,
    BinaryCrossentropy,
    Dense,
    Dropout,
    Module,
    Sequential,
    SparseCategoricalCrossentropy,
    SquaredError,
)
from nn.checking import ModelGradientError


def digits_like(m=20, n=64, seed=0):
    generator = np.random.default_rng(seed)
    return generator.uniform(0, 1, (m, n)), generator.integers(0, 10, m)


def test_a_network_of_2175_parameters_is_right():
    X, Y = digits_like()
    model = MLP(64, [25, 15, 10], activation="relu", seed=1)
    report = nn.gradcheck(model, X, Y, SparseCategoricalCrossentropy(from_logits=True))
    assert report
    assert report.parameters == 2175
    assert report.kinks == []
    assert report.worst.distance < 1e-4
    assert str(report).startswith("backward() agrees with the nudges at 2175 of 2175 parameters")
    assert f"worst: {report.worst.name}: backward {report.worst.backward:.8g}" in str(report)


def wrong(factor, name):
    """Tanh with a slope that is off by a factor."""
    return Primitive(
        name,
        "A hyperbolic tangent with a wrong slope.",
        value=math.tanh,
        slopes=lambda y, x: (factor * (1.0 - y * y),),
        notation=f"{name}({{0}})",
        latex=f"{name}(#1)",
        numpy="np.tanh({0})",
        samples=((0.5,),),
    )


@pytest.fixture
def table():
    """The table of primitives, put back afterwards."""
    from autograd import primitives

    held = dict(primitives.TABLE)
    yield
    primitives.TABLE.clear()
    primitives.TABLE.update(held)


@pytest.mark.parametrize("factor", [2.0, 1.0 + 1 / 2000, -1.0])
def test_a_wrong_slope_is_found_and_its_worst_parameter_is_named(factor, table):
    tilted = wrong(factor, "tilted")
    model = MLP(2, [3, 1], activation=["tanh", "linear"], seed=1)
    assert nn.gradcheck(model, [[0.5, -1.0]], [1.0], SquaredError())
    model.layers[0].neurons[1].activation = tilted
    with pytest.raises(ModelGradientError, match="disagrees with the nudges at 3 of 13") as error:
        nn.gradcheck(model, [[0.5, -1.0]], [1.0], SquaredError())
    names = {each.name for each in error.value.errors}
    unit = "layer 1, unit 2, "
    assert names == {f"{unit}weight 1", f"{unit}weight 2", f"{unit}bias"}
    assert "the worst first:\n  layer 1, unit 2" in str(error.value)
    distances = [each.distance for each in error.value.errors]
    assert distances == sorted(distances, reverse=True)
    assert error.value.report.parameters == 13


def test_a_long_list_of_errors_is_cut_short(table):
    model = MLP(4, [8, 1], activation=[wrong(3.0, "steep"), "linear"], seed=1)
    with pytest.raises(ModelGradientError, match=r"and 35 more$"):
        nn.gradcheck(model, [[0.5, -1.0, 0.2, 0.7]], [1.0], SquaredError())


def test_the_kinks_of_a_fresh_relu_network_are_no_errors():
    """Its biases are 0, so that at an input of 0 every z is 0."""
    model = MLP(2, [4, 1], activation="relu", output_activation="sigmoid", seed=1)
    report = nn.gradcheck(model, [[0.0, 0.0]], [1.0], BinaryCrossentropy())
    assert report
    assert {each.name for each in report.kinks} == {
        f"layer 1, unit {i}, bias" for i in (1, 2, 3, 4)
    }
    text = str(report)
    assert text.startswith("backward() agrees with the nudges at 13 of 17 parameters")
    assert "4 of the parameters are at a kink" in text
    assert "backward() is not wrong: layer 1, unit 1, bias (slopes " in text
    assert "biases that are not 0, move off the kink" in text
    for neuron in model.layers[0].neurons:
        neuron.bias.data = 0.1
    assert nn.gradcheck(model, [[0.0, 0.0]], [1.0], BinaryCrossentropy()).kinks == []


def test_many_kinks_are_counted():
    model = MLP(2, [9, 1], activation="relu", seed=1)
    report = nn.gradcheck(model, [[0.0, 0.0]], [1.0], SquaredError())
    assert "; and 4 more" in str(report)


def test_kinks_beside_errors_are_told_apart(table):
    model = MLP(2, [2, 1], activation="relu", output_activation=wrong(2.0, "off"), seed=1)
    with pytest.raises(ModelGradientError, match="2 of the parameters are at a kink") as error:
        nn.gradcheck(model, [[0.0, 0.0]], [1.0], SquaredError())
    assert [each.name for each in error.value.errors] == ["layer 2, unit 1, bias"]


def test_penalty_and_compiled_loss_take_part_and_dropout_does_not():
    X, Y = digits_like(n=5)
    model = Sequential(
        [Dense(6, "tanh", kernel_regularizer=L2(3.0)), Dropout(0.5), Dense(10)], seed=1
    )
    model.compile(loss=SparseCategoricalCrossentropy(from_logits=True))
    model.build(5)
    before = model.to_vector()
    assert nn.gradcheck(model, X, Y, verbose=False).parameters == 106
    np.testing.assert_array_equal(model.to_vector(), before)


class Hidden(Module):
    def __init__(self):
        self.w = Value(0.7, "w")

    def forward(self, x):
        return [self.w * x[0] * math.exp(self.w.data)]


def test_what_is_hidden_from_the_recording_is_noticed():
    model = Hidden()
    with pytest.raises(ValueError, match="a part of the computation is hidden from the recording"):
        nn.gradcheck(model, [[1.0], [2.0]], [1.0, 1.0], SquaredError())
    assert model.w.data == 0.7


def test_parameters_of_ones_own_have_names_too():
    class Own(Module):
        def __init__(self):
            self.scale, self.inner = Value(2.0), MLP(1, [1], seed=1)
            self.table = [[Value(1.0)], [Value(2.0)]]

        def forward(self, x):
            rows = self.table[0][0] * x[0] + self.table[1][0]
            return [self.scale * self.inner([rows])[0]]

    from nn.checking import _names
    from nn.recorded import Parameters

    assert _names(Parameters(Own())) == [
        "scale",
        "layer 1 of inner, unit 1, weight 1",
        "layer 1 of inner, unit 1, bias",
        "table, entry 1, 1",
        "table, entry 2, 1",
    ]


def test_a_cost_that_is_no_number_has_no_slopes():
    model = MLP(1, [1], seed=1)
    model.parameters()[0].data = 1e200
    with pytest.raises(ValueError, match="the cost is inf at these weights"):
        nn.gradcheck(model, [[1.0], [1e-200]][::-1], [1.0, 1.0], SquaredError())


def test_a_slope_of_zero_is_right_where_nothing_moves():
    model = MLP(2, [2, 1], activation="relu", seed=1)
    for neuron in model.layers[0].neurons:
        neuron.bias.data = -10.0  # dead units
    report = nn.gradcheck(model, [[0.1, 0.2]], [1.0], SquaredError())
    assert report.worst is not None
    assert report.kinks == []


def test_where_all_stands_on_kinks_there_is_no_worst():
    class Kink(Module):
        def __init__(self):
            self.w = Value(0.0, "w")

        def forward(self, x):
            return [(self.w * x[0]).relu()]

    report = nn.gradcheck(Kink(), [[1.0]], [-1.0], SquaredError())
    assert report.worst is None
    assert "agrees with the nudges at 0 of 1 parameters" in str(report)
    assert [each.name for each in report.kinks] == ["w"]
