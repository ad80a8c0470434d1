"""Softmax and what it is made of: classes from scores (logits) without overflow."""

from __future__ import annotations

import math
import sys

from autograd.primitives.activations import CANCELLED
from autograd.primitives.row import FLOATS, QUOTIENT, SUM, Primitive
from autograd.primitives.sums import placeholders, sum_latex, sum_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class LogSumExp(float):
    """A logsumexp that keeps what a float rounds away: the largest z, and Σ exp(z − largest).

    The sum runs over all but one largest. From these, softmax is accurate at logits like 10¹⁵
    and where they are infinite.
    """

    __slots__ = ("largest", "rest")

    largest: float
    rest: float


FLOATS.add(LogSumExp)


def _over(z: float, largest: float) -> float:
    # A logit of ∞ is a certain answer: its distance to the largest is 0. Where all are −∞ there
    # is no answer, and −∞ − (−∞) is nan.
    return 1.0 if z == largest > -math.inf else math.exp(z - largest)


def at_least_one(name: str, logits: Iterable[Any]) -> tuple[Any, ...]:
    try:
        logits = tuple(logits)
    except TypeError:
        raise TypeError(f"{name} takes a list of numbers, not {logits!r:.60}") from None
    if not logits:
        raise ValueError(f"{name} takes at least one number")
    return logits


def log_sum_exp(*logits: float) -> float:
    if any(map(math.isnan, logits)):
        return math.nan
    largest = max(logits)
    k = logits.index(largest)
    rest = sum([_over(z, largest) for z in logits[:k] + logits[k + 1 :]])
    y = LogSumExp(largest + math.log1p(rest) if largest > -math.inf else largest)
    y.largest, y.rest = largest, rest
    return y


logsumexp = Primitive(
    "logsumexp",
    "log Σ exp(zᵢ) of a list of numbers, without overflow.",
    family="softmax",
    value=log_sum_exp,
    slopes=lambda y, *logits: tuple([softmax_unit(z, y) for z in logits]),
    javascript="(...z) => Math.max(...z) + Math.log1p(rest(z))",
    notation=lambda n: f"log({sum_text(placeholders(0, n, 'exp({%d})'))})",
    latex=lambda n: rf"\log\left({sum_latex(placeholders(1, n + 1, 'e^{#%d}'))}\right)",
    numpy="logsumexp({0})",
    arguments=lambda *logits: (logits,),
    samples=((2.0, 3.0, -1.0), (4.0,)),
    flatten=lambda logits: at_least_one("logsumexp", logits),
)


def _softmax_unit(z: float, normalizer: float) -> float:
    if not isinstance(normalizer, LogSumExp):
        return _over(z, normalizer)
    return _over(z, normalizer.largest) / (1.0 + normalizer.rest)


softmax_unit: Primitive = Primitive(
    "softmax_unit",
    "One output of softmax, exp(z) / Σ exp(zⱼ): softmax_unit(z, logsumexp of all zⱼ).",
    family="slope",
    value=_softmax_unit,
    slopes=lambda y, z, normalizer: (y, -y),
    symbol="softmax",
    javascript="(z, total) => (z === total ? 1 : Math.exp(z - total))",
    notation="exp({0}) / exp({1})",
    latex=r"\frac{e^{#1}}{e^{#2}}",
    numpy="softmax_unit({0}, {1})",
    samples=((2.0, 3.5), (0.5, 0.25)),
    binds=QUOTIENT,
)


def _softmax_error(y: float, z: float, normalizer: float) -> float:
    s = _softmax_unit(z, normalizer)
    if math.fabs(s - y) > CANCELLED:
        return s - y
    # The same as (1 − y)s − y(1 − s); where s is near 1, 1 − s is the share of the others.
    if isinstance(normalizer, LogSumExp) and z == normalizer.largest:
        others = normalizer.rest / (1.0 + normalizer.rest)
    else:
        others = 1.0 - s
    return (1.0 - y) * s - y * others


softmax_error: Primitive = Primitive(
    "softmax_error",
    "The slope s − y of the cross-entropy of softmax: softmax_error(y, z, logsumexp of all zⱼ).",
    family="slope",
    value=_softmax_error,
    slopes=lambda error, y, z, normalizer: (
        -1.0,
        softmax_unit(z, normalizer),
        -softmax_unit(z, normalizer),
    ),
    symbol="softmax − y",
    javascript="(y, z, total) => softmax_unit(z, total) - y",
    notation="exp({1}) / exp({2}) − {0}",
    latex=r"\frac{e^{#2}}{e^{#3}} - #1",
    numpy="softmax_error({0}, {1}, {2})",
    samples=((1.0, 2.0, 3.5), (0.3, 0.5, 0.25)),
    binds=SUM,
)


def _log_softmax_unit(z: float, normalizer: float) -> float:
    if not isinstance(normalizer, LogSumExp):
        return z - normalizer
    distance = 0.0 if z == normalizer.largest > -math.inf else z - normalizer.largest
    return distance - math.log1p(normalizer.rest)


log_softmax_unit = Primitive(
    "log_softmax_unit",
    "One output of log softmax, z − log Σ exp(zⱼ): log_softmax_unit(z, logsumexp of all zⱼ).",
    family="slope",
    value=_log_softmax_unit,
    slopes=lambda y, z, normalizer: (1.0, -1.0),
    symbol="log softmax",
    javascript="(z, total) => (z === total ? 0 : z - total)",
    notation="{0} − {1}",
    latex="#1 - #2",
    terms=lambda z, normalizer: [(1.0, z), (-1.0, normalizer)],
    unfolded=lambda z, normalizer: z - normalizer,
    samples=((2.0, 3.5), (0.5, 0.25)),
    binds=SUM,
)


def softmax(logits: Iterable[Any]) -> Any:
    """The probabilities exp(zᵢ) / Σ exp(zⱼ) of n classes, as a list that sums to 1.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]

    Of an array of numbers or of Values it is an array, along the last axis; of a list of rows, a
    list with the probabilities of each. A logit of −∞ is a class that is ruled out, and one of ∞ is
    certain; where all are ruled out, the outputs are nan.

    Raises:
        ValueError: the list is empty.
    """
    return _of_classes("softmax", softmax_unit, logits)


def _of_classes(name: str, unit: Primitive, logits: Any) -> Any:
    """A row applied to each logit of a list and their logsumexp; to arrays along the last axis."""
    if hasattr(logits, "__array__"):
        np = sys.modules["numpy"]  # it is there, since there is an array
        array = np.asarray(logits)
        if array.ndim:
            several = array.ndim > 1
            rows = array if several else [array.tolist()]
            units = [_of_classes(name, unit, row) for row in rows]
            kind = object if array.dtype == object else float
            return np.array(units, dtype=kind).reshape(array.shape)
    logits = at_least_one(name, logits)
    if isinstance(logits[0], list):
        return [_of_classes(name, unit, row) for row in logits]
    normalizer = logsumexp(logits)
    return [unit(z, normalizer) for z in logits]


def log_softmax(logits: Iterable[Any]) -> Any:
    """The logarithms zᵢ − log Σ exp(zⱼ) of the probabilities of n classes, as a list.

    They are finite where a probability is too small for a float, and take and return arrays and
    lists of rows as :func:`softmax` does.

    >>> log_softmax([0.0, 1000.0])
    [-1000.0, 0.0]

    Raises:
        ValueError: the list is empty.
    """
    return _of_classes("log_softmax", log_softmax_unit, logits)
