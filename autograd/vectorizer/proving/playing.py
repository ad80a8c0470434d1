"""Playing: compute a recorded graph at other numbers, on separate floats.

``forward()`` and ``backward()`` write into the Values. Here nothing is written to them, so that
there is nothing to put back, whatever is raised.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from autograd.backprop import topological_order
from autograd.primitives import LEVEL, Primitive, constant
from autograd.value import Value

Floats = Sequence[float]


class Tape:
    """A recorded graph: what is done to which numbers, one step per operation.

    >>> w, x = Value(2), Value(3)
    >>> tape = Tape([w, x, w * x])
    >>> played = tape.play([2.0, 5.0])  # another x
    >>> played.data.tolist(), played.derivatives().tolist()  # wx and its slopes by w, x and itself
    ([2.0, 5.0, 10.0], [5.0, 2.0, 1.0])
    >>> x.data
    3.0

    Args:
        order: its Values, each after its inputs.
        outputs: those that derivatives are taken of, and added up; by default the last one.

    Attributes:
        order: as above.
        outputs: the places of the outputs.
        place: where each Value stands in the order.
        leaves: the places of the leaves.
        steps: of each operation its place, itself and the places of its inputs.
    """

    def __init__(self, order: Sequence[Value], outputs: Sequence[Value] = ()) -> None:
        self.order = order
        self.place = {value: i for i, value in enumerate(order)}
        self.outputs = [self.place[value] for value in outputs] or [len(order) - 1]
        self.leaves = [i for i, value in enumerate(order) if value.op is None]
        self.steps: list[tuple[int, Primitive, list[int]]] = [
            (i, value.op, [self.place[x] for x in value.inputs])
            for i, value in enumerate(order)
            if value.op is not None and value.inputs
        ]
        self._recorded = [value.data for value in order]

    def play(self, numbers: Floats) -> Played:
        """All values and slopes where the leaves are other numbers; what is missing is nan.

        Args:
            numbers: of the leaves, in their order.
        """
        data = self._recorded.copy()
        for leaf, number in zip(self.leaves, numbers, strict=True):
            data[leaf] = number
        slopes: list[Floats] = []
        missing: list[int] = []
        for i, op, inputs in self.steps:
            operands = [data[x] for x in inputs]
            try:
                data[i] = op.value(*operands)
            except (ArithmeticError, ValueError):
                data[i] = math.nan
                missing.append(i)
            slopes.append(_slopes(op, data[i], operands))
        return Played(self, data, slopes, missing)

    def shaken(self, played: Played, by: float) -> Played:
        """The same again, with all that is read, passed on or used as a slope off by a fraction.

        Fixed exponents stay what they are: a power of a negative number has no neighbours. Nor
        does a number at the edge of where there are values.
        """
        draw = random.Random(0)

        def off(x: float) -> float:
            return x * (1.0 + draw.uniform(-by, by))

        exact = played.data.tolist()
        data = exact.copy()
        slopes: list[Floats] = []
        for i, op, inputs in self.steps:
            operands = [
                data[x] if self.order[x].op is constant and len(inputs) == 2 else off(data[x])
                for x in inputs
            ]
            try:
                data[i] = off(op.value(*operands))
            except (ArithmeticError, ValueError):
                operands = [exact[x] for x in inputs]
            slopes.append([off(slope) for slope in _slopes(op, data[i], operands)])
        return Played(self, data, slopes, [])

    def leaves_below(self, places: Iterable[int]) -> list[int]:
        """The leaves that these Values depend on."""
        order = topological_order(*[self.order[i] for i in places])
        return [self.place[value] for value in order if value.op is None]


def _slopes(op: Primitive, value: float, operands: Floats) -> Floats:
    try:
        # As recorded for programs: accurate where lectures cancel is another number.
        return (op.textbook or op.slopes)(value, *operands)
    except (ArithmeticError, ValueError):
        return [math.nan] * len(operands)


class Played:
    """A graph at some numbers.

    Attributes:
        data: the number of every Value.
        slopes: those of every step.
        missing: the places of the operations that have no value.
    """

    def __init__(
        self, tape: Tape, data: list[float], slopes: list[Floats], missing: list[int]
    ) -> None:
        self.data = np.array(data)
        self.slopes = slopes
        self.missing = missing
        self._tape = tape
        self._derivatives: dict[tuple[frozenset[int], tuple[int, ...]], np.ndarray] = {}

    def derivatives(self, cut: frozenset[int] = frozenset(), of: int | None = None) -> np.ndarray:
        """The derivative of the loss, or of the sum of the outputs, by every Value.

        Args:
            cut: Values that count as leaves, so that nothing flows on through them.
            of: of which of the outputs; by default of their sum.
        """
        outputs = self._tape.outputs if of is None else self._tape.outputs[of : of + 1]
        key = cut, tuple(outputs)
        if key not in self._derivatives:
            self._derivatives[key] = np.array(self._swept(cut, outputs))
        return self._derivatives[key]

    def _swept(self, cut: Collection[int], outputs: Sequence[int]) -> list[float]:
        found = [0.0] * len(self.data)
        reached = [False] * len(found)
        for i in outputs:
            found[i], reached[i] = 1.0, True
        steps = self._tape.steps
        for (i, op, inputs), slopes in zip(reversed(steps), reversed(self.slopes), strict=True):
            if reached[i] and i not in cut:
                upstream, level = found[i], op in LEVEL
                for x, slope in zip(inputs, slopes, strict=True):
                    if slope or not level:  # through a branch that was not taken nothing flows
                        found[x] += slope * upstream
                        reached[x] = True
        return found

    def lacking(self) -> list[int]:
        """The places of what keeps the loss and the gradients from being numbers, if anything."""
        gradients = self.derivatives()[self._tape.leaves]
        outputs = self.data[self._tape.outputs]
        if self.missing or (np.isfinite(outputs).all() and np.isfinite(gradients).all()):
            return self.missing
        without_slopes = [
            i
            for (i, _, _), slopes in zip(self._tape.steps, self.slopes, strict=True)
            if any(slope != slope for slope in slopes)
        ]
        return without_slopes or self._tape.outputs
