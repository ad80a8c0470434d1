"""Idea 4: one rule. A grid of sums of products is a matrix product.

A sum Σₖ a·b whose factors are read along axes, one letter each, is written like an index
formula in physics: the letters that appear in the result are free, the others are summed.

- z = Σₖ W[i,k] X[k,m] is ``W @ X``: the rows of one factor against the columns of the other.
- dW = Σₘ dZ[i,m] X[k,m] is ``dZ @ X.T``: here the sum runs over the examples.
- dA = Σᵢ W[i,k] dZ[i,m] is ``W.T @ dZ``.

Nothing here knows which of the three is forward and which backward. Where the letters do
not fit a matrix product they fit ``np.tensordot``, and where a letter is free in both
factors, ``np.einsum``, or elementwise multiplication and ``np.sum``.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd.vectorizer.formulas import CALL, MATMUL, Text, called, product


class Factor(NamedTuple):
    """An array in a formula: its text, and a letter for each of its axes."""

    text: Text
    axes: str


def summed(x: Factor, letters: str, keepdims: bool = False) -> Factor:
    """The sum of an array over some of its axes.

    >>> summed(Factor(Text("dZ", CALL), "im"), "m", keepdims=True).text.text
    'np.sum(dZ, axis=1, keepdims=True)'
    """
    over = [i for i, axis in enumerate(x.axes) if axis in letters]
    if not over:
        return x
    arguments = [x.text.text]
    if len(over) < len(x.axes):
        arguments.append(f"axis={over[0] if len(over) == 1 else tuple(over)}")
    if keepdims:
        arguments.append("keepdims=True")
    rest = "".join([axis for axis in x.axes if axis not in letters])
    return Factor(called("np.sum", *arguments), rest)


def aligned(x: Factor, axes: str) -> Text:
    """An array brought to the order of some more axes, so that NumPy broadcasts it.

    >>> b = Factor(Text("b", CALL), "i")
    >>> aligned(b, "im").text, aligned(b, "ji").text, aligned(b, "ijm").text
    ('b[:, None]', 'b', 'b[:, None, None]')
    """
    text = transposed(x, "".join(sorted(x.axes, key=axes.index))).text
    wanted = axes[min([axes.index(axis) for axis in x.axes], default=len(axes)) :]
    if all(axis in x.axes for axis in wanted):
        return text
    index = ", ".join([":" if axis in x.axes else "None" for axis in wanted])
    return Text(f"{text.within(CALL)}[{index}]", CALL)


def transposed(x: Factor, axes: str) -> Factor:
    """The array with its axes in another order."""
    if x.axes == axes:
        return x
    if len(axes) == 2:
        return Factor(Text(f"{x.text.within(CALL)}.T", CALL), axes)
    order = tuple([x.axes.index(axis) for axis in axes])
    return Factor(called("np.transpose", x.text.text, str(order)), axes)


def contract(a: Factor, b: Factor, result: str, keepdims: bool = False) -> Factor:
    """The sum of products a·b over the letters that are not in the result.

    >>> w, x = Factor(Text("W", CALL), "ik"), Factor(Text("X", CALL), "km")
    >>> contract(w, x, "im").text.text
    'W @ X'
    >>> dz = Factor(Text("dZ", CALL), "im")
    >>> contract(dz, x, "ik").text.text, contract(w, dz, "km").text.text
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
        return summed(Factor(product([a.text, b.text]), a.axes), inner, keepdims)
    if inner != shared:
        axes = "".join([axis for axis in result if axis in a.axes or axis in b.axes])
        operands = [a.text.text, b.text.text]
        return Factor(called("np.einsum", f'"{a.axes},{b.axes}->{axes}"', *operands), axes)
    free_a = "".join([axis for axis in a.axes if axis not in inner])
    free_b = "".join([axis for axis in b.axes if axis not in inner])
    if free_b and (free[0] in b.axes if free_a else b.axes == free_b + inner):
        a, b, free_a, free_b = b, a, free_b, free_a  # the order of the result; X @ w, w @ X
    if len(inner) == 1 and len(free_a) <= 1 and len(free_b) <= 1:
        left, right = transposed(a, free_a + inner), transposed(b, inner + free_b)
        text = f"{left.text.within(CALL)} @ {right.text.within(CALL)}"
        return Factor(Text(text, MATMUL), free_a + free_b)
    over = [tuple([x.axes.index(axis) for axis in inner]) for x in (a, b)]
    axes_text = f"({_indices(over[0])}, {_indices(over[1])})"
    text = called("np.tensordot", a.text.text, b.text.text, axes_text).text
    return Factor(Text(text, CALL), free_a + free_b)


def _indices(axes: tuple[int, ...]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(axes)


def _only_in(x: Factor, other: Factor, result: str) -> str:
    return "".join([axis for axis in x.axes if axis not in other.axes and axis not in result])
