"""Indices: what NumPy takes from an array, as places that C computes or looks up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.vectorizer.compiling.arrays import Along, Array, LoweringError, strides_of, taken
from autograd.vectorizer.compiling.kernel import Kernel
from autograd.vectorizer.formulas.statements import Loop
from autograd.vectorizer.formulas.trees import NEW_AXIS, Number, Slice, Tree


class Indices:
    """Reads the indices of one program."""

    def __init__(self, kernel: Kernel, tables: Mapping[str, Any]) -> None:
        self._kernel = kernel
        self._tables = tables

    def at(self, array: Array, axes: Sequence[Tree], loop: Loop | None) -> Array:
        """``array[axes]``."""
        rest = len(array.shape) - len([axis for axis in axes if axis != NEW_AXIS])
        axes = [*axes, *[Slice()] * rest]
        numbers = [
            None if axis == NEW_AXIS or isinstance(axis, Slice) else self._numbers(axis, loop)
            for axis in axes
        ]
        many = [i for i, each in enumerate(numbers) if each is not None]
        common: tuple[int, ...] = ()
        if many:
            common = np.broadcast_shapes(*[each.shape[1:] for each in numbers if each is not None])
        together = not many or many == list(range(many[0], many[-1] + 1))
        shape: list[int | str] = []
        begin = 0  # of the axes that arrays of places make
        if common and not together:
            shape += common
        alongs = []
        source = 0
        for i, (axis, places) in enumerate(zip(axes, numbers, strict=True)):
            if axis == NEW_AXIS:
                shape.append(1)
                continue
            size = array.shape[source]
            source += 1
            if isinstance(axis, Slice):
                offset, step, length = _sliced(axis, size)
                alongs.append(Along(str(offset), ((len(shape), step),)))
                shape.append(length)
                continue
            if common and together and i == many[0]:
                begin = len(shape)
                shape += common
            alongs.append(self._along(places, common, begin, size, loop))
        return taken(array, tuple(shape), alongs)

    def _numbers(self, tree: Tree, loop: Loop | None) -> Any:
        """The places that an index says, in each round of the loop."""
        rounds = loop.rounds if loop else range(1)
        letter = loop.letter if loop else "_"
        try:
            found = [
                np.asarray(eval(str(tree), {"np": np, **self._tables, letter: t})) for t in rounds
            ]
        except NameError as error:
            raise LoweringError(f"[{tree}] is an index that is computed: {error}") from None
        if found[0].dtype.kind not in "iu":
            raise LoweringError(f"[{tree}] is an index that is no integer")
        return np.array(found)

    def _along(
        self, places: Any, common: tuple[int, ...], begin: int, size: int | str, loop: Loop | None
    ) -> Along:
        """The places along one axis, by steps or from a table."""
        if isinstance(size, str):
            raise LoweringError("single examples are taken from a batch")
        if (places < -size).any() or (places >= size).any():
            raise LoweringError(f"an index is outside of an axis of {size}")
        places = places % size
        own = places.reshape(len(places), *[1] * (len(common) - places.ndim + 1), *places.shape[1:])
        first, steps = int(own.flat[0]), []
        straight = np.array(first)
        for axis, n in enumerate(own.shape):
            steps.append(int(np.take(own, 1, axis).flat[0]) - first if n > 1 else 0)
            line = [n if other == axis else 1 for other in range(own.ndim)]
            straight = straight + np.arange(n).reshape(line) * steps[axis]
        table = ""
        if (own != straight).any():  # no regular pattern: C looks the places up
            first, table = 0, self._kernel.table(own.ravel().tolist())
            sizes = strides_of(own.shape, "")
            steps = [int(x) if n > 1 else 0 for n, x in zip(own.shape, sizes, strict=True)]
        moves = [(begin + axis, step) for axis, step in enumerate(steps[1:]) if step]
        return Along(_in_round(steps[0], first, loop), tuple(moves), table)


def _in_round(step: int, first: int, loop: Loop | None) -> str:
    """The place in each round, which is ``first`` in round 0 and ``step`` more in the next one."""
    if not step or loop is None:
        return str(first)
    step *= loop.rounds.step
    first -= step * loop.rounds.start
    t = loop.letter if step == 1 else f"{step} * {loop.letter}"
    return f"{t} + {first}" if first else t


def _sliced(axis: Slice, size: int | str) -> tuple[int, int, int | str]:
    """Where a slice begins, its step and its length."""
    if size == "m":
        if axis != Slice():
            raise LoweringError("some examples are taken from a batch")
        return 0, 1, "m"
    start, stop, step = slice(axis.start, axis.stop, axis.step).indices(int(size))
    return start, step, len(range(start, stop, step))


def whole(tree: Tree) -> int:
    """An integer as it is written."""
    if isinstance(tree, Number) and tree.data == int(tree.data):
        return int(tree.data)
    raise LoweringError(f"{tree} is no integer")
