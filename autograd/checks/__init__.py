"""Check gradients that a person wrote in NumPy, and name the mistake that explains them.

``differences`` (of the package above) nudges; ``calls`` calls functions as courses write them;
``comparing`` compares array by array; ``patterns`` knows the mistakes that show in the arrays
themselves; ``replaying`` records ``f`` on arrays of Values, and ``mistakes`` are edits of its
slopes; ``report`` says what was found; ``programs`` compares with a vectorised program.

NumPy is imported at the first call.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from autograd.checks.report import Report

__all__ = ["assert_gradients", "check_gradients"]


def check_gradients(
    f: Callable[..., Any],
    df: Any = None,
    *arguments: Any,
    hints: bool = True,
    cotangent: Any = None,
    entries: int | None = None,
    seed: int = 0,
    **fixed: Any,
) -> Report:
    """Compare gradients written in NumPy with central differences, as a report.

    ``f`` and ``df`` are plain NumPy functions, called with the arguments:

    >>> import numpy as np
    >>> def cost(w, X, y):
    ...     return np.mean((X @ w - y) ** 2)
    >>> def gradient(w, X, y):
    ...     return X.T @ (X @ w - y) / len(y)
    >>> w, X, y = np.array([1.0, 2.0]), np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([2.0, 2.0])
    >>> print(check_gradients(cost, gradient, w, X=X, y=y))
    The gradient is wrong in 1 of 1 arrays.
      w, shape (2,): 1 of 2 entries agree
        worst at w[1]: df says 0.5, the central difference 1: no digits agree
    What explains it, best first (how far it is off, as part of the gradient):
      0         w is 1/2 times what it should be: is a factor 2 forgotten (the ½ of the cost)?

    Args:
        f: returns a cost, or an array; or such a result with a cache, or with the gradients.
        df: returns the gradients, as one array, a tuple, a list or a dict with the names of
            the arrays (``"dW1"`` or ``"W1"``). It is called as ``f`` is, or by the names of its
            parameters, as in ``df(cache)``, ``df(dout, cache)`` and
            ``df(parameters, cache, X, Y)``. It may be left out where ``f`` returns gradients.
        arguments: numbers, arrays, or dicts and lists of arrays. The gradient is checked along
            each one that gradients are returned for. They are never changed.
        hints: whether to look for the mistake; without it, the report names what is wrong and
            nothing more.
        cotangent: for an ``f`` that returns an array, what is handed to ``df`` as ``dout``, of
            the shape of that array; by default random numbers, or ones where ``df`` takes none.
        entries: how many entries of each array are nudged, at most; by default all of arrays
            with up to 4,000 entries together, and a sample of larger ones.
        seed: of the sample and of the random numbers.
        fixed: handed to both as they are. Names that the check has itself, such as ``seed``,
            go among the arguments.

    Raises:
        TypeError: a call does not fit; the message shows the accepted forms.
        ValueError: the output is no finite number, or gradients cannot be told apart.
    """
    from autograd.checks.comparing import check

    return check(f, df, arguments, fixed, hints, cotangent, entries, seed)


def assert_gradients(
    f: Callable[..., Any],
    df: Any = None,
    *arguments: Any,
    hints: bool = True,
    cotangent: Any = None,
    entries: int | None = None,
    seed: int = 0,
    **fixed: Any,
) -> None:
    """Raise an AssertionError with the report of :func:`check_gradients` if a gradient is wrong.

    One line in a test of pytest:

    >>> assert_gradients(lambda x: x**3, lambda x: 3 * x**2, 2.0)
    >>> assert_gradients(lambda x: x**3, lambda x: -3 * x**2, 2.0)
    Traceback (most recent call last):
        ...
    autograd.checks.report.GradientMismatchError: The gradient is wrong in 1 of 1 arrays.
      x, a number: df says -12, the central difference 12: no digits agree
    What explains it, best first (how far it is off, as part of the gradient):
      0         x has the wrong sign

    Raises:
        GradientMismatchError: an AssertionError; its attribute ``report`` is the report.
        TypeError, ValueError: as :func:`check_gradients`.
    """
    __tracebackhide__ = True  # pytest shows the line of the test, not this one
    report = check_gradients(
        f,
        df,
        *arguments,
        hints=hints,
        cotangent=cotangent,
        entries=entries,
        seed=seed,
        **fixed,
    )
    if not report.right:
        from autograd.checks.report import GradientMismatchError

        raise GradientMismatchError(report)
