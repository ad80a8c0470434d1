"""Module: parameters found by looking, their names, zero_grad, print and summary."""

from __future__ import annotations

import copy
import pickle
from collections import deque
from types import MappingProxyType

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


class Slotted(Module):
    __slots__ = ("__hidden", "unused", "weights")

    def __init__(self) -> None:
        self.weights = [Value(1), Value(2)]
        self.__hidden = Value(3)
        self.outside = Value(0)


class OneSlot(Module):
    __slots__ = "w"

    def __init__(self) -> None:
        self.w = Value(1)


def test_parameters_in_slots_of_a_class_and_of_its_parents():
    class Child(Slotted):
        __slots__ = ("more",)

        def __init__(self) -> None:
            super().__init__()
            self.more = OneSlot()

    assert [p.data for p in Child().parameters()] == [0, 1, 3, 1, 2]
    assert list(Slotted().named_parameters()) == ["outside", "_Slotted__hidden", "weights"]
    assert list(OneSlot().named_parameters()) == ["w"]


def test_parameters_of_a_class_and_in_other_containers():
    class Scaled(Module):
        scale = Value(1)
        shadowed = Value(9)

        def __init__(self) -> None:
            self.shadowed = 5
            self.queue = deque([Value(2)])
            self.frozen = MappingProxyType({"w": Value(3)})

    assert [p.data for p in Scaled().parameters()] == [2, 3, 1]
    assert list(Scaled().named_parameters()) == ["queue.1", "frozen.w", "scale"]


def test_a_set_of_parameters_is_refused_and_one_of_numbers_is_not_looked_at():
    module = Module()
    module.kinds = {1, 2}
    assert module.parameters() == []
    module.weights = {Value(1), Value(2)}
    with pytest.raises(TypeError, match="a set has no order"):
        module.parameters()


COMPUTED = {
    "alone": lambda: Value(0.5) * 0.1,
    "in a list": lambda: [Value(1), -Value(2)],
    "in a dict": lambda: {"w": Value(1), "v": [Value(0.5) * 0.1]},
    "in an array": lambda: np.array([Value(1), Value(2)]) * 0.1,
    "of two": lambda: Value(1) + Value(2),
}


@pytest.mark.parametrize("make", COMPUTED.values(), ids=COMPUTED.keys())
def test_a_computed_value_that_hides_its_leaf_is_refused_by_name(make):
    class Line(Module):
        def __init__(self) -> None:
            self.w = make()
            self.b = Value(0)

    class Outer(Module):
        def __init__(self) -> None:
            self.blocks = [Line()]

    for module, name in ((Line(), "Line.w"), (Outer(), "Outer.blocks.1.w")):
        for ask in (module.parameters, module.named_parameters, module.zero_grad, module.summary):
            with pytest.raises(ValueError, match=rf"{name}.*was computed by \w+ from Value\("):
                ask()


def test_what_was_computed_from_parameters_or_constants_may_be_kept():
    class Keeps(Module):
        def __init__(self) -> None:
            self.w = Value(2)

        def __call__(self, x):
            self.last = self.w * x  # x is an input, and no parameter
            self.fixed = Value.constant(2) * 3
            return self.last

    module = Keeps()
    module(Value(3))
    assert module.parameters() == [module.w]


def test_parent_and_child_may_know_each_other():
    class Node(Module):
        def __init__(self, parent=None) -> None:
            self.w = Value(1)
            self.parent = parent
            self.children = [] if parent else [Node(self), Node(self)]
            self.ring = [self]
            self.ring.append(self.ring)

    root = Node()
    assert len(root.parameters()) == 3
    assert list(root.named_parameters()) == ["w", "children.1.w", "children.2.w"]
    assert root.modules() == [root, *root.children]
    assert "parent: Node, the one above" in str(root)
    assert len(root.summary().splitlines()) == 3 + 4


def test_a_module_shared_40_levels_deep_is_visited_once():
    class Twice(Module):
        def __init__(self, inner) -> None:
            self.a = self.b = inner

    module = Neuron(1)
    for _ in range(40):
        module = Twice(module)
    assert len(module.parameters()) == 2
    assert len(module.named_parameters()) == 2
    assert len(module.modules()) == 41
    assert len(str(module).splitlines()) == 40 * 2 + 1
    assert len(module.summary().splitlines()) < 10
