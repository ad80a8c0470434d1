"""draw_network of models in the lectures' words: Dense, Dropout, no bias, own activations."""

from __future__ import annotations

import re

import pytest

from autograd import Value, sigmoid
from nn import (
    MLP,
    BinaryCrossentropy,
    Conv1D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Neuron,
    Sequential,
    SparseCategoricalCrossentropy,
    SquaredError,
)
from viz import draw_network, step_through


def texts(drawing) -> dict[str, str]:
    """What is written in the picture, by the id of the node."""
    nodes = re.findall(r"^\t(\w+) \[label=<(.*?)>(?: \w+=.*)?\]$", drawing.source, re.MULTILINE)
    return {node: re.sub("<.*?>", " ", text).strip() for node, text in nodes}


def test_a_sequential_is_drawn_before_its_first_call_as_the_mlp_it_is():
    model = Sequential([Dense(3, "relu"), Dropout(0.5), Dense(2, "sigmoid")], seed=3)
    network = MLP(2, [3, 2], activation="relu", output_activation="sigmoid", seed=3)
    x, y = [0.5, -1.0], [1, 0]
    assert draw_network(model, x, y).source == draw_network(network, x, y).source


def test_k_sigmoids_have_delta_a_minus_y_unless_the_mean_was_chosen():
    layer = Layer.from_weights([[0.0], [0.0], [0.0]], 0, activation="sigmoid")
    for loss, delta in (
        (BinaryCrossentropy(), "−0.5"),
        (BinaryCrossentropy(outputs="sum"), "−0.5"),
        (BinaryCrossentropy(outputs="mean"), "≈ −0.1667"),
    ):
        shown = texts(draw_network(layer, [1], [1, 1, 1], loss=loss))
        assert shown["d1_0"].endswith(delta)
    steps = step_through(draw_network(layer, [1], [1, 0, 1], loss=BinaryCrossentropy()))
    assert "δ of a₂ = 2 × 0.25 = 0.5" in "\n".join(steps.captions)


def test_a_compiled_model_shows_the_errors_of_its_own_loss():
    layer = Layer.from_weights([[0.0], [0.0]], 0, activation="sigmoid")
    assert texts(draw_network(layer, [1], [1, 0]))["d1_0"] == "δ = −0.5"  # a − y
    layer.compile(loss=SquaredError())
    assert texts(draw_network(layer, [1], [1, 0]))["d1_0"] == "δ = −0.125"  # (a − y) a (1 − a)
    given = draw_network(layer, [1], [1, 0], loss=BinaryCrossentropy())
    assert texts(given)["d1_0"] == "δ = −0.5"


def test_by_default_the_loss_goes_with_the_outputs():
    """δ = a − y of sigmoid and softmax units at z = 0, and of linear ones; also saturated."""
    sigmoids = Layer.from_weights([[0.0], [0.0]], 0, activation="sigmoid")
    shown = texts(draw_network(sigmoids, [1], [1, 0]))
    assert (shown["d1_0"], shown["d1_1"]) == ("δ = −0.5", "δ = 0.5")
    assert shown["loss"].split()[-1] == "1.386"  # 2 log 2
    softmaxes = Layer.from_weights([[0.0], [0.0]], 0, activation="softmax")
    shown = texts(draw_network(softmaxes, [1], [1, 0]))
    assert (shown["d1_0"], shown["d1_1"]) == ("δ = −0.5", "δ = 0.5")
    assert shown["loss"].split()[-1] == "0.6931"
    saturated = Layer.from_weights([[1000.0]], 0, activation="sigmoid")
    assert texts(draw_network(saturated, [1], [0]))["d1_0"] == "δ = 1"
    # 2 is no probability, so the error is squared: (a − y) a (1 − a)
    assert texts(draw_network(sigmoids, [1], [2, 0]))["d1_0"] == "δ = −0.375"


def test_softmax_has_delta_a_minus_y_also_from_probabilities():
    layer = Layer.from_weights([[0.0], [0.0]], 0, activation="softmax")
    shown = texts(draw_network(layer, [1], 1, loss=SparseCategoricalCrossentropy()))
    assert (shown["d1_0"], shown["d1_1"]) == ("δ = 0.5", "δ = −0.5")


def test_a_unit_without_bias_shows_none_and_adds_none():
    neuron = Neuron.from_weights([2, -1], use_bias=False, activation="sigmoid")
    drawing = draw_network(neuron, [1, 2], 1)
    assert not any("b =" in text for text in texts(drawing).values())
    told = step_through(drawing).captions[1]
    assert "weighs its inputs and activates" in told
    assert "z = 2 × 1 + (−1) × 2 = 0, a = σ(z) = 0.5" in told


def test_an_activation_of_ones_own_has_its_delta_at_its_weighted_sum():
    layer = Layer.from_weights([[2.0]], [0.0], activation=lambda z: z * sigmoid(z) * 2)
    shown = texts(draw_network(layer, [0.0], [1]))
    # a = 2z σ(z) at z = 0: a = 0, da/dz = 1, δ = (a − y) · 1
    assert shown["d1_0"] == "δ = −1"


class WrittenOut:
    """A neuron whose weighted sum is written with + and ×."""

    def __init__(self, activates: bool) -> None:
        self.weights, self.bias, self.activates = [Value(2), Value(3)], Value(-1), activates

    def __call__(self, x):
        z = x[0] * self.weights[0] + x[1] * self.weights[1] + self.bias
        return z.sigmoid() if self.activates else z


def test_a_weighted_sum_that_is_written_out_has_its_delta_too():
    for activates, delta in ((False, "δ = −1"), (True, "δ = −0.5")):
        # z = 2 · 0.5 + 0 − 1 = 0; δ = a − y, with a = 0 or ½
        shown = texts(draw_network(WrittenOut(activates), [0.5, 0.0], 1))
        assert shown["d1_0"] == delta


def test_layers_whose_units_do_not_look_at_all_units_are_refused():
    model = Sequential([Conv1D(1, 2), Flatten(), Dense(1)], seed=1)
    with pytest.raises(TypeError, match=r"Conv1D has none of them: draw the loss with detail="):
        draw_network(model, [1, 2, 3])
