"""Layout of loops: the rounds are one more axis, and who reads whom tells which round it is from.

All steps of a chain are one array, the whole, whose first axis is along the rounds. It is made in
pieces: what is written out before the loop, what the loop makes, and what is written out behind
it. A piece reads what the same round has made by its name, and what other rounds have made as an
entry of a whole: A[t - 1].

A backward loop goes the other way, so that dA[t] is the gradient of A[t].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import numpy as np

from autograd.vectorizer.grouping.arrays import Argument, Array, Part, Read, Stack
from autograd.vectorizer.grouping.groups import Group
from autograd.vectorizer.grouping.index_maps import ROUNDS, IndexMap
from autograd.vectorizer.grouping.layout import Layout, find_order, set_reads
from autograd.vectorizer.grouping.slots import Entries, Slot, Terms
from autograd.vectorizer.merging.forms import Form, Function
from autograd.vectorizer.repeating.loops import Loop


class IrregularError(ValueError):
    """A round reads the others in a way that no loop can write."""


def lay_out_with_loops(
    groups: Sequence[Group],
    loops: Sequence[Loop],
    forms: Mapping[int, Form],
    derivative: Mapping[int, int],
    output_shapes: Mapping[str, tuple[int, ...]],
    singles: Set[str] = frozenset(),
) -> list[Array]:
    """The arrays of the groups, in their order; where a loop is, its pieces before the wholes.

    Raises:
        IrregularError: a loop cannot be written.
    """
    layout = Layout(groups, forms, derivative, output_shapes, singles)
    array_of = {array.group: array for array in layout.arrays}
    loop_of = {group: loop for loop in loops for group in loop.groups}
    found: list[Array] = []
    done: set[Loop] = set()
    for array in layout.arrays:
        loop = loop_of.get(array.group)
        if loop is None:
            layout.lay_out(array)
            found.append(array)
        elif loop not in done:
            done.add(loop)
            found += _Rounds(
                loop, [array_of[group] for group in loop.groups], layout, forms
            ).lay_out()
    return found


class _Rounds:
    """Lays out the arrays of one loop."""

    def __init__(
        self, loop: Loop, wholes: Sequence[Array], layout: Layout, forms: Mapping[int, Form]
    ) -> None:
        self._loop = loop
        self._wholes = wholes
        self._layout = layout
        self._forms = forms
        self._place = {node: place for place, node in enumerate(forms)}
        self._earliest = min(loop.first.values())
        self._latest = max([loop.first[a.group] + len(a.group.steps) for a in wholes]) - 1
        self._backward = False
        self._rounds = range(0)
        self._shift: dict[Array, int] = {}  # the time of the first entry of each whole
        self._piece: dict[tuple[Array, int], Array] = {}  # of a whole at a time

    def lay_out(self) -> list[Array]:
        for whole in self._wholes:
            self._order(whole)
        found = self._pieces()
        if self._goes_back(found):
            self._backward = True
            for whole in self._wholes:
                whole.group.steps.reverse()
            found = self._pieces()
        for piece in found:
            self._read_same_round(piece)
        for whole in self._wholes:
            whole.pieces = [piece for piece in found if piece.whole is whole]
        return [*found, *self._wholes]

    def _time(self, round_: int) -> int:
        return self._latest - round_ if self._backward else round_ - self._earliest

    def _order(self, whole: Array) -> None:
        """Bring the members of all steps into the same order, and find the shape of a step."""
        group = whole.group
        position = self._layout.reader.position
        n = len(group.steps[0])
        primals = [of for of in whole.gradient_of if of.shape]
        if primals:
            of = max(primals, key=lambda of: bool(of.pieces))
            place = {self._layout.derivative[v]: position[v] for v in of.group.members}
            group.steps = [sorted(step, key=place.__getitem__) for step in group.steps]
            shape = of.shape[1:] if of.pieces else find_order(n, [], [])[1]
        else:
            start, stop = [x - self._loop.first[group] for x in (self._loop.start, self._loop.stop)]
            shape = self._order_alike(whole, group.steps[start:stop])
            for step in (*group.steps[:start], *group.steps[stop:]):
                self._order_alike(whole, [step])
        whole.shape = (len(group.steps), *shape)
        self._set_positions(whole)

    def _order_alike(self, whole: Array, steps: list[list[int]]) -> tuple[int, ...]:
        """Bring the members of steps that do the same into an order, and return their shape."""
        members = [node for step in steps for node in step]
        form, per_example = self._forms[members[0]], whole.group.per_example
        array = Array(Group(whole.group.number, form, per_example, members))
        arguments, terms = self._operands(array)
        rest = {other for other in self._wholes if not other.shape}
        known = [_without(argument, rest) for argument in arguments]
        kept = [
            replace(each, slots=tuple([slot for slot in each.slots if slot.array not in rest]))
            for each in terms
        ]
        times = np.repeat(np.arange(len(steps)), len(steps[0]))
        order, shape = find_order(len(members), known, kept, times if len(steps) > 1 else None)
        n = len(steps[0])
        for i, step in enumerate(steps):
            step[:] = [members[j] for j in order[i * n : (i + 1) * n]]
        return shape

    def _set_positions(self, whole: Array) -> None:
        whole.group.members = [node for members in whole.group.steps for node in members]
        positions = self._layout.reader.position
        positions[whole.group.members] = np.arange(len(whole.group.members))

    def _operands(self, array: Array) -> tuple[list[Slot | Entries | float], list[Terms]]:
        reader = self._layout.reader
        if isinstance(array.form, Function):
            return reader.arguments(array), []
        return [], reader.terms(array)

    # --- the pieces ---

    def _pieces(self) -> list[Array]:
        """The pieces in the order in which they are computed."""
        self._piece.clear()
        loop = self._loop
        lowest = {}
        for whole in self._wholes:
            self._set_positions(whole)
            first = loop.first[whole.group]
            ends = self._time(first), self._time(first + len(whole.group.steps) - 1)
            lowest[whole] = min(ends)
        self._shift = lowest
        before: list[Array] = []
        behind: list[Array] = []
        for whole in self._wholes:
            first = loop.first[whole.group]
            for i in range(len(whole.group.steps)):
                if not loop.start <= first + i < loop.stop:
                    piece = self._made(whole, first + i, first + i + 1)
                    (before if first + i < loop.start else behind).append(piece)
        step = -1 if self._backward else 1
        first, last = self._time(loop.start), self._time(loop.stop - 1)
        self._rounds = range(first, last + step, step)  # the same object for all
        within = [self._made(whole, loop.start, loop.stop) for whole in self._wholes]
        for pieces in (before, behind):
            pieces.sort(key=lambda piece: self._place[piece.group.members[0]])
        return [*before, *within, *behind]

    def _made(self, whole: Array, start: int, stop: int) -> Array:
        """The piece that is made in some rounds."""
        group = whole.group
        times = [self._time(round_) for round_ in range(start, stop)]
        shift = self._shift[whole]
        rounds = self._rounds if len(times) > 1 else range(times[0], times[0] + 1)
        members = [node for time in sorted(times) for node in group.steps[time - shift]]
        own = Group(group.number, self._forms[members[0]], group.per_example, members)
        piece = Array(own, whole.shape[1:], whole=whole, rounds=rounds, shift=shift)
        piece.gradient_of = whole.gradient_of
        arguments, terms = self._operands(piece)
        set_reads(piece, arguments, terms, np.arange(len(members)))
        for time in times:
            self._piece[whole, time] = piece
        return piece

    def _goes_back(self, pieces: Sequence[Array]) -> bool:
        """Whether more is read backward than forward along the rounds."""
        votes = 0
        for piece in pieces:
            for read in piece.reads():
                if ROUNDS in read.map.axes and read.array not in self._wholes and read.map.picks:
                    pick = read.map.picks[_axis_of_rounds(read.map)]
                    assert isinstance(pick, slice)
                    votes += -1 if (pick.step or 1) < 0 else 1
        return votes < 0

    # --- what the same round has made ---

    def _read_same_round(self, piece: Array) -> None:
        piece.arguments = [self._same_round(piece, argument) for argument in piece.arguments]
        piece.parts = [
            Part(
                part.coefficient,
                tuple([self._read(piece, read) for read in part.factors]),
                part.summed,
                part.count,
            )
            for part in piece.parts
        ]

    def _same_round(self, piece: Array, argument: Argument) -> Argument:
        if isinstance(argument, Stack):
            entries = [
                x if isinstance(x, float) else self._read(piece, x) for x in argument.entries
            ]
            return Stack(tuple(entries))
        return argument if isinstance(argument, float) else self._read(piece, argument)

    def _read(self, piece: Array, read: Read) -> Read:
        whole, how = read.array, read.map
        if whole not in self._wholes:
            return read
        pick = how.picks[0] if how.picks else None
        along = isinstance(pick, slice) and how.axes[:1] == ROUNDS and pick.step in (None, 1)
        if not along and not isinstance(pick, int):
            raise IrregularError("a round reads several other rounds, or by a table")
        place = pick if isinstance(pick, int) else 0
        if isinstance(pick, slice):
            place = pick.start or 0
        lowest = min(piece.rounds[0], piece.rounds[-1])
        if place + self._shift[whole] != lowest or (piece.looped and not along):
            return read
        other = self._piece[whole, lowest]
        return Read(other, IndexMap(how.axes.replace(ROUNDS, ""), how.picks[1:]))


def _axis_of_rounds(how: IndexMap) -> int:
    """Which axis of an operand the rounds go along."""
    letters = iter(how.axes)
    return [isinstance(pick, slice) and next(letters) == ROUNDS for pick in how.picks].index(True)


def _without(argument: Slot | Entries | float, rest: Set[Array]) -> Slot | Entries | float:
    """An argument without what is not laid out yet; a number tells nothing about the order."""
    entries = argument if isinstance(argument, list) else [argument]
    known: Entries = [x for x in entries if isinstance(x, Slot) and x.array not in rest]
    return known[0] if known and isinstance(argument, Slot) else known
