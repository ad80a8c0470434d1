"""Proof: run every program beside its graph before it is returned.

Many rules make a program, and if one of them is wrong, so are its numbers, silently.
So the finished program runs beside the scalars before it is returned, as compilers are checked
by translation validation (Pnueli, Siegel and Singerman 1998; Necula 2000). It must return the
cost and the gradients of the recorded graph, in arrays that it shares with no one, and each
line that is named as the gradient of an array must be that gradient.

Batches are as long as every list and every axis once, since that is where NumPy takes one axis
for another.

How far may results differ? Of what cancels exactly, in the scalars or in the program, nothing is
left but roundings, so no fixed tolerance fits. Where results differ by more than a fraction
TOLERANCE of the numbers that they are means of, the scalars are computed again with every number
on the way off by 10⁻⁹: by as much as that moves a result, it is not known.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.value import Value
from autograd.vectorizer.formulas.statements import OutputArray, Shape, Statement
from autograd.vectorizer.proving.examples import Batch, Examples, Quantity
from autograd.vectorizer.proving.playing import Played
from autograd.vectorizer.recording.leaves import LeafArray

if TYPE_CHECKING:
    from autograd.vectorizer.running.program import Program

REPORT = (
    "If no row of your own is in it, this is a fault of glassgrad: please report it, with the loss "
    "as you wrote it"
)

# Numbers below TINY are as good as 0: they may lack digits, or be 0, where they are made otherwise.
# Those above HUGE are as good as infinite.
TOLERANCE, TINY, HUGE = 1e-9, 1e-290, 1e290

# Batches are at most so many and so long, and no array may have more numbers.
MOST_BATCHES, LONGEST_BATCH, MOST_NUMBERS = 16, 1000, 2_000_000

# The Values that each entry of an array stands for.
Entries = Sequence[Sequence[Value]]


class ProofWarning(UserWarning):
    """vectorize could not prove the program that it would have returned.

    It returns a correct program that is harder to read, level by level, or says that nothing
    could be tried. To turn the warning into an error, write
    ``warnings.simplefilter("error", ProofWarning)``.
    """


class ProofError(AssertionError):
    """vectorize found no program that computes what the recorded graph computes."""


class Proof:
    """Shows what is wrong with programs of one graph, by running them beside it.

    Args:
        order: the Values of the graph, each after its inputs.
        leaves: the arrays of its leaves.
        computed: the loss; or the outputs, of which there are no gradients.
        outputs: what its programs return.

    Attributes:
        possible: whether the graph has a value at any numbers that were tried.
    """

    def __init__(
        self,
        order: Sequence[Value],
        leaves: Sequence[LeafArray],
        computed: Sequence[Value],
        outputs: Mapping[str, OutputArray],
    ) -> None:
        self._leaves = leaves
        self._outputs = outputs
        with np.errstate(all="ignore"):
            self._examples = Examples(order, leaves, computed)
        # Of each loss, the leaves whose derivatives are returned.
        places: defaultdict[str, list[int]] = defaultdict(list)
        for output in outputs.values():
            if output.gradient_of is not None:
                places[output.loss] += [*self._examples.places[output.gradient_of]]
        self._places = [np.array(theirs, int) for theirs in places.values()]
        self.possible = bool(self._examples.sets)

    def _returned(self, played: Played) -> np.ndarray:
        """What a program should return: costs or outputs, and all entries of the gradients."""
        computed = played.data[self._examples.tape.outputs]
        gradients = [played.derivatives(of=i)[theirs] for i, theirs in enumerate(self._places)]
        return np.concatenate([computed, *gradients])

    def problem(self, program: Program) -> str:
        """How what a program returns differs from the graph; "" if it does not."""
        held = program.parameters
        for array in self._leaves:
            recorded = np.reshape([value.data for value in array.values], array.shape)
            if array.parameter and not np.array_equal(held[array.key], recorded, equal_nan=True):
                return f"{array.key} holds other numbers than were recorded"

        def called(given: Mapping[str, np.ndarray]) -> Any:
            program.parameters = {a.key: given[a.name] for a in self._leaves if a.parameter}
            return program(*[given[a.name] for a in self._leaves if not a.parameter])

        try:
            for batch in self._examples.batches(self._lengths(program)):
                problem = self._problem_with(called, program, batch)
                if problem:
                    return problem
        finally:
            program.parameters = held
        return ""

    def problem_as_printed(
        self, program: Program, named: Mapping[str, Entries]
    ) -> tuple[str, list[str]]:
        """The same for what is printed, and which lines are not the gradients they are called.

        Args:
            program: one without a problem.
            named: name of a line, to the Values that its entries stand for.
        """
        line = {statement.name: statement for statement in program.statements}
        claims = [
            _Claim(statement, line[of], named[of], self._examples.tape.place)
            for statement in program.statements
            if (of := statement.gradient_of) in line and of in named
        ]
        false: dict[str, None] = {}
        arrays: dict[str, Any] = {}
        function = program.watched(
            lambda i, array: arrays.update({program.statements[i].name: array})
        )
        for batch in self._examples.batches([3]):
            given = self._examples.arrays(batch)
            with np.errstate(all="ignore"):
                returned = function(*given.values())
                problem = self._problem_of(returned, program, batch, given)
                if problem:
                    return f"{problem} where it runs as it is printed", []
                false |= {each.name: None for each in claims if not each.holds(arrays, batch)}
        return "", list(false)

    def _problem_with(
        self,
        function: Callable[[Mapping[str, np.ndarray]], Any],
        program: Program,
        batch: Batch,
    ) -> str:
        """How what a function returns for a batch differs from what the program should."""
        given = self._examples.arrays(batch)
        with np.errstate(all="ignore"):
            try:
                problem = self._problem_of(function(given), program, batch, given)
            except Exception as error:  # whatever NumPy says to what was written
                problem = f"{type(error).__name__}: {error}"
        return problem and f"{problem} (a batch of {len(batch)})"

    def _problem_of(
        self, returned: Any, program: Program, batch: Batch, given: Mapping[str, np.ndarray]
    ) -> str:
        results = [returned] if program.forward_only else [*returned]
        keys, results = _flat(results)
        wanted = [output.key for output in self._outputs.values()]
        if keys and keys != wanted[len(wanted) - len(keys) :]:
            return f"the gradients are called {', '.join(keys)}"
        each = any(output.per_example for output in self._outputs.values())
        entries: list[str] = []
        for (name, output), found in zip(self._outputs.items(), results, strict=True):
            shape = (len(batch),) * each + output.shape
            if np.shape(found) != shape:
                return f"{name} has shape {np.shape(found)} in place of {shape}"
            entries += [name] * math.prod(output.shape)
        rows = [np.reshape(found, (len(batch) if each else 1, -1)) for found in results]
        difference = _difference(np.concatenate(rows, axis=1), batch, self._returned, each)
        if difference:
            return f"{entries[difference.column]} {difference.text}"
        arrays = [array for array in results if isinstance(array, np.ndarray)]
        others = [*given.values(), *program.tables.values()]
        for i, array in enumerate(arrays):
            kept = [other for other in (*others, *arrays[:i]) if np.may_share_memory(array, other)]
            if kept or not array.flags.writeable:
                return "a result is part of another array"
        return ""

    def _lengths(self, program: Program) -> list[int]:
        """The lengths of batches: 1, 2, 3 and those of every axis and every list."""
        shapes: list[Shape] = [
            *[("m",) * array.per_example + array.shape for array in self._leaves],
            *[statement.shape for statement in program.statements],
        ]
        found = {1, 2, 3}
        largest = max([table.size for table in program.tables.values()], default=1)
        for shape in shapes:
            sizes = [size for size in shape if isinstance(size, int)]
            found.update(sizes)
            if len(sizes) < len(shape):  # one such array per example
                largest = max(largest, math.prod(sizes))
        for op, n in {(op, len(inputs)) for _, op, inputs in self._examples.tape.steps}:
            lists = [each for each in op.arguments(*range(n)) if isinstance(each, tuple)]
            found.update([len(each) for each in lists])
        longest = max(3, min(LONGEST_BATCH, MOST_NUMBERS // max(largest, 1)))
        return sorted([n for n in found if 0 < n <= longest])[:MOST_BATCHES]


def _flat(results: Sequence[Any]) -> tuple[list[str], list[Any]]:
    """What stands in dictionaries, in their order: the keys and all results."""
    keys: list[str] = []
    found: list[Any] = []
    for result in results:
        if not isinstance(result, dict):
            found.append(result)
            continue
        inner_keys, inner = _flat([*result.values()])
        nested = any(isinstance(each, dict) for each in result.values())
        keys += inner_keys if nested else result
        found += inner
    return keys, found


class _Difference(NamedTuple):
    column: int
    text: str


class _Claim:
    """That a line is the gradient of the loss by another line."""

    def __init__(
        self, line: Statement, by: Statement, entries: Entries, place: Mapping[Value, int]
    ) -> None:
        self.name = line.name
        self._line, self._by = line, by
        places = [[place[value] for value in values] for values in entries]
        self._places = np.array([i for each in places for i in each])
        self._starts = np.cumsum([0, *map(len, places)])[:-1]  # of each entry among the places
        # What was written more than once is one entry. Its derivative is that by all of the
        # Values; what flows from one of them through another counts once.
        several = len(self._places) > len(places)
        self._cut = frozenset(self._places.tolist() if several else [])
        self._times = 0.0

    def holds(self, arrays: Mapping[str, Any], batch: Batch) -> bool:
        """Whether it does, in a batch."""
        by = self._rows(self._by, arrays, batch)
        found = self._rows(self._line, arrays, batch)
        own = tuple([size for size in self._by.shape if size != "m"])
        if by is None or found is None or self._line.shape not in (self._by.shape, (*own, "m")):
            return False
        self._times = self._times or self._ratio(by, batch)
        return not (
            _difference(by, batch, self._value, self._has_rows(self._by), self._times)
            or _difference(
                found, batch, self._derivative, self._has_rows(self._line), 1.0 / self._times
            )
        )

    def _has_rows(self, line: Statement) -> bool:
        return line.shape[-1:] == ("m",)

    def _rows(self, line: Statement, arrays: Mapping[str, Any], batch: Batch) -> np.ndarray | None:
        """The array of a line, one row per example if it has examples; None if misshapen."""
        array = np.asarray(arrays[line.name])
        if array.shape != tuple([len(batch) if size == "m" else size for size in line.shape]):
            return None
        return np.moveaxis(array, -1, 0) if self._has_rows(line) else array

    def _ratio(self, by: np.ndarray, batch: Batch) -> float:
        """What the Values are multiplied by in the program: −1 where a sign has moved out."""
        values = batch.examples[0].result(self._value)
        i = int(np.argmax(np.abs(values)))
        ratio = float(by.reshape(-1, len(values))[0, i] / values[i]) if values[i] else 1.0
        return ratio if ratio and math.isfinite(ratio) else 1.0

    def _value(self, played: Played) -> np.ndarray:
        found: np.ndarray = played.data[self._places[self._starts]]
        return found

    def _derivative(self, played: Played) -> np.ndarray:
        found: np.ndarray = np.add.reduceat(
            played.derivatives(self._cut)[self._places], self._starts
        )
        return found


def _difference(
    found: np.ndarray,
    batch: Batch,
    quantity: Quantity,
    per_example: bool,
    times: float = 1.0,
) -> _Difference | None:
    """How a result differs from that of the scalars; None if it does not.

    Args:
        found: the result, one row per example, or the mean.
        batch: the examples.
        quantity: what it should be.
        per_example: whether there is a row per example.
        times: what the result of the scalars is multiplied by.
    """
    wanted = [times * example.result(quantity) for example in batch.examples]
    expected = batch.combined(wanted, per_example)
    got = found.reshape(len(expected), -1)
    if got.shape != expected.shape:
        return _Difference(0, f"has {got.shape[1]} entries in place of {expected.shape[1]}")
    allowed = TOLERANCE * batch.combined([np.abs(each) for each in wanted], per_example) + TINY
    off = np.abs(got - expected)
    if (off <= allowed).all():
        return None
    moved = [abs(times) * example.uncertainty(quantity) for example in batch.examples]
    allowed = allowed + batch.combined(moved, per_example)
    # Where the scalars have no number, or nearly none, nothing is promised: sums run over.
    wrong = (np.abs(expected) * len(batch) < HUGE) & ~(off <= allowed) & ~np.isnan(allowed)
    if not wrong.any():
        return None
    row, column = np.argwhere(wrong)[0].tolist()
    return _Difference(column, f"is {got[row, column]} in place of {expected[row, column]}")
