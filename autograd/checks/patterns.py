"""Mistakes that show in the arrays themselves: factor, sign, transpose, axis, another gradient."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.checks.report import Explanation

FITS = 1e-5  # how far a fitting gradient may be off, as part of its size


def misfit(theirs: Any, candidate: Any) -> float:
    """How far two arrays are apart, as part of the larger; where either is unknown, not at all."""
    theirs, candidate = np.asarray(theirs, float), np.asarray(candidate, float)
    if theirs.shape != candidate.shape:
        return math.inf
    known = ~(np.isnan(theirs) | np.isnan(candidate))
    if not known.any():
        return math.inf
    a, b = theirs[known], candidate[known]
    size = max(float(np.linalg.norm(a)), float(np.linalg.norm(b)))
    return float(np.linalg.norm(a - b)) / size if size > 0.0 else 0.0


def cleared(array: Any, tiny: float) -> Any:
    """The array with 0 for what is rounding beside larger numbers."""
    return np.where(np.abs(array) <= tiny, 0.0, array)


def factor(theirs: Any, right: Any) -> float:
    """The number that brings the right array closest to theirs."""
    known = ~(np.isnan(theirs) | np.isnan(right))
    square = float(np.sum(right[known] ** 2))
    return float(np.sum(theirs[known] * right[known])) / square if square > 0.0 else math.nan


def factor_text(k: float, sizes: Mapping[int, str]) -> str:
    """A factor in words, with what people forget where it is one of those."""

    def near(x: float) -> bool:
        return abs(k - x) <= FITS * abs(x)

    def times(shown: str, why: str = "") -> str:
        return f"is {shown} times what it should be" + (f": {why}" if why else "")

    if near(-1.0):
        return "has the wrong sign"
    if near(0.5):
        return times("1/2", "is a factor 2 forgotten (the ½ of the cost)?")
    if near(2.0):
        return times("2", "is a ½ of the cost forgotten, or a 2 kept that it cancels?")
    sign = "−" if k < 0.0 else ""
    also = ", and the sign" if sign else ""
    size = abs(k)
    lengths = [(n, f"1/{n} ({name})") for n, name in sizes.items() if n > 1]
    forms: tuple[tuple[Callable[[int], float], str, str], ...] = (  # the plainest come first
        (lambda n: n, "{n}", "a sum where a mean is due, {of}"),
        (lambda n: 1.0 / n, "1/{n}", "a mean where a sum is due, or {of} is there twice"),
        (lambda n: 2.0 * n, "{twice}", "{of} and a factor 2"),
        (lambda n: 2.0 / n, "2/{n}", "{of} and a factor 2"),
        (lambda n: 0.5 * n, "{n}/2", "{of} and a factor 2"),
        (lambda n: 0.5 / n, "1/{twice}", "{of} and a factor 2"),
        (lambda n: float(n) * n, "{n}²", "{of} is missing twice"),
        (lambda n: 1.0 / n / n, "1/{n}²", "{of} is there twice too often"),
    )
    for x, shown, why in forms:
        for n, of in lengths:
            if abs(size - x(n)) <= FITS * x(n):
                return times(sign + shown.format(n=n, twice=2 * n), why.format(of=of) + also)
    for n, name in sizes.items():
        for other, its in sizes.items():
            if n != other and min(n, other) > 1 and abs(size - n / other) <= FITS * size:
                return times(f"{sign}{n}/{other}", f"a mean over {its} in place of {name}{also}")
    if near(-2.0) or near(-0.5):
        return times("−2" if near(-2.0) else "−1/2", "the sign, and a factor 2")
    return times(f"{k:.6g}")


def patterns(
    name: str,
    theirs: Any,
    right: Any,
    value: Any,
    others: Mapping[str, Any],
    sizes: Mapping[int, str],
) -> Iterator[tuple[str, float]]:
    """What may be wrong with one array, and how far each is off.

    Args:
        name: of the array.
        theirs, right: its gradient as returned, and as it should be; nan where unknown.
        value: the array itself.
        others: the right gradients of other arrays.
        sizes: the lengths of axes, with what they count.
    """
    theirs, right, value = (
        np.asarray(theirs, float),
        np.asarray(right, float),
        np.asarray(value, float),
    )
    if not np.any(theirs) and np.any(np.nan_to_num(right)):
        yield f"{name} is all zeros: it is never written, or its way back is cut", 0.0
        return
    if theirs.shape == right.shape:
        k = factor(theirs, right)
        if math.isfinite(k) and k != 0.0:
            yield f"{name} {factor_text(k, sizes)}", misfit(theirs, k * right)
        difference = theirs - right
        c = factor(difference, value)
        straight = misfit(right, factor(right, value) * value) < 1e-3
        if theirs.size > 1 and math.isfinite(c) and c and not straight:
            yield (
                f"{name} differs by {c:.6g} × itself: a penalty is forgotten, has another factor "
                "(λ against λ/m, ½), or should not be there (biases)",
                misfit(difference, c * value),
            )
        spread = value.sum() - value
        c = factor(difference, spread)
        multiple = math.isfinite(k) and misfit(theirs, k * right) <= FITS  # which is plainer
        if theirs.size > 1 and math.isfinite(c) and c and not multiple:
            yield (
                f"{name} is off by {abs(c):.6g} × (sum of {name} − {name}): the square of a sum "
                "where the sum of squares is due, or the other way round",
                misfit(difference, c * spread),
            )
        yield from _partial(name, theirs, right)
    if theirs.ndim == 2 and theirs.shape == right.shape[::-1] and min(theirs.shape) >= 1:
        k = factor(theirs, right.T)
        if theirs.shape != (1, 1) and math.isfinite(k) and k:
            text = factor_text(k, sizes) if abs(k - 1.0) > FITS else ""
            yield (
                f"{name} is transposed{'; beside that it ' + text if text else ''}",
                misfit(theirs, k * right.T),
            )
    if theirs.size == right.size and theirs.shape != right.shape:
        yield (
            f"{name} has the right numbers in shape {theirs.shape} in place of {right.shape}: "
            "keepdims, or reshape",
            misfit(theirs.reshape(right.shape), right),
        )
    if theirs.shape == right.shape and theirs.ndim == 2:
        yield (
            f"{name} is reshaped where it should be transposed",
            min(
                misfit(theirs, right.T.reshape(right.shape)),
                misfit(theirs.T.reshape(right.shape), right),
            ),
        )
    yield from _axes(name, theirs, right)
    for other, its in others.items():
        if its.shape == theirs.shape:
            yield f"{name} is the gradient along another argument, {other}", misfit(theirs, its)
            yield (
                f"{name} is minus the gradient along another argument, {other}",
                misfit(theirs, -its),
            )
        elif its.ndim == 2 and its.shape[::-1] == theirs.shape:
            yield (
                f"{name} is the transposed gradient along another argument, {other}",
                misfit(theirs, its.T),
            )


_PENALTY = re.compile(r"\{\} differs by (\S+) × itself")
_PLURAL = (
    ("{} is ", "{} are "), ("{} has ", "{} have "), ("{} differs ", "{} differ "),
    ("what it should be", "what they should be"), ("× itself", "× themselves"),
)  # fmt: skip


def grouped(
    found: Sequence[tuple[str, Any, Any, Any, Iterator[tuple[str, float]]]],
) -> list[Explanation]:
    """What fits, said once for all arrays that it fits.

    Args:
        found: the name of each array, its gradient as returned and as it should be, the array
            itself, and its patterns.
    """
    same: dict[str, tuple[float, list[str]]] = {}
    for name, *_, every in found:
        for text, off in every:
            if off <= FITS:
                worst, names = same.get(text.replace(name, "{}", 1), (0.0, []))
                same[text.replace(name, "{}", 1)] = max(worst, off), [*names, name]
    single = {name for name, theirs, *_ in found if np.size(theirs) == 1}
    for name, theirs, right, value, _ in found:
        for text, (_, names) in same.items():
            penalty = _PENALTY.match(text)  # one number differs by a multiple of itself anyhow
            if penalty and name in single and np.size(right) == 1:
                off = np.reshape(theirs, np.shape(right)) - right
                if misfit(off, float(penalty[1]) * np.asarray(value)) <= FITS:
                    names.append(name)
    explanations = []
    for text, (off, names) in same.items():
        if len(names) > 1:
            for one, many in _PLURAL:
                text = text.replace(one, many, 1)
        each = Explanation(text.replace("{}", ", ".join(names), 1), off, tuple(names))
        if not (each.bare and set(names) <= single):  # any number is a multiple of any other
            explanations.append(each)
    return explanations


def _partial(name: str, theirs: Any, right: Any) -> Iterator[tuple[str, float]]:
    """Some rows, columns or entries are 0, and the others are right."""
    zero = (theirs == 0.0) & (np.nan_to_num(right) != 0.0)
    if zero.any() and not zero.all():
        where = [tuple(int(i) for i in each) for each in np.argwhere(zero)]
        shown = ", ".join(f"[{', '.join(map(str, each))}]" for each in where[:3])
        yield (
            f"{name} is 0 at {shown}{' …' if len(where) > 3 else ''} and right elsewhere: an input "
            "is forgotten, or only a part is written",
            misfit(theirs, np.where(zero, 0.0, right)),
        )


def _axes(name: str, theirs: Any, right: Any) -> Iterator[tuple[str, float]]:
    for axis in range(theirs.ndim):
        summed = theirs.sum(axis=axis)
        if summed.size == right.size and theirs.size != right.size:
            yield (
                f"{name} is not summed over axis {axis}",
                misfit(summed.reshape(right.shape), right),
            )
            yield (
                f"{name} is not averaged over axis {axis}",
                misfit(theirs.mean(axis=axis).reshape(right.shape), right),
            )
    if theirs.ndim == 2 and theirs.shape[0] == theirs.shape[1] == right.size != theirs.size:
        diagonal = np.diagonal(theirs).reshape(right.shape)
        yield (
            f"{name} came out as {theirs.shape}: an array of shape (n,) met one of shape (n, 1), "
            "and NumPy broadcast them; its diagonal is right",
            misfit(diagonal, right),
        )
    for axis in range(right.ndim):
        if np.isnan(right).any() or right.shape[axis] < 2:
            continue
        for what, reduced in (("summed", right.sum(axis=axis, keepdims=True)),
                              ("averaged", right.mean(axis=axis, keepdims=True))):  # fmt: skip
            if theirs.shape == right.shape:
                yield f"{name} is {what} over axis {axis}", misfit(theirs, reduced + 0.0 * right)
            elif theirs.size == reduced.size == 1:
                yield f"{name} is {what} over all axes", misfit(theirs.reshape(-1), reduced.ravel())
            elif theirs.size == reduced.size:
                yield (
                    f"{name} is {what} over axis {axis}, the wrong one",
                    misfit(theirs.reshape(reduced.shape), reduced),
                )


def sizes_of(arrays: Sequence[tuple[str, Any]]) -> dict[int, str]:
    """The lengths of the axes of named arrays, with what they count, examples first."""
    sizes: dict[int, str] = {}
    for name, array in arrays:
        for axis, n in enumerate(np.shape(array)):
            sizes.setdefault(int(n), f"axis {axis} of {name}")
        if np.ndim(array) > 1:
            sizes.setdefault(int(np.size(array)), f"the number of entries of {name}")
    return sizes
