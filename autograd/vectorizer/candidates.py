"""Writing a task: the shortest program of a graph by the rules, idea after idea.

The same graph may be written with the numbers that stand in it, or with arrays of them
(:mod:`.recording.constants`); with loops, or without. What comes out shortest is what a person
would have written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from autograd.backprop import topological_order
from autograd.progress import Progress
from autograd.value import Value
from autograd.vectorizer.formulas.statements import Body, Names, OutputArray
from autograd.vectorizer.grouping.arrays import Array
from autograd.vectorizer.grouping.groups import Group, group_nodes
from autograd.vectorizer.grouping.layout import read_as_numbers
from autograd.vectorizer.merging.normal_form import Wanted
from autograd.vectorizer.merging.once import Once, normal_form_once
from autograd.vectorizer.proving.proof import Entries
from autograd.vectorizer.recording.constants import Constants, with_arrays
from autograd.vectorizer.recording.gradients import record_gradients
from autograd.vectorizer.recording.leaves import LeafArray
from autograd.vectorizer.repeating.layout import IrregularError, lay_out_with_loops
from autograd.vectorizer.repeating.loops import Loop, with_loops
from autograd.vectorizer.writing.levels import shattered, write_by_levels
from autograd.vectorizer.writing.writer import write


@dataclass
class Task:
    """What programs of one graph are written from.

    Attributes:
        leaves: the arrays of its leaves.
        outputs: the arrays to return, gradients last.
        order: its Values, in topological order.
        values: the losses, or the outputs.
        place_of: of its leaves.
        sought: the arrays to differentiate by, in the order of the gradients.
        averaged: whether the means over all examples are returned.
        forward_only: whether there are no gradients.
        progress: counts the steps: gradients, the normal form, arrays.
        derivatives: of each loss, its derivative by each leaf, and by the Values in between.
        wanted: the Values to return.
    """

    leaves: Sequence[LeafArray]
    outputs: Mapping[str, OutputArray]
    order: Sequence[Value]
    values: Sequence[Value]
    place_of: Mapping[Value, tuple[LeafArray, int]]
    sought: Sequence[LeafArray]
    averaged: bool
    forward_only: bool
    progress: Progress

    def __post_init__(self) -> None:
        self.derivatives: list[dict[Value, Value]] = []
        costs = [name for name, output in self.outputs.items() if output.gradient_of is None]
        if self.forward_only:
            places = [(costs[0], i) for i in range(len(self.values))]
        else:
            places = [(name, 0) for name in costs]
        self.wanted = [
            Wanted(value, name, i, self.averaged, self.forward_only)
            for value, (name, i) in zip(self.values, places, strict=True)
        ]
        leaf_values = [value for array in self.sought for value in array.values]
        names = iter([name for name in self.outputs if name not in costs])
        for loss in () if self.forward_only else self.values:
            derivatives = record_gradients(loss, leaf_values)
            self.derivatives.append(derivatives)
            for array in self.sought:
                name = next(names)
                self.wanted += [
                    Wanted(derivatives[value], name, i, self.averaged, derivative=True)
                    for i, value in enumerate(array.values)
                ]
        self.progress.step()

    @cached_property
    def once(self) -> Once:
        """The normal form of the graph and its gradients."""
        found = normal_form_once(self.order, self.derivatives, self.wanted, self.place_of)
        self.progress.step()
        return found

    def with_constants(self, constants: Constants) -> Task:
        """The same with constants in arrays."""
        values = [constants.found[value] for value in self.values]
        new = {v: (array, i) for array in constants.arrays for i, v in enumerate(array.values)}
        places = {**self.place_of, **new}
        return replace(self, order=topological_order(*values), values=values, place_of=places)


class Written(NamedTuple):
    """A program as statements, which Values the entries of its lines stand for, and all names."""

    body: Body
    named: Mapping[str, Entries]
    names: Names

    @property
    def length(self) -> int:
        """Of its text, with the numbers that go with it."""
        tables = [table.tolist() for table in self.body.tables.values()]
        return sum([len(str(each)) for each in [*self.body.statements, *tables]])


def written(task: Task, names: Names) -> Written:
    """The shortest program: with numbers where they were written, or in arrays of constants."""
    found = [_with_numbers(task, names.copy())]
    for by_step in (False, True):
        own = names.copy()
        constants = with_arrays(task.order, task.place_of, own, by_step=by_step)
        if constants.arrays:
            task.progress.more(3)
            found += _with_constants(task, constants, own)
    return min(found, key=lambda each: each.length)


def _with_numbers(task: Task, names: Names) -> Written:
    arranged = _arranged(task, names)
    if arranged is None:
        levels = write_by_levels(task.once.forms, task.leaves, task.outputs, names)
        return Written(levels, {}, names)
    body, arrays = arranged
    return Written(body, _entries(arrays, task.once, {v: v for v in task.order}), names)


def _with_constants(task: Task, constants: Constants, names: Names) -> list[Written]:
    """The program with arrays of constants; none if there would be too many arrays."""
    new = task.with_constants(constants)
    arranged = _arranged(new, names)
    if arranged is None:
        return []
    body, arrays = arranged
    body.tables = constants.tables | body.tables
    return [Written(body, _entries(arrays, new.once, constants.found), names)]


def _arranged(
    task: Task, names: Names, *, looped: bool = True
) -> tuple[Body, dict[str, Array]] | None:
    """The statements of arrays and loops, and the named arrays; None if there were too many."""
    once = task.once
    shapes = {name: output.shape for name, output in task.outputs.items()}
    computed = {output.gradient_of for output in task.outputs.values()}
    forward_nodes = {once.node_of[v] for v in task.order}
    groups: Sequence[Group] = group_nodes(once.forms)
    forms, loops = once.forms, list[Loop]()
    if looped:
        groups, forms, loops = with_loops(groups, forms, forward_nodes)
    if shattered(groups, once.forms):
        return None
    try:
        arrays = lay_out_with_loops(groups, loops, forms, once.derivative, shapes)
        singles = read_as_numbers(arrays) - computed
        if singles:
            arrays = lay_out_with_loops(groups, loops, forms, once.derivative, shapes, singles)
    except IrregularError:
        return _arranged(task, names, looped=False)
    task.progress.step()
    return write(arrays, forward_nodes, task.outputs, names, singles)


def _entries(
    arrays: Mapping[str, Array], once: Once, found: Mapping[Value, Value]
) -> dict[str, Entries]:
    """Which Values of the graph the entries of each array stand for."""
    values: defaultdict[int, list[Value]] = defaultdict(list)
    for value, same in found.items():
        if same in once.node_of:
            values[once.node_of[same]].append(value)
    return {
        line: [values[node] for node in array.group.members]
        for line, array in arrays.items()
        if array.whole is None and not array.pieces
    }
