"""Names as in print."""

from __future__ import annotations

import pytest

from autograd import Value
from viz.callers import named_values
from viz.layout.markup import escape, italic
from viz.names import typeset


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("a", "a"),
        ("w1", "w₁"),
        ("x_1", "x₁"),
        ("w10", "w₁₀"),
        ("W[1]", "W⁽¹⁾"),
        ("z[2]_3", "z₃⁽²⁾"),
        ("W[1]_2,13", "W₂‚₁₃⁽¹⁾"),
        ("sigma", "σ"),
        ("theta_0", "θ₀"),
        ("loss", "loss"),
        ("worst radius", "worst radius"),
        ("a_b", "a_b"),
        ("1st", "1st"),
        ("W[a]", "W[a]"),
        ("W[1]_2′", "W₂′⁽¹⁾"),
    ],
)
def test_typeset(name, printed):
    assert typeset(name) == printed


def test_markup_is_disarmed():
    assert escape('<b>&"\\\n') == "&lt;b&gt;&amp;&quot;&#92;\u2060 "
    assert italic("<b>") == "<I>&lt;b&gt;</I>"


def test_underscored_names_and_other_things_do_not_count():
    x = Value(1)
    variables = [("_", x), ("n", 3), ("x", x), ("y", x)]
    assert named_values(variables) == {x: "x"}
