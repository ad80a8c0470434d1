"""Slots: what the members of a group read at one place of their formula, as a raw table.

Before a group is laid out, its members stand in any order. A slot holds, for one operand of
theirs, the positions that they read in the operand's array, one row per member.

In the example (a layer of two units on two inputs), z₁ reads the entries 0 and 1 of W, and z₂ its
entries 2 and 3: the slot of the weights is [[0, 1], [2, 3]]. Both read the entries 0 and 1 of X.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from autograd.vectorizer.grouping.arrays import Array, is_parameter
from autograd.vectorizer.grouping.index_maps import Positions, coordinates
from autograd.vectorizer.merging.forms import Constant, Form, Function, Output, Sum


@dataclass(frozen=True)
class Slot:
    """``positions[member, term]`` in an array.

    Attributes:
        array: the array that is read.
        positions: a row per member; a column per term of a sum, or per entry of a list.
        is_list: whether it is an argument that is a list.
    """

    array: Array
    positions: Positions
    is_list: bool = False

    def reordered(self, members: Positions | slice, terms: Positions | slice = slice(None)) -> Slot:
        """The slot with its members, and its terms, in another order."""
        return Slot(self.array, self.positions[members][:, terms], self.is_list)

    def coordinates(self) -> list[Positions]:
        """The positions as one coordinate per axis of the array."""
        return list(coordinates(self.positions, self.array.shape))


# The entries of a list, when they come from several arrays.
Entries = list[Slot | float]


@dataclass(frozen=True)
class Terms:
    """The terms of one kind: c·a·b, with as many slots as there are factors."""

    coefficient: float
    slots: tuple[Slot, ...]
    count: int


class SlotReader:
    """Reads the slots of a group off the forms of its members.

    Attributes:
        position: node number to position in its array.
    """

    def __init__(self, arrays: Sequence[Array], forms: Mapping[int, Form]) -> None:
        self._arrays = arrays
        self._forms = forms
        self.position: Positions = np.zeros(max(forms) + 1, np.intp)
        self._group_of: Positions = np.zeros(max(forms) + 1, np.intp)
        for array in arrays:
            self._group_of[array.group.members] = array.group.number
        # Which factor of a product comes first: parameters, then what no example changes,
        # then what was made last. The number 1 comes last of all.
        self._rank: Positions = np.full(len(arrays) + 1, len(arrays))
        order = sorted(arrays, key=lambda a: (not is_parameter(a), a.per_example, -a.group.number))
        self._rank[[array.group.number for array in order]] = np.arange(len(arrays))

    def array_of(self, node: int) -> Array | None:
        """The array that holds a node; None for a number."""
        number = int(self._group_of[node])
        return self._arrays[number - 1] if number else None

    def _slot(self, nodes: Positions, is_list: bool = False) -> Slot:
        array = self._arrays[int(self._group_of[nodes.flat[0]]) - 1]
        return Slot(array, self.position[nodes], is_list)

    def arguments(self, array: Array) -> list[Slot | Entries | float]:
        """The arguments of a function: operands, lists of them, and numbers."""
        forms = [self._forms[node] for node in array.group.members]
        functions = [form for form in forms if isinstance(form, Function)]
        table = np.array([function.inputs for function in functions], np.intp)

        def entry(column: int) -> Slot | float:
            form = self._forms[int(table[0, column])]
            return form.data if isinstance(form, Constant) else self._slot(table[:, [column]])

        found: list[Slot | Entries | float] = []
        for argument in functions[0].row.arguments(*range(table.shape[1])):
            if isinstance(argument, int):
                found.append(entry(argument))
            elif len(owners := set(self._group_of[table[0, argument]].tolist())) > 1 or 0 in owners:
                found.append([entry(column) for column in argument])
            else:
                found.append(self._slot(table[:, argument], is_list=True))
        return found

    def terms(self, array: Array) -> list[Terms]:
        """The terms of a sum, kind by kind, in the order of the first member.

        Within a kind, each member has its terms in the order of the positions they read.
        """
        forms = [self._forms[node] for node in array.group.members]
        sums = [form.terms for form in forms if isinstance(form, (Sum, Output))]
        shape = len(sums), len(sums[0])
        flat = chain.from_iterable(chain.from_iterable(sums))
        pairs = np.fromiter(flat, np.intp, 2 * shape[0] * shape[1]).reshape(*shape, 2)
        flat_coefficients = chain.from_iterable([terms.values() for terms in sums])
        coefficients = np.fromiter(flat_coefficients, float, shape[0] * shape[1]).reshape(shape)
        a, b = pairs[..., 0], pairs[..., 1]
        rank_a, rank_b = self._rank[self._group_of[a]], self._rank[self._group_of[b]]
        swap = (rank_b < rank_a) | ((rank_a == rank_b) & (self.position[b] < self.position[a]))
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        kinds = np.stack([self._group_of[a], self._group_of[b], coefficients.view(np.int64)])
        numbers: dict[tuple[int, ...], int] = {}
        first = [numbers.setdefault(tuple(kind), len(numbers)) for kind in kinds[:, 0].T.tolist()]
        kind_of = np.zeros(shape, np.intp)
        if len(numbers) > 1:
            all_kinds = kinds.reshape(3, -1).T.tolist()
            kind_of = np.array([numbers[tuple(kind)] for kind in all_kinds]).reshape(shape)
        order = np.lexsort((self.position[b], self.position[a], kind_of), axis=-1)
        a, b, coefficients = [np.take_along_axis(x, order, -1) for x in (a, b, coefficients)]
        found, start = [], 0
        for (group_a, group_b, _), kind in numbers.items():
            columns = slice(start, start + first.count(kind))
            factors = [x[:, columns] for x, group in ((a, group_a), (b, group_b)) if group]
            coefficient = float(coefficients[0, start])
            slots = tuple([self._slot(factor) for factor in factors])
            found.append(Terms(coefficient, slots, columns.stop - start))
            start = columns.stop
        return found
