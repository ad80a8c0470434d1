"""Formulas: NumPy text put together with no more parentheses than it needs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

# How tightly a text binds. A product that contains @ is apart from other products: a * (b * c)
# may be written a * b * c, but a * (b @ c) may not.
CONDITION, SUM, NEGATIVE, MATMUL, PRODUCT, POWER, CALL = range(7)

# A sign, and a whole number times the rest.
_IN_FRONT = re.compile(r"(-?)(?:(\d+) \* )?(.*)", re.DOTALL)

# Longer sums are written in groups.
MOST_TERMS = 100


class Text(NamedTuple):
    """A piece of a formula.

    >>> scaled(product([Text("A", CALL), Text("1 - A", SUM)]), -1.0).text
    '-A * (1 - A)'
    """

    text: str
    level: int

    def within(self, level: int) -> str:
        """The text, in parentheses if it binds less tightly than ``level``."""
        return self.text if self.level >= level else f"({self.text})"


def number(data: float) -> Text:
    """A number as Python text.

    >>> number(2.0).text, number(0.1).text, number(-math.inf).text
    ('2', '0.1', '-np.inf')
    """
    if not math.isfinite(data):
        text = "np.nan" if math.isnan(data) else "np.inf" if data > 0.0 else "-np.inf"
    else:
        text = str(int(data)) if data.is_integer() and abs(data) < 1e15 else repr(data)
    return Text(text, NEGATIVE if text.startswith("-") else CALL)


def scaled(x: Text, coefficient: float) -> Text:
    """Coefficient · x, with one sign in front.

    >>> x = Text("X", CALL)
    >>> [scaled(x, c).text for c in (1.0, -1.0, 2.0, 0.5, -0.1, 1 / 3, 2 / 3)]
    ['X', '-X', '2 * X', 'X / 2', '-0.1 * X', 'X / 3', '2 / 3 * X']
    """
    if coefficient == 1.0:
        return x
    times, x = _apart(x)
    coefficient *= times
    if coefficient == 1.0:
        return x
    size = abs(coefficient)
    p, q = _fraction(size)
    text, level = x.within(MATMUL), min(max(x.level, MATMUL), PRODUCT)
    if size == 1.0:
        level = max(x.level, MATMUL)
    elif p == 1:
        text = f"{text} / {q}"
    else:
        factor = f"{p} / {q}" if p else number(size).text
        if text[0].isdigit() and not text.startswith("1 / "):  # together they may overflow
            text = f"({text})"
        text = f"{factor}{text[1:]}" if text.startswith("1 / ") else f"{factor} * {text}"
    return Text(text, level) if coefficient >= 0.0 else Text(f"-{text}", NEGATIVE)


def _apart(x: Text) -> tuple[float, Text]:
    """The sign and the whole number in front of a text, and the rest."""
    if x.level not in (NEGATIVE, MATMUL, PRODUCT):
        return 1.0, x
    found = _IN_FRONT.match(x.text)
    assert found is not None
    sign, size, rest = found.groups()
    if not (sign or size):
        return 1.0, x
    level = MATMUL if "@" in rest else PRODUCT
    return float(f"{sign}{size or 1}"), Text(rest, level)


def _fraction(size: float) -> tuple[int, int]:
    """(p, q) if the number is a simple fraction without a short decimal; else (0, 1)."""
    if size != 0.5 and len(repr(size)) <= 6:
        return 0, 1
    p, q = Fraction(size).limit_denominator(1000).as_integer_ratio()
    return (p, q) if p / q == size else (0, 1)


def product(factors: Sequence[Text], divisors: Sequence[Text] = ()) -> Text:
    """The product of the factors, divided by the divisors.

    >>> w, x, u = Text("W @ X", MATMUL), Text("X", CALL), Text("1 + U", SUM)
    >>> product([x, w], [u]).text
    'W @ X * X / (1 + U)'
    >>> product([x, x]).text, product([], [x]).text, product([x, Text("-Y", NEGATIVE)]).text
    ('X ** 2', '1 / X', '-X * Y')
    """
    apart = [_apart(x) for x in factors]
    if len(factors) > 1 and any(c != 1.0 for c, _ in apart):
        rest = product([x for _, x in apart], divisors)
        return scaled(rest, math.prod([c for c, _ in apart]))
    factors = sorted(factors, key=lambda x: x.level != MATMUL) or [number(1.0)]
    if len(factors) == 2 and factors[0] == factors[1]:
        factors = [Text(f"{factors[0].within(CALL)} ** 2", POWER)]
    first, *others = factors
    if not others and not divisors:
        return first
    text = " * ".join([first.within(NEGATIVE), *[x.within(PRODUCT) for x in others]])
    text = " / ".join([text, *[x.within(POWER) for x in divisors]])
    return Text(text, min(max(first.level, NEGATIVE), PRODUCT) if first.level > SUM else PRODUCT)


def total(terms: Sequence[Text]) -> Text:
    """The sum of the terms.

    >>> total([Text("A", CALL), Text("-Y", NEGATIVE), Text("-2 * B", NEGATIVE)]).text
    'A - Y - 2 * B'
    >>> total([number(float(n)) for n in range(1000)]).text[-18:]
    '+ 997 + 998 + 999)'
    """
    if not terms:
        return number(0.0)
    if len(terms) == 1:
        return terms[0]
    if len(terms) > MOST_TERMS:  # Python does not take a sum of thousands of terms in one go
        groups = [terms[i : i + MOST_TERMS] for i in range(0, len(terms), MOST_TERMS)]
        return total([Text(f"({total(group).text})", CALL) for group in groups])
    text = terms[0].text
    for x in terms[1:]:
        text += f" - {x.text[1:]}" if x.text.startswith("-") else f" + {x.text}"
    return Text(text, SUM)


def called(function: str, *arguments: str) -> Text:
    """A call of a function."""
    return Text(f"{function}({', '.join(arguments)})", CALL)
