"""The plain form: the nodes of a graph as they were recorded, one for each Value.

No rule of the normal form is applied, so that a program can be written, level by level, that
owes nothing to any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograd.backprop import topological_order
from autograd.primitives import constant
from autograd.value import Value
from autograd.vectorizer.merging.forms import (
    ONE,
    Constant,
    Form,
    Function,
    Leaf,
    Output,
    Sum,
    Terms,
)
from autograd.vectorizer.merging.normal_form import Wanted
from autograd.vectorizer.recording.leaves import LeafArray


def plain_form(
    wanted: Sequence[Wanted], places: Mapping[Value, tuple[LeafArray, int]]
) -> dict[int, Form]:
    """Node number to form; each node stands after the nodes it reads, the outputs last.

    Args:
        wanted: the Values that the program is to return.
        places: where each leaf stands.

    Raises:
        ValueError: a row has no text for NumPy.
    """
    forms: dict[int, Form] = {ONE: Constant(1.0)}
    node_of: dict[Value, int] = {}
    for value in topological_order(*[each.value for each in wanted]):
        node_of[value] = node = len(forms)
        inputs = [node_of[x] for x in value.inputs]
        if value.op is None:
            forms[node] = Leaf(*places[value])
        elif value.op is constant:
            forms[node] = Constant(value.data)
        elif value.op.terms is not None:
            forms[node] = Sum(_terms(value.op.terms(*inputs)))
        elif value.op.numpy:
            forms[node] = Function(value.op, tuple(inputs))
        else:
            raise ValueError(f"the row {value.op.name} has no text for NumPy: give it one, numpy=…")
    for each in wanted:
        output = {(ONE, node_of[each.value]): 1.0}
        forms[len(forms)] = Output(output, each.name, each.position, each.averaged)
    return forms


def _terms(written: Sequence[tuple[float, int] | tuple[float, int, int]]) -> Terms:
    found: Terms = {}
    for coefficient, *factors in written:
        first, second = sorted([ONE, *factors][-2:])
        found[first, second] = found.get((first, second), 0.0) + coefficient
    return found
