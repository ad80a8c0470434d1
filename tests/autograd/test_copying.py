"""Copies of Values: however long the chain, sharing kept, of subclasses too."""

from __future__ import annotations

import copy
import pickle

import pytest

import autograd.copying
from autograd import Value
from autograd.backprop import topological_order
from autograd.value import Given

COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "oldest pickle": lambda x: pickle.loads(pickle.dumps(x, protocol=0)),
    "pickle in Python": lambda x: pickle._loads(pickle._dumps(x)),
}
each_copy = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())


def chain(n: int) -> tuple[Value, Value]:
    x = y = Value(1.0, "x")
    for i in range(n):
        y = y * 0.99999 if i % 2 else y + x
    return x, y


@each_copy
def test_a_copy_is_the_same_graph_of_other_values(copied):
    _, J = chain(10)
    J.label = "J"
    J.backward()
    twin = copied(J)
    order, other = topological_order(J), topological_order(twin)
    assert not set(order) & set(other)
    assert [(v.data, v.grad, v.op, v.label, v.partials) for v in order] == [
        (v.data, v.grad, v.op, v.label, v.partials) for v in other
    ]
    places = {v: i for i, v in enumerate(order)}
    others = {v: i for i, v in enumerate(other)}
    assert [[places[x] for x in v.inputs] for v in order] == [
        [others[x] for x in v.inputs] for v in other
    ]


@each_copy
def test_what_is_shared_is_shared_in_the_copy(copied):
    x, J = chain(10)
    h = J.inputs[0]
    for values in ([x, h, J], [J, h, x], [h, J, x * h, x]):
        twins = copied(values)
        assert len({*twins}) == len(values)
        everything = {*topological_order(*twins)}
        assert len(everything) == len({*topological_order(*values)})


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_value_with_100_000_operations_behind_it(copied):
    x, J = chain(100_000)
    twin, twin_of_x = copied((J, x))
    J.backward()
    twin.backward()
    assert (twin.data, twin_of_x.grad) == (J.data, x.grad)
    assert not autograd.copying._listed


def test_a_shallow_copy_has_the_same_inputs():
    x, J = chain(3)
    twin = copy.copy(J)
    assert twin is not J
    assert (twin.inputs, twin.data, twin.op) == (J.inputs, J.data, J.op)
    assert copy.copy(x).label == "x"


def test_a_copy_that_could_not_be_finished_leaves_later_ones_right():
    _, J = chain(1000)
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps([J, (i for i in ())])
    J.inputs[0].inputs[0].label = "middle"
    bad = J * 2 + J
    bad.inputs[0].label = (i for i in ())  # type: ignore[assignment]
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(bad)
    twin = pickle.loads(pickle.dumps(J))
    assert twin.inputs[0].inputs[0].label == "middle"
    twin.backward()


class Named(Value):
    """A Value with an attribute of its own."""


@each_copy
def test_values_of_other_classes_stay_what_they_are(copied):
    given, named = Given(2.0, "x"), Named(3.0)
    named.unit = "metres"
    a, b = copied([given * 1, named])
    assert (type(a.inputs[0]), type(b), b.unit) == (Given, Named, "metres")


def test_a_shallow_copy_of_a_subclass_has_its_attributes():
    named = Named(3.0, "a")
    named.unit = ["metres"]
    twin = copy.copy(named)
    assert (type(twin), twin.label, twin.unit) == (Named, "a", ["metres"])
    assert twin.unit is named.unit
    twin.unit = "feet"
    assert named.unit == ["metres"]
    assert type(copy.copy(Given(2.0))) is Given


def test_a_number_that_was_given_needs_no_slope():
    from autograd import binary_cross_entropy

    a = Value(1.0)
    loss = binary_cross_entropy(Given(1.0, "y"), a)
    loss.backward()
    assert (loss.data, a.grad) == (0.0, -1.0)
    with pytest.raises(ValueError, match="no slope along y"):
        binary_cross_entropy(Value(1.0, "y"), Value(1.0)).backward()
