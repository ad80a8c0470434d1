"""From a graph in DOT to a scene: Graphviz finds the places, which its JSON tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from viz.layout.engine import layout
from viz.layout.markup import GUARD
from viz.scenes.scene import Label, Part, Point, Run, Scene, Shape
from viz.style import FONT_SIZE, Theme

_INCH = 72.0  # points
_OVERLAP = 2.0  # points by which a wire goes on below the lines that lead away from it
_ITALIC, _HIGH = 2, 8  # bits of a font in Graphviz's JSON

_SHAPES = {"box": "box", "circle": "ellipse", "ellipse": "ellipse", "plaintext": "box"}


def scene_of(source: str, theme: Theme, seconds: float | None = None) -> Scene:
    """The scene of a graph in the DOT language.

    Nodes are boxes, circles, ellipses, plain text or, where an edge with ``headclip=false``
    ends, wires: a line that goes on from that edge, with text above and below.

    Args:
        theme: the colours in the source, each of which stands for its role.
        seconds: the time limit of the layout; None: as long as it takes.

    Raises:
        ValueError, RuntimeError, TimeoutError: see :func:`viz.layout.engine.layout`.
    """
    found = layout(source, seconds)
    _, _, width, height = map(float, found["bb"].split(","))
    pad = float(found["pad"]) * _INCH
    sheet = _Sheet(height, pad, theme)
    nodes: list[dict[str, Any]] = found.get("objects", [])
    parts: list[Part] = []
    stubs: dict[int, Shape] = {}
    for edge in found.get("edges", ()):
        shape = sheet.line(edge)
        if edge.get("headclip") == "false":
            stubs[edge["head"]] = shape
        else:
            parts.append(Part(edge.get("class", ""), [shape], [], _tooltip(edge)))
    for node in nodes:
        stub = stubs.get(node["_gvid"])
        shapes = sheet.outline(node) if stub is None else [sheet.wire(node, stub)]
        labels = sheet.labels(node)
        if shapes or labels:
            parts.append(Part(node["name"], shapes, labels, _tooltip(node)))
    return Scene(width + 2 * pad, height + 2 * pad, parts, sheet.labels(found))


class _Sheet:
    """Graphviz counts points upwards from the lower left corner; a page, downwards."""

    def __init__(self, height: float, pad: float, theme: Theme) -> None:
        self.height = height
        self.pad = pad
        self.roles: Mapping[str, str] = {
            str(color).lower(): role for role, color in theme._asdict().items()
        }

    def point(self, x: float, y: float) -> Point:
        return x + self.pad, self.height - y + self.pad

    def outline(self, node: dict[str, Any]) -> list[Shape]:
        """What is drawn around the text of a node."""
        if node["shape"] not in _SHAPES:
            return []
        x, y = self.point(*map(float, node["pos"].split(",")))
        across, up = (float(node[side]) * _INCH / 2 for side in ("width", "height"))
        filled = "filled" in node.get("style", "")
        return [
            Shape(
                _SHAPES[node["shape"]],
                [(x - across, y - up), (x + across, y + up)],
                stroke="none" if node["shape"] == "plaintext" else self.role(node),
                fill=self.roles[node["fillcolor"].lower()] if filled else "none",
                width=float(node.get("penwidth", 1)),
            )
        ]

    def role(self, part: dict[str, Any]) -> str:
        return self.roles[part["color"].lower()]

    def line(self, edge: dict[str, Any]) -> Shape:
        """A curve, with its arrowhead as two more strokes."""
        [curve] = [part["points"] for part in edge["_draw_"] if part["op"] == "b"]
        points = [self.point(x, y) for x, y in curve]
        commands = "M" + "C" * (len(points) // 3)
        for part in edge.get("_hdraw_", ()):
            if part["op"] == "P":
                head = [self.point(x, y) for x, y in part["points"]]
                tip, one, other = head[0], head[1], head[-1]
                points += [tip, one, tip, other]
                commands += "LMLL"
        return Shape(
            "path",
            points,
            commands,
            self.role(edge),
            width=float(edge.get("penwidth", 1)),
            dashed=edge.get("style") == "dashed",
        )

    def wire(self, node: dict[str, Any], stub: Shape) -> Shape:
        """The line between the texts of a wire, which goes on from the one that leads there."""
        x, _ = self.point(*map(float, node["pos"].split(",")))
        end = x + float(node["width"]) * _INCH / 2 - _OVERLAP
        points = [*stub.points, (end, stub.points[-1][1])]
        return stub._replace(points=points, commands=stub.commands + "L")

    def labels(self, part: dict[str, Any]) -> list[Label]:
        """The lines of text of a node or of the graph, from top to bottom; by colour, too."""
        labels = []
        for (y, color), line in groupby(_texts(part), lambda text: (text.y, text.color)):
            texts = list(line)
            while texts and not texts[-1].text.strip():
                texts.pop()
            if not texts:
                continue
            left, right = texts[0].x, texts[-1].x + texts[-1].width
            runs = []
            for (italic, high), group in groupby(texts, lambda text: (text.italic, text.high)):
                runs.append(Run("".join(text.text for text in group), italic, high))
            x, baseline = self.point((left + right) / 2, y)
            labels.append(Label(x, baseline, runs, texts[0].size, self.roles[color]))
        return labels


def _tooltip(part: dict[str, Any]) -> str:
    return _unescaped(part.get("tooltip", ""))


def _unescaped(text: str) -> str:
    # In DOT, two backslashes stand for one.
    return text.replace("\\\\", "\\").replace(GUARD, "")


class _Text(NamedTuple):
    x: float
    y: float
    width: float
    size: float
    color: str
    italic: bool
    high: bool
    text: str


def _texts(part: dict[str, Any]) -> Iterator[_Text]:
    size, color, style = float(FONT_SIZE), "", 0
    for draw in part.get("_ldraw_", ()):
        match draw["op"]:
            case "F":
                size = draw["size"]
            case "c":
                color = draw["color"]
            case "t":
                style = draw["fontchar"]
            case "T":
                x, y = draw["pt"]
                italic, high = bool(style & _ITALIC), bool(style & _HIGH)
                text = _unescaped(draw["text"])
                yield _Text(x, y, draw["width"], size, color, italic, high, text)
