"""Examples: numbers near the recorded ones, and what the scalars make of them.

A program can be right at some numbers and wrong at others: where a unit of ReLU is closed, or
where all numbers are small, much cannot be seen. So examples come in sets that share their
parameters. The first set stays near what was recorded, where the branches taken are those that
the user has in mind, with inputs both near and far. A graph with kinks is seen far away as well,
and again until the loss has depended on every Value.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograd.primitives import constant
from autograd.value import Value
from autograd.vectorizer.proving.playing import Floats, Played, Tape
from autograd.vectorizer.recording.leaves import LeafArray

# How far numbers are moved, as a fraction of themselves: the parameters of a set, and the inputs
# of each of its examples.
NEAR = (0.02, (0.02, 2.0, 2.0))
FAR = (2.0, (2.0, 2.0, 2.0))
# The same for single examples, which show Values that had no influence so far. A small graph is
# drawn for more often: there, a closed unit may be the only one of its kind.
FARTHER = (2.0, (2.0,))
MOST_FARTHER, SMALL = 3, 10_000

KINKS = {"relu", "leaky_relu", "abs", "sign", "step", "maximum", "minimum", "where"}

# Where an operation has no value, or no slope that is needed, the leaves below it are moved less
# far, at last not at all. All of them stay where they are at the last draw.
LESS, LEAST, MOST_DRAWS = 0.125, 1e-4, 40

# Results are computed with every number on the way off by this fraction, to see what it does.
SHAKEN = 1e-9

# What is compared: an array made from a graph that was played.
Quantity = Callable[[Played], np.ndarray]


class Example:
    """Numbers for the leaves, and what the scalars make of them."""

    def __init__(self, tape: Tape, numbers: Floats) -> None:
        self.played = tape.play(numbers)
        self._tape = tape
        self._results: dict[Quantity, np.ndarray] = {}
        self._shaken: Played | None = None

    def result(self, quantity: Quantity) -> np.ndarray:
        """What the scalars say."""
        if quantity not in self._results:
            self._results[quantity] = quantity(self.played)
        return self._results[quantity]

    def uncertainty(self, quantity: Quantity) -> np.ndarray:
        """How far it moves where every number on the way is off by the fraction SHAKEN."""
        if self._shaken is None:
            self._shaken = self._tape.shaken(self.played, SHAKEN)
        moved: np.ndarray = np.abs(quantity(self._shaken) - self.result(quantity))
        return moved


class Batch:
    """Examples, again and again up to some length.

    Attributes:
        examples: each once.
        which: the place of each of them.
    """

    def __init__(self, examples: Sequence[Example], length: int) -> None:
        self.examples = examples[:length]
        self.which = np.arange(length) % len(self.examples)
        self._weights = np.bincount(self.which) / length

    def __len__(self) -> int:
        return len(self.which)

    def combined(self, results: Sequence[np.ndarray], per_example: bool) -> np.ndarray:
        """One row per example; or a single row, their mean."""
        rows = np.array(results)
        found: np.ndarray = rows[self.which] if per_example else (self._weights @ rows)[None]
        return found


class Examples:
    """Examples near the recorded one, the same for the same graph.

    Args:
        order: the Values of the graph, each after its inputs.
        leaves: the arrays of its leaves.
        outputs: the loss, or whatever is computed; by default the last Value.

    Attributes:
        tape: the graph, and before it the leaves that the loss does not depend on.
        places: of each array, where its leaves stand among the Values of the tape.
        sets: examples that share their parameters; none where the graph has no value.
    """

    def __init__(
        self, order: Sequence[Value], leaves: Sequence[LeafArray], outputs: Sequence[Value] = ()
    ) -> None:
        known = set(order)
        unread = [v for array in leaves for v in array.values if v not in known]
        self.tape = tape = Tape([*unread, *order], outputs)
        self._n_read = len(order)
        self.places = {a.name: np.array([tape.place[v] for v in a.values]) for a in leaves}
        self._leaves = leaves
        inputs = {value for array in leaves if array.per_example for value in array.values}
        self._batched = bool(inputs)
        # Without inputs per example there is one example, and all that moves is its own.
        own = [not inputs or tape.order[i] in inputs for i in tape.leaves]
        self._own = np.array(own, bool)
        self._draw = np.random.default_rng(0)
        self._recorded = np.array([tape.order[i].data for i in tape.leaves], float)
        self._reach = np.ones(len(tape.leaves))
        self.sets = [found for found in self._sets() if found]

    # --- the numbers ---

    def _sets(self) -> list[list[Example]]:
        sets = [self._set(*NEAR)]
        if any(op.name in KINKS for _, op, _ in self.tape.steps):
            sets.append(self._set(*FAR))
        unseen = np.array([value.op is not constant for value in self.tape.order])
        unseen[: len(unseen) - self._n_read] = False
        for examples in sets:
            unseen &= ~_seen(examples)
        most = len(sets) + MOST_FARTHER
        for _ in range(max(MOST_FARTHER, min(MOST_DRAWS, SMALL // self._n_read))):
            if len(sets) == most or not unseen.any():
                break
            farther = self._set(*FARTHER)
            if (unseen & _seen(farther)).any():
                unseen &= ~_seen(farther)
                sets.append(farther)
        return sets

    def _set(self, far: float, own: Sequence[float]) -> list[Example]:
        """Examples at random numbers, one per distance; none where the graph has no value."""
        for draw in itertools.count(1):  # pragma: no branch
            if draw >= MOST_DRAWS:
                self._reach[:] = 0.0
            shared = self._moved(far)
            numbers = [np.where(self._own, self._moved(each), shared) for each in own]
            found = [Example(self.tape, each.tolist()) for each in numbers]
            lacking = [place for each in found for place in each.played.lacking()]
            if not lacking or not self._stay_nearer(lacking):
                break
        return [] if any(each.played.missing for each in found) else found

    def _stay_nearer(self, places: Sequence[int]) -> bool:
        """Move the leaves below these places less from now on; whether that is possible."""
        below = self.tape.leaves_below(places)
        movable = (self._reach > 0.0) & np.isin(self.tape.leaves, below)
        self._reach[movable] *= LESS
        self._reach[self._reach < LEAST] = 0.0
        return bool(movable.any())

    def _moved(self, far: float) -> np.ndarray:
        """Numbers near the recorded ones: off by a fraction, and a little, so that 0 moves too."""
        reach, n = self._reach, len(self._reach)
        x = np.where((reach > 0.0) & ~np.isfinite(self._recorded), 1.0, self._recorded)
        # Once it moves less, a tiny number stays tiny.
        far_each = far * reach
        little = np.where((reach == 1.0) | (x == 0.0), np.minimum(far_each, far_each**3), 0.0)
        moved: np.ndarray = x * (1.0 + far_each * self._draw.uniform(-1.0, 1.0, n))
        return moved + little * self._draw.uniform(-1.0, 1.0, n)

    # --- what a program gets, and what it should return ---

    def batches(self, lengths: Sequence[int]) -> Iterator[Batch]:
        """Batches of these lengths, of the first examples again and again; then the others."""
        if not self._batched:
            yield from [Batch([example], 1) for examples in self.sets for example in examples]
            return
        for examples in self.sets[:1]:
            yield from [Batch(examples, length) for length in lengths]
        yield from [Batch(examples, len(examples)) for examples in self.sets[1:]]

    def arrays(self, batch: Batch) -> dict[str, np.ndarray]:
        """What a program is called with for a batch, by the names in the program."""
        numbers = np.array([example.played.data for example in batch.examples])
        found = {}
        for array in self._leaves:
            places = self.places[array.name]
            if array.per_example:
                rows = numbers[:, places][batch.which]
                found[array.name] = rows.reshape(len(batch), *array.shape)
            else:
                found[array.name] = numbers[0, places].reshape(array.shape)
        return found


def _seen(examples: Sequence[Example]) -> np.ndarray:
    """Whether the loss had a derivative by each Value, in one of the examples."""
    found: np.ndarray = np.any([each.played.derivatives() != 0.0 for each in examples], axis=0)
    return found
