"""The kernel: buffers, and the loops that fill them, in three phases around blocks of examples.

What only the parameters enter comes before the blocks, what each example has of its own within
them, and what is made of sums over all examples after them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograd.vectorizer.compiling.arrays import (
    AFTER,
    WITHIN,
    Along,
    Array,
    Lines,
    LoweringError,
    Places,
    Shape,
    bare,
    in_memory,
    size_of,
    strides_of,
    taken,
)
from autograd.vectorizer.compiling.nests import Nest, Steps, Store, filling, nest
from autograd.vectorizer.formulas.statements import Loop, Names

BLOCK = 64  # examples that are computed together: their arrays stay in the cache
ROW = str(BLOCK)  # the places that an axis of examples takes


@dataclass(frozen=True)
class Reduction:
    """How entries become one: where it begins, and what one more does to it."""

    start: str
    more: str


REDUCTIONS = {
    "np.sum": Reduction("0.0", "{0} += {1};"),
    "np.max": Reduction("(-INFINITY)", "{0} = larger({0}, {1});"),
    "np.min": Reduction("INFINITY", "{0} = smaller({0}, {1});"),
}


class Kernel:
    """The body of the function in C.

    Attributes:
        sizes: of the buffers, by their names, in the order in which they are made.
        sums: the buffers that sum over blocks, which begin at 0.
        tables: constant places, by the names of their buffers.
        sections: what is done in each phase.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.sizes: dict[str, str] = {}
        self.sums: list[str] = []
        self.tables: dict[str, Sequence[int | float]] = {}
        self.sections = [Steps(), Steps(), Steps()]
        self._loop: Loop | None = None
        self._inside: dict[int, Steps] = {}
        self._comment = ""
        self._line = ""

    # --- where things go ---

    def begin(self, loop: Loop | None, comment: str, name: str) -> None:
        """What follows computes a line, in a loop over time or in none."""
        self._line = name
        self._comment = comment
        if loop is not self._loop:
            self._loop = loop
            self._inside = {}

    def put(self, item: Nest, phase: int) -> None:
        """Add what is done next in a phase."""
        item.comment, self._comment = self._comment, ""
        steps = self.sections[phase]
        if self._loop is not None:
            if phase not in self._inside:
                self._inside[phase] = Steps(header_of(self._loop))
                steps.items.append(self._inside[phase])
            steps = self._inside[phase]
        steps.items.append(item)

    def phase(self, phase: int, shape: Shape) -> int:
        """The phase in which an array of a shape is computed from what is there in another."""
        if "m" in shape and phase == AFTER:
            raise LoweringError("an example needs a sum over all examples")
        return WITHIN if "m" in shape else phase

    # --- buffers ---

    def buffer(self, name: str, shape: Shape, phase: int) -> Array:
        """A new buffer."""
        self.sizes[name] = size_of(shape, ROW)
        return in_memory(name, shape, strides_of(shape, ROW), phase)

    def part(self) -> str:
        """A name for a part of the line."""
        return self.names.numbered(f"{self._line}_")

    def table(self, numbers: Sequence[int | float]) -> str:
        """The name of a constant table."""
        for name, known in self.tables.items():
            if list(known) == list(numbers):
                return name
        name = self.names.numbered("table")
        self.tables[name] = numbers
        return name

    def limit(self, size: int | str) -> str:
        """Up to what the places of an axis count."""
        return "block" if size == "m" else str(size)

    def loops(self, shape: Shape) -> tuple[Places, list[tuple[str, str]]]:
        """The variables for the axes of an array, and their loops; an axis of 1 needs none."""
        places = [f"i{axis}" if size != 1 else "0" for axis, size in enumerate(shape)]
        sizes = zip(places, shape, strict=True)
        return tuple(places), [(i, self.limit(size)) for i, size in sizes if i != "0"]

    def fill(self, target: Array, array: Array) -> None:
        """Compute an array entry by entry into a view."""
        places, loops = self.loops(array.shape)
        lines = Lines()
        text = array.entry(lines, places)
        assert target.view
        store = Store(target.view.buffer, target.view.address(places), text)
        self.put(nest(loops, lines, store), target.phase)

    def computed(self, array: Array, name: str = "") -> Array:
        """An array in memory."""
        if array.view and not name:
            return array
        phase = self.phase(array.phase, array.shape)
        target = self.buffer(name or self.part(), array.shape, phase)
        self.fill(target, array)
        return target

    # --- sums ---

    def result(self, shape: Shape, phase: int, over_examples: bool) -> tuple[Array, Array, bool]:
        """A new buffer for sums: as it is filled, as it is read, and whether it is already 0."""
        target = self.buffer(self.part(), shape, self.phase(phase, shape))
        if not over_examples:
            return target, target, False
        if self._loop is not None:
            raise LoweringError("examples are summed within a loop over time")
        self.sums.append(next(reversed(self.sizes)))
        return target, replace(target, phase=AFTER), True

    def reduced(self, array: Array, axes: Sequence[int], function: str, keepdims: bool) -> Array:
        """The sum or the largest along axes."""
        how = REDUCTIONS[function]
        kept = [axis for axis in range(len(array.shape)) if axis not in axes]
        shape = tuple([array.shape[axis] for axis in kept])
        over_examples = any(array.shape[axis] == "m" for axis in axes)
        if over_examples and function != "np.sum":
            raise LoweringError("the largest of all examples is taken")
        phase = self.phase(array.phase, array.shape)
        target, found, zero = self.result(shape, phase, over_examples)
        places, _ = self.loops(array.shape)
        own = [(places[axis], self.limit(array.shape[axis])) for axis in kept]
        along = [(places[axis], self.limit(array.shape[axis])) for axis in axes]
        own, along = [[loop for loop in loops if loop[0] != "0"] for loops in (own, along)]
        lines = Lines()
        entry = bare(array.entry(lines, places))
        assert target.view
        address = target.view.address(tuple([places[axis] for axis in kept]))
        place = f"{target.view.buffer}[{address}]"
        body: list[str | Store] = list(lines.lines)
        last = len(array.shape) - 1
        if kept and kept[-1] == last and array.shape[last] != 1:  # side by side: all sums at once
            if not zero:
                start = Store(target.view.buffer, address, how.start)
                self.put(filling(target.view.buffer, own, [start]), target.phase)
            body.append(how.more.format(place, entry))
            loops = [*own[:-1], *along, *own[-1:]]
            self.put(filling(target.view.buffer, loops, body, lines.reads), target.phase)
        else:
            inner: list[str | Store] = [f"double sum = {how.start};"]
            for i, limit in along:
                if (i, limit) == along[-1] and function == "np.sum":
                    inner.append("#pragma omp simd reduction(+ : sum)")
                inner.append(f"for (Count {i} = 0; {i} < {limit}; {i}++) {{")
            inner += [*body, how.more.format("sum", entry), *"}" * len(along)]
            inner.append(f"{place} += sum;" if zero else f"{place} = sum;")
            self.put(filling(target.view.buffer, own, inner, lines.reads), target.phase)
        if keepdims:
            full = tuple([1 if axis in axes else size for axis, size in enumerate(array.shape)])
            back = [Along("0", ((axis, 1),)) for axis in kept]
            return taken(found, full, back)
        return found


def header_of(loop: Loop) -> str:
    """The first line of a loop over time."""
    t, rounds = loop.letter, loop.rounds
    sign, step = ("<", "++") if rounds.step > 0 else (">", "--")
    return f"for (Count {t} = {rounds.start}; {t} {sign} {rounds.stop}; {t}{step})"
