"""placing: what stands where, whatever text there is."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from graphs import logistic_regression, mazur, network_program, sigmoid_circuit, slide

from autograd import Value
from viz import draw, draw_network
from viz.layout.diagram import Box, Diagram, Edge, Wire, end, leaf
from viz.layout.placing import scene_of
from viz.scenes.metrics import text_width
from viz.scenes.scene import Label, Part, Scene
from viz.style import SMALLER


def part(scene: Scene, name: str) -> Part:
    [found] = [part for part in scene.parts if part.name == name]
    return found


def extent(label: Label) -> tuple[float, float, float, float]:
    """The box around a text, of the height of its capitals: left, top, right, bottom."""
    sizes = [label.size * (SMALLER if run.high else 1) for run in label.runs]
    each = zip(label.runs, sizes, strict=True)
    half = sum(text_width(run.text, size, run.italic) for run, size in each) / 2
    return label.x - half, label.y - 0.73 * label.size, label.x + half, label.y


def pictures():
    for graph in (slide, sigmoid_circuit, logistic_regression):
        output = graph()
        output.backward()
        for theme in ("light", "circuit"):
            yield draw(output, theme=theme)
    yield draw(network_program())
    yield draw_network(mazur(), [0.05, 0.1], [0.01, 0.99])


@pytest.mark.parametrize("drawing", list(pictures()))
def test_no_two_texts_overlap_and_all_are_on_the_page(drawing):
    scene = drawing.scene
    labels = [*scene.heading, *(label for part in scene.parts for label in part.labels)]
    for label in labels:
        left, top, right, bottom = extent(label)
        assert left > 0
        assert top > 0
        assert right < scene.width
        assert bottom < scene.height
    for one, other in combinations(labels, 2):
        (left, top, right, bottom), (x, y, end_x, end_y) = extent(one), extent(other)
        apart = right <= x or end_x <= left or bottom <= y or end_y <= top
        assert apart, (str(one), str(other))


@pytest.mark.parametrize("drawing", list(pictures()))
def test_texts_are_within_their_outlines(drawing):
    for each in drawing.scene.parts:
        boxes = [shape for shape in each.shapes if shape.kind != "path"]
        for label in each.labels if boxes else ():
            (left, top), (right, bottom) = boxes[0].points
            x, y, end_x, end_y = extent(label)
            assert left <= x <= end_x <= right
            assert top <= y <= end_y <= bottom


def small(**more) -> Diagram:
    boxes = [leaf("n0", "<I>x</I>", "told"), Box("n1", "box"), end()]
    wires = [
        Wire("w0", "above", ["below", "note"], "told"),
        Wire("w1", "a text that is wide", ["below"], "", "alert", 2.5),
    ]
    edges = [
        Edge("n0", "w0"),
        Edge("w0", "n1", "u0", arrow=True, dashed=True, color="value", width=2),
        Edge("n1", "w1"),
        Edge("w1", "end", "end", arrow=True),
    ]
    return Diagram(boxes, wires, edges, [], **more)


def test_a_wire_is_one_line_from_its_box_on_between_its_texts():
    scene = scene_of(small())
    wire = part(scene, "w1")
    [line] = wire.shapes
    (_, _), (right, _) = part(scene, "n1").shapes[0].points
    assert line.points[0][0] == pytest.approx(right, abs=1.5)
    assert (line.stroke, line.width) == ("alert", 2.5)
    above, below = wire.labels
    assert above.y < line.points[-1][1] < below.y
    assert line.points[-1][0] - line.points[-2][0] > text_width("a text that is wide", 14)
    assert [str(label) for label in part(scene, "w0").labels] == ["above", "below", "note"]
    assert part(scene, "w0").tooltip == part(scene, "n0").tooltip == "told"


def test_an_arrow_ends_in_two_strokes_as_long_as_each_other():
    [line] = part(scene_of(small()), "u0").shapes
    assert (line.stroke, line.width, line.dashed) == ("value", 2, True)
    assert line.commands.endswith("MLL")
    one, tip, other = line.points[-3:]
    assert line.points[-4] == tip
    assert math.dist(one, tip) == pytest.approx(math.dist(other, tip))
    assert math.dist(one, tip) == pytest.approx(math.hypot(8, 3.5))
    assert one[0] < tip[0] > other[0]


def test_a_heading_wider_than_the_picture_has_room():
    scene = scene_of(small()._replace(heading=["short", "a heading " * 12]))
    left, _, right, _ = extent(scene.heading[1])
    assert left > 0
    assert right < scene.width
    first = min(label.y for each in scene.parts for label in each.labels)
    assert scene.heading[0].y < scene.heading[1].y < first - 14


def test_a_large_graph_has_straight_lines():
    x = Value(1, "x")
    for _ in range(301):
        x = -x
    for each in draw(x, detail="numbers").scene.parts:
        for shape in each.shapes:
            if shape.kind == "path":
                (start, y), *_, (end, last) = shape.points[:4]
                assert start < end
                assert y == pytest.approx(last, abs=1)
