"""Idea 3, between the halves: layout. The members of a group get an order and a shape.

A group is a heap of nodes; an array has axes. The axes are found where the operands have
theirs: if the members read W1[j][k], all k each, then j tells the members apart, and the
group becomes an array along j. Scores qᵢ·kⱼ read row i of one array and row j of another,
and become an array along i and j. In general:

- Take the coordinates of the operands, one after the other, that are constant within each
  member. Keep those that are independent of the ones kept before.
- If the kept ones tell all members apart, and every combination occurs, they are the axes.
- Else the group is a plain list.

Two kinds of arrays are told their layout instead: an array of leaves has that of the lists
it came in, and the gradient of an array has that of the array.

The terms of a sum are arranged in the same way, along axes over which the sum runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from autograd.primitives import Primitive
from autograd.vectorizer.grouping import Group
from autograd.vectorizer.index_maps import Index, IndexMap, coordinates, read_map
from autograd.vectorizer.normal_form import Form, Function, Leaf, Number, Output

MEMBER_AXES = "ijabcdefgh"
SUMMED_AXES = "klnopqrstu"
LIST_AXIS = "k"
EXAMPLES = "m"


@dataclass(frozen=True)
class Read:
    """An operand: an array, and how it is read."""

    array: Array
    map: IndexMap


@dataclass(frozen=True)
class Part:
    """One kind of terms of a sum: c·Σ a·b, the sum running over the summed axes.

    Attributes:
        coefficient: the number c.
        factors: none, one or two operands.
        summed: a letter per axis over which the sum runs.
        count: how many terms there are.
    """

    coefficient: float
    factors: tuple[Read, ...]
    summed: str
    count: int


@dataclass(frozen=True)
class Stack:
    """An argument that is a list, and whose entries come from several arrays."""

    entries: tuple[Read | float, ...]


Argument = Read | Stack | float


@dataclass(eq=False)
class Array:
    """A group with an order and a shape.

    Attributes:
        group: the group.
        shape: without the axis of examples, which is last in the program.
        arguments: for a function, its arguments.
        parts: for a sum, its terms.
        gradient_of: arrays whose gradient this is, entry by entry.
        entries: for an output, the entries of the returned array that these are.
    """

    group: Group
    shape: tuple[int, ...] = ()
    arguments: list[Argument] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    gradient_of: list[Array] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)

    @property
    def axes(self) -> str:
        return MEMBER_AXES[: len(self.shape)]

    @property
    def unit_axes(self) -> str:
        """The axes of size 1."""
        return "".join(a for a, size in zip(self.axes, self.shape, strict=True) if size == 1)

    @property
    def per_example(self) -> bool:
        return self.group.per_example

    @property
    def form(self) -> Form:
        return self.group.form


@dataclass(frozen=True)
class _Slot:
    """What the members read at one place: ``positions[member, term]`` in the array."""

    array: Array
    positions: Index


@dataclass(frozen=True)
class _ListSlot(_Slot):
    """The same for a list: one position per member and entry of the list."""


# A number, an operand, a list within one array, a list of entries of several arrays.
_RawArgument = float | _Slot | list[_Slot | float]


@dataclass(frozen=True)
class _Terms:
    coefficient: float
    slots: tuple[_Slot, ...]
    count: int


class Layout:
    """Lays out groups one after the other.

    Attributes:
        arrays: one per group.
        position: node number to position in its array.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        forms: Mapping[int, Form],
        derivative: Mapping[int, int],
        output_shapes: Mapping[str, tuple[int, ...]],
    ) -> None:
        self._forms = forms
        self._derivative = derivative
        self._output_shapes = output_shapes
        n_nodes = max(forms) + 1
        self.position: Index = np.zeros(n_nodes, np.intp)
        self._group_of: Index = np.zeros(n_nodes, np.intp)
        for group in groups:
            self._group_of[group.members] = group.number
        self.arrays = [Array(group) for group in groups]
        # Which factor of a product comes first: parameters, then what no example changes,
        # then what was made last. The number 1 comes last of all.
        ranks = [(not is_parameter(a), a.per_example, -a.group.number) for a in self.arrays]
        self._rank = np.zeros(len(groups) + 1, np.intp)
        self._rank[0] = len(groups)
        for rank, i in enumerate(sorted(range(len(groups)), key=ranks.__getitem__)):
            self._rank[i + 1] = rank
        self._find_gradients()
        for array in self.arrays:
            self._lay_out(array)

    def _array(self, node: int) -> Array:
        return self.arrays[self._group_of[node] - 1]

    def _find_gradients(self) -> None:
        for array in self.arrays:
            nodes = {self._derivative.get(node, 0) for node in array.group.members}
            owners = set(self._group_of[list(nodes)].tolist())
            if len(owners) == 1 and len(nodes) == len(array.group.members) and owners != {0}:
                gradient = self.arrays[owners.pop() - 1]
                if len(gradient.group.members) == len(nodes):
                    gradient.gradient_of.append(array)

    def _lay_out(self, array: Array) -> None:
        group = array.group
        terms: list[_Terms] = []
        arguments: list[_RawArgument] = []
        if isinstance(group.form, Leaf):
            array.shape = group.form.array.shape
            places = [self._forms[v].position for v in group.members]  # type: ignore[union-attr]
            self.position[group.members] = places
            return
        if isinstance(group.form, Function):
            arguments = self._arguments(group, group.form.row)
        else:
            terms = self._terms(group)
        slots = [slot for each in terms for slot in each.slots]
        for argument in arguments:
            slots += argument if isinstance(argument, list) else [argument]
        slots = [slot for slot in slots if isinstance(slot, _Slot)]
        order = self._order(array, slots, terms)
        group.members = [group.members[i] for i in order]
        self.position[group.members] = np.arange(len(order))
        if isinstance(group.form, Output):
            array.entries = [self._forms[v].position for v in group.members]  # type: ignore[union-attr]
        array.arguments = [_read_argument(array, argument, order) for argument in arguments]
        array.parts = [_read_terms(array, each, order) for each in terms]

    # --- who reads whom ---

    def _slot(self, nodes: Index) -> _Slot:
        return _Slot(self._array(nodes.flat[0]), self.position[nodes])

    def _arguments(self, group: Group, row: Primitive) -> list[_RawArgument]:
        inputs = [self._forms[v].inputs for v in group.members]  # type: ignore[union-attr]
        table = np.array(inputs, np.intp)

        def entry(column: int) -> _Slot | float:
            form = self._forms[table[0, column]]
            return form.data if isinstance(form, Number) else self._slot(table[:, [column]])

        found: list[_RawArgument] = []
        for argument in row.arguments(*range(table.shape[1])):
            if isinstance(argument, int):
                found.append(entry(argument))
            elif len(set(self._group_of[table[0, argument]].tolist())) > 1 or isinstance(
                self._forms[table[0, argument[0]]], Number
            ):
                found.append([entry(column) for column in argument])
            else:
                slot = self._slot(table[:, argument])
                found.append(_ListSlot(slot.array, slot.positions))
        return found

    def _terms(self, group: Group) -> list[_Terms]:
        sums = [self._forms[v].terms for v in group.members]  # type: ignore[union-attr]
        n, count = len(sums), len(sums[0])
        flat = chain.from_iterable(chain.from_iterable(sums))
        pairs = np.fromiter(flat, np.intp, 2 * n * count).reshape(n, count, 2)
        coefficients = np.fromiter(
            chain.from_iterable([terms.values() for terms in sums]), float, n * count
        ).reshape(n, count)
        a, b = pairs[..., 0], pairs[..., 1]
        rank_a, rank_b = self._rank[self._group_of[a]], self._rank[self._group_of[b]]
        swap = (rank_b < rank_a) | ((rank_a == rank_b) & (self.position[b] < self.position[a]))
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        # The kinds of terms, numbered as the first member has them, and each member's terms
        # in the order of its kinds and, within a kind, of the positions they read.
        kinds = np.stack([self._group_of[a], self._group_of[b], coefficients.view(np.int64)])
        names: dict[tuple[int, ...], int] = {}
        first = [names.setdefault(tuple(kind), len(names)) for kind in kinds[:, 0].T.tolist()]
        if len(names) == 1:
            kind_of = np.zeros((n, count), np.intp)
        else:
            each = [names[tuple(kind)] for kind in kinds.reshape(3, -1).T.tolist()]
            kind_of = np.array(each, np.intp).reshape(n, count)
        member = np.broadcast_to(np.arange(n)[:, None], (n, count))
        keys = self.position[b], self.position[a], kind_of, member
        order = np.lexsort([key.ravel() for key in keys])
        a, b = a.ravel()[order].reshape(n, count), b.ravel()[order].reshape(n, count)
        found, start = [], 0
        for (group_a, group_b, _), kind in names.items():
            size = first.count(kind)
            columns = slice(start, start + size)
            start += size
            slots = [self._slot(x[:, columns]) for g, x in ((group_a, a), (group_b, b)) if g]
            c = float(coefficients.ravel()[order].reshape(n, count)[0, columns.start])
            found.append(_Terms(c, tuple(slots), size))
        return found

    # --- order and shape ---

    def _order(self, array: Array, slots: Sequence[_Slot], terms: Sequence[_Terms]) -> Index:
        """Set the shape of an array, and return the order of its members."""
        members, form = array.group.members, array.form
        if isinstance(form, Output):
            shape = self._output_shapes[form.name]
            if len(members) == math.prod(shape):
                array.shape = shape
                return np.argsort([self._forms[v].position for v in members])  # type: ignore[union-attr]
        models = [
            model
            for model in array.gradient_of
            if model.group.number < array.group.number and math.prod(model.shape) == len(members)
        ]
        if models:
            model = max(models, key=lambda a: not isinstance(a.form, Leaf))
            array.shape = model.shape
            place = {self._derivative[v]: self.position[v] for v in model.group.members}
            return np.argsort([place[v] for v in members])
        if len(members) == 1:
            ranks = [_rank_of_product(each) for each in terms] or [_rank(slot) for slot in slots]
            array.shape = (1,) * max(ranks, default=0)
            return np.zeros(1, np.intp)
        labels = [label for slot in slots for label in _labels(slot)]
        rows = [np.unique(slot.positions, axis=0, return_inverse=True)[1] for slot in slots]
        found = find_axes(labels, len(members)) or find_axes(rows, len(members))
        if found is None:
            array.shape = (len(members),)
            return np.lexsort(rows[::-1]) if rows else np.arange(len(members))
        place, array.shape = found
        return np.argsort(place)


def find_axes(labels: Sequence[Index], n: int) -> tuple[Index, tuple[int, ...]] | None:
    """Axes that tell n things apart: the place of each thing along them, and their sizes.

    None if the labels have no such axes.

    >>> i, j = np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])
    >>> place, shape = find_axes([i, i + 5, j], 6)
    >>> place.tolist(), shape  # 3i + j
    ([0, 3, 1, 4, 2, 5], (2, 3))
    """
    place: Index = np.zeros(n, np.intp)
    shape: tuple[int, ...] = ()
    combinations = 1
    for label in labels:
        if combinations == n:
            break
        values, index = np.unique(label, return_inverse=True)
        size = combinations * len(values)
        if len(values) == 1 or size > n:
            continue
        combined = place * len(values) + index.ravel()
        if np.bincount(combined, minlength=size).all():
            place, shape, combinations = combined, (*shape, len(values)), size
    return (place, shape) if combinations == n else None


def is_parameter(array: Array) -> bool:
    return isinstance(array.form, Leaf) and array.form.array.parameter


def _labels(slot: _Slot) -> list[Index]:
    """The coordinates of a slot that are constant within each member, one per member."""
    found = coordinates(slot.positions, slot.array.shape)
    return [c[:, 0] for c in found if (c == c[:, :1]).all()]


def _rank(slot: _Slot) -> int:
    """How many axes of size 1 the array has."""
    return slot.array.shape.count(1)


def _rank_of_product(terms: _Terms) -> int:
    """The number of axes of c·Σ a·b, when all of them have size 1."""
    ranks = [_rank(slot) for slot in terms.slots]
    if len(ranks) == 2 and terms.count == 1 and min(ranks) > 0:
        a, b = [slot.array for slot in terms.slots]
        if is_parameter(a) and not is_parameter(b):  # W @ x with one weight
            ranks = [rank - 1 for rank in ranks]
    return max(ranks, default=0)


def _read_argument(array: Array, argument: _RawArgument, order: Index) -> Argument:
    if isinstance(argument, float):
        return argument
    if isinstance(argument, list):
        entries = [_read_argument(array, entry, order) for entry in argument]
        return Stack(tuple(entries))  # type: ignore[arg-type]
    if isinstance(argument, _ListSlot):
        return _read_list(array, argument, order)
    positions = argument.positions[order]
    return Read(
        argument.array,
        read_map(positions.reshape(array.shape), array.axes, argument.array.shape, array.unit_axes),
    )


def _read_list(array: Array, slot: _Slot, order: Index) -> Read | Stack:
    positions = slot.positions[order]
    found = read_map(
        positions.reshape((*array.shape, -1)),
        array.axes + LIST_AXIS,
        slot.array.shape,
        array.unit_axes + LIST_AXIS * (positions.shape[1] == 1),
    )
    if LIST_AXIS in found.axes:
        return Read(slot.array, found)
    columns = [_Slot(slot.array, column[:, None]) for column in slot.positions.T]
    return Stack(tuple([_read_argument(array, column, order) for column in columns]))  # type: ignore[misc]


def _read_terms(array: Array, terms: _Terms, order: Index) -> Part:
    slots = [_Slot(slot.array, slot.positions[order]) for slot in terms.slots]
    axes, units, summed = array.axes, array.unit_axes, ""
    sizes: tuple[int, ...] = ()
    if terms.count > 1:
        along, sizes = _summed_axes(slots, terms.count)
        slots = [_Slot(slot.array, slot.positions[:, along]) for slot in slots]
        summed = SUMMED_AXES[: len(sizes)]

    def read(slot: _Slot, spare: str) -> IndexMap:
        positions = slot.positions.reshape((*array.shape, *sizes))
        return read_map(positions, axes + summed, slot.array.shape, spare)

    # An axis of size 1 is one of ours or, if both factors have one left, one to sum over.
    left = SUMMED_AXES[len(sizes) :]
    if len(slots) == 1 and isinstance(array.form, Output) and array.form.averaged:
        maps = [read(slots[0], units + left)]
    elif len(slots) == 2 and terms.count == 1:
        first = read(slots[0], units + left[0])
        taken = "".join([axis for axis in units if axis in first.axes])
        ours = "".join([axis for axis in units if axis not in taken]) + taken
        second = read(slots[1], left[0] + ours if left[0] in first.axes else ours)
        if left[0] in first.axes and left[0] not in second.axes:
            first = read(slots[0], units)
        maps = [first, second]
    else:
        maps = [read(slot, units) for slot in slots]
    followed = "".join([each.axes for each in maps])
    summed += "".join([axis for axis in left if axis in followed])
    factors = [Read(slot.array, each) for slot, each in zip(slots, maps, strict=True)]
    return Part(terms.coefficient, tuple(factors), summed, terms.count)


def _summed_axes(slots: Sequence[_Slot], count: int) -> tuple[Index, tuple[int, ...]]:
    """The order and the sizes of the axes along which the terms of each member stand."""
    labels = [
        c[0]
        for slot in slots
        for c in coordinates(slot.positions, slot.array.shape)
        if (c == c[:1]).all()
    ]
    found = find_axes(labels, count)
    return (np.argsort(found[0]), found[1]) if found else (np.arange(count), (count,))
