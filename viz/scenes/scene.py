"""Scene: a picture as data, before it is SVG, PNG or PDF and before it has colours.

Every picture of this package is a scene: a graph of numbers, a folded one, a network, a
program, an error, a step of a player. The layout finds the places, a theme gives the colours
when the scene is written (``svg.py``, ``painting.py``), and a step of a walk is the same scene
with some of its parts lit and some of its texts left out (``at`` below).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from viz.style import FONT_SIZE, LINE_HEIGHT

Point = tuple[float, float]

# The parts of a theme that colour text and lines, and those that fill outlines.
INKS = ("ink", "value", "gradient", "product", "positive", "negative", "alert")
GROUNDS = ("background", "lit")

NARROWEST = 400.0  # points, of a picture with the words to a step
THICK = 3.0  # points, of lines that are lit
FADED = 0.25  # the opacity of what is not at work


class Run(NamedTuple):
    """A piece of text in one style; ``high`` as an exponent is."""

    text: str
    italic: bool = False
    high: bool = False


class Label(NamedTuple):
    """A line of text, centred at x, with its baseline at y, in the colour of that role."""

    x: float
    y: float
    runs: list[Run]
    size: float = FONT_SIZE
    color: str = "ink"

    def __str__(self) -> str:
        return "".join(run.text for run in self.runs)


class Shape(NamedTuple):
    """A "box", an "ellipse" or a "path", as the roles ``stroke`` and ``fill`` colour it.

    Attributes:
        points: of a box and an ellipse the upper left and the lower right corner; of a path
            what its ``commands`` ask for.
        commands: of a path, those of SVG: M and L take one point, C three.
    """

    kind: str
    points: list[Point]
    commands: str = ""
    stroke: str = "ink"
    fill: str = "none"
    width: float = 1.0
    dashed: bool = False


class Part(NamedTuple):
    """The parts of one thing, such as a box with its text or a wire with its numbers.

    Attributes:
        name: that of its node in DOT, or the class of its edge; empty where there is none.
        tooltip: the text that is shown when one points at it.
        id, link: in a page, what the address points to, and where a click leads.
        opacity: less than 1 where other parts are at work.
    """

    name: str
    shapes: list[Shape]
    labels: list[Label]
    tooltip: str = ""
    id: str = ""
    link: str = ""
    opacity: float = 1.0


class Scene(NamedTuple):
    """A picture in points, from its left upper corner: the parts, and the lines of its heading."""

    width: float
    height: float
    parts: list[Part]
    heading: list[Label]
    left: float = 0.0


class Moment(NamedTuple):
    """What a step of a walk shows: the words to it, and what is lit and what is yet to come.

    Attributes:
        unseen: the texts that are left out, each by its part and its role.
        texts: what the last run of a text is by now, where that grows.
        lit: the parts at work.
        faded: the parts beside which others are at work.
        backward: whether the light is that of the backward sweep.
        caption: lines of text.
    """

    unseen: Collection[tuple[str, str]]
    texts: Mapping[tuple[str, str], str]
    lit: Collection[str]
    faded: Collection[str]
    backward: bool
    caption: list[str]


def at(scene: Scene, moment: Moment) -> Scene:
    """The scene at a moment of a walk, with its caption below."""
    width = max(scene.width, NARROWEST)
    left = scene.left - (width - scene.width) / 2
    caption = [
        Label(left + width / 2, scene.height + k * LINE_HEIGHT, [Run(line)])
        for k, line in enumerate(moment.caption, 1)
    ]
    height = scene.height + (len(caption) + 1) * LINE_HEIGHT
    return Scene(width, height, seen_at(scene, moment), [*scene.heading, *caption], left)


def seen_at(scene: Scene, moment: Moment) -> list[Part]:
    """The parts of a scene as they look at a moment of a walk."""
    return [_part_at(part, moment) for part in scene.parts]


def _part_at(part: Part, moment: Moment) -> Part:
    labels = [x for x in part.labels if (part.name, x.color) not in moment.unseen]
    shapes = part.shapes
    if part.labels and not labels:  # nothing hides the lines behind a text that is yet to come
        shapes = [shape for shape in shapes if shape.stroke != "none"]
    for k, label in enumerate(labels):
        if (text := moment.texts.get((part.name, label.color))) is not None:
            runs = [*label.runs[:-1], label.runs[-1]._replace(text=text)]
            labels[k] = label._replace(runs=runs)
    if part.name in moment.lit:
        light = "gradient" if moment.backward else "value"
        shapes = [_lit(shape, light) for shape in shapes]
    faded = FADED if part.name in moment.faded else 1.0
    return part._replace(shapes=shapes, labels=labels, opacity=faded)


def _lit(shape: Shape, light: str) -> Shape:
    fill = shape.fill if shape.kind == "path" else "lit"
    return shape._replace(stroke=light, fill=fill, width=THICK)
