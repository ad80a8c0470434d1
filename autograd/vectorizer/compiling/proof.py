"""Proof: a compiled program runs beside the one in NumPy before it is returned.

Numbers are drawn near the recorded ones, for batches of one example, of a few, and of more than a
block; in further ones an input or a parameter is nan or infinite. Sums are taken in another
order, so results may differ by a fraction of what they are sums of: where a fraction TOLERANCE of
a result is not enough, by as much as it moves when all that goes in is off by that fraction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.vectorizer.compiling.kernel import BLOCK
from autograd.vectorizer.proving.proof import HUGE, REPORT, TINY, TOLERANCE, ProofError

if TYPE_CHECKING:
    from autograd.vectorizer.running.program import Program

SHAKES = 3


def require_same(program: Program, function: Callable[..., Any]) -> None:
    """Raise unless a function returns what that of a program does.

    Raises:
        ProofError: naming the first result that differs.
    """
    generator = np.random.default_rng(0)
    for arrays in _examples(program, generator):
        with np.errstate(all="ignore"):
            expected = results(program.function(*arrays))
            shaken = [
                results(program.function(*[_moved(x, TOLERANCE, generator) for x in arrays]))
                for _ in range(SHAKES)
            ]
        found = results(function(*arrays))
        for i, name in enumerate(sorted(program.outputs, key=lambda x: x not in program.costs)):
            problem = difference(found[i], expected[i], [each[i] for each in shaken])
            if problem:
                raise ProofError(
                    f"The program in C is wrong: {name} {problem}. Go on with the one in NumPy. "
                    f"{REPORT}"
                )


def _examples(program: Program, generator: Any) -> Iterator[list[Any]]:
    """Arrays for the leaves of a program."""
    for examples, special in [
        *[(1, 0.0), (3, 0.0), (BLOCK + 3, 0.0), (2, math.nan), (BLOCK + 1, math.inf)],
        (3, -math.inf),
    ]:
        arrays = []
        for leaf in program.leaves:
            numbers = np.array([value.data for value in leaf.values]).reshape(leaf.shape)
            if leaf.per_example:
                numbers = np.broadcast_to(numbers, (examples, *leaf.shape))
            arrays.append(_moved(numbers, 0.5, generator))
        if special:
            chosen = arrays[generator.integers(len(arrays))]
            chosen.flat[generator.integers(chosen.size)] = special
        yield arrays


def _moved(array: Any, part: float, generator: Any) -> Any:
    """Each number moved by up to a part of itself; one stays one, as a class does."""
    return array * np.where(array == 1.0, 1.0, generator.uniform(1 - part, 1 + part, array.shape))


def results(returned: Any) -> list[Any]:
    """The arrays that a program returned, in order.

    >>> results((1, {"W": 2, "b": 3})), results(({"f": 1, "g": 2}, {"f": {"W": 3}, "g": {}}))
    ([1, 2, 3], [1, 2, 3])
    """
    parts = returned.values() if isinstance(returned, dict) else returned
    if isinstance(returned, (dict, tuple)):
        return [array for part in parts for array in results(part)]
    return [returned]


def difference(found: Any, expected: Any, shaken: Sequence[Any]) -> str:
    """How a result differs from what it should be; "" if it does not."""
    if np.shape(found) != np.shape(expected):
        return f"has shape {np.shape(found)} in place of {np.shape(expected)}"
    found, expected = np.atleast_1d(found), np.atleast_1d(expected)
    with np.errstate(all="ignore"):
        allowed = TOLERANCE * np.abs(expected) + TINY
        for other in shaken:
            allowed = allowed + np.abs(other - expected)
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        near = np.isfinite(found) & (np.abs(found - expected) <= allowed)
        known = ~(np.abs(expected) > HUGE) | np.isinf(expected)
    wrong = known & ~same & ~near
    if not wrong.any():
        return ""
    where = tuple(np.argwhere(wrong)[0].tolist())
    return f"is {found[where]} in place of {expected[where]}"
