"""bundled: the same bytes as the whole of Graphviz gives, without Pango."""

from __future__ import annotations

import gc
import sys
from html import escape
from pathlib import Path

import pytest

from viz.layout import bundled
from viz.layout.engine import _by_library, _installed
from viz.style import FONTS

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.dot"))

needs_libraries = pytest.mark.skipif(
    not bundled.is_available(), reason="the wheel of pygraphviz has no such libraries here"
)

beside_the_whole = pytest.mark.skipif(
    not bundled.is_available() or _installed() is not _by_library,
    reason="the whole library and these parts of it are not both here",
)

TEXTS = (
    "J = 3(a + bc)",
    "dL/dw₁ ≈ −0.8022 × 1.5 ≈ −1.203",
    "AVAIL To Te. LT Yo VA",
    "office flow différence",
    "σ(wᵀx + b) → ŷ",
    "a₁⁽²⁾ 4.54×10⁻⁵ … – ½",
    "x\N{COMBINING CIRCUMFLEX ACCENT} & <y>",
    "",
)


def labels(style: str, size: float) -> str:
    """A graph of all the texts, with no room around them."""
    boxes = "\n".join(
        f'{i} [label=<<FONT POINT-SIZE="{size}"><{style}>{escape(text)}</{style}></FONT>>]'
        for i, text in enumerate(TEXTS)
    )
    return f'digraph {{ node [shape=plain fontname="{FONTS}"]\n{boxes} }}'


@beside_the_whole
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_places_are_those_of_the_whole_library(path):
    source = path.read_text("utf-8")
    assert bundled.draw(source) == _by_library(source)


@beside_the_whole
@pytest.mark.parametrize("size", [7, 10, 11.3, 14, 16, 18, 24.25, 35])
@pytest.mark.parametrize("style", ["I", "B", "U"])
def test_text_is_measured_as_pango_does(style, size):
    source = labels(style, size)
    assert bundled.draw(source) == _by_library(source)


@needs_libraries
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("graph {", "syntax error in line 1"),
        ("", "it holds no graph"),
        ("graph { layout=foo; a }", r'Layout type: "foo" not recognized'),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_words_of_graphviz(source, reason, capfd):
    with pytest.raises(ValueError, match=f"Graphviz cannot read this source: .*{reason}"):
        bundled.draw(source)
    assert capfd.readouterr().err == ""


@needs_libraries
def test_layouts_do_not_depend_on_those_before():
    source = GOLDEN[0].read_text("utf-8")
    before = bundled.draw(source)
    with pytest.raises(ValueError, match="cannot read"):
        bundled.draw("graph { a [label=<<B>x] }")
    gc.collect()  # what only Graphviz still points to must have stayed
    assert bundled.draw(source) == before


def test_there_must_be_a_wheel_of_pygraphviz(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert not bundled.is_available()


def test_libraries_of_another_version_are_left_alone(monkeypatch):
    monkeypatch.setattr(bundled, "PLUGIN_VERSION", bundled.PLUGIN_VERSION + 1)
    assert not bundled.is_available()


@needs_libraries
def test_libraries_that_do_not_load_are_not_available(monkeypatch):
    def fail():
        raise OSError("libexpat.so.1: cannot open shared object file")

    monkeypatch.setattr(bundled, "_context", fail)
    assert not bundled.is_available()
