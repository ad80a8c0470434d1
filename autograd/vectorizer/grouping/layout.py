"""Idea 3, between the halves: layout. The members of a group get an order and a shape.

A group is a heap of nodes; an array has axes. The axes are found where the operands have
theirs: if the members read W1[j][k], all k each, then j tells the members apart, and the
group becomes an array along j. Scores qᵢ·kⱼ read row i of one array and row j of another,
and become an array along i and j. In general:

- Take the coordinates of the operands, one after the other, that are constant within each
  member. Keep those that are independent of the ones kept before.
- If the kept ones tell all members apart, and every combination occurs, they are the axes.
- Else the group is a plain list.

Two kinds of arrays take their layout from elsewhere: an array of leaves has that of the lists
it came in, and the gradient of an array has that of the array.

The terms of a sum are arranged in the same way, along axes over which the sum runs.

>>> from autograd.vectorizer.example import Layer
>>> [array.all_axes for array in Layer().arrays]  # of W, X, Z, A, dZ, J and dW; m for examples
['ij', 'im', 'im', 'im', 'im', '', 'ij']
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set

import numpy as np

from autograd.vectorizer.grouping.arrays import (
    LIST_AXIS,
    SUMMED_AXES,
    Argument,
    Array,
    Part,
    Read,
    Stack,
    is_parameter,
)
from autograd.vectorizer.grouping.groups import Group
from autograd.vectorizer.grouping.index_maps import ROUNDS, IndexMap, Positions, read_map
from autograd.vectorizer.grouping.slots import Entries, Slot, SlotReader, Terms
from autograd.vectorizer.merging.forms import Form, Function, Leaf, Output


def lay_out(
    groups: Sequence[Group],
    forms: Mapping[int, Form],
    derivative: Mapping[int, int],
    output_shapes: Mapping[str, tuple[int, ...]],
    singles: Set[str] = frozenset(),
) -> list[Array]:
    """The arrays of the groups, in their order.

    Args:
        groups: operands before readers.
        forms: of all nodes.
        derivative: node number to that of the derivative of the loss by the node.
        output_shapes: the shapes of the complete outputs.
        singles: inputs of one number in a list, to be laid out without the list.
    """
    layout = Layout(groups, forms, derivative, output_shapes, singles)
    for array in layout.arrays:
        layout.lay_out(array)
    return layout.arrays


class Layout:
    """The arrays of groups, while they get their order and their shapes, one after the other.

    Attributes:
        arrays: of the groups, in their order.
        reader: reads off what they read.
        derivative: node number to that of the derivative of the loss by the node.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        forms: Mapping[int, Form],
        derivative: Mapping[int, int],
        output_shapes: Mapping[str, tuple[int, ...]],
        singles: Set[str] = frozenset(),
    ) -> None:
        self.arrays = [Array(group) for group in groups]
        self.reader = SlotReader(self.arrays, forms)
        self._forms = forms
        self.derivative = derivative
        self._output_shapes = output_shapes
        self._singles = singles
        _find_gradients(self.arrays, self.reader, derivative)

    def lay_out(self, array: Array) -> None:
        """Give an array its order and its shape, and find what it reads."""
        members, form, reader = array.group.members, array.form, self.reader
        if isinstance(form, Leaf):
            array.shape = () if array.leaves in self._singles else form.array.shape
            reader.position[members] = _entries(members, self._forms)
            return
        arguments = reader.arguments(array) if isinstance(form, Function) else []
        terms = [] if isinstance(form, Function) else reader.terms(array)
        models = [model for model in array.gradient_of if model.group.number < array.group.number]
        models = [model for model in models if math.prod(model.shape) == len(members)]
        shapes = self._output_shapes
        if isinstance(form, Output) and len(members) == math.prod(shapes[form.name]):
            array.shape = shapes[form.name]
            order: Positions = np.argsort(_entries(members, self._forms))
        elif models:
            model = max(models, key=lambda model: not isinstance(model.form, Leaf))
            array.shape = model.shape
            place = {self.derivative[v]: reader.position[v] for v in model.group.members}
            order = np.argsort([place[v] for v in members])
        else:
            order, array.shape = find_order(len(members), arguments, terms)
        array.group.members = members = [members[i] for i in order]
        reader.position[members] = np.arange(len(members))
        if isinstance(form, Output):
            array.entries = _entries(members, self._forms)
        set_reads(array, arguments, terms, order)


def set_reads(
    array: Array,
    arguments: Sequence[Slot | Entries | float],
    terms: Sequence[Terms],
    order: Positions,
) -> None:
    """Find what an array reads, when its members stand in the given order."""
    array.arguments = [_argument(array, argument, order) for argument in arguments]
    array.parts = [_part(array, each, order) for each in terms]


def read_as_numbers(arrays: Sequence[Array]) -> set[str]:
    """The inputs that are a list of one number, and read as that number: Y[0].

    A learner may write ``y = [Value(1)]`` for a unit that is in no list itself.
    """
    reads = [read for array in arrays for read in array.reads() if read.map.picks == (0,)]
    return {
        read.array.leaves
        for read in reads
        if read.array.leaves and read.array.per_example and read.array.shape == (1,)
    }


def _find_gradients(
    arrays: Sequence[Array], reader: SlotReader, derivative: Mapping[int, int]
) -> None:
    """Find out which arrays are the gradients, entry by entry, of which others."""
    for array in arrays:
        nodes = {derivative.get(node, 0) for node in array.group.members}
        owner, *others = {reader.array_of(node) for node in nodes}
        if owner is None or others:
            continue
        if len(nodes) == len(array.group.members) == len(owner.group.members):
            owner.gradient_of.append(array)


def _entries(members: Sequence[int], forms: Mapping[int, Form]) -> list[int]:
    found = [forms[node] for node in members]
    return [form.position for form in found if isinstance(form, (Leaf, Output))]


# --- the members ---


def find_order(
    n: int,
    arguments: Sequence[Slot | Entries | float],
    terms: Sequence[Terms],
    steps: Positions | None = None,
) -> tuple[Positions, tuple[int, ...]]:
    """The order and the shape of n members; or the order of several steps and the shape of one.

    Args:
        n: how many members there are.
        arguments: of a function, what they read.
        terms: of a sum, what they read.
        steps: the step of each member, in order.
    """
    slots = [slot for each in terms for slot in each.slots]
    for argument in arguments:
        entries = argument if isinstance(argument, list) else [argument]
        slots += [entry for entry in entries if isinstance(entry, Slot)]
    if n == 1 or (steps is not None and n == steps[-1] + 1):
        ranks = [_rank_of_product(each) for each in terms] or [_rank(slot) for slot in slots]
        return np.arange(n), (1,) * max(ranks, default=0)
    slots.sort(key=lambda slot: not slot.array.per_example)  # time and place before units
    labels = [c[:, 0] for slot in slots for c in slot.coordinates() if _starts_apart(c)]
    rows = [np.unique(slot.positions, axis=0, return_inverse=True)[1].ravel() for slot in slots]
    if steps is None:
        found = find_axes(labels, n) or find_axes(rows, n)
        if found is None:
            return (np.lexsort(rows[::-1]) if rows else np.arange(n)), (n,)
        return np.argsort(found[0]), found[1]
    found = find_axes([steps, *labels], n)
    if found is None:
        return np.arange(n), (n // (int(steps[-1]) + 1),)
    return np.argsort(found[0]), found[1][1:]


def _starts_apart(c: Positions) -> bool:
    """Whether the members read the same steps, if from different starts: entries, or windows."""
    steps = c - c[:, :1]
    return bool((steps == steps[:1]).all())


def find_axes(labels: Sequence[Positions], n: int) -> tuple[Positions, tuple[int, ...]] | None:
    """Axes that tell n things apart: the place of each thing along them, and their sizes.

    None if the labels have no such axes.

    >>> i, j = np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])
    >>> place, shape = find_axes([i, i + 5, j], 6)
    >>> place.tolist(), shape  # 3i + j
    ([0, 3, 1, 4, 2, 5], (2, 3))
    """
    place: Positions = np.zeros(n, np.intp)
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


def _rank(slot: Slot) -> int:
    """How many axes of size 1 the array has."""
    return slot.array.shape.count(1)


def _rank_of_product(terms: Terms) -> int:
    """The number of axes of c·Σ a·b, when all of them have size 1."""
    ranks = [_rank(slot) for slot in terms.slots]
    if len(ranks) == 2 and terms.count == 1 and min(ranks) > 0:
        a, b = [slot.array for slot in terms.slots]
        if is_parameter(a) and not is_parameter(b):  # W @ x with one weight
            ranks = [rank - 1 for rank in ranks]
    return max(ranks, default=0)


# --- what they read ---


def _argument(array: Array, argument: Slot | Entries | float, order: Positions) -> Argument:
    if isinstance(argument, float):
        return argument
    if isinstance(argument, list):
        return Stack(tuple([_entry(array, entry, order) for entry in argument]))
    if not argument.is_list:
        return _entry(array, argument, order)
    positions = argument.positions[order].reshape((*_sizes(array), -1))
    spare = array.unit_axes + LIST_AXIS * (positions.shape[-1] == 1)
    found = read_map(positions, _letters(array) + LIST_AXIS, argument.array.shape, spare)
    if LIST_AXIS in found.axes:
        return Read(argument.array, found)
    # The list holds the same entry again and again, so that no axis of the operand follows it.
    columns = [Slot(argument.array, column[:, None]) for column in argument.positions.T]
    return Stack(tuple([_entry(array, column, order) for column in columns]))


def _entry(array: Array, entry: Slot | float, order: Positions) -> Read | float:
    if isinstance(entry, float):
        return entry
    positions = entry.positions[order].reshape(_sizes(array))
    shape, units = entry.array.shape, array.unit_axes
    return Read(entry.array, read_map(positions, _letters(array), shape, units))


def _sizes(array: Array) -> tuple[int, ...]:
    """The shape of what an array is in all rounds of its loop, if it is in one."""
    return (len(array.rounds),) * array.looped + array.shape


def _letters(array: Array) -> str:
    return ROUNDS * array.looped + array.axes


def _part(array: Array, terms: Terms, order: Positions) -> Part:
    slots = [slot.reordered(order) for slot in terms.slots]
    summed = ""
    sizes: tuple[int, ...] = ()
    if terms.count > 1:
        along, sizes = _summed_axes(slots, terms.count)
        slots = [slot.reordered(slice(None), along) for slot in slots]
        summed = SUMMED_AXES[: len(sizes)]
    left = SUMMED_AXES[len(sizes) :]  # letters for more axes over which the sum runs
    axes, units = _letters(array) + summed, array.unit_axes

    def read(slot: Slot, spare: str) -> IndexMap:
        positions = slot.positions.reshape((*_sizes(array), *sizes))
        return read_map(positions, axes, slot.array.shape, spare)

    # An axis of size 1 is one of ours or, if both factors have one left, one to sum over.
    if len(slots) == 1 and isinstance(array.form, Output) and array.form.averaged:
        maps = [read(slots[0], units + left)]
    elif len(slots) == 2 and terms.count == 1:
        maps = [read(slots[0], units + left[0])]
        free = "".join([axis for axis in units if axis not in maps[0].axes])
        ours = free + "".join([axis for axis in units if axis in maps[0].axes])
        maps.append(read(slots[1], left[0] * (left[0] in maps[0].axes) + ours))
        if left[0] not in maps[1].axes:
            maps[0] = read(slots[0], units)
    else:
        maps = [read(slot, units) for slot in slots]
    followed = "".join([each.axes for each in maps])
    summed += "".join([axis for axis in left if axis in followed])
    factors = [Read(slot.array, each) for slot, each in zip(slots, maps, strict=True)]
    return Part(terms.coefficient, tuple(factors), summed, terms.count)


def _summed_axes(slots: Sequence[Slot], count: int) -> tuple[Positions, tuple[int, ...]]:
    """The order and the sizes of the axes along which the terms of each member stand."""
    labels = [c[0] for slot in slots for c in slot.coordinates() if _starts_apart(c)]
    found = find_axes(labels, count)
    return (np.argsort(found[0]), found[1]) if found else (np.arange(count), (count,))
