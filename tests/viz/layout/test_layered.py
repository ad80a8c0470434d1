"""layered: where boxes and wires stand, in what order, and in how many rows."""

from __future__ import annotations

import random

import pytest
from graphs import logistic_regression, sigmoid_circuit
from recurrences import rnn

from autograd import Value, affine, sigmoid, vectorize
from nn import MLP
from viz import draw
from viz.layout.diagram import Box, Diagram, Edge, Wire, end, leaf
from viz.layout.layered import LINES, PER_LINE, _cuts
from viz.layout.placing import LEGIBLE, SLIDE, scene_of
from viz.style import FONT_SIZE


def parts_of(scene):
    return {part.name: part for part in scene.parts}


def fitted(scene):
    return FONT_SIZE * min(SLIDE[0] / scene.width, SLIDE[1] / scene.height)


def boxes_and_texts(scene):
    """What must not be covered: rectangles of outlines and of texts that stand on wires."""
    found = []
    for part in scene.parts:
        for shape in part.shapes:
            if shape.kind != "path" and shape.stroke != "none":
                (left, top), (right, bottom) = shape.points
                found.append((left, top, right, bottom))
    return found


def random_graph(seed):
    """Values that read some of those before them, which are drawn at random."""
    generator = random.Random(seed)
    values = [Value(generator.uniform(0.5, 1.0)) for _ in range(generator.randint(1, 4))]
    for _ in range(generator.randint(1, 14)):
        a, b = generator.choice(values), generator.choice(values)
        values.append(generator.choice([a + b, a * b, sigmoid(a), a * 2.0, a - b]))
    return values[-1]


@pytest.mark.parametrize("seed", range(60))
def test_every_wire_arrives_and_no_box_covers_another(seed):
    output = random_graph(seed)
    if not output.inputs:
        return
    drawing = draw(output, detail="numbers")
    scene = drawing.scene
    boxes = boxes_and_texts(scene)
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert 0 <= left < right <= scene.width
        assert 0 <= top < bottom <= scene.height
        for x, y, far, low in boxes[:i]:
            assert right <= x or far <= left or bottom <= y or low <= top
    parts = parts_of(scene)
    for edge in drawing._diagram.edges:
        if edge.name.startswith("u"):
            (left, top), (_, bottom) = parts[edge.head].shapes[0].points
            x, y = parts[edge.name].shapes[0].points[-4]  # the tip; two strokes follow
            assert x == pytest.approx(left)
            assert top <= y <= bottom
            start = parts[edge.tail].shapes[0].points[-1]
            assert parts[edge.name].shapes[0].points[0][1] == pytest.approx(start[1])


def test_operands_enter_from_the_left_in_the_order_of_the_formula():
    w, x = [Value(k, f"w{k}") for k in (1, 2)], [Value(k, f"x{k}") for k in (3, 4)]
    z = affine(w, x, Value(5, "b"))
    parts = parts_of(draw(z, detail="numbers").scene)
    names = {str(parts[f"n{i}"].labels[0]): parts[f"n{i}"].labels[0].y for i in range(5)}
    assert sorted(names, key=names.get) == ["w₁", "x₃", "w₂", "x₄", "b"]
    tips = [parts[f"u{k}"].shapes[0].points[-4] for k in range(5)]
    assert len({x for x, _ in tips}) == 1
    assert len({y for _, y in tips}) == 5


def test_the_longest_way_is_straight():
    parts = parts_of(draw(logistic_regression()).scene)
    wires = {
        str(part.labels[0]).split()[0]: part for part in parts.values() if part.name[:1] == "w"
    }
    z = wires["z"].shapes[0].points[-1][1]
    assert wires["a"].shapes[0].points[-1][1] == pytest.approx(z, abs=1.0)


def test_a_wide_picture_goes_on_in_rows():
    f = sigmoid_circuit()
    f.backward()
    scene = draw(f).scene
    assert fitted(scene) >= LEGIBLE
    heights = [part.labels[0].y for part in scene.parts if part.name[:1] == "n"]
    assert max(heights) - min(heights) > 150


def test_leaves_come_into_the_row_where_they_are_read():
    x, y = [Value(0.5), Value(-1.0)], Value(1.0)
    model = MLP(2, [4, 4, 1], activation="tanh", seed=1)
    loss = (model(x)[0] - y) ** 2
    program = vectorize(loss, {"X": x, "Y": y}, model.named_parameters())
    boxes = [part for part in draw(program).scene.parts if part.name[:1] == "n"]
    named = {str(box.labels[0]): box.labels[0].y for box in boxes}
    last = next(height for name, height in named.items() if name.startswith("Z⁽³⁾"))
    assert abs(named["W⁽³⁾"] - last) < 100
    assert abs(named["W⁽¹⁾"] - last) > 100


def test_rows_are_as_narrow_as_can_be_where_a_row_can_end():
    widths, gaps = [50.0] * 6, [10.0] * 5 + [0.0]
    assert _cuts(widths, gaps, [1] * 5, 1) == []
    assert _cuts(widths, gaps, [1] * 5, 2) == [3]
    assert _cuts(widths, gaps, [1] * 5, 3) == [2, 4]
    assert _cuts(widths, gaps, [1, 1, 0, 1, 1], 2) in ([2], [4])
    assert _cuts(widths, gaps, [0] * 5, 3) == []
    assert _cuts(widths, gaps, [9, 9, 9, 9, 9], 3) == []  # too many wires would turn
    assert PER_LINE > 0


def loop():
    """A box that reads what it made before, and one behind it."""
    boxes = [leaf("n0", "x", ""), Box("n1", "h = f(x, h)"), Box("n2", "y = g(h)"), end()]
    wires = [Wire(f"w{i}", text, [], "") for i, text in enumerate("xhy")]
    edges = [Edge(f"n{i}", f"w{i}") for i in range(3)]
    edges += [
        Edge("w0", "n1", "u0", arrow=True),
        Edge("w1", "n1", "u1", arrow=True),
        Edge("w1", "n2", "u2", arrow=True),
        Edge("w2", "end", "u3", arrow=True),
    ]
    return Diagram(boxes, wires, edges, [])


def test_a_wire_that_leads_back_goes_below_everything():
    scene = scene_of(loop())
    parts = parts_of(scene)
    back = parts["u1"].shapes[0].points
    lowest = max(y for _, y in back)
    (left, top), (_, bottom) = parts["n1"].shapes[0].points
    assert lowest >= bottom + LINES / 2
    assert back[-4][0] == pytest.approx(left)
    assert top < back[-4][1] < bottom
    assert lowest <= scene.height


def test_no_row_ends_where_a_wire_leads_back():
    program = vectorize(*rnn(6))
    drawing = draw(program)
    assert fitted(drawing.scene) >= LEGIBLE
    parts = parts_of(drawing.scene)
    place = {box.name: i for i, box in enumerate(drawing._diagram.boxes)}
    wires = [edge for edge in drawing._diagram.edges if edge.tail[0] == "w"]
    back = [edge for edge in wires if int(edge.tail[1:]) >= place[edge.head]]
    assert back
    for edge in back:  # its ends are in one row
        box, wire = parts[edge.head].labels[0], parts[edge.tail].labels[0]
        assert abs(box.y - wire.y) < 100


def test_round_gates_are_met_at_their_border():
    f = sigmoid_circuit()
    drawing = draw(f, theme="circuit")
    parts = parts_of(drawing.scene)
    checked = 0
    for edge in drawing._diagram.edges:
        shape = parts[edge.head].shapes[0] if edge.head in parts else None
        if shape is not None and shape.kind == "ellipse" and edge.arrow:
            (left, top), (right, bottom) = shape.points
            x, y = parts[edge.name].shapes[0].points[-4]
            across = (x - (left + right) / 2) / ((right - left) / 2)
            up = (y - (top + bottom) / 2) / ((bottom - top) / 2)
            assert across**2 + up**2 == pytest.approx(1.0, abs=1e-6)
            checked += 1
    assert checked > 5


def test_the_same_graph_is_laid_out_alike_each_time():
    pictures = []
    for _ in range(2):
        output = random_graph(7)
        output.label = "J"
        pictures.append(draw(output).pipe("svg"))
    assert pictures[0] == pictures[1]
