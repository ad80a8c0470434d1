"""Products: matrix products and ``np.einsum``, as loops and calls of the product in prelude.h."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.vectorizer.compiling.arrays import (
    Array,
    LoweringError,
    View,
    added,
    times,
)
from autograd.vectorizer.compiling.kernel import Kernel
from autograd.vectorizer.compiling.nests import Store, filling

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Axes(NamedTuple):
    """A letter for each axis of the left array, of the right one and of their product.

    >>> Axes.of_matrices(2, 1), Axes.of_matrices(3, 2)
    (Axes(left='yz', right='z', out='y'), Axes(left='ayz', right='zx', out='ayx'))
    """

    left: str
    right: str
    out: str

    @classmethod
    def of_matrices(cls, left: int, right: int) -> Axes:
        """Those of ``@`` between arrays with so many axes."""
        outer = LETTERS[: max(left, right, 2) - 2]
        a = "z" if left == 1 else outer[len(outer) - left + 2 :] + "yz"
        b = "z" if right == 1 else outer[len(outer) - right + 2 :] + "zx"
        return cls(a, b, outer + "y" * (left > 1) + "x" * (right > 1))

    @classmethod
    def of_tensordot(cls, left: int, right: int, pairs: Sequence[Sequence[int]]) -> Axes:
        """Those of ``np.tensordot`` over pairs of axes."""
        a, b = list(LETTERS[:left]), list(LETTERS[left : left + right])
        summed = []
        for i, j in zip(*pairs, strict=True):
            b[j] = a[i]
            summed.append(a[i])
        out = [letter for letter in [*a, *b] if letter not in summed]
        return cls("".join(a), "".join(b), "".join(out))


def multiplied(kernel: Kernel, a: Array, b: Array, axes: Axes) -> Array:
    """The sums of the products of the entries of two arrays.

    Raises:
        LoweringError: axes of one letter have different lengths.
    """
    return _Product(kernel, a, b, axes).found


class _Product:
    """Axes that both arrays and their product have go around, or, as the last one, inside.

    Attributes:
        found: the product.
    """

    def __init__(self, kernel: Kernel, a: Array, b: Array, axes: Axes) -> None:
        self._kernel = kernel
        self._axes = axes
        self._sizes: dict[str, int | str] = {}
        for letter, size in zip(axes.left + axes.right, a.shape + b.shape, strict=True):
            if self._sizes.setdefault(letter, size) != size:
                raise LoweringError(f"axes of {self._sizes[letter]} and {size} do not fit")
        if any(len(set(letters)) < len(letters) for letters in axes):
            raise LoweringError("a diagonal is multiplied")
        shape = tuple([self._sizes[letter] for letter in axes.out])
        own = [letter for letter in axes.out if self._sizes[letter] != 1]
        shared = [letter for letter in own if letter in axes.left and letter in axes.right]
        summed = [each for each, n in self._sizes.items() if each not in axes.out and n != 1]
        side_by_side = shared[-1:] == own[-1:] != []
        arrays = [
            self._in_memory(array, letters.find(own[-1]) if side_by_side else -1)
            for array, letters in ((a, axes.left), (b, axes.right))
        ]
        over_examples = "m" in [self._sizes[letter] for letter in summed]
        phase = max([array.phase for array in arrays])
        phase = kernel.phase(phase, ("m",) if over_examples else shape)
        target, self.found, zero = kernel.result(shape, phase, over_examples)
        self._phase = target.phase
        self._views = [array.view for array in (*arrays, target) if array.view]
        word = "add" if zero or len(summed) > 1 else "set"
        if word == "add" and not zero:
            places, loops = kernel.loops(shape)
            buffer, address = self._views[2].buffer, self._views[2].address(places)
            kernel.put(filling(buffer, loops, [Store(buffer, address, "0.0")]), target.phase)
        if side_by_side:
            self._side_by_side(own, summed, word)
        else:
            self._in_tiles(own, shared, summed, word)

    def _in_memory(self, array: Array, axis: int) -> Array:
        """The array, the entries along an axis side by side if there is one."""
        if array.view and axis >= 0 and array.view.strides[axis] != "1":
            return self._kernel.computed(array, self._kernel.part())
        return self._kernel.computed(array)

    def _side_by_side(self, own: Sequence[str], summed: Sequence[str], word: str) -> None:
        """Sums for each place of an axis that all three arrays have."""
        j, k = own[-1:], summed[-1:]
        outside = [*own[:-1], *summed[:-1]]
        arguments = [
            *[self._kernel.limit(self._sizes[each[0]]) if each else "1" for each in (k, j)],
            *self._matrix(0, outside, k),
            *self._matrix(1, outside, k),
            *self._matrix(2, outside),
        ]
        self._put(outside, f"{word}_dots({', '.join(arguments)});")

    def _in_tiles(
        self, own: Sequence[str], shared: Sequence[str], summed: Sequence[str], word: str
    ) -> None:
        """A product of matrices, with loops around it over the axes that these do not have."""
        rows = [each for each in own if each in self._axes.left and each not in shared]
        columns = [each for each in own if each not in rows and each not in shared]
        first, second = 0, 1
        if not columns or own[-1] in rows:
            rows, columns, first, second = columns, rows, 1, 0
        longest = sorted(summed, key=lambda letter: _length(self._sizes[letter]))
        i, j, k = rows[-1:], columns[-1:], longest[-1:]
        outside = [letter for letter in [*own, *summed] if letter not in (*i, *j, *k)]
        arguments = [
            *[self._kernel.limit(self._sizes[each[0]]) if each else "1" for each in (i, j, k)],
            *self._matrix(first, outside, i, k),
            *self._matrix(second, outside, k, j),
            *self._matrix(2, outside, i, j),
        ]
        self._put(outside, f"{word}_product({', '.join(arguments)});")

    def _put(self, order: Sequence[str], line: str) -> None:
        limits = [self._kernel.limit(self._sizes[letter]) for letter in order]
        loops = [(f"i{n}", limit) for n, limit in enumerate(limits)]
        reads = [(view.buffer, "") for view in self._views]
        self._kernel.put(filling(self._views[2].buffer, loops, [line], reads), self._phase)

    def _matrix(self, array: int, outside: Sequence[str], *axes: Sequence[str]) -> list[str]:
        """Where a matrix or a row begins, and its strides."""
        strides = [self._stride(array, each[0]) if each else "0" for each in axes]
        return [f"&{self._entry(array, outside)}", *strides]

    def _stride(self, array: int, letter: str) -> str:
        """How far apart entries lie along an axis."""
        axis = self._axes[array].find(letter)
        return self._views[array].strides[axis] if axis >= 0 else "0"

    def _entry(self, array: int, order: Sequence[str]) -> str:
        view: View = self._views[array]
        steps = [times(f"i{n}", self._stride(array, each)) for n, each in enumerate(order)]
        return f"{view.buffer}[{added([view.offset, *steps])}]"


def _length(size: int | str) -> float:
    return float("inf") if isinstance(size, str) else size
