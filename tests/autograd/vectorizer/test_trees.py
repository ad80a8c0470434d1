"""Trees are written as Python reads them, with no more parentheses than it needs."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.vectorizer.formulas.trees import (
    Attribute,
    Binary,
    Call,
    Index,
    List,
    Method,
    Name,
    Number,
    Slice,
    String,
    Tuple,
    Unary,
    changed,
    names,
    parsed,
    replaced,
    walk,
)

LEAVES = st.one_of(
    st.sampled_from("ABZ").map(Name),
    st.integers(0, 9).map(Number),
    st.floats(0.5, 2.0).map(Number),
)


def larger(trees):
    pairs = st.tuples(trees, trees)
    return st.one_of(
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "@", "&", "|"]), trees, trees),
        st.builds(Binary, st.just("**"), trees, trees.filter(lambda x: not isinstance(x, Unary))),
        st.builds(Unary, st.sampled_from("-~"), trees.filter(lambda x: not _number(x))),
        pairs.map(lambda each: Call("np.f", each, (("axis", Number(1)),))),
        st.builds(Attribute, trees.filter(lambda x: not _number(x)), st.just("T")),
        pairs.map(lambda each: Method(Name("A"), "reshape", each)),
        pairs.map(lambda each: Index(Name("A"), (each[0], Slice(1, None, 2)))),
        pairs.map(lambda each: Call("g", (List(each), Tuple(each[:1]), String("i,j->ij")))),
    )


def _number(tree):
    return isinstance(tree, Number)


def without_grouping(tree):
    """Python's own reading, in which (−a)·b and −a·b are one, as they are for us."""
    return ast.dump(ast.parse(str(tree), mode="eval"))


@given(st.recursive(LEAVES, larger, max_leaves=12))
def test_what_is_written_is_read_back(tree):
    assert without_grouping(parsed(str(tree))) == without_grouping(tree)
    assert parsed(str(tree)) == tree


@pytest.mark.parametrize(
    "text",
    [
        "-2 * A @ B",
        "-W.T @ dZ / m",
        "(A + B) @ C",
        "A - (B - C)",
        "A / (B * C)",
        "(-A) ** 2",
        "A ** -1",
        "-A ** 2",
        "(A > 0) & (B == 0) | ~(A <= B)",
        "A if B and C else D",
        "np.where(A >= 0, -np.inf, np.nan)",
        "X[:, None, 1:5:2, 0]",
        "f(A, axis=(0, 1), keepdims=True)",
    ],
)
def test_as_a_person_would_write_it(text):
    assert str(parsed(text)) == text


def test_what_is_no_formula_of_arrays_is_refused():
    with pytest.raises(ValueError, match=r"lambda x: x is more than a formula of arrays"):
        parsed("lambda x: x")


def test_the_parts_of_a_tree():
    tree = parsed("f(A if B else -C, axis=(D, [E]))[F].g(A).T")
    assert names(tree) == ("A", "B", "C", "D", "E", "F")
    assert len(list(walk(tree))) == 15
    assert str(replaced(tree, {"A": parsed("x + y")})) == (
        "f(x + y if B else -C, axis=(D, [E]))[F].g(x + y).T"
    )
    assert changed(Number(2), Name) == Number(2)
