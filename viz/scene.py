"""Scene: where everything stands in a drawn graph, and the compact SVG of it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape as escape_markup
from itertools import groupby
from typing import Any, NamedTuple

from viz.canvas import Drawing
from viz.names import isolated
from viz.render import layout
from viz.style import FONT_SIZE, FONTS, Theme

_PAD = 10.8  # points around the picture, which Graphviz calls pad="0.15"
_OVERLAP = 2.0  # points by which a wire goes on below the lines that lead away from it
_ITALIC, _HIGH = 2, 8  # bits of a font in Graphviz's JSON


class Run(NamedTuple):
    """A piece of text in one style."""

    text: str
    italic: bool = False
    high: bool = False


class Label(NamedTuple):
    """A line of text, centred at x, with its baseline at y."""

    x: float
    y: float
    runs: list[Run]
    size: float


class Box(NamedTuple):
    """What stands for an operation or a leaf: its outline around the centre, and its text."""

    x: float
    y: float
    width: float
    height: float
    shape: str
    label: Label | None


class Wire(NamedTuple):
    """A Value on its way out of its box: a line, with the value above and the gradient below."""

    path: str
    value: Label
    gradient: Label


class Scene(NamedTuple):
    """A drawn graph in points from its upper left corner; boxes and wires in order.

    Attributes:
        edges: for each wire into a box, the numbers of the wire and of the box, and its path.
    """

    width: float
    height: float
    heading: list[Label]
    boxes: list[Box]
    wires: list[Wire]
    edges: list[tuple[int, int, str]]
    end: str


def scene(drawing: Drawing) -> Scene:
    """Where everything stands in a drawing of :func:`viz.sketching.sketch`.

    Raises:
        RuntimeError, TimeoutError: see :func:`viz.render.layout`.
    """
    found = layout(drawing.source, drawing.seconds)
    _, _, width, height = map(float, found["bb"].split(","))
    sheet = _Sheet(height)
    nodes = {node["name"]: node for node in found["objects"]}
    names = {node["_gvid"]: node["name"] for node in found["objects"]}
    edges: list[tuple[int, int, str]] = []
    stubs: dict[str, str] = {}
    end = ""
    for edge in found["edges"]:
        tail, head = names[edge["tail"]], names[edge["head"]]
        path = sheet.path(edge)
        if head == "end":
            end = path
        elif head.startswith("n"):
            edges.append((int(tail[1:]), int(head[1:]), path))
        else:
            stubs[head] = path
    count = len(stubs)
    boxes = [sheet.box(nodes[f"n{i}"]) for i in range(count)]
    wires = [sheet.wire(nodes[f"w{i}"], stubs[f"w{i}"]) for i in range(count)]
    heading = sheet.labels(found)
    return Scene(width + 2 * _PAD, height + 2 * _PAD, heading, boxes, wires, edges, end)


class _Sheet:
    """Graphviz counts points upwards from the lower left corner; a page, downwards."""

    def __init__(self, height: float) -> None:
        self.height = height

    def point(self, x: float, y: float) -> tuple[float, float]:
        return x + _PAD, self.height - y + _PAD

    def place(self, node: dict[str, Any]) -> tuple[float, float]:
        x, y = map(float, node["pos"].split(","))
        return self.point(x, y)

    def box(self, node: dict[str, Any]) -> Box:
        x, y = self.place(node)
        width, height = float(node["width"]) * 72, float(node["height"]) * 72
        shape = "none" if node["shape"] == "plaintext" else node["shape"]
        return Box(x, y, width, height, shape, next(iter(self.labels(node)), None))

    def wire(self, node: dict[str, Any], stub: str) -> Wire:
        x, _ = self.place(node)
        end = x + float(node["width"]) * 36 - _OVERLAP
        value, gradient = self.labels(node)
        return Wire(f"{stub}H{_short(end)}", value, gradient)

    def path(self, edge: dict[str, Any]) -> str:
        """A curve, with its arrowhead as two more strokes."""
        [curve] = [part["points"] for part in edge["_draw_"] if part["op"] == "b"]
        start, *rest = [self.point(x, y) for x, y in curve]
        path = f"M{_pair(start)}C{' '.join(map(_pair, rest))}"
        for part in edge.get("_hdraw_", ()):
            if part["op"] == "P":
                points = [self.point(x, y) for x, y in part["points"]]
                tip, one, other = points[0], points[1], points[-1]
                path += f"L{_pair(tip)}M{_pair(one)}L{_pair(tip)} {_pair(other)}"
        return path

    def labels(self, part: dict[str, Any]) -> list[Label]:
        """The lines of text of a node or of the graph, from top to bottom."""
        lines = []
        for y, line in groupby(_texts(part), lambda text: text.y):
            texts = list(line)
            left, right = texts[0].x, texts[-1].x + texts[-1].width
            runs = []
            for (italic, high), group in groupby(texts, lambda text: (text.italic, text.high)):
                runs.append(Run("".join(text.text for text in group), italic, high))
            x, baseline = self.point((left + right) / 2, y)
            if "".join(run.text for run in runs).strip():
                lines.append(Label(x, baseline, runs, texts[0].size))
        return lines


class _Text(NamedTuple):
    x: float
    y: float
    width: float
    size: float
    italic: bool
    high: bool
    text: str


def _texts(part: dict[str, Any]) -> Iterator[_Text]:
    size, style = float(FONT_SIZE), 0
    for draw in part.get("_ldraw_", ()):
        if draw["op"] == "F":
            size = draw["size"]
        elif draw["op"] == "t":
            style = draw["fontchar"]
        elif draw["op"] == "T":
            x, y = draw["pt"]
            italic, high = bool(style & _ITALIC), bool(style & _HIGH)
            yield _Text(x, y, draw["width"], size, italic, high, draw["text"])


def _short(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _pair(point: tuple[float, float]) -> str:
    return f"{_short(point[0])} {_short(point[1])}"


# The parts of the SVG, in which the i-th child belongs to the i-th Value, and what colours
# each: (class, attribute of the colour, colour of a theme).
PARTS = (
    ("edges", "stroke", "ink"),
    ("wires", "stroke", "ink"),
    ("boxes", "stroke", "ink"),
    ("names", "fill", "ink"),
    ("values", "fill", "value"),
    ("gradients", "fill", "gradient"),
    ("heading", "fill", "ink"),
)


def svg(
    scene: Scene, description: str, theme: Theme, dark: Theme | None = None, css: str = ""
) -> str:
    """The scene as one SVG element.

    Args:
        description: the picture in words, for a screen reader.
        dark: the theme for readers whose system is dark; None: the same.
        css: rules to add.
    """
    width, height = _short(scene.width), _short(scene.height)
    content = {
        "edges": [
            *[f'<path class="e{i} b{j}" d="{path}"/>' for i, j, path in scene.edges],
            f'<path class="e{len(scene.wires) - 1}" d="{scene.end}"/>',
        ],
        "wires": [f'<path d="{wire.path}"/>' for wire in scene.wires],
        "boxes": [_outline(box) for box in scene.boxes],
        "names": [_label(box.label) for box in scene.boxes],
        "values": [_label(wire.value) for wire in scene.wires],
        "gradients": [_label(wire.gradient) for wire in scene.wires],
        "heading": [_label(label) for label in scene.heading],
    }
    parts = []
    for name, attribute, color in PARTS:
        colored = f'class="{name}" {attribute}="{getattr(theme, color)}"'
        if attribute == "stroke":
            colored += ' fill="none"'
        parts.append(f"<g {colored}>{''.join(content[name])}</g>")
    if dark:
        css += colors_if_dark(dark)
    kind = "glassgrad-picture" + (" follows" if dark else "")
    style = f"<style>{css}</style>" if css else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" role="img" '
        f'aria-label="{escape_markup(description)}" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" font-family="{FONTS}" font-size="{FONT_SIZE}" '
        f'text-anchor="middle">{style}'
        f'<rect class="paper" width="100%" height="100%" fill="{theme.background}"/>'
        f"{''.join(parts)}</svg>"
    )


def colors_if_dark(dark: Theme) -> str:
    """Rules that give a picture the colours of a dark theme on the screen of a dark system."""
    rules = [f".{name}{{{attribute}:{getattr(dark, color)}}}" for name, attribute, color in PARTS]
    rules.append(f".paper{{fill:{dark.background}}}")
    scoped = "".join(f".follows {rule}" for rule in rules)
    return f"@media screen and (prefers-color-scheme:dark){{{scoped}}}"


def _outline(box: Box) -> str:
    x, y, width, height = map(
        _short, (box.x - box.width / 2, box.y - box.height / 2, box.width, box.height)
    )
    if box.shape == "box":
        return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="12"/>'
    if box.shape == "none":  # takes a colour when it is lit
        return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" stroke="none"/>'
    radii = f'rx="{_short(box.width / 2)}" ry="{_short(box.height / 2)}"'
    return f'<ellipse cx="{_short(box.x)}" cy="{_short(box.y)}" {radii}/>'


def _label(label: Label | None) -> str:
    if label is None:
        return "<text/>"
    size = f' font-size="{_short(label.size)}"' if label.size != FONT_SIZE else ""
    return f'<text x="{_short(label.x)}" y="{_short(label.y)}"{size}>{_runs(label)}</text>'


def _runs(label: Label) -> str:
    written = ""
    lowered = ""  # brings the next run down again
    for run in label.runs:
        text = escape_markup(isolated(run.text))
        attributes = lowered + (' font-style="italic"' if run.italic else "")
        lowered = ""
        if run.high:
            rise = _short(label.size * 0.35)
            attributes += f' dy="-{rise}" font-size="{_short(label.size * 0.75)}"'
            lowered = f' dy="{rise}"'
        written += f"<tspan{attributes}>{text}</tspan>" if attributes else text
    return written
