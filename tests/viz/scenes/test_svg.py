"""svg: a scene in the colours of a theme, compact, and safe whatever its texts are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from graphs import mazur, network_loss, network_program, slide

from viz import draw, draw_network
from viz.scenes.scene import Label, Part, Run, Scene, Shape
from viz.scenes.svg import svg
from viz.style import THEMES

SVG = "{http://www.w3.org/2000/svg}"
LIGHT, DARK = THEMES["light"], THEMES["dark"]


def written(part: Part, **more) -> str:
    picture = svg(Scene(100, 60.25, [part], []), "words", LIGHT, **more)
    return re.search(r"<g.*</g>", picture)[0]


def test_a_part_is_a_group_with_its_name_its_words_and_its_link():
    box = Shape("box", [(10, 20), (40, 40)], fill="lit", width=3)
    part = Part("n1", [box], [Label(25, 34, [Run("a & b")])], "1 < 2", "there", "#here", 0.25)
    assert written(part) == (
        '<g class="n1" id="there"><a href="#here" pointer-events="all"><title>1 &lt; 2</title>'
        '<rect class="ink lit" fill="#FFF2C2" stroke="#000000" opacity="0.25" stroke-width="3" '
        'x="10" y="20" width="30" height="20" rx="12"/>'
        '<text class="ink" fill="#000000" x="25" y="34" opacity="0.25">a &amp; b</text></a></g>'
    )
    assert written(Part("", [], [])) == "<g></g>"


def test_shapes():
    curve = [(0, 1), (2.04, 3), (4, 5), (6, 7), (8, 9)]
    path = Shape("path", curve, "MCL", "value", dashed=True)
    assert 'd="M0 1C2 3 4 5 6 7L8 9"' in written(Part("", [path], []))
    assert 'stroke-dasharray="8 5"' in written(Part("", [path], []))
    oval = written(Part("", [Shape("ellipse", [(0, 0), (40, 20)])], []))
    assert 'cx="20" cy="10" rx="20" ry="10"' in oval
    plain = written(Part("", [Shape("box", [(0, 0), (4, 2)], stroke="none")], []))
    assert "stroke" not in plain


@pytest.mark.parametrize("theme", THEMES)
def test_colours_are_attributes_so_that_no_style_is_needed(theme):
    J = slide()
    J.backward()
    picture = draw(J, theme=theme).pipe("svg", encoding="utf-8")
    assert "<style" not in picture
    for element in ET.fromstring(picture).iter(f"{SVG}text"):
        assert element.get("fill") == getattr(THEMES[theme], element.get("class"))


def test_a_picture_that_follows_the_system_has_the_colours_of_both():
    scene = Scene(10, 10, [], [])
    both = svg(scene, "", LIGHT, DARK, css="b{}")
    assert both.index("prefers-color-scheme:dark") < both.index("b{}")
    assert 'fill="#FFFFFF"' in both
    assert all(color in both for color in DARK[:6])
    assert 'class="glassgrad-picture follows"' in both


def test_every_kind_of_picture_is_one_kind_of_scene():
    J = network_loss([3, 1])
    J.backward()
    drawings = [
        draw(J), draw(J, detail="layers"), draw(network_program()),
        draw_network(mazur(), [0, 1], [0, 1]),
    ]  # fmt: skip
    for drawing in drawings:
        assert isinstance(drawing.scene, Scene)
        root = ET.fromstring(drawing.pipe("svg"))
        shown = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]
        labels = [label for part in drawing.scene.parts for label in part.labels]
        assert shown == [str(label) for label in [*labels, *drawing.scene.heading]]
        assert root.get("aria-label") == drawing.description
        assert not [element for element in root.iter() if element.get("id")]
