"""Schedules: learning rates that change, as functions of the step, which counts from 0.

Each is given as ``learning_rate=`` to an optimizer, and so is any other function of the step:

>>> from nn import SGD
>>> optimizer = SGD(learning_rate=lambda step: 0.1 / (1 + step))
>>> optimizer.rate
0.1
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nn.arguments import as_count, as_number

Schedule = Callable[[int], float]


def linear(start: float, end: float, steps: int) -> Schedule:
    """From start to end in equal parts, and the end from then on.

    >>> rate = linear(1.0, 0.2, steps=4)
    >>> [round(rate(step), 12) for step in range(6)]
    [1.0, 0.8, 0.6, 0.4, 0.2, 0.2]

    Raises:
        TypeError, ValueError: a rate is not a number from 0 on, or there is no step.
    """
    start, end = as_number("start", start, 0.0), as_number("end", end, 0.0)
    steps = as_count("steps", steps)
    return lambda step: start + (end - start) * min(step / steps, 1.0)


def cosine(start: float, steps: int, end: float = 0.0) -> Schedule:
    """From start to end along half a wave: slowly, then fast, then slowly.

    >>> rate = cosine(1.0, steps=4)
    >>> [round(rate(step), 4) for step in range(6)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0, 0.0]

    Raises:
        TypeError, ValueError: as :func:`linear`.
    """
    start, end = as_number("start", start, 0.0), as_number("end", end, 0.0)
    steps = as_count("steps", steps)
    return lambda step: end + (start - end) * (1 + math.cos(math.pi * min(step / steps, 1.0))) / 2


def halving(start: float, every: int) -> Schedule:
    """Half the rate after every so many steps.

    >>> rate = halving(1.0, every=2)
    >>> [rate(step) for step in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]

    Raises:
        TypeError, ValueError: as :func:`linear`.
    """
    start, every = as_number("start", start, 0.0), as_count("every", every)
    return lambda step: start * 0.5 ** (step // every)
