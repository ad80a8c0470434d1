"""Neuron, Layer and MLP: their graphs, labels, weights by hand, and error messages."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value
from autograd.backprop import topological_order
from autograd.primitives import TABLE, affine
from nn import MLP, Layer, Module, Neuron

ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "step", "sin", "abs"]


def labels_of(*outputs: Value) -> list[str]:
    return [node.label for node in topological_order(*outputs)]


def test_a_neuron_is_one_node_for_z_and_one_for_a():
    neuron = Neuron(2, activation="sigmoid", seed=1)
    a = neuron([3, 4])
    [z] = a.inputs
    assert (a.op, a.label) == (autograd.sigmoid, "a")
    assert (z.op, z.label) == (affine, "z")
    assert [x.label for x in z.inputs] == ["w_1", "w_2", "x_1", "x_2", "b"]
    assert [x.data for x in z.inputs[2:4]] == [3, 4]


def test_linear_has_no_node_of_its_own():
    assert Neuron(1)([1]).op is affine


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_a_name_or_a_row(name: str):
    row = TABLE[name]
    by_name = Neuron.from_weights([2], -0.5, activation=name)([0.75])
    by_row = Neuron.from_weights([2], -0.5, activation=row)([0.75])
    assert by_name.op is by_row.op is row
    assert by_name.data == by_row.data == row(1.0)


def test_labels_say_layer_and_unit():
    network = MLP(2, [2, 1], activation="tanh", output_activation="sigmoid", seed=1)
    assert [p.label for p in network.parameters()] == [
        "W[1]_1,1", "W[1]_1,2", "b[1]_1", "W[1]_2,1", "W[1]_2,2", "b[1]_2",
        "W[2]_1,1", "W[2]_1,2", "b[2]_1",
    ]  # fmt: skip
    computed = [label for label in labels_of(*network([1, 2])) if label[0] in "xza"]
    assert sorted(computed) == [
        "a[1]_1", "a[1]_2", "a[2]_1", "x_1", "x_2", "z[1]_1", "z[1]_2", "z[2]_1",
    ]  # fmt: skip


def test_labels_of_a_layer_alone_and_of_one_with_a_number():
    layer = Layer(1, 2, activation="relu")
    assert [p.label for p in layer.parameters()] == ["W_1,1", "b_1", "W_2,1", "b_2"]
    assert [a.label for a in layer([1])] == ["a_1", "a_2"]
    numbered = Layer(1, 2, activation="softmax", number=3)
    assert [p.label for p in numbered.parameters()][:2] == ["W[3]_1,1", "b[3]_1"]
    assert [a.label for a in numbered([1])] == ["a[3]_1", "a[3]_2"]


def test_all_units_share_the_leaves_made_of_numbers():
    a = Layer(2, 3, seed=1)([5, 6])
    leaves = {x for z in a for x in z.inputs if x.label.startswith("x")}
    assert sorted(x.data for x in leaves) == [5, 6]


def test_values_among_the_inputs_are_used_as_they_are():
    x = Value(2, "temperature")
    [z] = Layer.from_weights([[3, 4]], [1])([x, [Value(5)]])
    assert z.inputs[2] is x
    assert z.data == 6 + 20 + 1
    assert z.inputs[3].label == ""


@pytest.mark.parametrize(
    "x", [(1.0, 2.0), np.array([1.0, 2.0]), np.array([1, 2], dtype=np.float32), range(1, 3)]
)
def test_inputs_may_be_any_list_of_numbers(x):
    assert Neuron.from_weights([10, 1], 0)(x).data == 12


@pytest.mark.parametrize("module", [Layer(2, 1), Layer(2, 3), MLP(2, [1]), MLP(2, [4, 3])])
def test_layers_and_networks_always_return_lists(module):
    assert isinstance(module([1, 2]), list)


def test_names_and_shapes_of_parameters():
    named = MLP(2, [3, 1], seed=1).named_parameters()
    assert list(named) == ["W1", "b1", "W2", "b2"]
    assert np.shape(named["W1"]) == (3, 2)
    assert np.shape(named["b1"]) == (3,)
    assert np.shape(named["W2"]) == (1, 3)
    layer, neuron = Layer(2, 3), Neuron(2)
    assert layer.named_parameters() == {
        "W": [n.weights for n in layer.neurons],
        "b": [n.bias for n in layer.neurons],
    }
    assert neuron.named_parameters() == {"w": neuron.weights, "b": neuron.bias}


@pytest.mark.parametrize("shared", [0.5, Value(0.5, "b1")])
def test_one_bias_shared_by_a_layer(shared):
    network = MLP.from_weights([([[1, 2], [3, 4]], shared)], activation="linear")
    first, second = network.layers[0].neurons
    assert first.bias is second.bias
    assert first.bias.label == ("b[1]" if shared == 0.5 else "b1")
    assert len(network.parameters()) == 4 + 1
    assert network.named_parameters()["b1"] == [first.bias, first.bias]
    a = network([1, 1])
    (a[0] + a[1]).backward()
    assert first.bias.grad == 2


def test_values_given_as_weights_are_the_parameters():
    w, b = Value(2, "w"), Value(8, "b")
    assert Neuron.from_weights([w], b).parameters() == [w, b]


@pytest.mark.parametrize(
    ("network", "activations"),
    [
        (MLP(1, [2, 2, 1]), ["relu", "relu", "linear"]),
        (MLP(1, [2, 1], activation="tanh"), ["tanh", "linear"]),
        (MLP(1, [2, 1], output_activation=autograd.sigmoid), ["relu", "sigmoid"]),
        (MLP(1, [2, 2], activation=["sin", "softmax"]), ["sin", "softmax"]),
    ],
)
def test_activations_of_a_network(network: MLP, activations: list[str]):
    assert [layer.activation for layer in network.layers] == activations


def test_the_same_seed_gives_the_same_weights_and_none_gives_others():
    def weights(**seed):
        return [p.data for p in MLP(2, [3, 1], **seed).parameters()]

    assert weights(seed=4) == weights(seed=4) == weights(seed=Random(4))
    assert weights(seed=4) == weights(seed=np.int64(4))
    assert weights(seed=4) != weights(seed=5)
    assert weights() != weights()
    layer = Layer(2, 3, seed=4)
    assert weights(seed=4)[:9] == [p.data for p in layer.parameters()]


def test_a_layer_draws_with_its_own_sizes():
    # Glorot's limit for 2 inputs is √(6/3) alone, √(6/102) among 100 units.
    units = Layer(2, 100, seed=1).neurons
    assert 0.9 * math.sqrt(6 / 102) < max(w.data for n in units for w in n.weights)
    assert max(abs(w.data) for n in units for w in n.weights) <= math.sqrt(6 / 102)
    assert {n.bias.data for n in units} == {0.0}


floats = st.floats(-1e3, 1e3)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(floats, floats), min_size=1, max_size=6), floats)
def test_a_neuron_is_the_weighted_sum_of_its_inputs(pairs, bias):
    weights, inputs = zip(*pairs, strict=True)
    z = Neuron.from_weights(weights, bias)(inputs)
    total = 0.0
    for w, x in pairs:
        total += w * x
    # The same sum in the same order; newer Pythons' sum() keeps more digits.
    assert z.data == pytest.approx(total + bias, rel=1e-12, abs=1e-9)
    z.backward()
    assert [leaf.grad for leaf in z.inputs] == [*inputs, *weights, 1.0]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Neuron(0), ValueError, "n_inputs must be at least 1, not 0"),
        (lambda: Neuron(-2), ValueError, "n_inputs must be at least 1, not -2"),
        (lambda: Neuron(2.5), TypeError, "n_inputs must be a whole number, not 2.5"),
        (lambda: Neuron(2, activation="softmax"), ValueError, "softmax compares the units"),
        (lambda: Neuron.from_weights([], 0), ValueError, "at least one weight"),
        (lambda: Neuron.from_weights(3, 0), TypeError, r"weights must be a list, not 3 \(int\)"),
        (lambda: Neuron.from_weights("34", 0), TypeError, "weights must be a list, not '34'"),
        (
            lambda: Neuron.from_weights(["3"], 0),
            TypeError,
            "w_1 must be one number or Value, not '3'",
        ),
        (
            lambda: Neuron.from_weights([3], None),
            TypeError,
            "b must be one number or Value, not None",
        ),
        (lambda: Layer(2, 0), ValueError, "n_units must be at least 1, not 0"),
        (lambda: Layer(2, 1, number=0), ValueError, "number must be at least 1"),
        (lambda: Layer(2, 1, activation="sigmod"), ValueError, "'sigmod': choose one of linear,"),
        (lambda: Layer(2, 1, activation="add"), ValueError, "unknown activation 'add'"),
        (lambda: Layer(2, 1, activation="log_or_nan"), ValueError, "unknown activation"),
        (lambda: Layer(2, 1, activation=math.tanh), TypeError, "a name such as 'sigmoid', a row"),
        (lambda: Layer(2, 1, initializer="random"), ValueError, "choose one of uniform, normal"),
        (lambda: Layer(2, 1, initializer=0.1), TypeError, "a name or a function, not 0.1"),
        (lambda: Layer(2, 1, seed="4"), TypeError, "a seed must be a whole number .*, not '4'"),
        (lambda: MLP(2, [1], seed=0.5), TypeError, "a seed must be a whole number .*, not 0.5"),
        (lambda: Layer.from_weights([], []), ValueError, "at least one unit"),
        (
            lambda: Layer.from_weights([1, 2], 0),
            TypeError,
            "a row of weights must be a list, not 1",
        ),
        (lambda: Layer.from_weights([[1, 2], [3]], 0), ValueError, "the same length, not 2, 1"),
        (lambda: Layer.from_weights([[1], [2]], [3]), ValueError, "2 units take 2 biases, not 1"),
        (lambda: MLP(2, []), ValueError, "at least one layer"),
        (lambda: MLP(2, 16), TypeError, "units must be a list, not 16"),
        (lambda: MLP(2, [3, -1]), ValueError, "n_units must be at least 1, not -1"),
        (lambda: MLP(2, [3, 1], activation=["relu"]), ValueError, "2 layers take 2 activations"),
        (
            lambda: MLP(2, [1], activation=["relu"], output_activation="relu"),
            ValueError,
            "already ends with that of the output",
        ),
        (
            lambda: MLP.from_weights([([[1], [2]], 0), ([[1]], 0)]),
            ValueError,
            "layer 1 has 2 units, but layer 2 takes 1 inputs",
        ),
        (
            lambda: MLP.from_weights([[[1, 2]]]),
            ValueError,
            r"layer 1 must be a pair \(weights, biases",
        ),
    ],
)
def test_models_that_cannot_be(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("module", [Neuron(2), Layer(2, 3), MLP(2, [3, 1])])
@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        ([1], ValueError, "takes 2 inputs, not 1"),
        ([1, 2, 3], ValueError, "takes 2 inputs, not 3"),
        (
            5,
            TypeError,
            r"takes the 2 inputs of one example: the argument must be a list, not 5 \(int\)",
        ),
        ("ab", TypeError, "a list, not 'ab'"),
        ([1, "2"], TypeError, r"x_2 must be one number or Value, not '2' \(str\)"),
        (
            [1, [2, 3]],
            TypeError,
            r"x_2 must be one number or Value, not a list .*write \[model",
        ),
        (np.ones((2, 3)), ValueError, "takes 2 inputs, not 3"),
    ],
)
def test_inputs_that_do_not_fit(module: Module, x, error, words):
    with pytest.raises(error, match=rf"^{type(module).__name__} .*{words}"):
        module(x)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Layer(2, 1, activation="softmax"),
        lambda: Layer(2, 1, activation=autograd.softmax, number=3),
        lambda: Layer.from_weights([[1, 2]], [0], activation="softmax"),
        lambda: MLP(2, [3, 1], output_activation="softmax"),
        lambda: MLP(2, [1, 3], activation=["softmax", "linear"]),
        lambda: MLP.from_weights([([[1, 2]], 0)], output_activation="softmax"),
    ],
)
def test_softmax_over_one_unit_is_refused(make):
    with pytest.raises(ValueError, match=r"softmax over one unit is always 1.*'sigmoid'"):
        make()
