"""Formulas: NumPy text put together with no more parentheses than it needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

# How tightly a text binds. A product that contains @ is apart from other products: a * (b * c)
# may be written a * b * c, but a * (b @ c) may not.
CONDITION, SUM, NEGATIVE, MATMUL, PRODUCT, POWER, CALL = range(7)


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
    """Coefficient · x.

    >>> x = Text("X", CALL)
    >>> [scaled(x, c).text for c in (1.0, -1.0, 2.0, 0.5, -0.1, 1 / 3)]
    ['X', '-X', '2 * X', 'X / 2', '-0.1 * X', 'X / 3']
    """
    if coefficient == 1.0:
        return x
    size = abs(coefficient)
    inverse = 1.0 / size
    text, level = x.within(MATMUL), min(max(x.level, MATMUL), PRODUCT)
    if size == 1.0:
        level = max(x.level, MATMUL)
    elif inverse.is_integer() and 1.0 / inverse == size and (size == 0.5 or len(repr(size)) > 6):
        text = f"{text} / {number(inverse).text}"
    else:
        text = f"{number(size).text} * {text}"
    return Text(text, level) if coefficient > 0.0 else Text(f"-{text}", NEGATIVE)


def product(factors: Sequence[Text], divisors: Sequence[Text] = ()) -> Text:
    """The product of the factors, divided by the divisors.

    >>> w, x, u = Text("W @ X", MATMUL), Text("X", CALL), Text("1 + U", SUM)
    >>> product([x, w], [u]).text
    'W @ X * X / (1 + U)'
    >>> product([x, x]).text, product([], [x]).text
    ('X ** 2', '1 / X')
    """
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
    """
    if not terms:
        return number(0.0)
    if len(terms) == 1:
        return terms[0]
    text = terms[0].text
    for x in terms[1:]:
        text += f" - {x.text[1:]}" if x.text.startswith("-") else f" + {x.text}"
    return Text(text, SUM)


def called(function: str, *arguments: str) -> Text:
    """A call of a function."""
    return Text(f"{function}({', '.join(arguments)})", CALL)
