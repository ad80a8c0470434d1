"""Diagram: what is to be drawn, before its layout: boxes, wires, and edges between them."""

from __future__ import annotations

from typing import NamedTuple

Inches = float


class Box(NamedTuple):
    """A text with an outline around it, or without one.

    Attributes:
        name: what it is called in DOT, and in the picture.
        text: markup, as in ``viz.layout.markup``.
        shape: plaintext, box, circle, ellipse, or none for what is not to be seen.
        tooltip: any text.
        color, width: of the outline, a role of a theme and points.
        margin: around the text, on the left and right, and above and below.
        size: the smallest width and height.
        filled: whether it hides what is behind it.
        place: where its middle is put; None: where the layout puts it.
    """

    name: str
    text: str = ""
    shape: str = "box"
    tooltip: str = ""
    color: str = "ink"
    width: float = 1.0
    margin: tuple[Inches, Inches] = (0.1, 0.05)
    size: tuple[Inches, Inches] = (0.75, 0.5)
    filled: bool = False
    place: tuple[Inches, Inches] | None = None


class Wire(NamedTuple):
    """A value on its way out of its box: a line, with text above it and in lines below."""

    name: str
    above: str
    below: list[str]
    tooltip: str
    color: str = "ink"
    width: float = 1.0


class Edge(NamedTuple):
    """A line from a box or a wire to another.

    Attributes:
        name: what it is called in the picture; may be empty.
        arrow: whether it ends in an arrowhead.
        length: the least number of ranks that it spans.
        weight: how much it wants to be straight.
        port: its place on the left side of its head, from above, and how many there are; None
            where it may come from anywhere.
    """

    tail: str
    head: str
    name: str = ""
    color: str = "ink"
    width: float = 1.0
    dashed: bool = False
    arrow: bool = False
    length: int = 1
    weight: int = 1
    tooltip: str = ""
    port: tuple[int, int] | None = None


class Diagram(NamedTuple):
    """A picture to be laid out, from left to right.

    Attributes:
        heading: lines of markup above all; or below, where the boxes have their places.
        gap: between ranks.
        pad: around the picture.
    """

    boxes: list[Box]
    wires: list[Wire]
    edges: list[Edge]
    heading: list[str]
    gap: Inches = 0.3
    pad: Inches = 0.15


def leaf(name: str, text: str, tooltip: str) -> Box:
    """The name of what is given."""
    return Box(name, text, "plaintext", tooltip, margin=(0.05, 0.02), size=(0.0, 0.5))


def end(name: str = "end") -> Box:
    """Where a wire leads that nothing reads."""
    return Box(name, shape="none", size=(0.1, 0.1))
