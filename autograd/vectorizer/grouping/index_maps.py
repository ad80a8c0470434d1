"""Idea 3, second half: index maps. Which member reads which, compared entry by entry.

When the members of a group stand in an array with axes i, j, …, and their operands in
another array, then *who reads whom* is a table: for each i, j, … a position in the other
array. This module recognises what such a table says, and writes it as NumPy would:

- constant along an axis: the operand is broadcast along it;
- each coordinate of the operand follows one axis in equal steps: a slice, such as the
  whole array, its transpose, a row, or every second entry;
- the operand's entries in their own order, or with its axes in another: a reshape;
- coordinates that are sums of steps along axes: windows, such as X[p + k];
- anything else: the table itself, as an index.

Nothing is guessed: a table is a slice only if every entry says so. What is not recognised is
still right, and costs the time to gather.

In the example, z[i] reads W[i, k] and X[k], along all of their axes:

>>> from autograd.vectorizer.example import Layer
>>> [(read.map.axes, read.map.whole) for read in Layer().arrays[2].reads()]
[('ik', True), ('k', True)]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.intp]
Pick = int | slice

WHOLE = slice(None)

# A letter for the rounds of a loop.
ROUNDS = "z"


class Steps(NamedTuple):
    """A coordinate that is a sum: where it starts, and the axes along which it goes on.

    Of each axis: its letter, the step, its length, and how often each coordinate comes again.
    """

    start: int
    along: tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, eq=False)
class IndexMap:
    """How an operand is read.

    Attributes:
        axes: the axes that the operand follows, one letter each, in the order in which they
            come out. It is broadcast along all others.
        picks: for a slice, an index or a slice per axis of the operand.
        reshaped: for a reshape, the shape.
        turned: for a reshape, the order of the operand's axes before it, if it is not their own.
        windows: for windows, each coordinate of the operand.
        table: else, the positions in the flattened operand.
    """

    axes: str
    picks: tuple[Pick, ...] = ()
    reshaped: tuple[int, ...] | None = None
    turned: tuple[int, ...] = ()
    windows: tuple[Steps, ...] = ()
    table: Positions | None = None

    @property
    def whole(self) -> bool:
        """Whether the whole operand is read, each axis along one of ours."""
        return (
            self.reshaped is None
            and self.table is None
            and not self.windows
            and all(p == WHOLE for p in self.picks)
            and ROUNDS not in self.axes
        )


def read_map(positions: Positions, axes: str, shape: tuple[int, ...], spare: str = "") -> IndexMap:
    """What a table of positions in an array of the given shape says.

    >>> table = np.array([[0, 3], [1, 4], [2, 5]])  # in an array of 2 × 3
    >>> found = read_map(table, "ij", (2, 3))
    >>> found.axes, found.whole  # its transpose
    ('ji', True)

    Args:
        positions: one position per entry of the reading array.
        axes: a letter per axis of ``positions``.
        shape: of the array that is read.
        spare: letters of axes of size 1 that axes of size 1 of the operand may follow.
    """
    for axis in reversed(range(positions.ndim)):
        first = positions.take([0], axis)
        if positions.shape[axis] == 1 or (positions == first).all():
            positions = first.squeeze(axis)
            axes = axes[:axis] + axes[axis + 1 :]
    found = _slices(positions, axes, shape, spare)
    if found is not None:
        return found
    # A reshape, and maybe its axes in another order.
    corner = (0,) * positions.ndim
    pace = [int(np.moveaxis(positions, a, 0)[1][corner[1:]]) for a in range(positions.ndim)]
    order = sorted(range(positions.ndim), key=lambda a: -pace[a])
    turned = positions.transpose(order)
    if turned.size == np.prod(shape) and (turned.ravel() == np.arange(turned.size)).all():
        return IndexMap("".join([axes[a] for a in order]), reshaped=turned.shape)
    axes_of = _turned(positions, shape)
    if axes_of is not None:
        return IndexMap(axes, reshaped=positions.shape, turned=axes_of)
    windows = _windows(positions, axes, shape)
    if windows is not None:
        order = sorted(range(len(axes)), key=lambda a: (axes[a] != ROUNDS, -positions.shape[a]))
        return IndexMap("".join([axes[a] for a in order]), windows=windows)
    return IndexMap(axes, table=positions)


def _turned(positions: Positions, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The order of the axes in which an array is read from its first entry to its last, if it is.

    >>> _turned(np.array([0, 3, 1, 4, 2, 5]), (2, 3))  # column by column
    (1, 0)
    """
    if positions.size != np.prod(shape):
        return None
    lines = coordinates(positions.ravel(), shape)
    slowest = sorted(range(len(shape)), key=lambda axis: -int(np.argmax(lines[axis] != 0)))
    same = np.arange(positions.size).reshape(shape).transpose(slowest).ravel()
    return tuple(slowest) if (same == positions.ravel()).all() else None


def _windows(positions: Positions, axes: str, shape: tuple[int, ...]) -> tuple[Steps, ...] | None:
    """The coordinates as sums of steps along axes, if that is what they are.

    >>> table = np.array([[0, 1, 2], [2, 3, 4]])  # windows of 3 that begin at 0 and 2
    >>> _windows(table, "pk", (5,))
    (Steps(start=0, along=(('p', 2, 2, 1), ('k', 1, 3, 1))),)
    >>> _windows(np.array([0, 0, 1, 1]), "k", (2,))  # each one twice
    (Steps(start=0, along=(('k', 1, 4, 2),)),)
    """
    found = []
    for coordinate in coordinates(positions, shape):
        start = int(coordinate.flat[0])
        along = []
        expected = np.full(coordinate.shape, start)
        for axis, letter in enumerate(axes):
            size = coordinate.shape[axis]
            line = np.moveaxis(coordinate, axis, 0).reshape(size, -1)[:, 0] - start
            if line.any():
                times = int(np.argmax(line != 0))
                step = int(line[times])
                along.append((letter, step, size, times))
                if (line != np.arange(size) // times * step).any():
                    return None
            expected += line.reshape((size,) + (1,) * (coordinate.ndim - axis - 1))
        if (coordinate != expected).any():
            return None
        found.append(Steps(start, tuple(along)))
    return tuple(found)


def _slices(positions: Positions, axes: str, shape: tuple[int, ...], spare: str) -> IndexMap | None:
    picks: list[Pick] = []
    followed = ""
    for size, coordinate in zip(shape, coordinates(positions, shape), strict=True):
        along = [a for a in range(positions.ndim) if _varies(coordinate, a)]
        if size == 1 and spare:
            picks.append(WHOLE)
            followed += spare[0]
            spare = spare[1:]
        elif not along:
            picks.append(int(coordinate.flat[0]))
        elif len(along) == 1:
            line = np.moveaxis(coordinate, along[0], 0).reshape(coordinate.shape[along[0]], -1)
            pick = _steps(line[:, 0], size)
            if pick is None:
                return None
            picks.append(pick)
            followed += axes[along[0]]
        else:
            return None
    if len(set(followed)) < len(followed) or not set(axes) <= set(followed):
        return None
    return IndexMap(followed, tuple(picks))


def _steps(line: Positions, size: int) -> slice | None:
    start, step = int(line[0]), int(line[1] - line[0])
    if (np.diff(line) != step).any():
        return None
    stop = start + step * len(line)
    return slice(
        None if start == (0 if step > 0 else size - 1) else start,
        None if stop < 0 or stop + 1 > size else stop,
        None if step == 1 else step,
    )


def _varies(coordinate: Positions, axis: int) -> bool:
    return bool((coordinate != coordinate.take([0], axis)).any())


def coordinates(positions: Positions, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Positions in a flattened array as one coordinate per axis."""
    return np.unravel_index(positions, shape) if shape else ()
