"""Module: parameters found by looking, their names, zero_grad, print and summary."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Module, Neuron


class Everything(Module):
    """A Module with a parameter in each place where one may be."""

    def __init__(self) -> None:
        self.alone = Value(1)
        self.rate = 0.5
        self.matrix = [[Value(2), Value(3)], (Value(4), Value(5))]
        self.mixed = [Value(6), "six", {"deep": [Value(7)]}]
        self.table = {"left": Value(8), "right": Layer.from_weights([[9]], [10])}
        self.blocks = [Neuron.from_weights([11], 12), MLP.from_weights([([[13]], [14])])]
        self.again = self.alone
        self.computed = self.alone * 2
        self.constant = Value.constant(3)
        self.nothing: list[Value] = []


def test_parameters_are_found_in_the_order_of_the_attributes_each_once():
    assert [p.data for p in Everything().parameters()] == list(range(1, 15))


def test_names_are_the_paths_of_attributes():
    module = Everything()
    named = module.named_parameters()
    assert list(named) == [
        "alone", "matrix", "mixed.1", "mixed.3.deep", "table.left", "table.right.W",
        "table.right.b", "blocks.1.w", "blocks.1.b", "blocks.2.W1", "blocks.2.b1", "again",
    ]  # fmt: skip
    assert named["matrix"] is module.matrix
    assert named["alone"] is named["again"]


def test_parameters_in_numpy_arrays():
    class Slide(Module):
        """One layer as on a slide, W @ x + b."""

        def __init__(self) -> None:
            self.W = np.array([[Value(1), Value(2)], [Value(3), Value(4)]])
            self.b = np.array([Value(5), Value(6)])
            self.example = np.array([0.5, -1.0])  # no Values, so no parameters

        def __call__(self, x: object) -> object:
            return self.W @ x + self.b

    module = Slide()
    assert [p.data for p in module.parameters()] == [1, 2, 3, 4, 5, 6]
    assert module.named_parameters() == {"W": module.W.tolist(), "b": module.b.tolist()}
    assert repr(module) == "Slide\n  W: 4 Values\n  b: 2 Values"
    np.sum(module(module.example)).backward()
    assert [p.grad for p in module.parameters()] == [0.5, -1.0, 0.5, -1.0, 1.0, 1.0]


def test_zero_grad_reaches_every_parameter():
    module = Everything()
    for parameter in module.parameters():
        parameter.grad = 1.0
    module.computed.grad = 1.0
    module.zero_grad()
    assert {parameter.grad for parameter in module.parameters()} == {0.0}
    assert module.computed.grad == 1.0


def test_a_neuron_written_by_hand_as_in_micrograd():
    class HandMade(Module):
        def __init__(self) -> None:
            self.w = [Value(0.5), Value(-1)]
            self.b = Value(0)

        def __call__(self, x):
            return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()

    neuron = HandMade()
    assert neuron.named_parameters() == {"w": neuron.w, "b": neuron.b}
    neuron([2, 1]).backward()
    assert [p.grad for p in neuron.parameters()] == [2, 1, 1]  # tanh′(0) = 1


def test_attributes_added_by_a_subclass_are_named_too():
    class Gated(MLP):
        def __init__(self) -> None:
            super().__init__(2, [3, 1], seed=1)
            self.gate = Value(1)
            self.skip = Layer(2, 1)

    class Scaled(Layer):
        def __init__(self) -> None:
            super().__init__(2, 1)
            self.scale = Value(2)

    assert list(Gated().named_parameters()) == [
        "W1", "b1", "W2", "b2", "gate", "skip.W", "skip.b",
    ]  # fmt: skip
    assert list(Scaled().named_parameters()) == ["W", "b", "scale"]


def test_print_has_one_line_per_layer():
    assert str(MLP(2, [16, 1], output_activation="sigmoid")).splitlines() == [
        "MLP",
        "  1: Layer(2, 16, activation='relu')",
        "  2: Layer(16, 1, activation='sigmoid')",
    ]
    assert str(Everything()).splitlines() == [
        "Everything",
        "  alone: Value(1.0, grad=0.0)",
        "  matrix: 4 Values",
        "  mixed.1: Value(6.0, grad=0.0)",
        "  mixed.3.deep: 1 Values",
        "  table.left: Value(8.0, grad=0.0)",
        "  table.right: Layer(1, 1, activation='linear')",
        "  blocks.1: Neuron(1, activation='linear')",
        "  blocks.2: MLP",
        "    1: Layer(1, 1, activation='linear')",
        "  again: Value(1.0, grad=0.0)",
    ]


def test_summary_of_a_network():
    summary = MLP(2, [16, 16, 1]).summary()
    assert summary.splitlines() == [
        "Layer  Inputs  Units  Activation  Parameters",
        "────────────────────────────────────────────",
        "1           2     16  relu                48",
        "2          16     16  relu               272",
        "3          16      1  linear              17",
        "────────────────────────────────────────────",
        "Total                                    337",
    ]
    assert repr(summary) == str(summary)


def test_summary_wraps_and_counts_shared_parameters_once():
    module = Everything()
    setattr(module, "a_name_longer_than_any_that_fits" + "_in_a_column", Neuron(2))
    lines = module.summary().splitlines()
    assert lines[2:-2] == [
        "alone                                                                 1",
        "matrix                                                                4",
        "mixed.1                                                               1",
        "mixed.3.deep                                                          1",
        "table.left                                                            1",
        "table.right                            1      1  linear               2",
        "blocks.1                               1      1  linear               2",
        "blocks.2.1                             1      1  linear               2",
        "again                                                                 1",
        "a_name_longer_than_any_that_fits       2      1  linear               3",
        "_in_a_column",
    ]
    assert lines[-1].split() == ["Total", "17"]


@pytest.mark.parametrize(
    ("module", "row"),
    [
        (Neuron(3, activation="tanh"), "Neuron 3 1 tanh 4"),
        (Layer(3, 2), "Layer 3 2 linear 8"),
        (Layer.from_weights([[1], [2]], 0.5), "Layer 1 2 linear 3"),
    ],
)
def test_summary_of_a_single_unit_or_layer(module: Module, row: str):
    assert module.summary().splitlines()[2].split() == row.split()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_has_parameters_of_its_own_and_still_shares_biases(copied):
    network = MLP.from_weights([([[1, 2], [3, 4]], 0.5)], activation="linear")
    twin = copied(network)
    assert [p.data for p in twin.parameters()] == [p.data for p in network.parameters()]
    assert not set(twin.parameters()) & set(network.parameters())
    assert len(twin.parameters()) == 5
