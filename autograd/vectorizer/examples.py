"""Examples: numbers near the recorded ones, and what the scalars make of them.

A program can be right at some numbers and wrong at others: where a unit of ReLU is closed, or
where all numbers are small, much cannot be seen. So examples come in sets that share their
parameters. The first set stays near what was recorded, where the branches taken are those that
the user has in mind, with inputs both near and far. A graph with kinks is seen far away as well,
and again until the loss has depended on every Value.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograd.primitives import constant
from autograd.value import Value
from autograd.vectorizer.leaves import LeafArray
from autograd.vectorizer.playing import NoValueError, Played, Tape

# How far numbers are moved, as a fraction of themselves: the parameters of a set, and the inputs
# of each of its examples.
NEAR = (0.02, (0.02, 2.0, 2.0))
FAR = (2.0, (2.0, 2.0, 2.0))
# The same for single examples, as many as are drawn to see a Value that had no influence so far.
FARTHER = (2.0, (2.0,))
MOST_FARTHER = 6

KINKS = {"relu", "leaky_relu", "abs", "sign", "step", "maximum", "minimum", "where"}
# Operations whose slopes are 0 wherever there are any: what is below them has no influence.
FLAT = {"sign", "step", "relu_slope", "stop_gradient"}

# Where an operation has no value, or no slope that is needed, the leaves below it are moved less
# far, at last not at all.
LESS, LEAST, MOST_DRAWS = 0.125, 1e-4, 40

# Results are computed with every number on the way off by this fraction, to see what it does.
SHAKEN = 1e-9

# What is compared: an array made from a graph that was played.
Quantity = Callable[[Played], np.ndarray]


class Example:
    """Numbers for the leaves, and what the scalars make of them."""

    def __init__(self, tape: Tape, numbers: dict[int, float]) -> None:
        self._tape, self._numbers = tape, numbers
        self._results: dict[Quantity, np.ndarray] = {}
        self._shaken: Played | None = None
        self.played = tape.play(numbers)

    def result(self, quantity: Quantity) -> np.ndarray:
        """What the scalars say."""
        if quantity not in self._results:
            self._results[quantity] = quantity(self.played)
        return self._results[quantity]

    def uncertainty(self, quantity: Quantity) -> np.ndarray:
        """How far it moves where every number on the way is off by the fraction SHAKEN."""
        if self._shaken is None:
            self._shaken = self._tape.play_shaken(self._numbers, SHAKEN)
        moved: np.ndarray = np.abs(quantity(self._shaken) - self.result(quantity))
        return moved

    def lacking(self) -> list[int]:
        """The places of what keeps the loss and the gradients from being numbers, if anything."""
        derivatives = self.played.derivatives()
        if (
            math.isfinite(self.played.data[-1])
            and np.isfinite(derivatives[self._tape.leaves]).all()
        ):
            return []
        return self.played.lacking() or [len(self.played.data) - 1]


class Examples:
    """Examples near the recorded one, the same for the same graph.

    Args:
        order: the Values of the graph, each after its inputs, the loss last.
        leaves: the arrays of its leaves.

    Attributes:
        tape: the graph, and before it the leaves that the loss does not depend on.
        sets: examples that share their parameters; none where the graph has no value.
    """

    def __init__(self, order: Sequence[Value], leaves: Sequence[LeafArray]) -> None:
        known = set(order)
        unread = [v for array in leaves for v in array.values if v not in known]
        self.tape = tape = Tape([*unread, *order])
        self._places = {a.name: np.array([tape.place[v] for v in a.values]) for a in leaves}
        self._leaves = leaves
        inputs = {value for array in leaves if array.per_example for value in array.values}
        self._batched = bool(inputs)
        # Without inputs per example there is one example, and all that moves is its own.
        self._own = [i for i in tape.leaves if not inputs or tape.order[i] in inputs]
        self._draw = random.Random(0)
        self._reach = dict.fromkeys(tape.leaves, 1.0)
        self.sets = [found for found in self._sets() if found]

    # --- the numbers ---

    def _sets(self) -> list[list[Example]]:
        sets = [self._set(*NEAR)]
        if any(op.name in KINKS for _, op, _ in self.tape.steps):
            sets.append(self._set(*FAR))
            unseen = self._influential().difference(*map(_seen, sets))
            for _ in range(MOST_FARTHER):
                if not unseen:
                    break
                farther = self._set(*FARTHER)
                if not unseen.isdisjoint(_seen(farther)):
                    unseen -= _seen(farther)
                    sets.append(farther)
        return sets

    def _influential(self) -> set[int]:
        """The Values that the loss depends on, by operations that have slopes."""
        order = self.tape.order
        found = {len(order) - 1}
        for i, op, inputs in reversed(self.tape.steps):
            if i in found and op.name not in FLAT:
                found.update([x for x in inputs if order[x].op is not constant])
        return found

    def _set(self, far: float, own: Sequence[float]) -> list[Example]:
        for _ in range(MOST_DRAWS):
            found, lacking = self._drawn(far, own)
            if not lacking or not self._stay_nearer(lacking):
                return found
        try:
            return [Example(self.tape, {}) for _ in own]
        except NoValueError:  # its leaves have been set to other numbers since it was recorded
            return []

    def _drawn(self, far: float, own: Sequence[float]) -> tuple[list[Example], list[int]]:
        """Examples at random numbers, and the places of what has no number there."""
        shared = {i: self._moved(i, far) for i in self.tape.leaves}
        found: list[Example] = []
        lacking: list[int] = []
        for each in own:
            numbers = shared | {i: self._moved(i, each) for i in self._own}
            try:
                found.append(Example(self.tape, numbers))
            except NoValueError as error:
                return [], [error.place]
            lacking += found[-1].lacking()
        return found, lacking

    def _stay_nearer(self, places: Sequence[int]) -> bool:
        """Move the leaves below these places less from now on; whether that is possible."""
        movable = [leaf for leaf in self.tape.leaves_below(places) if self._reach[leaf]]
        for leaf in movable:
            reach = self._reach[leaf] * LESS
            self._reach[leaf] = reach if reach > LEAST else 0.0
        return bool(movable)

    def _moved(self, leaf: int, far: float) -> float:
        """A number near the recorded one: off by a fraction, and a little, so that 0 moves too."""
        x, reach = self.tape.order[leaf].data, self._reach[leaf]
        if not reach:
            return x
        if not math.isfinite(x):
            x = 1.0
        far *= reach
        # Once it moves less, a tiny number stays tiny.
        little = min(far, far**3) if reach == 1.0 or not x else 0.0
        return x * (1.0 + self._draw.uniform(-far, far)) + self._draw.uniform(-little, little)

    # --- what a program gets, and what it should return ---

    def batches(self, lengths: Sequence[int]) -> Iterator[list[Example]]:
        """Batches of these lengths, of the first examples again and again; then the others."""
        if not self._batched:
            yield from [[example] for examples in self.sets for example in examples]
            return
        for examples in self.sets[:1]:
            yield from [(examples * length)[:length] for length in lengths]
        yield from self.sets[1:]

    def arrays(self, batch: Sequence[Example]) -> dict[str, np.ndarray]:
        """What a program is called with for a batch, by the names in the program."""
        used, which = told_apart(batch)
        numbers = np.array([example.played.data for example in used])
        found = {}
        for array in self._leaves:
            places = self._places[array.name]
            if array.per_example:
                found[array.name] = numbers[:, places][which].reshape(len(batch), *array.shape)
            else:
                found[array.name] = numbers[0, places].reshape(array.shape)
        return found

    def gradient(self, name: str) -> Quantity:
        """The derivatives by an array of leaves."""
        places = self._places[name]
        return lambda played: played.derivatives()[places]


def told_apart(batch: Sequence[Example]) -> tuple[list[Example], list[int]]:
    """The examples of a batch, each once, and which of them stands where."""
    used = {example: i for i, example in enumerate(dict.fromkeys(batch))}
    return list(used), [used[example] for example in batch]


def _seen(examples: Sequence[Example]) -> set[int]:
    """The Values that the loss had a derivative by, in one of the examples."""
    return {i for each in examples for i in np.flatnonzero(each.played.derivatives()).tolist()}
