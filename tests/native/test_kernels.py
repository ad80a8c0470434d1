"""The translator: what Python it can say in C, and what it leaves to Python."""

import textwrap
from pathlib import Path

import pytest

from native import build
from native.kernels import Table, literal

ROOT = Path(__file__).parents[2]


def table_of(columns, before=""):
    """A table of one row, named row."""
    return Table(f"import math, operator\n{before}\nrow = Primitive('row', 'A row.', {columns})")


def translated(value, slopes="lambda y, x: (1.0,)", before=""):
    """The lines of C that a row becomes, but for the braces around them."""
    table = table_of(f"value={value}, slopes={slopes}", textwrap.dedent(before))
    header = table.header("")
    assert not table.left
    return [line.strip() for line in header.split("\n")]


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("lambda x: x", "return x_;"),
        ("lambda x: -x", "return (-x_);"),
        ("lambda x: 2 * x - 0.5", "return ((2.0 * x_) - 0.5);"),
        ("lambda x: 1.0 / x", "return over(1.0, x_, bad);"),
        ("lambda x: x ** 3", "return power_of(x_, 3.0, bad);"),
        ("lambda x: math.nan", "return NAN;"),
        ("math.exp", "return checked(exp, a_, bad);"),
        ("operator.neg", "return (-a_);"),
        ("lambda x: operator.truediv(x, 2.0)", "return over(x_, 2.0, bad);"),
        ("lambda x: x if 0.0 < x <= 1.0 else 0.0", "return ((0.0 < x_ && x_ <= 1.0) ? x_ : 0.0);"),
        (
            "lambda x: x if not x or math.isnan(x) else 1.0",
            "return (((!(x_ != 0.0)) || isnan(x_)) ? x_ : 1.0);",
        ),
        (
            "lambda x: 1.0 if x > 0.0 and x != 2.0 else x",
            "return (((x_ > 0.0) && (x_ != 2.0)) ? 1.0 : x_);",
        ),
        ("lambda x: float(x > 0.0)", "return (double)(x_ > 0.0);"),
        ("lambda x: x > 0.0 or x < -1.0", "return (double)((x_ > 0.0) || (x_ < (-1.0)));"),
        ("lambda x: x if x.__class__ is float else 0.0", "return (1 ? x_ : 0.0);"),
        ("lambda x: x.__class__ is not float and x > 1.0", "return (double)(0 && (x_ > 1.0));"),
    ],
)
def test_an_expression_in_c(value, line):
    assert line in translated(value)


def test_statements_in_c():
    before = """
        LIMIT = -2.0**-12

        def helper(x):
            if x > LIMIT:
                double: float = 2.0 * x
                return double
            else:
                twice, half = 2.0 * x, 0.5
            if isinstance(x, complex):
                raise ValueError
            return x

        def value(x):
            try:
                return 1.0 / helper(x)
            except (ValueError, ZeroDivisionError, OverflowError):
                return math.inf
    """
    lines = translated("value", before=before)
    start = lines.index("static double call_helper(double x_, int *bad)")
    assert lines[start + 1 : start + 18] == [
        "{",
        "double v1 = 0.0;",
        "double v2 = 0.0;",
        "double v3 = 0.0;",
        "if ((x_ > -0.000244140625)) {",
        "v1 = (2.0 * x_);",
        "return v1;",
        "}",
        "else {",
        "v2 = (2.0 * x_);",
        "v3 = 0.5;",
        "}",
        "if (0) {",
        "*bad = 1;",
        "return 0.0;",
        "}",
        "else {",
    ]
    start = lines.index("int raised1 = 0;")
    assert lines[start + 1 : start + 4] == [
        "v2 = over(1.0, call_helper(x_, &raised1), &raised1);",
        "if (!raised1) return v2;",
        "return INFINITY;",
    ]


def test_lists_in_c():
    lines = translated(
        "lambda *xs: sum([2.0 * x for x in xs[1:]], 1.0) + xs[-1] + len(xs) // 2",
        "lambda y, *x: (1.0, *tuple(map(operator.mul, x, x)), y) + (0.5,) * ((len(x) - 1) // 3)",
    )
    for line in [
        "Py_ssize_t start1 = end_at(1, xs_n);",
        "add_to(&total3, (2.0 * xs_[start1 + i4]));",
        "Py_ssize_t at5 = item_at(-1, xs_n, bad);",
        "s[k++] = (x_[i3] * x_[i3]);",
        "s[k++] = y_;",
        "for (Py_ssize_t i5 = 0; i5 < (((x_n) - 1) / 3 - (((x_n) - 1) % 3 < 0)); i5++) {",
        "if (k != n) *bad = 1;",
    ]:
        assert line in lines


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("lambda x: x % 2.0", "Mod"),
        ("lambda x: math.gamma(x)", "math.gamma"),
        ("lambda x: math.hypot(x, x)", "math.hypot"),
        ("lambda x: math.pi", "math.pi"),
        ("lambda x: operator.floordiv(x, x)", "operator.floordiv"),
        ("lambda x: unknown(x)", "unknown"),
        ("lambda x: unknown", "unknown"),
        ("lambda x: x is None", "None"),
        ("lambda x: x is x", "x is x"),
        ("lambda x: x or 1.0", "x or 1.0"),
        ("lambda x: 1e999", "1e309"),
        ("lambda x: round(x, ndigits=2)", "round(x, ndigits=2)"),
        ("lambda x: scaled(x, 2.0)", "the arguments of call_scaled"),
        ("lambda x, y: x", "value and slopes of row take other inputs"),
        ("lambda x: helper(x, x)", "helper"),
        ("lambda x: helper(*xs)", "xs"),
        ("lambda x: loop(x)", "for"),
        ("lambda x: again(x)", "y"),
        ("lambda x: branches(x)", "y"),
        ("lambda x: some(x)", "try:"),
        ("lambda x: x[0]", "x"),
        ("lambda x: math.isnan(x, x)", "math.isnan"),
        ("functions[0]", "functions[0]"),
    ],
)
def test_what_has_no_translation_is_left_to_python(value, why):
    before = """
def helper(x):
    return x

def scaled(x, scale=1.0):
    return x * scale

def loop(x):
    for _ in range(3):
        x = x * x
    return x

def again(x):
    y = x
    y = 2.0 * y
    return y

def branches(x):
    if x > 0.0:
        y = x
    return y

def some(x):
    try:
        return 1.0 / x
    except ZeroDivisionError:
        return 0.0
"""
    table = table_of(f"value={value}, slopes=lambda y, x: (1.0,)", before)
    header = table.header("")
    assert '{"row", NULL, 0, 0, ""}' in header
    assert table.left["row"].startswith(why)


@pytest.mark.parametrize(
    ("slopes", "why"),
    [
        ("lambda y, *xs: [x for x in xs if x > 0.0]", "[x for x in xs if x > 0.0]"),
        ("lambda y, *xs: helper(xs)", "helper of a list"),
        ("lambda y, *xs: (other(*[2.0 * x for x in xs]),)", "a list that is in no array"),
        ("lambda y, *xs: (other(y, *xs),)", "other"),
    ],
)
def test_lists_that_have_no_translation_are_left_to_python(slopes, why):
    before = """
def helper(x):
    return x

other = Primitive('other', 'Another.', value=lambda *x: x[0], slopes=lambda y, *x: x)
"""
    table = table_of(f"value=lambda *xs: sum(xs), slopes={slopes}", before)
    table.header("")
    assert [*table.left] == ["row"]
    assert table.left["row"].startswith(why)


def test_a_row_of_a_list_takes_a_part_of_another_list():
    before = "first = Primitive('first', 'x₀.', value=lambda *x: x[0], slopes=lambda y, *x: x)"
    lines = translated("lambda *xs: first(*xs[1:])", "lambda y, *xs: xs", before=before)
    length = "(stop2 > start1 ? stop2 - start1 : 0)"
    assert f"return first_value((xs_ + start1), {length}, bad);" in lines


def test_a_row_is_made_of_those_that_it_calls():
    header = build.table_of(ROOT / "autograd").header("")
    [entry] = [line for line in header.split("\n") if line.startswith('    {"softplus", ')]
    assert "sigmoid" in entry.split('"')[3].split()


def test_a_row_that_is_no_longer_known_by_its_name_is_passed_over():
    row = "other = Primitive('row', 'x', value=f, slopes=g)"
    table = Table(f"{row}\nPrimitive('x', 'y')\nz = f(1)\n")
    assert not table.rows


def test_strings_in_c_are_plain():
    assert literal('the "σ"\n') == r'"the \042\317\203\042\012"'
