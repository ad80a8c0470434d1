"""Constants: numbers that were written into a graph and differ by position, as arrays.

A learner who standardises thirty features writes ``(x - mean) / scale`` with other numbers for
each of them. On the slide these are arrays, and thirty numbers in thirty lines in a graph. So
the numbers that the same formula reads in its many places become the entries of an array, which
is a leaf like the others; its numbers go with the program.

>>> from autograd.backprop import topological_order
>>> x = [Value(1), Value(2), Value(3)]
>>> loss = sum([(a - mean) ** 2 for a, mean in zip(x, [0.5, 0.25, 4.0])])
>>> places = {a: (LeafArray("X", "X", tuple(x), (3,), True, False), i) for i, a in enumerate(x)}
>>> found = with_arrays(topological_order(loss), places, Names([]))
>>> [(array.name, array.shape) for array in found.arrays], found.tables["C1"]
([('C1', (3,))], array([0.5 , 0.25, 4.  ]))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd.primitives import constant, power_constant
from autograd.value import Value, recorded
from autograd.vectorizer.formulas.statements import Names
from autograd.vectorizer.recording.leaves import LeafArray

# A formula that reads numbers in fewer places keeps them, and so does one that reads numbers
# beyond these: a few of them in a product are far from 1 already.
LEAST_PLACES, SMALLEST, LARGEST = 3, 1e-60, 1e60


@dataclass
class Constants:
    """A graph in which constants are leaves of arrays.

    Attributes:
        found: each Value of the graph as it was, with the one that takes its place.
        arrays: the arrays of the new leaves.
        tables: their numbers, by the names of the arrays.
    """

    found: dict[Value, Value]
    arrays: list[LeafArray] = field(default_factory=list)
    tables: dict[str, np.ndarray] = field(default_factory=dict)


class _Use(NamedTuple):
    """A place where a number is read."""

    reader: Value
    position: int  # among the inputs of the reader
    number: Value
    partner: Hashable  # what it is multiplied by or, if by nothing, the reader


def with_arrays(
    order: Sequence[Value],
    places: Mapping[Value, tuple[LeafArray, int]],
    names: Names,
    *,
    by_step: bool = False,
) -> Constants:
    """The graph with its constants in arrays; with none if no formula reads numbers that differ.

    Args:
        order: the Values of the graph, in topological order.
        places: of its leaves.
        names: the arrays get names of their own.
        by_step: whether a formula is known by its last operation alone. Those of a recurrence are
            longer in each step than in the step before. Most of the numbers must then differ.
    """
    uses: defaultdict[Hashable, list[_Use]] = defaultdict(list)
    for key, use in _uses(order, places, by_step):
        uses[key].append(use)
    leaves: dict[tuple[Value, int], Value] = {}
    known: dict[Hashable, LeafArray] = {}
    result = Constants({})
    for alike in uses.values():
        numbers = [use.number.data for use in alike]
        shape, entries = _arranged(numbers, [use.partner for use in alike])
        size = max(entries) + 1
        first = [numbers[entries.index(i)] for i in range(size)]
        if len(alike) < LEAST_PLACES or size < 2 or (by_step and 2 * len(set(first)) < len(alike)):
            continue
        if not all(x == 0.0 or SMALLEST < abs(x) < LARGEST for x in first):
            continue
        key = repr(first), shape
        if key not in known:
            name = names.numbered("C")
            known[key] = LeafArray(name, name, tuple(map(Value, first)), shape, False, False)
            result.arrays.append(known[key])
            result.tables[name] = np.reshape(first, shape)
        for use, entry in zip(alike, entries, strict=True):
            leaves[use.reader, use.position] = known[key].values[entry]
    for value in order:
        inputs = [leaves.get((value, i), result.found[x]) for i, x in enumerate(value.inputs)]
        result.found[value] = value
        if tuple(inputs) != value.inputs:
            assert value.op is not None
            result.found[value] = recorded(value.op, tuple(inputs))
    return result


def _uses(
    order: Sequence[Value], places: Mapping[Value, tuple[LeafArray, int]], by_step: bool
) -> Iterator[tuple[Hashable, _Use]]:
    """The places where numbers are read, each with the formula that reads it there."""
    formula: dict[Value, Hashable] = {}
    number_of: dict[Hashable, int] = {}  # of each formula, which stands for it in longer ones
    for value in order:
        op, inputs = value.op, value.inputs
        if op is None:
            formula[value] = places[value][0].name
            continue
        known = op.name if by_step else (op.name, *[formula[x] for x in inputs])
        formula[value] = number_of.setdefault(known, len(number_of))
        if op is power_constant:  # an exponent is part of its formula
            formula[value] = number_of.setdefault((known, inputs[1].data), len(number_of))
            continue
        constants = {i for i, x in enumerate(inputs) if x.op is constant}
        if not constants or len(constants) == len(inputs):
            continue
        for i, role, factor in _roles(op, len(inputs), constants):
            partner = value if factor is None else inputs[factor]
            key = op.name, role, None if by_step else formula[partner]
            yield key, _Use(value, i, inputs[i], partner)


def _roles(
    op: Any, n_inputs: int, constants: set[int]
) -> Iterator[tuple[int, Hashable, int | None]]:
    """Of each constant input: its place, what it is there for, and what it is multiplied by."""
    if op.terms is None:
        arguments = op.arguments(*range(n_inputs))
        role = {i: k for k, one in enumerate(arguments) if isinstance(one, tuple) for i in one}
        yield from [(i, role.get(i, i), None) for i in sorted(constants)]
        return
    for sign, *factors in op.terms(*range(n_inputs)):
        for i in constants.intersection(factors):
            others = [x for x in factors if x not in constants]
            if others or len(factors) == 1:
                yield i, (sign, len(factors)), others[0] if others else None


def _arranged(
    numbers: Sequence[float], partners: Sequence[Hashable]
) -> tuple[tuple[int, ...], list[int]]:
    """The shape of an array of numbers, and the entry that is read in each place.

    What repeats is there once: a, b, a, b are two entries, and so are a, a, b, b. Numbers that
    are multiplied by the same few Values again and again are the rows of a matrix.

    >>> _arranged([1, 2, 1, 2], "wxyz"), _arranged([1, 1, 2, 2], "wxyz")
    (((2,), [0, 1, 0, 1]), ((2,), [0, 0, 1, 1]))
    >>> _arranged([1, 2, 3, 4], "xyxy")
    ((2, 2), [0, 1, 2, 3])
    """
    marks = [repr(number) for number in numbers]  # −0.0 is not 0.0, and nan is nan
    size = _period(marks)
    places = range(len(numbers))
    columns = _period(partners[:size])
    if columns < size:
        return (size // columns, columns), [i % size for i in places]
    run = next((i for i in range(size) if marks[i] != marks[0]), size)
    if size % run or any(marks[i] != marks[i - i % run] for i in range(size)):
        run = 1
    return (size // run,), [i % size // run for i in places]


def _period(items: Sequence[Hashable]) -> int:
    """After how many items they repeat, to the end; all of them if they never do."""
    border = [0] * len(items)  # the failure function of Knuth, Morris and Pratt (1977)
    for i in range(1, len(items)):
        k = border[i - 1]
        while k and items[i] != items[k]:
            k = border[k - 1]
        border[i] = k + (items[i] == items[k])
    period = len(items) - border[-1]
    return len(items) if len(items) % period else period
