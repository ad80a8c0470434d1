"""The numbers of a network: none covers another, or a circle, at the sizes that are painted."""

from __future__ import annotations

import itertools

import pytest
from graphs import mazur

from nn import MLP
from viz import draw_network
from viz.networks.labels import Rectangle, along_edges
from viz.scenes.metrics import text_width

HEIGHT = 12.0  # points from the top of a digit to the bottom of a line below it


def network(*sizes):
    model = MLP(sizes[0], list(sizes[1:]), activation="tanh", output_activation="sigmoid", seed=3)
    x = [0.3636, 0.7273, -0.5, 0.25][: sizes[0]]
    return draw_network(model, x, [1] * sizes[-1] if sizes[-1] > 1 else 1)


def painted(drawing):
    """Each line of text as the box that is painted, and each circle, in points."""
    texts, circles = [], []
    for part in drawing.scene.parts:
        for shape in part.shapes:
            if shape.kind == "ellipse" and len(shape.points) == 2:
                (left, top), (right, bottom) = shape.points
                circles.append((((left + right) / 2, (top + bottom) / 2), (right - left) / 2))
        if part.name[:1] in "wdb":
            for label in part.labels:
                width = sum(text_width(run.text, label.size, run.italic) for run in label.runs)
                texts.append(Rectangle(label.x, label.y - 4, width, HEIGHT))
    return texts, circles


@pytest.mark.parametrize(
    "drawing",
    [
        *[lambda sizes=sizes: network(*sizes) for sizes in
          ((2, 3, 1), (3, 4, 1), (4, 4, 3), (2, 2, 2), (1, 10, 1))],
        lambda: draw_network(mazur(), [0.05, 0.1], [0.01, 0.99]),
    ],
    ids=["2-3-1", "3-4-1", "4-4-3", "2-2-2", "1-10-1", "Mazur"],
)  # fmt: skip
def test_no_number_is_covered(drawing):
    texts, circles = painted(drawing())
    assert len(texts) >= 10
    for one, other in itertools.combinations(texts, 2):
        assert (
            abs(one.x - other.x) >= (one.width + other.width) / 2 or abs(one.y - other.y) >= HEIGHT
        )
    for text in texts:
        for (x, y), radius in circles:
            dx = max(0.0, abs(text.x - x) - text.width / 2)
            dy = max(0.0, abs(text.y - y) - HEIGHT / 2)
            assert dx * dx + dy * dy >= radius * radius


def test_a_line_leads_through_a_box_or_past_it():
    box = Rectangle(1.0, 1.0, 0.4, 0.2)
    for start, end, crossed in [
        ((0.0, 1.0), (2.0, 1.0), True),
        ((1.0, 0.0), (1.0, 2.0), True),
        ((0.0, 0.0), (2.0, 2.0), True),
        ((0.0, 0.0), (0.5, 0.5), False),
        ((0.0, 1.2), (2.0, 1.2), False),
        ((1.3, 0.0), (1.3, 2.0), False),
    ]:
        assert box.is_crossed(start, end) == crossed


def test_a_number_evades_what_is_written_and_other_edges():
    edge = ((0.0, 0.0), (3.0, 0.0))
    [(free, _)] = along_edges([edge], [(0.4, 0.2)], [], 0.6, [])
    [(beside, _)] = along_edges([edge], [(0.4, 0.2)], [], 0.6, [Rectangle(free, 0.0, 0.2, 0.2)])
    assert abs(beside - free) >= 0.3
    cross = ((free, -1.0), (free, 1.0))
    (off, _), _ = along_edges([edge, cross], [(0.4, 0.2)] * 2, [], 0.6, [])
    assert abs(off - free) >= 0.2
