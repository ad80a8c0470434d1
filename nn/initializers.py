"""Where the weights start: random numbers small enough to train from, or zeros.

An initializer is a function ``(generator, n_inputs, n_units)`` to one weight of a layer.
By name: "uniform", "normal", "glorot", "he" and "zeros"; ``uniform`` and ``normal`` also
make initializers of another width, as in ``initializer=uniform(0.5)``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from random import Random

from nn.arguments import as_number, shown

Initializer = Callable[[Random, int, int], float]


def uniform(epsilon: float = 0.1) -> Initializer:
    """Uniform in [−ε, ε].

    Raises:
        TypeError, ValueError: ε is not a number, or negative or not finite.
    """
    epsilon = as_number("epsilon", epsilon, 0.0)
    return lambda generator, n_inputs, n_units: generator.uniform(-epsilon, epsilon)


def normal(deviation: float = 0.01) -> Initializer:
    """Normal with mean 0 and this standard deviation.

    Raises:
        TypeError, ValueError: the deviation is not a number, or negative or not finite.
    """
    deviation = as_number("deviation", deviation, 0.0)
    return lambda generator, n_inputs, n_units: generator.gauss(0.0, deviation)


def glorot(generator: Random, n_inputs: int, n_units: int) -> float:
    """Uniform in ±√(6 / (inputs + units)), for sigmoid and tanh (Glorot and Bengio, 2010)."""
    epsilon = math.sqrt(6.0 / (n_inputs + n_units))
    return generator.uniform(-epsilon, epsilon)


def he(generator: Random, n_inputs: int, n_units: int) -> float:
    """Normal with standard deviation √(2 / inputs), for ReLU (He and others, 2015)."""
    return generator.gauss(0.0, math.sqrt(2.0 / n_inputs))


def zeros(generator: Random, n_inputs: int, n_units: int) -> float:
    """Zero: fine for one neuron; in a hidden layer, all units would remain equal."""
    return 0.0


INITIALIZERS: dict[str, Initializer] = {
    "uniform": uniform(),
    "normal": normal(),
    "glorot": glorot,
    "he": he,
    "zeros": zeros,
}


def initial_weights(
    initializer: str | Initializer, n_inputs: int, n_units: int, seed: int | Random | None
) -> list[list[float]]:
    """The first weights of a layer, one row per unit.

    Raises:
        ValueError: the initializer has an unknown name.
        TypeError: it is neither a name nor a function; or as :func:`as_generator`.
    """
    if isinstance(initializer, str):
        if initializer not in INITIALIZERS:
            names = ", ".join(INITIALIZERS)
            raise ValueError(f"unknown initializer {initializer!r}: choose one of {names}")
        initializer = INITIALIZERS[initializer]
    if not callable(initializer):
        raise TypeError(f"an initializer must be a name or a function, not {shown(initializer)}")
    generator = as_generator(seed)
    return [
        [initializer(generator, n_inputs, n_units) for _ in range(n_inputs)] for _ in range(n_units)
    ]


def as_generator(seed: int | Random | None) -> Random:
    """What random numbers are drawn from.

    The seed is a whole number, the same of which gives the same numbers; a ``random.Random`` to
    draw from; or None for other numbers each time.

    Raises:
        TypeError: it is none of these.
    """
    if seed is None or isinstance(seed, Random):
        return seed or Random()
    try:
        return Random(operator.index(seed))
    except TypeError:
        raise TypeError(
            f"a seed must be a whole number or a random.Random, not {shown(seed)}"
        ) from None
