"""Formulas: sums and products put together as a person would write them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial, reduce

from autograd.vectorizer.formulas.trees import (
    Binary,
    Call,
    Number,
    Tree,
    Unary,
    is_negative,
)

# Longer sums are written in groups.
MOST_TERMS = 100


def number(data: float) -> Number:
    """A number, without a point if it is whole.

    >>> str(number(2.0)), str(number(0.1)), str(number(-math.inf))
    ('2', '0.1', '-np.inf')
    """
    whole = math.isfinite(data) and float(data).is_integer() and abs(data) < 1e15
    return Number(int(data) if whole else float(data))


def called(function: str, *arguments: Tree, **options: Tree) -> Call:
    """A call of a function."""
    return Call(function, arguments, tuple(options.items()))


def is_matrix_product(tree: Tree) -> bool:
    """Whether a formula is W @ X, maybe times or over something else.

    Such a product is apart from others: a * (b * c) may be written a * b * c, but
    a * (b @ c) may not.
    """
    match tree:
        case Binary(sign="@"):
            return not is_negative(tree)
        case Binary(sign="*" | "/", left=left):
            return is_matrix_product(left)
    return False


def negated(x: Tree) -> Tree:
    """−x, with the sign in front of the first factor."""
    match x:
        case Number(data=data):
            return Number(-data)
        case Unary(sign="-", operand=operand):
            return operand
        case Binary(sign="@", left=Binary() as left, right=right) if not (
            is_negative(left) or isinstance(_factors(left)[0], Number)
        ):
            return Binary("@", Unary("-", left), right)
        case Binary(sign="*" | "/" | "@" as sign, left=left, right=right):
            return Binary(sign, negated(left), right)
    return Unary("-", x)


def _factors(x: Tree) -> list[Tree]:
    """What a product multiplies and divides, from the left."""
    match x:
        case Binary(sign="*" | "/", left=left, right=right):
            return [*_factors(left), right]
    return [x]


def times(a: Tree, b: Tree) -> Tree:
    """A · b, without parentheses around a product b."""
    match b:
        case Binary(sign="*" | "/" as sign, left=left, right=right) if not is_matrix_product(b):
            return Binary(sign, times(a, left), right)
    return Binary("*", a, b)


def over(a: Tree, b: Tree) -> Tree:
    """A / b."""
    return Binary("/", a, b)


def plus(a: Tree, b: Tree) -> Tree:
    """A + b, without parentheses around a sum b, and a − b for a + (−b)."""
    match b:
        case Binary(sign="+" | "-" as sign, left=left, right=right):
            return Binary(sign, plus(a, left), right)
    return Binary("-", a, negated(b)) if is_negative(b) else Binary("+", a, b)


def scaled(x: Tree, coefficient: float) -> Tree:
    """Coefficient · x, with one sign in front.

    >>> from autograd.vectorizer.formulas.trees import Name
    >>> [str(scaled(Name("X"), c)) for c in (1.0, -1.0, 2.0, 0.5, -0.1, 1 / 3, 2 / 3)]
    ['X', '-X', '2 * X', 'X / 2', '-0.1 * X', 'X / 3', '2 / 3 * X']
    """
    if coefficient == 1.0:
        return x
    sign_and_size, x = _apart(x)
    coefficient *= sign_and_size
    if coefficient == 1.0:
        return x
    size = abs(coefficient)
    p, q = _fraction(size)
    if size != 1.0 and p == 1:
        x = over(x, Number(q))
    elif size != 1.0:
        factor = over(Number(p), Number(q)) if p else number(size)
        x = _multiplied(factor, x)
    return x if coefficient >= 0.0 else negated(x)


def _multiplied(factor: Tree, x: Tree) -> Tree:
    """Factor · x. Two numbers in front stay apart, since together they may overflow."""
    if is_matrix_product(x):
        return _in_front(factor, x)
    first, *others = _factors(x)
    if first == Number(1) and others:  # 2 / 3 of 1 / (1 + U) is 2 / 3 / (1 + U)
        return _replacing_first(factor, x)
    return Binary("*", factor, x) if isinstance(first, Number) else times(factor, x)


def _replacing_first(factor: Tree, x: Tree) -> Tree:
    match x:
        case Binary(sign="*" | "/" as sign, left=left, right=right):
            return Binary(sign, _replacing_first(factor, left), right)
    return factor


def _in_front(factor: Tree, x: Tree) -> Tree:
    """Factor · x with the factor first, as in 2 * W @ X."""
    if isinstance(x, Binary) and is_matrix_product(x):
        return Binary(x.sign, _in_front(factor, x.left), x.right)
    return Binary("*", factor, x)


def _apart(x: Tree) -> tuple[float, Tree]:
    """The sign and the whole number in front of a product, and the rest."""
    match x:
        case Number(data=data) if data < 0:
            return -1.0, Number(-data)
        case Unary(sign="-", operand=operand):
            return -1.0, operand
        case Binary(sign="*", left=Number(data=int() as whole), right=right):
            return float(whole), right
        case Binary(sign="*" | "/" | "@" as sign, left=left, right=right):
            size, rest = _apart(left)
            return (size, Binary(sign, rest, right)) if size != 1.0 else (1.0, x)
    return 1.0, x


def _fraction(size: float) -> tuple[int, int]:
    """(p, q) if the number is a simple fraction without a short decimal; else (0, 1)."""
    if size != 0.5 and len(repr(size)) <= 6:
        return 0, 1
    p, q = Fraction(size).limit_denominator(1000).as_integer_ratio()
    return (p, q) if p / q == size else (0, 1)


def product(factors: Sequence[Tree], divisors: Sequence[Tree] = ()) -> Tree:
    """The product of the factors, divided by the divisors.

    >>> from autograd.vectorizer.formulas.trees import Name, parsed
    >>> X = Name("X")
    >>> str(product([X, parsed("W @ X")], [parsed("1 + U")]))
    'W @ X * X / (1 + U)'
    >>> str(product([X, X])), str(product([], [X])), str(product([X, parsed("-Y")]))
    ('X ** 2', '1 / X', '-X * Y')
    """
    apart = [_apart(x) for x in factors]
    if len(factors) > 1 and any(size != 1.0 for size, _ in apart):
        rest = product([x for _, x in apart], divisors)
        return scaled(rest, math.prod([size for size, _ in apart]))
    factors = sorted(factors, key=lambda x: not is_matrix_product(x)) or [Number(1)]
    if len(factors) == 2 and factors[0] == factors[1]:
        factors = [Binary("**", factors[0], Number(2))]
    found, *others = factors
    for x in others:
        found = times(found, x)
    for x in divisors:
        found = over(found, x)
    return found


def total(terms: Sequence[Tree]) -> Tree:
    """The sum of the terms.

    >>> from autograd.vectorizer.formulas.trees import parsed
    >>> str(total([parsed("A"), parsed("-Y"), parsed("-2 * B")]))
    'A - Y - 2 * B'
    >>> str(total([number(float(n)) for n in range(1000)]))[-18:]
    '+ 997 + 998 + 999)'
    """
    return _joined(terms, plus) if terms else Number(0)


def _joined(terms: Sequence[Tree], join: Callable[[Tree, Tree], Tree]) -> Tree:
    if len(terms) > MOST_TERMS:  # Python does not take a sum of thousands of terms in one go
        groups = [terms[i : i + MOST_TERMS] for i in range(0, len(terms), MOST_TERMS)]
        return _joined([_joined(group, join) for group in groups], partial(Binary, "+"))
    return reduce(join, terms)
