"""Each expression once: between ideas 2 and 3, where the same thing was written twice.

In softplus(w·x + b) − y·(w·x + b) a learner wrote z twice, and recorded two derivatives by it.
The slide has one z, and dZ is the derivative by both. So where Values of the loss turn out to be
the same in normal form, the loss is rebuilt with one Value for them, and its gradients
are recorded again.

In the example nothing is written twice: each Value of the graph has a node of its own.

>>> from autograd.vectorizer.example import Layer
>>> layer = Layer()
>>> [layer.once.node_of[value] for value in (*layer.z, *layer.a)]
[5, 9, 6, 10]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace

from autograd.backprop import topological_order
from autograd.value import Value
from autograd.vectorizer.merging.forms import Form
from autograd.vectorizer.merging.normal_form import NormalForm, Wanted, normal_form
from autograd.vectorizer.recording.gradients import record_gradients
from autograd.vectorizer.recording.leaves import LeafArray


@dataclass(frozen=True)
class Once:
    """The nodes of a loss and its gradients.

    Attributes:
        forms: node number to form, as in ``NormalForm``.
        node_of: Value to node number; the node need not be among the forms.
        derivative: node number to that of the derivative of the loss by the node, where both
            are nodes that are just that.
    """

    forms: Mapping[int, Form]
    node_of: Mapping[Value, int]
    derivative: Mapping[int, int]


def normal_form_once(
    order: Sequence[Value],
    derivatives: Sequence[Mapping[Value, Value]],
    wanted: Sequence[Wanted],
    places: Mapping[Value, tuple[LeafArray, int]],
) -> Once:
    """The normal form of losses and their gradients, where nothing is written twice.

    Args:
        order: the Values of the losses, in topological order.
        derivatives: of each loss, its derivative by each leaf, and by the Values in between.
        wanted: what the program is to return: the losses, and derivatives of them.
        places: of the leaves.
    """
    normal = normal_form(wanted, places, _all(derivatives))
    node_of: Mapping[Value, int] = normal.node_of
    if normal.written_twice and derivatives:
        once = written_once(order, normal)
        # What was written twice may differ in its last digit, and a slope exist beside it only.
        with suppress(ArithmeticError, ValueError):
            losses = [once[each.value] for each in wanted if not each.derivative]
            new: dict[Value, Value] = {}
            again = []
            for loss, theirs in zip(losses, derivatives, strict=True):
                leaves = {v: d for v, d in theirs.items() if v.op is None}
                again.append(record_gradients(loss, list(leaves)))
                new |= {d: again[-1][v] for v, d in leaves.items()}
            wanted = [
                replace(each, value=new[each.value] if each.derivative else once[each.value])
                for each in wanted
            ]
            derivatives = again
            normal = normal_form(wanted, places, _all(derivatives))
            # What only a copy was made of is no node any more.
            node_of = normal.node_of | {v: normal.node_of.get(once[v], -1) for v in order}
            order = topological_order(*losses)
    first: dict[int, Value] = {}
    for v in order:  # of one thing in several disguises, the first is what all are made of
        first.setdefault(node_of[v], v)
    nodes = normal.forms.keys() - normal.altered
    # Of several losses, no line is the gradient.
    by = derivatives[0] if len(derivatives) == 1 else {}
    pairs = [(node, node_of.get(by[v])) for node, v in first.items() if v in by]
    derivative = {node: d for node, d in pairs if node in nodes and d in nodes}
    return Once(normal.forms, node_of, derivative)


def _all(derivatives: Iterable[Mapping[Value, Value]]) -> set[Value]:
    return {d for of_one in derivatives for d in of_one.values()}


def written_once(order: Sequence[Value], normal: NormalForm) -> dict[Value, Value]:
    """A graph in which Values that are the same in normal form are one; each Value's in it."""
    first: dict[int, Value] = {}
    found: dict[Value, Value] = {}
    for value in order:
        node = normal.node_of[value]
        known = first.get(node)
        if known is None:
            inputs = tuple([found[x] for x in value.inputs])
            known = value
            if inputs != value.inputs:
                known = copy(value)
                known.inputs = inputs
            if node not in normal.numbers:  # exponents stay constants
                first[node] = known
        found[value] = known
    return found
