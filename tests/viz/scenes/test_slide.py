"""Slides: the picture as large as fits, and words that can be read from the back."""

from __future__ import annotations

import pytest
from graphs import logistic_regression, mazur, sigmoid_circuit
from graphs import slide as example

from viz import draw, draw_network
from viz.scenes.scene import Moment
from viz.scenes.slide import slide


@pytest.mark.parametrize("lines", [1, 2, 4])
@pytest.mark.parametrize(
    "drawing",
    [
        lambda: draw(example()),
        lambda: draw(sigmoid_circuit()),
        lambda: draw(logistic_regression()),
        lambda: draw_network(mazur(), [0.05, 0.1], [0.01, 0.99]),
    ],
)
def test_the_picture_is_above_its_words_and_both_are_on_the_slide(drawing, lines):
    scene = drawing().scene
    shown = slide(scene, Moment(set(), {}, [], set(), False, ["words"] * lines))
    assert (shown.width, shown.height) == (960, 540)
    caption, heading = shown.heading[-lines:], shown.heading[:-lines]
    assert all(label.size >= 20 for label in caption)
    top = min(label.y - label.size for label in caption)
    points = [point for part in shown.parts for shape in part.shapes for point in shape.points]
    points += [(label.x, label.y) for part in shown.parts for label in part.labels]
    points += [(label.x, label.y - label.size) for label in heading]
    assert all(20 <= x <= 940 and 20 <= y <= top for x, y in points)
    assert max(label.y for label in caption) <= 530
    # It keeps its proportions, and fills the slide in one direction.
    wide = max(x for x, _ in points) - min(x for x, _ in points)
    assert wide > 700 or max(y for _, y in points) - min(y for _, y in points) > 0.6 * top
