"""Forms: what the nodes of a graph in normal form can be.

Nodes are numbered. Node 0 is the number 1, so that c·a is the term c·1·a, and a number c
among the terms of a sum is c·1·1.

>>> from autograd.vectorizer.example import Layer
>>> forms = Layer().forms
>>> forms[0], forms[5], forms[13]  # 1, z₁ = w₁₁x₁ + w₁₂x₂, and dz₁ = 1 − a₁a₁
(Constant(data=1.0), Sum(terms={(1, 3): 1.0, (2, 4): 1.0}), Sum(terms={(0, 0): 1.0, (6, 6): -1.0}))
"""

from __future__ import annotations

from dataclasses import dataclass

from autograd.primitives import Primitive
from autograd.vectorizer.recording.leaves import LeafArray

ONE = 0

# The two factors of each term, the smaller node number first, and its coefficient.
Terms = dict[tuple[int, int], float]


@dataclass(slots=True, eq=False)
class Leaf:
    """An entry of a named array."""

    array: LeafArray
    position: int


@dataclass(slots=True, eq=False)
class Constant:
    """A number that never changes."""

    data: float


@dataclass(slots=True, eq=False)
class Function:
    """A row of the table, applied to nodes."""

    row: Primitive
    inputs: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Sum:
    """Σ c·a·b."""

    terms: Terms


@dataclass(slots=True, eq=False)
class Output:
    """A sum that the program returns, as an entry of a named array.

    Attributes:
        terms: the terms of the sum.
        name: the array in the program, such as ``dW1``.
        position: the entry of the array, counted row by row.
        averaged: whether the mean over all examples is meant.
    """

    terms: Terms
    name: str
    position: int
    averaged: bool


Form = Leaf | Constant | Function | Sum | Output


def operands(form: Form) -> list[int]:
    """The nodes that a form reads."""
    if isinstance(form, Function):
        return list(form.inputs)
    if isinstance(form, (Sum, Output)):
        return [node for pair in form.terms for node in pair]
    return []
