"""Labels that other grammars would take for their own, and numbers that are none, everywhere."""

from __future__ import annotations

import itertools
import math
import re
import xml.etree.ElementTree as ET
from math import inf, nan

import matplotlib.pyplot as plt
import numpy as np
import pytest

import nn
from autograd import Value, primitives, trace
from viz import (
    draw,
    draw_network,
    explain,
    plot_descent,
    plot_fit,
    plot_gradients,
    plot_history,
    plot_slice,
    step_through,
)
from viz.graphs.folding import span
from viz.names import LONGEST_NAME, distinct, latex, mathtext, shown, typeset

LABELS = [
    r"\Gamma", r"\Nu", r"C:\New", r"\N", r"\G\E\T\H\L", "&#92;&#92;", "\\", "\\\\", "$a$", "$",
    "$$x$$", r"\(a\)", r"\[a\]", r"\begin{x}", "w&b",
    "a#b", "50 %", "a_b^c", "{", "}", "~", "`", "\"'",
    "θ", "θ_1", "y′", "ŷ", "é", "x²", "損失", "loss\x00\x07", "<b>", "--x", "=1", "|x|", "%s{0}",
    "</script>", "]]>", "a\tb\nc", "x" * 300, "שלום", "👍", "\N{COMBINING ACUTE ACCENT}", "_x",
]  # fmt: skip


def words(svg: bytes) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_drawn_as_it_is_typed(label, tmp_path):
    a, b = Value(2, label), Value(3, "b")
    J = a * b
    J.label = "J"
    J.backward()
    bare = re.sub("[\u2068\u2069]", "", shown(label)).strip()
    plain = " ".join(bare.split())
    for picture in (draw(J), draw(J, detail="numbers"), step_through(J).frames[-1]):
        said = [
            " ".join(re.sub("[\u2068\u2069]", "", w).split()) for w in words(picture.pipe("svg"))
        ]
        assert any(text in (plain, f"{plain} = 2") for text in said), said
    draw(J, tmp_path / "J.html")
    draw(J, tmp_path / "J.dot")
    for ending in ("svg", "html"):
        step_through(J).save(tmp_path / f"W.{ending}")
    model = nn.MLP(2, [1], seed=1)
    draw_network(model, [a, b], 1.0).pipe("svg")
    assert str(explain(J))
    assert str(trace(J))


@pytest.mark.parametrize("label", LABELS)
def test_a_label_can_be_plotted(label):
    a = Value(2.0, label)
    J = a * a
    J.backward()
    history = {label: [1.0, 2.0], f"loss {label}": [1.0, 2.0]}
    for plot in (
        lambda: plot_slice(J, a),
        lambda: plot_gradients({label: [a]}),
        lambda: plot_history(history),
        lambda: plot_descent(lambda x, y: x * x + y, {label: [[1, 2], [0, 1]]}, names=(label, "b")),
        lambda: plot_fit(lambda x: x[0], [0, 1], [0, 1], label=label),
    ):
        ax = plot()
        ax.figure.set_layout_engine("none")  # quicker
        ax.figure.set_dpi(30)
        with _quiet():
            ax.figure.canvas.draw()
        plt.close(ax.figure)


def _quiet():
    import warnings

    return warnings.catch_warnings(action="ignore")  # of glyphs that the font does not have


@pytest.mark.parametrize("label", LABELS)
def test_latex_is_what_pdflatex_reads(label):
    text = latex(label)
    bare = re.sub(r"\\[{}_$%#& ]|\\[a-zA-Z]+", "", text)
    assert not re.search(r"[$&#%~\\]", bare), text
    if not re.search("[損失שלום👍\N{COMBINING ACUTE ACCENT}]", label):
        assert text.isascii()
    depth = 0
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0


def test_letters_and_signs_in_latex():
    written = {
        "θ": r"\theta", "Δw": r"\mathrm{\Delta w}", "x′": r"x^{\prime}", "é": r"\acute{e}",
        "W[1]_2,3′": r"W_{2,3}^{\prime(1)}", "x²": r"\mathrm{x{}^{2}}", "a→b": r"\mathrm{a\to b}",
        "sigma": r"\sigma", "損": "損", "ꜳ": "ꜳ", "ﬁ": "ﬁ",
    }  # fmt: skip
    assert {name: latex(name) for name in written} == written
    told = explain(Value(2, "損") * Value(3, "é"))
    assert r"\text{U+640D} &= 2" in told.latex
    assert "損 &= 2" in told.markdown
    assert all(explain(Value(2, label) * 3).latex.isascii() for label in LABELS)
    assert mathtext("C:\\{$}") == r"\text{C:\\\{\$\}}"


def test_a_dollar_begins_no_formula_where_mathjax_reads_the_page():
    J = Value(2, "$a$") * Value(3, r"\(b\)")
    assert (
        'class="glassgrad follows tex2jax_ignore mathjax_ignore"' in step_through(J)._repr_html_()
    )
    # MathJax joins no text of two elements: each of these stands in one of its own.
    for text in re.findall(r"(?<!title)>([^<]*)<", draw(J).pipe("svg", encoding="utf-8")):
        assert text.count("$") < 2
        assert text in ("$", "\\") or not re.search(r"\$|\\\(", text)


def test_equal_names_are_told_apart_by_primes_everywhere():
    def graph() -> Value:
        return Value(2, "x") * Value(3, "x")

    assert step_through(graph()).captions[0].startswith("The graph of J = xx′, with 2 leaves")
    assert "J = xx′ = 6" in str(trace(graph()))
    assert "dJ/dx′ = x\n       = 2" in str(explain(graph()))
    J = graph()
    J.backward()
    assert {"x = 2", "x′ = 3", "J = xx′"} <= set(words(draw(J).pipe("svg")))


def test_names_that_are_printed_alike_are_told_apart():
    labels = ["x1", "x_1", "sigma", "σ", "a", "a", "a", "a", "a", "a′", "u\u200b", "u "]
    start = "transformer.encoder.layers.11.attention.self."
    labels += [start + "query.weight", start + "key.weight", start + "key.weight", "y" * 90]
    names = distinct({Value(0): label for label in labels})
    printed = [" ".join(shown(name).split()) for name in names.values()]
    assert len(set(printed)) == len(printed)
    assert all(len(text) <= LONGEST_NAME + 1 for text in printed)
    assert printed[:11] == ["x₁", "x₁′", "σ", "σ′", "a", "a′′", "a′′′", "a′4", "a′5", "a′", "u"]
    assert printed[12].endswith("self.query.weight"[-16:])
    assert printed[-1] == "y" * 39 + "…"


def test_a_name_and_its_primes_are_typeset_together():
    assert typeset("W[1]_2′") == "W₂′⁽¹⁾"


@pytest.mark.parametrize("x", [nan, inf, -inf])
def test_numbers_that_are_none_at_every_place_of_a_graph(x):
    for place in range(3):
        leaves = [Value(x if i == place else i + 1.0, "abc"[i]) for i in range(3)]
        J = leaves[0] * leaves[1] + leaves[2]
        J.label = "J"
        J.backward()
        for detail in ("full", "numbers", "neurons", "layers"):
            svg = draw(J, detail=detail).pipe("svg").decode()
            assert not re.search(
                r'="[^"]*\b(nan|inf)\b[^"]*"', re.sub('aria-label="[^"]*"', "", svg)
            )
        assert step_through(J).captions
        assert len(str(explain(J))) > 20


@pytest.mark.parametrize("x", [nan, inf, -inf])
def test_numbers_that_are_none_at_every_place_of_a_network(x):
    usual = draw_network(nn.MLP(2, [2, 1], seed=1), [1, 2], 1.0).pipe("svg").decode().count("<path")
    for place in range(9):
        model = nn.MLP(2, [2, 1], seed=1)
        model.parameters()[place].data = x
        svg = draw_network(model, [1, 2], 1.0).pipe("svg").decode()
        assert svg.count("<path") == usual
        assert "nan" not in re.sub(r"<(text|title)[^>]*>.*?</\1>|aria-label=\"[^\"]*\"", "", svg)
        assert step_through(draw_network(model, [1, 2], 1.0)).captions
    assert draw_network(model, [x, 2], x).pipe("svg").decode().count("<path") == usual


def test_the_widths_of_the_other_edges_are_as_without_the_weight_that_is_no_number():
    def widths(first: float) -> list[str]:
        model = nn.MLP(2, [2], seed=1)
        model.layers[0].neurons[0].weights[0].data = first
        svg = draw_network(model, [1, 2]).pipe("svg").decode()
        return re.findall(r'<path[^>]*stroke-width="([\d.]+)"', svg)

    assert sorted(widths(0.0))[1:] == sorted(widths(nan))[:-1] == sorted(widths(inf))[:-1]


def test_a_range_says_how_many_are_no_numbers_wherever_they_stand():
    for numbers in set(itertools.permutations([1.0, nan, 4.0, nan])):
        assert span(numbers) == "1 … 4, ⚠ 2 nan"
    assert span([nan, nan]) == "nan"
    assert span([nan, 2.0]) == "2, ⚠ 1 nan"
    assert span([-inf, nan, 3.0]) == "−∞ … 3, ⚠ 1 nan"


def test_numbers_of_numpy_are_written_as_numbers():
    row = primitives.Primitive(
        "halved",
        "Half of it.",
        value=lambda a: np.float64(a) / 2,
        slopes=lambda y, a: (np.float64(0.5),),
        notation="halved({0})",
        latex=r"\mathrm{halved}({0})",
        samples=((1.0,),),
    )
    x = Value(np.float64(4.0), "x")
    J = row(x * np.float64(3.0))
    J.backward()
    x.grad = np.float64(7.0)
    drawing = draw(J)
    assert "np." not in drawing.description + drawing.pipe("svg", encoding="utf-8") + drawing.source
    assert "np." not in "".join(step_through(J).captions)
    primitives.TABLE.pop("halved", None)


def test_an_unrolled_loop_whose_weight_every_step_reads_is_drawn():
    y = x = Value(1.0, "x")
    for i in range(120):
        y = y * 1.001 if i % 2 else y + x
    assert len(words(draw(y).pipe("svg"))) >= 120


def test_pictures_that_play_themselves_have_rules_for_themselves_alone(tmp_path):
    found = []
    for theme, label in (("light", "a"), ("dark", "b"), (None, "c")):
        path = tmp_path / f"{label}.svg"
        step_through(Value(2, label) * 3, theme=theme).save(path)
        root = ET.fromstring(path.read_bytes())
        scope = "." + root.attrib["class"].split()[-1]
        css = "".join(e.text for e in root.iter() if e.tag.endswith("}style"))
        css = re.sub(r"@keyframes [^{]*\{[^{}]*\{[^{}]*\}\}", "", css)  # these are the same for all
        css = re.sub(r"@media[^{]*\{", "", css)
        selectors = [s.strip(" }") for s in re.findall(r"([^{}]+)\{", css)]
        assert all(s.startswith((scope, ":where(.follows")) for s in selectors), selectors
        found.append(scope)
    assert len(set(found)) == 3


def test_a_long_product_is_broken_into_lines():
    x = [Value(1.5, f"x{i}") for i in range(30)]
    text = explain(math.prod(x[1:], start=x[0]), x[0])
    assert max(map(len, str(text).splitlines())) <= 90
    start = str(text).index("dJ/dx0 =")
    once = " ".join(str(text)[start:].split())
    assert "x29 × x28" in once
    assert once.count("× 1.5") == 28
    rows = text.latex[text.latex.index("dJ}{dx_{0}} &=") :]
    assert rows.count(r"\qquad") >= 3
    assert rows.count(r"\cdot x_") == 28
