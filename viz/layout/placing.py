"""From a diagram to a scene: the text is measured, and the layout finds the places for it."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from itertools import groupby
from typing import NamedTuple

from viz.layout.diagram import Box, Diagram, Edge, Wire
from viz.layout.layered import Size, lay_out
from viz.layout.markup import labels_of
from viz.scenes.metrics import text_width
from viz.scenes.scene import Label, Part, Point, Scene, Shape
from viz.style import FONT_SIZE, LINE_HEIGHT, SMALLER

INCH = 72.0  # points

# The room for a picture on a slide of 16:9 with a title, and the least size of text there.
SLIDE, LEGIBLE = (960.0, 420.0), 10.0

# Points.
BASELINE = 4.0  # from the middle of a line of text down to its baseline
ABOVE, BELOW = 7, 15  # from a wire up and down to the baselines of its texts
UP, DOWN = 20, 20  # that a wire takes with a line of text above and one below
BESIDE = 5  # by which a wire is longer than its text, on each side
OVERLAP = 1.0  # by which a wire goes on below the lines that lead away from it
HEAD, HALF_HEAD = 8.0, 3.5  # the length of an arrowhead and half its width
GAP = 8.0  # below the heading

_OUTLINES = {"plaintext": "box", "box": "box", "circle": "ellipse", "ellipse": "ellipse"}

Curve = list[Point]  # a point, and three for each piece


class _Block(NamedTuple):
    """An object to be placed: its size, and its labels around its middle.

    Attributes:
        line: of a wire, how far below its middle the line is.
    """

    width: float
    height: float
    labels: list[Label]
    line: float = 0.0


def scene_of(diagram: Diagram, width: float | None = None) -> Scene:
    """The scene of a diagram.

    Args:
        width: into which it is laid out; by default it is legible on a slide.
    """
    blocks = {box.name: _block_of_box(box) for box in diagram.boxes}
    blocks |= {wire.name: _block_of_wire(wire) for wire in diagram.wires}
    given = {box.name: box.place for box in diagram.boxes if box.place}
    if given:
        middles = {name: (x * INCH, -y * INCH) for name, (x, y) in given.items()}
        circles = {box.name for box in diagram.boxes if box.shape == "circle"}
        curves = [_straight(edge, middles, blocks, circles) for edge in diagram.edges]
    else:
        middles, curves = _in_layers(diagram, blocks, width)
    return _Sheet(diagram, blocks, middles, curves).scene()


def _block_of_box(box: Box) -> _Block:
    labels, across = _side_by_side(labels_of(box.text))
    lines = len({label.y for label in labels})
    shift = BASELINE - (lines - 1) * LINE_HEIGHT / 2
    labels = [label._replace(y=label.y + shift) for label in labels]
    width = across + 2 * box.margin[0] * INCH
    height = lines * LINE_HEIGHT + 2 * box.margin[1] * INCH
    if box.shape == "ellipse":
        width, height = width * math.sqrt(2), height * math.sqrt(2)
    if box.shape == "circle":
        width = height = 0.0 if box.place else max(width, height) * math.sqrt(2)
    least = [side * INCH for side in box.size]
    return _Block(max(width, least[0]), max(height, least[1]), labels)


def _block_of_wire(wire: Wire) -> _Block:
    above, below = labels_of(wire.above), labels_of("<BR/>".join(wire.below))
    labels = [label._replace(y=label.y - ABOVE) for label in above]
    labels += [label._replace(y=label.y + BELOW - _closer(label)) for label in below]
    labels, across = _side_by_side(labels)
    down = DOWN + max([label.y - BELOW for label in labels if label.y > 0], default=0)
    line = (UP - down) / 2
    labels = [label._replace(y=label.y + line) for label in labels]
    return _Block(math.ceil(across) + 2 * BESIDE, UP + down, labels, line)


def _closer(label: Label) -> float:
    """How much nearer to the line above it a label in small letters stands."""
    return FONT_SIZE - label.size


def _side_by_side(labels: Iterable[Label]) -> tuple[list[Label], float]:
    """The labels of each line one after the other around x = 0, and the width of the widest."""
    placed: list[Label] = []
    widest = 0.0
    for _, line in groupby(labels, lambda label: label.y):
        each = list(line)
        each[-1] = _without_end(each[-1])
        widths = [_width(label) for label in each]
        x = -sum(widths) / 2
        for label, width in zip(each, widths, strict=True):
            seen = _without_end(label)
            placed.append(seen._replace(x=x + _width(seen) / 2))
            x += width
        widest = max(widest, sum(widths))
    return placed, widest


def _without_end(label: Label) -> Label:
    """The label without spaces at its end, which would move the rest when it is centred."""
    last = label.runs[-1]
    return label._replace(runs=[*label.runs[:-1], last._replace(text=last.text.rstrip())])


def _width(label: Label) -> float:
    return sum(
        text_width(run.text, label.size * (SMALLER if run.high else 1), run.italic)
        for run in label.runs
    )


def _in_layers(
    diagram: Diagram, blocks: Mapping[str, _Block], width: float | None
) -> tuple[dict[str, Point], list[Curve]]:
    """The middles of the blocks and the curves of the edges, as :mod:`.layered` finds them."""
    sizes = {
        name: Size(block.width, block.height / 2 + block.line, block.height / 2 - block.line)
        for name, block in blocks.items()
    }
    pad = 2 * diagram.pad * INCH
    heading = len(diagram.heading) * LINE_HEIGHT + GAP * bool(diagram.heading)
    room, scale = (SLIDE, LEGIBLE / FONT_SIZE) if width is None else ((width, math.inf), 1.0)
    places = lay_out(diagram, sizes, room, (pad, pad + heading), scale)
    middles = {name: (x, y - blocks[name].line) for name, (x, y) in places.lines.items()}
    return middles, places.curves


def _straight(
    edge: Edge, middles: Mapping[str, Point], blocks: Mapping[str, _Block], circles: Container[str]
) -> Curve:
    """The line between two blocks, from border to border."""
    start, end = middles[edge.tail], middles[edge.head]
    tail = _border(start, end, blocks[edge.tail], edge.tail in circles)
    head = _border(end, start, blocks[edge.head], edge.head in circles)
    return [tail, tail, head, head]


def _border(middle: Point, towards: Point, block: _Block, is_circle: bool) -> Point:
    """Where the way from the middle of a block to another point leaves it."""
    (x, y), dx, dy = middle, towards[0] - middle[0], towards[1] - middle[1]
    sides = [(block.width, math.hypot(dx, dy))]
    if not is_circle:
        sides = [(block.width, dx), (block.height, dy)]
    part = min(side / 2 / abs(way) for side, way in sides if way)
    return x + part * dx, y + part * dy


class _Sheet:
    """A page with all parts in their places."""

    def __init__(
        self,
        diagram: Diagram,
        blocks: Mapping[str, _Block],
        middles: Mapping[str, Point],
        curves: list[Curve],
    ) -> None:
        self.diagram = diagram
        self.blocks = blocks
        self.heading = [
            label._replace(y=(k + 1) * LINE_HEIGHT)
            for k, line in enumerate(diagram.heading)
            for label in _side_by_side(labels_of(line))[0]
        ]
        self.taken = self.heading[-1].y + GAP if self.heading else 0.0
        self.below = any(box.place for box in diagram.boxes)
        corners = [point for curve in curves for point in curve]
        for name, (x, y) in middles.items():
            across, up = blocks[name].width / 2, blocks[name].height / 2
            corners += [(x - across, y - up), (x + across, y + up)]
        (left, right), (top, bottom) = ((min(c), max(c)) for c in zip(*corners, strict=True))
        pad = diagram.pad * INCH
        widest = max([_width(label) for label in self.heading], default=0.0)
        self.width = max(right - left, widest) + 2 * pad
        self.height = bottom - top + self.taken + 2 * pad
        dx, dy = (self.width - left - right) / 2, pad - top
        if not self.below:
            dy += self.taken
        self.middles = {name: (x + dx, y + dy) for name, (x, y) in middles.items()}
        self.curves = [[(x + dx, y + dy) for x, y in curve] for curve in curves]

    def scene(self) -> Scene:
        wires = {wire.name: wire for wire in self.diagram.wires}
        parts: list[Part] = []
        fed: dict[str, Part] = {}  # wires by the box that they come from
        for edge, curve in zip(self.diagram.edges, self.curves, strict=True):
            if edge.head in wires:
                fed[edge.tail] = self.wire(wires[edge.head], curve)
            else:
                parts.append(_edge(edge, curve))
        for box in self.diagram.boxes:
            if box.text:
                parts.append(self.box(box))
            if box.name in fed:
                parts.append(fed[box.name])
        x, y = self.width / 2, self.diagram.pad * INCH - BASELINE
        if self.below:
            y = self.height - y - self.taken
        heading = [label._replace(x=label.x + x, y=label.y + y) for label in self.heading]
        return Scene(self.width, self.height, parts, heading)

    def labels(self, name: str) -> list[Label]:
        x, y = self.middles[name]
        return [each._replace(x=each.x + x, y=each.y + y) for each in self.blocks[name].labels]

    def box(self, box: Box) -> Part:
        (x, y), block = self.middles[box.name], self.blocks[box.name]
        across, up = block.width / 2, block.height / 2
        outline = Shape(
            _OUTLINES[box.shape],
            [(x - across, y - up), (x + across, y + up)],
            stroke="none" if box.shape == "plaintext" else box.color,
            fill="background" if box.filled else "none",
            width=box.width,
        )
        return Part(box.name, [outline], self.labels(box.name), box.tooltip)

    def wire(self, wire: Wire, curve: Curve) -> Part:
        """The line that leads to a wire, and goes on between its texts."""
        end = self.middles[wire.name][0] + self.blocks[wire.name].width / 2 + OVERLAP
        points = [*curve, (end, curve[-1][1])]
        commands = "M" + "C" * (len(curve) // 3) + "L"
        line = Shape("path", points, commands, wire.color, width=wire.width)
        return Part(wire.name, [line], self.labels(wire.name), wire.tooltip)


def _edge(edge: Edge, curve: Curve) -> Part:
    points, commands = list(curve), "M" + "C" * (len(curve) // 3)
    if edge.arrow:  # two more strokes
        tip, before = curve[-1], curve[-2]
        x, y = before[0] - tip[0], before[1] - tip[1]
        far = math.hypot(x, y)
        along, aside = (HEAD * x / far, HEAD * y / far), (HALF_HEAD * y / far, HALF_HEAD * x / far)
        one = (tip[0] + along[0] - aside[0], tip[1] + along[1] + aside[1])
        other = (tip[0] + along[0] + aside[0], tip[1] + along[1] - aside[1])
        points += [one, tip, other]
        commands += "MLL"
    line = Shape("path", points, commands, edge.color, width=edge.width, dashed=edge.dashed)
    return Part(edge.name, [line], [], edge.tooltip)
