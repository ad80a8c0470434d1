"""Arrays as C reads them: a shape, and an expression for the entry at each place.

An array that lies in memory is a view: a buffer, where it begins, and a stride for each axis, so
that turning it, slicing it and adding axes copies nothing.

>>> X = in_memory("X", (2, 3), ("3", "1"))
>>> X.entry(Lines(), ("i0", "i1")), turned(X, (1, 0)).entry(Lines(), ("i0", "i1"))
('X[i0 * 3 + i1]', 'X[i0 + i1 * 3]')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

# The length of each axis; "m" is the number of examples.
Shape = tuple[int | str, ...]
Places = tuple[str, ...]

# When an array is there: before the blocks of examples, within each block, after all of them.
BEFORE, WITHIN, AFTER = range(3)


class LoweringError(ValueError):
    """A line of a program that has no loops in C; the text says which, and why."""


class View(NamedTuple):
    """Where an array lies: ``buffer[offset + place * stride + …]``."""

    buffer: str
    offset: str
    strides: Places

    def address(self, places: Places) -> str:
        """The place in the buffer."""
        steps = [times(i, stride) for i, stride in zip(places, self.strides, strict=True)]
        return added([self.offset, *steps])


@dataclass
class Lines:
    """The body of a loop while it is written.

    Attributes:
        lines: of C.
        reads: the buffers that it reads, and where.
        known: what already has a name here.
    """

    lines: list[str] = field(default_factory=list)
    reads: set[tuple[str, str]] = field(default_factory=set)
    known: dict[object, str] = field(default_factory=dict)

    def name(self, key: object, text: str, kind: str) -> str:
        """A name for an expression, which is known by its key from then on."""
        if text.replace(".", "").isalnum():
            return text
        self.known[key] = f"v{len(self.known)}"
        self.lines.append(f"const {kind} {self.known[key]} = {bare(text)};")
        return self.known[key]


@dataclass(frozen=True, eq=False)
class Array:
    """An array that can be read entry by entry.

    Attributes:
        shape: its axes.
        entry: writes the expression for the entry at some places.
        phase: when it is there.
        view: where it lies, if it does so regularly.
        kind: the type of its entries in C, ``int`` for conditions.
    """

    shape: Shape
    entry: Callable[[Lines, Places], str]
    phase: int = BEFORE
    view: View | None = None
    kind: str = "double"


def in_memory(
    buffer: str, shape: Shape, strides: Places, phase: int = BEFORE, offset: str = "0"
) -> Array:
    """The array that lies in a buffer."""
    return _viewed(View(buffer, offset, strides), shape, phase)


def _viewed(view: View, shape: Shape, phase: int) -> Array:
    def entry(lines: Lines, places: Places) -> str:
        address = view.address(places)
        lines.reads.add((view.buffer, address))
        return f"{view.buffer}[{address}]"

    return Array(shape, entry, phase, view)


def constant(text: str, shape: Shape = (), phase: int = BEFORE) -> Array:
    """An array of the same expression everywhere."""
    return Array(shape, lambda lines, places: text, phase)


def mapped(
    arrays: Sequence[Array], write: Callable[[Sequence[str]], str], kind: str = "double"
) -> Array:
    """What an expression makes of the entries of arrays, which are broadcast as in NumPy."""
    shape = broadcast([array.shape for array in arrays])
    spread = [broadcast_to(array, shape) for array in arrays]

    def entry(lines: Lines, places: Places) -> str:
        return write([array.entry(lines, places) for array in spread])

    return Array(shape, entry, max([array.phase for array in arrays]), kind=kind)


def named(array: Array) -> Array:
    """The same array, each entry of which gets a name where it is read."""
    key = object()

    def entry(lines: Lines, places: Places) -> str:
        if (key, places) in lines.known:
            return lines.known[key, places]
        return lines.name((key, places), array.entry(lines, places), array.kind)

    return array if array.view else replace(array, entry=entry)


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The shape that arrays of these shapes have together."""
    rank = max([len(shape) for shape in shapes], default=0)
    found: list[int | str] = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if size != 1:
                if found[axis] not in (1, size):
                    raise LoweringError(f"shapes {', '.join(map(str, shapes))} do not fit")
                found[axis] = size
    return tuple(found)


def broadcast_to(array: Array, shape: Shape) -> Array:
    """The array with axes of length 1 repeated, and further axes in front."""
    if array.shape == shape:
        return array
    if broadcast([array.shape, shape]) != shape:
        raise LoweringError(f"the shape is {array.shape}, not {shape}")
    new = len(shape) - len(array.shape)
    alone = [size == 1 and shape[new + axis] != 1 for axis, size in enumerate(array.shape)]
    if array.view:
        strides = ["0" if a else s for a, s in zip(alone, array.view.strides, strict=True)]
        view = array.view._replace(strides=("0",) * new + tuple(strides))
        return _viewed(view, shape, array.phase)

    def entry(lines: Lines, places: Places) -> str:
        own = ["0" if a else i for a, i in zip(alone, places[new:], strict=True)]
        return array.entry(lines, tuple(own))

    return replace(array, shape=shape, entry=entry)


def turned(array: Array, order: Sequence[int]) -> Array:
    """The array with its axes in another order."""
    shape = tuple([array.shape[axis] for axis in order])
    if array.view:
        strides = tuple([array.view.strides[axis] for axis in order])
        return _viewed(array.view._replace(strides=strides), shape, array.phase)

    def entry(lines: Lines, places: Places) -> str:
        own = dict(zip(order, places, strict=True))
        return array.entry(lines, tuple([own[axis] for axis in range(len(order))]))

    return replace(array, shape=shape, entry=entry)


class Along(NamedTuple):
    """The place along an axis, from the places in an array that is taken from it.

    Attributes:
        offset: where it begins.
        steps: axis of what is taken, to how far a step along it goes here.
        table: the buffer that the place is looked up in, if it is.
    """

    offset: str
    steps: tuple[tuple[int, int], ...] = ()
    table: str = ""

    def place(self, places: Places) -> str:
        """The place here."""
        steps = [times(places[axis], str(step)) for axis, step in self.steps]
        place = added([self.offset, *steps])
        return f"{self.table}[{place}]" if self.table else place


def taken(array: Array, shape: Shape, axes: Sequence[Along]) -> Array:
    """Parts of an array."""
    if array.view and not any(along.table for along in axes):
        strides: list[list[str]] = [[] for _ in shape]
        offset = [array.view.offset]
        for along, stride in zip(axes, array.view.strides, strict=True):
            offset.append(times(along.offset, stride))
            for axis, step in along.steps:
                strides[axis].append(times(str(step), stride))
        view = View(array.view.buffer, added(offset), tuple(map(added, strides)))
        return _viewed(view, shape, array.phase)

    def entry(lines: Lines, places: Places) -> str:
        return array.entry(lines, tuple([along.place(places) for along in axes]))

    return replace(array, shape=shape, entry=entry, view=None)


def times(a: str, b: str) -> str:
    """The text of a product of integers."""
    if "0" in (a, b):
        return "0"
    if is_number(a) and is_number(b):
        return str(int(a) * int(b))
    if "1" in (a, b):
        return b if a == "1" else a
    return f"{_factor(a)} * {_factor(b)}"


def added(terms: Sequence[str]) -> str:
    """The text of a sum of integers."""
    number = sum([int(term) for term in terms if is_number(term)])
    others = " + ".join([term for term in terms if not is_number(term)])
    if not others:
        return str(number)
    return f"{others} {'-' if number < 0 else '+'} {abs(number)}" if number else others


def is_number(text: str) -> bool:
    """Whether the text of an integer is a number."""
    return text.removeprefix("-").isdigit()


def bare(text: str) -> str:
    """An expression without the parentheses around all of it.

    >>> bare("(a + b)"), bare("(a + b) * (c + d)")
    ('a + b', '(a + b) * (c + d)')
    """
    depth = 0
    for letter in text[1:-1]:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return text
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def _factor(text: str) -> str:
    return f"({text})" if " + " in text or " - " in text else text


def strides_of(shape: Shape, row: str) -> Places:
    """The strides of a contiguous array, in which an axis of examples takes ``row`` places.

    >>> strides_of((2, 3, "m"), "64")
    ('192', '64', '1')
    """
    strides, stride = [], "1"
    for size in reversed(shape):
        strides.append(stride)
        stride = times(stride, row if size == "m" else str(size))
    return tuple(reversed(strides))


def size_of(shape: Shape, row: str) -> str:
    """How many places it takes."""
    sizes = [row if size == "m" else str(size) for size in shape]
    size = "1"
    for each in sizes:
        size = times(size, each)
    return size
