"""The kernel: buffers, and the loops that fill them, in three phases around blocks of examples.

What only the parameters enter comes before the blocks, what each example has of its own within
them, and what is made of sums over all examples after them. A program that needs such a sum within
a block is written with all its examples in one block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograd.vectorizer.compiling.arrays import (
    AFTER,
    BEFORE,
    WITHIN,
    Array,
    Lines,
    LoweringError,
    Places,
    Shape,
    in_memory,
    size_of,
    strides_of,
    taken,
    Along,
    View,
    added,
    times,
)
from autograd.vectorizer.compiling.nests import Nest, Steps, Store, nest
from autograd.vectorizer.formulas.statements import Loop, Names

BLOCK = 64  # examples that are computed together: their arrays stay in the cache


class WholeBatch(Exception):
    """The program needs a sum over all examples before the last of them is done."""


@dataclass(frozen=True)
class Reduction:
    """How entries become one: where it begins, and what one more does to it."""

    start: str
    more: str


REDUCTIONS = {
    "np.sum": Reduction("0.0", "{0} + {1}"),
    "np.max": Reduction("(-INFINITY)", "larger({0}, {1})"),
    "np.min": Reduction("INFINITY", "smaller({0}, {1})"),
}


class Kernel:
    """The body of the function in C.

    Attributes:
        blocked: whether it goes through the examples in blocks.
        sizes: of the buffers, by their names, in the order in which they are made.
        sums: the buffers that sum over blocks, which begin at 0.
        tables: constant places, by the names of their buffers.
        sections: what is done in each phase.
    """

    def __init__(self, names: Names, blocked: bool) -> None:
        self.names = names
        self.blocked = blocked
        self.sizes: dict[str, str] = {}
        self.sums: list[str] = []
        self.tables: dict[str, Sequence[int | float]] = {}
        self.sections = [Steps(), Steps(), Steps()]
        self.row, self.count = (str(BLOCK), "b") if blocked else ("m", "m")
        self._loop: Loop | None = None
        self._inside: dict[int, Steps] = {}
        self._comment = ""

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
        if not self.blocked:
            return BEFORE
        if "m" in shape:
            if phase == AFTER:
                raise WholeBatch
            return WITHIN
        return phase

    # --- buffers ---

    def buffer(self, name: str, shape: Shape, phase: int) -> Array:
        """A new buffer."""
        self.sizes[name] = size_of(shape, self.row)
        return in_memory(name, shape, strides_of(shape, self.row), phase)

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
        return self.count if size == "m" else str(size)

    def loops(self, shape: Shape, first: int = 0) -> tuple[Places, list[tuple[str, str]]]:
        """The variables for the axes of an array, and their loops; an axis of 1 needs none."""
        places = [f"i{axis}" if size != 1 else "0" for axis, size in enumerate(shape, first)]
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

    def _result(self, shape: Shape, phase: int, over_examples: bool) -> tuple[Array, Array, bool]:
        """A new buffer for sums: as it is filled, as it is read, and whether it is already 0."""
        if not (self.blocked and over_examples):
            phase = self.phase(phase, shape)
            found = self.buffer(self.part(), shape, phase)
            return found, found, False
        if "m" in shape or phase == AFTER:
            raise WholeBatch
        rounds = self._loop.rounds if self._loop else range(1)
        name = self.part()
        self.sums.append(name)
        whole = self.buffer(name, (len(rounds), *shape), WITHIN)
        first = "0"
        if self._loop:
            lowest = min(rounds[0], rounds[-1])
            first = f"{self._loop.letter} + {-lowest}" if lowest else self._loop.letter
        axes = [Along(first), *[Along("0", ((axis, 1),)) for axis in range(len(shape))]]
        found = taken(whole, shape, axes)
        return found, replace(found, phase=AFTER), True

    def reduced(self, array: Array, axes: Sequence[int], function: str, keepdims: bool) -> Array:
        """The sum or the largest along axes."""
        how = REDUCTIONS[function]
        kept = [axis for axis in range(len(array.shape)) if axis not in axes]
        shape = tuple([array.shape[axis] for axis in kept])
        over_examples = any([array.shape[axis] == "m" for axis in axes])
        if self.blocked and over_examples and function != "np.sum":
            raise WholeBatch
        phase = self.phase(array.phase, array.shape)
        target, found, zero = self._result(shape, phase, over_examples)
        places, _ = self.loops(array.shape)
        own = [(places[axis], self.limit(array.shape[axis])) for axis in kept]
        along = [(places[axis], self.limit(array.shape[axis])) for axis in axes]
        own, along = [[loop for loop in loops if loop[0] != "0"] for loops in (own, along)]
        lines = Lines()
        entry = array.entry(lines, places)
        assert target.view
        address = target.view.address(tuple([places[axis] for axis in kept]))
        place = f"{target.view.buffer}[{address}]"
        body: list[str | Store] = list(lines.lines)
        last = len(array.shape) - 1
        if kept and kept[-1] == last and array.shape[last] != 1:  # side by side: all sums at once
            if not zero:
                start = Store(target.view.buffer, address, how.start)
                self.put(Nest(tuple(own), [start], set(), simple=False), target.phase)
            body.append(f"{place} = {how.more.format(place, entry)};")
            loops = [*own[:-1], *along, *own[-1:]]
            reads = lines.reads | {(target.view.buffer, "")}
            self.put(Nest(tuple(loops), body, reads, simple=False), target.phase)
        else:
            inner: list[str | Store] = ["{", f"double sum = {how.start};"]
            for i, limit in along:
                if (i, limit) == along[-1] and function == "np.sum":
                    inner.append("#pragma omp simd reduction(+ : sum)")
                inner.append(f"for (Count {i} = 0; {i} < {limit}; {i}++) {{")
            inner += [*body, f"sum = {how.more.format('sum', entry)};", *"}" * len(along)]
            inner.append(f"{place} += sum;" if zero else f"{place} = sum;")
            inner.append("}")
            reads = lines.reads | {(target.view.buffer, "")}
            self.put(Nest(tuple(own), inner, reads, simple=False), target.phase)
        if keepdims:
            full = tuple([1 if axis in axes else size for axis, size in enumerate(array.shape)])
            back = [Along("0", ((axis, 1),)) for axis in kept]
            return taken(found, full, back)
        return found

    def contracted(self, a: Array, b: Array, letters: tuple[str, str, str]) -> Array:
        """The sum of the products of the entries of two arrays, as ``np.einsum`` writes it."""
        left, right, out = letters
        sizes = dict(zip(left + right, a.shape + b.shape, strict=True))
        for letter, size in zip(left + right, a.shape + b.shape, strict=True):
            if sizes[letter] != size:
                raise LoweringError(f"axes of {sizes[letter]} and {size} are multiplied")
        summed = [letter for letter in dict.fromkeys(left + right) if letter not in out]
        a, b = self.computed(a), self.computed(b)
        shape = tuple([sizes[letter] for letter in out])
        over_examples = any([sizes[letter] == "m" for letter in summed])
        phase = self.phase(max(a.phase, b.phase), ("m",) if over_examples else shape)
        target, found, zero = self._result(shape, phase, over_examples)
        steps = {
            letter: [
                _stride(array, mine, letter)
                for array, mine in ((a, left), (b, right), (target, out))
            ]
            for letter in sizes
        }
        own = [letter for letter in out if sizes[letter] != 1]
        views = (a.view, b.view, target.view)
        batch = [letter for letter in own if letter in left and letter in right]
        summed = [letter for letter in summed if sizes[letter] != 1]
        one_by_one = bool(batch) and batch[-1] == own[-1]
        inside = bool(summed) and not one_by_one and len(summed) == 1
        if not (zero or inside):
            places, loops = self.loops(shape)
            assert target.view
            start = Store(target.view.buffer, target.view.address(places), "0.0")
            self.put(Nest(tuple(loops), [start], set(), simple=False), target.phase)
        if one_by_one:
            order = [*own[:-1], *summed, own[-1]]
            self._multiply_side_by_side(order, sizes, steps, views, target.phase)
        else:
            self._multiply_in_tiles(own, batch, summed, left, sizes, steps, views, target.phase, inside and not zero)
        return found

    def _multiply_side_by_side(self, order, sizes, steps, views, phase) -> None:
        """Loops whose innermost one is an axis that all three arrays have."""
        variables = {letter: f"i{n}" for n, letter in enumerate(order)}
        a, b, c = [_entry(view, variables, steps, n) for n, view in enumerate(views)]
        loops = [(variables[letter], self.limit(sizes[letter])) for letter in order]
        reads = {(view.buffer, "") for view in views}
        self.put(Nest(tuple(loops), [f"{c} += {a} * {b};"], reads, simple=False), phase)

    def _multiply_in_tiles(self, own, batch, summed, left, sizes, steps, views, phase, first_time) -> None:
        """A matrix product, with loops around it over the axes that are more than a matrix has."""
        rows = [letter for letter in own if letter in left and letter not in batch]
        columns = [letter for letter in own if letter not in left and letter not in batch]
        first, second = 0, 1
        if not columns or (rows and own[-1] in rows):
            rows, columns, first, second = columns, rows, 1, 0
        i, j = rows[-1:], columns[-1:]
        k = sorted(summed, key=lambda letter: (sizes[letter] == "m", sizes[letter] if sizes[letter] != "m" else 0))[-1:]
        outside = [letter for letter in [*own, *summed] if letter not in (*i, *j, *k)]
        variables = {letter: f"i{n}" for n, letter in enumerate(outside)}
        loops = [(variables[letter], self.limit(sizes[letter])) for letter in outside]

        def stride(letters: Sequence[str], array: int) -> str:
            return steps[letters[0]][array] if letters else "0"

        def pointer(array: int) -> str:
            return "&" + _entry(views[array], variables, steps, array)

        counts = [self.limit(sizes[each[0]]) if each else "1" for each in (i, j, k)]
        arguments = [
            *counts,
            *(pointer(first), stride(i, first), stride(k, first)),
            *(pointer(second), stride(k, second), stride(j, second)),
            *(pointer(2), stride(i, 2), stride(j, 2)),
        ]
        line = f"{'set' if first_time else 'add'}_product({', '.join(arguments)});"
        reads = {(view.buffer, "") for view in views}
        self.put(Nest(tuple(loops), [line], reads, simple=False), phase)


def header_of(loop: Loop) -> str:
    """The first line of a loop over time."""
    t, rounds = loop.letter, loop.rounds
    sign, step = ("<", "++") if rounds.step > 0 else (">", "--")
    return f"for (Count {t} = {rounds.start}; {t} {sign} {rounds.stop}; {t}{step})"


def _stride(array: Array, letters: str, letter: str) -> str:
    """How far apart entries lie along an axis, which may stand twice, as on a diagonal."""
    assert array.view
    steps = [s for s, each in zip(array.view.strides, letters, strict=True) if each == letter]
    return " + ".join(steps) or "0"


def _entry(view, variables: Mapping[str, str], steps, array: int) -> str:
    moved = [times(i, steps[letter][array]) for letter, i in variables.items()]
    return f"{view.buffer}[{added([view.offset, *moved])}]"
