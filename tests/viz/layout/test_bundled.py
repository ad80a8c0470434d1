"""bundled: the same bytes as the whole of Graphviz gives, without the libraries of the system."""

from __future__ import annotations

import gc
import sys

import pytest

from viz.layout import bundled
from viz.layout.engine import _by_library, _installed

# A small graph with all that our layouts have: sizes, ports, lengths and weights.
SOURCE = """digraph {
graph [rankdir=LR nodesep=0.3 ranksep=0.3]
node [label="" shape=box fixedsize=true]
edge [arrowhead=none]
a [shape=ellipse width=0.8 height=0.5]
b [width=0.5 height=0.5]
w [shape=plain fixedsize=false label=<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0">
<TR><TD FIXEDSIZE="TRUE" WIDTH="60" HEIGHT="20"></TD></TR>
<TR><TD FIXEDSIZE="TRUE" WIDTH="60" HEIGHT="1" PORT="p"></TD></TR></TABLE>>]
a -> w:p:w [id=0 minlen=1 weight=4]
w:p:e -> b [id=1 minlen=2 weight=1]
w:p:e -> b [id=2 minlen=2 weight=1]
}"""

needs_libraries = pytest.mark.skipif(
    not bundled.is_available(), reason="the wheel of pygraphviz has no such libraries here"
)


@pytest.mark.skipif(
    not bundled.is_available() or _installed() is not _by_library,
    reason="the whole library and these parts of it are not both here",
)
@pytest.mark.parametrize("source", [SOURCE, SOURCE.replace("LR", "LR splines=line")])
def test_places_are_those_of_the_whole_library(source):
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
    before = bundled.draw(SOURCE)
    with pytest.raises(ValueError, match="cannot read"):
        bundled.draw("graph { a [label=<<B>x] }")
    gc.collect()  # what only Graphviz still points to must have stayed
    assert bundled.draw(SOURCE) == before


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
