"""dot: the source is what Graphviz itself would draw, in the colours of a theme."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphs import mazur, network_program, slide

from autograd import Value
from viz import draw, draw_network
from viz.networks.sketch import COLUMN, ROW
from viz.style import THEMES

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.dot"))


@pytest.mark.parametrize(
    "path",
    [path for path in GOLDEN if not path.stem.startswith("network-")],
    ids=lambda path: path.stem,
)
def test_graphviz_reads_every_source(path):
    pygraphviz = pytest.importorskip("pygraphviz", exc_type=ImportError)
    source = path.read_text("utf-8")
    found = json.loads(pygraphviz.AGraph(string=source).draw(format="json0", prog="dot"))
    declared = re.findall(r"^\t(\w+) \[", source, re.MULTILINE)
    assert {node["name"] for node in found["objects"]} == {*declared} - {"graph", "node", "edge"}


def test_the_places_of_a_network_are_in_its_source():
    drawing = draw_network(mazur(), [0, 1], [0, 1])
    places = dict(re.findall(r'^\t(n\d_\d) \[.* pos="(.*?)!"', drawing.source, re.MULTILINE))
    assert places["n1_0"] == f"{COLUMN:.3f},{ROW / 2:.3f}"
    assert "layout=neato" in drawing.source
    scene = {part.name: part.shapes[0].points for part in drawing.scene.parts if part.shapes}
    (left, top), (right, bottom) = scene["n1_0"]
    (x, y), (end, low) = scene["n2_1"]
    assert (x + end - left - right) / 2 == pytest.approx(COLUMN * 72)
    assert (y + low - top - bottom) / 2 == pytest.approx(ROW * 72)


@pytest.mark.parametrize("theme", THEMES)
def test_roles_become_the_colours_of_the_theme(theme):
    J = slide()
    J.backward()
    source = draw(J, theme=theme).source
    for role in ("value", "gradient"):
        assert f'COLOR="{role}"' not in source
        assert f'COLOR="{getattr(THEMES[theme], role)}"' in source


def test_a_label_that_looks_like_a_colour_stays_a_label():
    source = draw(Value(1, 'COLOR="value"') * 2).source
    assert "COLOR=&quot;value&quot;" in source


def test_a_digraph_of_ones_own_can_be_made_of_a_drawing():
    drawing = draw(network_program())
    before = drawing.pipe("svg")
    drawing.graph.node("extra")
    assert "extra" in drawing.source
    assert drawing.pipe("svg") == before
