"""Sums over lists, one node each, as on a slide."""

from __future__ import annotations

import operator

from autograd.primitives.row import SUM, Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


MOST_TERMS = 4  # a longer sum is written with an ellipsis


def abridged(terms: Sequence[str], ellipsis: str = "…") -> list[str]:
    """The terms of a sum, those in the middle of a long one left out."""
    if len(terms) <= MOST_TERMS:
        return [*terms]
    return [*terms[: MOST_TERMS - 2], ellipsis, terms[-1]]


def sum_text(terms: Sequence[str]) -> str:
    """The notation of a sum."""
    return " + ".join(abridged(terms)) if terms else "0"


def sum_latex(terms: Sequence[str]) -> str:
    """The same in LaTeX."""
    return " + ".join(abridged(terms, r"\cdots")) if terms else "0"


def placeholders(first: int, last: int, placeholder: str) -> list[str]:
    """The operands ``first`` to ``last``, the last one not among them."""
    return [placeholder % i for i in range(first, last)]


def product_texts(n: int, placeholder: str, times: str, first: int = 0) -> list[str]:
    """The products of n operands with the n that follow them."""
    left = placeholders(first, first + n, placeholder)
    right = placeholders(first + n, first + 2 * n, placeholder)
    return [a + times + b for a, b in zip(left, right, strict=True)]


def _product_terms(inputs: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    n = len(inputs) // 2
    return [(1.0, a, b) for a, b in zip(inputs[:n], inputs[n:], strict=True)]


def paired(name: str, first: Iterable[Any], second: Iterable[Any]) -> tuple[Any, ...]:
    first, second = tuple(first), tuple(second)
    if len(first) != len(second):
        raise ValueError(
            f"{name} takes two lists of the same length, not {len(first)} and {len(second)} numbers"
        )
    return (*first, *second)


total = Primitive(
    "total",
    "The sum of a list of numbers, as one node.",
    family="sum",
    value=lambda *terms: sum(terms, 0.0),
    slopes=lambda y, *terms: (1.0,) * len(terms),
    symbol="Σ",
    javascript="(...terms) => sum(terms)",
    notation=lambda n: sum_text(placeholders(0, n, "{%d}")),
    latex=lambda n: sum_latex(placeholders(1, n + 1, "#%d")),
    terms=lambda *terms: [(1.0, x) for x in terms],
    samples=((2.0, 3.0, -1.0), (4.0,)),
    binds=SUM,
    flatten=lambda terms: tuple(terms),
)


def _dot(*inputs: float) -> float:
    n = len(inputs) // 2
    return sum(map(operator.mul, inputs[:n], inputs[n:]), 0.0)


def _dot_slopes(y: Any, *inputs: Any) -> tuple[Any, ...]:
    n = len(inputs) // 2
    return inputs[n:] + inputs[:n]


dot = Primitive(
    "dot",
    "The dot product of two lists of the same length.",
    family="sum",
    value=_dot,
    slopes=_dot_slopes,
    symbol="wᵀx",
    javascript="(...x) => sum(products(x))",
    notation=lambda n: sum_text(product_texts(n // 2, "{%d}", "·")),
    latex=lambda n: sum_latex(product_texts(n // 2, "#%d", r" \cdot ", first=1)),
    terms=lambda *inputs: _product_terms(inputs),
    samples=((2.0, 3.0), (1.0, 2.0, 3.0, -1.0, 0.5, 4.0)),
    binds=SUM,
    flatten=lambda a, b: paired("dot", a, b),
)


def _affine(*inputs: float) -> float:
    n = len(inputs) // 2
    return sum(map(operator.mul, inputs, inputs[n:-1]), 0.0) + inputs[-1]


def _affine_slopes(y: Any, *inputs: Any) -> tuple[Any, ...]:
    n = len(inputs) // 2
    return inputs[n:-1] + inputs[:n] + (1.0,)


affine = Primitive(
    "affine",
    "The weighted sum plus bias of a neuron, wᵀx + b: affine(weights, inputs, bias).",
    family="sum",
    value=_affine,
    slopes=_affine_slopes,
    symbol="wᵀx + b",
    javascript="(...x) => sum(products(x)) + x.at(-1)",
    notation=lambda n: sum_text([*product_texts(n // 2, "{%d}", "·"), f"{{{n - 1}}}"]),
    latex=lambda n: sum_latex([*product_texts(n // 2, "#%d", r" \cdot ", first=1), f"#{n}"]),
    terms=lambda *inputs: [*_product_terms(inputs[:-1]), (1.0, inputs[-1])],
    samples=((2.0, 3.0, 1.0), (1.0, 2.0, -1.0, 0.5, 4.0)),
    binds=SUM,
    flatten=lambda weights, inputs, bias: (*paired("affine", weights, inputs), bias),
)
