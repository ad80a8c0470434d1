"""Idea 3, first half: groups. Nodes that do the same to nodes of the same groups are one array.

The units of a layer all compute Σ w·a + b from weights of one array, activations of one
array and biases of one array: they form a group, and the group will be the array Z1. Their
activations σ(z) form the next group, A1, and so on: two nodes are in the same group if

- they are leaves of the same array;
- or the same function of nodes of the same groups (and of equal numbers);
- or sums with equally many terms of each kind, a kind being a coefficient and two groups;
- and outputs, if they belong to the same array besides.

Only the kinds of operands are compared here. *Which* unit reads *which* member of another
group is written down exactly, as a table, in the next step (``layout``).

>>> from autograd.vectorizer.example import Layer
>>> for group in Layer().groups[2:]:
...     print(type(group.form).__name__, group.members)
Sum [5, 9]
Function [6, 10]
Sum [13, 17]
Output [20]
Output [21, 22, 23, 24]
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd.vectorizer.merging.forms import (
    ONE,
    Constant,
    Form,
    Function,
    Leaf,
    Output,
    Sum,
    Terms,
    operands,
)


@dataclass(eq=False)
class Group:
    """Nodes that will be one array.

    Attributes:
        number: groups are numbered from 1; a group reads only groups of smaller numbers.
        members: node numbers.
        form: the form of the first member, which speaks for all.
        per_example: whether its numbers change from example to example, so that the array
            has an axis of examples.
        key: what all its members do, and to which groups.
        steps: of a group that a loop computes, its members step by step.
    """

    number: int
    form: Form
    per_example: bool
    members: list[int] = field(default_factory=list)
    key: Hashable = None
    steps: list[list[int]] = field(default_factory=list)


def group_nodes(
    forms: Mapping[int, Form], repeated: Mapping[int, Hashable] | None = None
) -> list[Group]:
    """The groups of all nodes but the numbers, operands before readers.

    Args:
        forms: of the nodes.
        repeated: nodes that are known to be in one group, with what stands for the group.
    """
    repeated = repeated or {}
    groups: dict[Hashable, Group] = {}
    group_of: dict[int, Group] = {}
    number_of: dict[int, Hashable] = {ONE: 0}  # of numbers, the number itself stands for a group
    for node, form in forms.items():
        if isinstance(form, Constant):
            number_of.setdefault(node, ("number", form.data))
            continue
        key = repeated.get(node) or kind_of(form, number_of)
        group = groups.get(key)
        if group is None:
            group = Group(len(groups) + 1, form, _per_example(form, group_of), key=key)
            groups[key] = group
        group.members.append(node)
        group_of[node] = group
        number_of[node] = group.number
    return list(groups.values())


def kind_of(form: Form, number_of: Mapping[int, Any]) -> Hashable:
    """What a node does, and to which groups."""
    match form:
        case Function(row=row, inputs=inputs):
            return (row, *[number_of[x] for x in inputs])
        case Sum(terms=terms):
            return kinds(terms, number_of)
        case Output(terms=terms, name=name, averaged=averaged):
            return (name, averaged, kinds(terms, number_of))
    assert isinstance(form, Leaf)
    return form.array.name


def kinds(terms: Terms, number_of: Mapping[int, Any]) -> Hashable:
    """How many terms there are of each kind: a coefficient and two groups, the smaller first."""
    counts: dict[tuple[int, int, float], int] = {}
    for (a, b), coefficient in terms.items():
        first, second = number_of[a], number_of[b]
        kind = (first, second, coefficient) if first < second else (second, first, coefficient)
        counts[kind] = counts.get(kind, 0) + 1
    return frozenset(counts.items())


def _per_example(form: Form, group_of: Mapping[int, Group]) -> bool:
    if isinstance(form, Leaf):
        return form.array.per_example
    if isinstance(form, Output) and form.averaged:
        return False
    return any(group_of[x].per_example for x in operands(form) if x in group_of)
