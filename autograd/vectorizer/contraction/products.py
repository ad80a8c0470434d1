"""Idea 4: one rule. A grid of sums of products is a matrix product.

A sum Σₖ a·b whose factors are read along axes, one letter each, is written like an index
formula in physics: the letters that appear in the result are free, the others are summed.

- z = Σₖ W[i,k] X[k,m] is ``W @ X``: the rows of one factor against the columns of the other.
- dW = Σₘ dZ[i,m] X[k,m] is ``dZ @ X.T``: here the sum runs over the examples.
- dA = Σᵢ W[i,k] dZ[i,m] is ``W.T @ dZ``.

Nothing here knows which of the three is forward and which backward. Where the letters do
not fit a matrix product they fit a stack of them, or ``np.tensordot``, and where a letter is free
in both factors, ``np.einsum``, or elementwise multiplication and ``np.sum``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.vectorizer.formulas.building import called, product
from autograd.vectorizer.formulas.trees import (
    NEW_AXIS,
    WHOLE_AXIS,
    Attribute,
    Binary,
    Index,
    Number,
    String,
    Tree,
    Tuple,
    Word,
)


class Factor(NamedTuple):
    """An array in a formula, and a letter for each of its axes."""

    tree: Tree
    axes: str


def summed(x: Factor, letters: str, keepdims: bool = False) -> Factor:
    """The sum of an array over some of its axes.

    >>> from autograd.vectorizer.formulas.trees import Name
    >>> str(summed(Factor(Name("dZ"), "im"), "m", keepdims=True).tree)
    'np.sum(dZ, axis=1, keepdims=True)'
    """
    over = [i for i, axis in enumerate(x.axes) if axis in letters]
    if not over:
        return x
    options: dict[str, Tree] = {}
    if len(over) < len(x.axes):
        options["axis"] = _places(over)
    if keepdims:
        options["keepdims"] = Word("True")
    rest = "".join([axis for axis in x.axes if axis not in letters])
    return Factor(called("np.sum", x.tree, **options), rest)


def aligned(x: Factor, axes: str) -> Tree:
    """An array brought to the order of some more axes, so that NumPy broadcasts it.

    >>> from autograd.vectorizer.formulas.trees import Name
    >>> b = Factor(Name("b"), "i")
    >>> str(aligned(b, "im")), str(aligned(b, "ji")), str(aligned(b, "ijm"))
    ('b[:, None]', 'b', 'b[:, None, None]')
    """
    tree = transposed(x, "".join(sorted(x.axes, key=axes.index))).tree
    wanted = axes[min([axes.index(axis) for axis in x.axes], default=len(axes)) :]
    if all(axis in x.axes for axis in wanted):
        return tree
    return Index(tree, tuple([WHOLE_AXIS if axis in x.axes else NEW_AXIS for axis in wanted]))


def transposed(x: Factor, axes: str) -> Factor:
    """The array with its axes in another order."""
    if x.axes == axes:
        return x
    if len(axes) == 2:
        return Factor(Attribute(x.tree, "T"), axes)
    order = Tuple(tuple([Number(x.axes.index(axis)) for axis in axes]))
    return Factor(called("np.transpose", x.tree, order), axes)


def contract(a: Factor, b: Factor, result: str, keepdims: bool = False) -> Factor:
    """The sum of products a·b over the letters that are not in the result.

    >>> from autograd.vectorizer.formulas.trees import Name
    >>> w, x, dz = Factor(Name("W"), "ik"), Factor(Name("X"), "km"), Factor(Name("dZ"), "im")
    >>> str(contract(w, x, "im").tree)
    'W @ X'
    >>> str(contract(dz, x, "ik").tree), str(contract(w, dz, "km").tree)
    ('dZ @ X.T', 'W.T @ dZ')

    Args:
        a, b: the factors.
        result: the free letters, in the order wanted. The order of the returned axes may
            differ.
        keepdims: whether axes that are summed out elementwise stay, with size 1.
    """
    a = summed(a, _only_in(a, b, result))
    b = summed(b, _only_in(b, a, result))
    shared = "".join([axis for axis in a.axes if axis in b.axes])
    inner = "".join([axis for axis in shared if axis not in result])
    free = [axis for axis in result if (axis in a.axes) != (axis in b.axes)]
    if not inner:
        axes = "".join([axis for axis in result if axis in a.axes or axis in b.axes])
        return Factor(product([aligned(a, axes), aligned(b, axes)]), axes)
    if a.axes == b.axes and free == [] and (len(shared) > 1 or keepdims):
        return summed(Factor(product([a.tree, b.tree]), a.axes), inner, keepdims)
    if inner != shared:
        axes = "".join([axis for axis in result if axis in a.axes or axis in b.axes])
        indices = String(f"{a.axes},{b.axes}->{axes}")
        return Factor(called("np.einsum", indices, a.tree, b.tree), axes)
    free_a = "".join([axis for axis in a.axes if axis not in inner])
    free_b = "".join([axis for axis in b.axes if axis not in inner])
    if free_b and (free[0] in b.axes if free_a else b.axes == free_b + inner):
        a, b, free_a, free_b = b, a, free_b, free_a  # the order of the result; X @ w, w @ X
    if len(inner) == 1 and len(free_a) <= 1 and len(free_b) <= 1:
        left, right = transposed(a, free_a + inner), transposed(b, inner + free_b)
        return Factor(Binary("@", left.tree, right.tree), free_a + free_b)
    stacked = _stack_of_products(a, b, inner, result)
    if stacked is not None:
        return stacked
    over = Tuple(tuple([_places([x.axes.index(axis) for axis in inner]) for x in (a, b)]))
    return Factor(called("np.tensordot", a.tree, b.tree, over), free_a + free_b)


def _stack_of_products(a: Factor, b: Factor, inner: str, result: str) -> Factor | None:
    """A matrix times each matrix of a stack, such as W @ X with X of the shape (t, k, m)."""
    matrix, stack = sorted([a, b], key=lambda x: len(x.axes))
    if len(inner) != 1 or len(matrix.axes) != 2:
        return None
    free = matrix.axes.replace(inner, "")
    front, rest = stack.axes[:-2], stack.axes[-2:]
    if rest[0] == inner:
        left, right = transposed(matrix, free + inner), stack
        found = front + free + rest[1]
    else:
        left, right = stack, transposed(matrix, inner + free)
        found = front + rest[0] + free
    ordered = "".join([axis for axis in result if axis in found])
    if inner not in rest or found != ordered:
        return None
    return Factor(Binary("@", left.tree, right.tree), found)


def _places(axes: Sequence[int]) -> Tree:
    """One axis, or a tuple of them."""
    numbers = [Number(axis) for axis in axes]
    return numbers[0] if len(numbers) == 1 else Tuple(tuple(numbers))


def _only_in(x: Factor, other: Factor, result: str) -> str:
    return "".join([axis for axis in x.axes if axis not in other.axes and axis not in result])
