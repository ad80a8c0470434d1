"""Sketch: the picture of a network at work, each part of it in its place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from autograd.notation import number
from autograd.tracing import equals
from autograd.value import Value
from viz.layout.diagram import Box, Diagram, Edge
from viz.layout.drawing import Drawing
from viz.layout.markup import colored, escape, italic, sized
from viz.names import printable, typeset
from viz.networks.labels import Place, Rectangle, along_edges
from viz.networks.reading import Column, Unit, Work
from viz.scenes.metrics import text_width
from viz.style import FONT_SIZE, LINE_HEIGHT, Theme

MOST_NUMBERED = 28  # edges that still have room for their weights
MOST_LETTERS = 7  # of a number that fit in a circle at full size

# Inches.
COLUMN, ROW = 3.0, 1.56
CIRCLE = 1.04
BESIDE = 0.65  # from the middle of a circle to what is written above and below it
THINNEST, THICKEST, THICKEST_OF_MANY = 0.5, 5.0, 3.0  # points


class NetworkDrawing(Drawing):
    """The picture of a network at work; :func:`viz.step_through` goes through its steps.

    Attributes:
        work: what is drawn.
        digits: the decimals of its numbers; None: four significant digits.
    """

    work: Work
    digits: int | None = None


def sketch_network(work: Work, theme: Theme) -> NetworkDrawing:
    """The picture of a network at work.

    The unit j of column i is the node n<i>_<j>, its error d<i>_<j>, and the weight from unit k
    before it the edge and the number w<i - 1>_<k>_<j>.
    """
    columns = work.columns
    rows = [len(column.rows()) for column in columns]
    numbered = sum(n * m for n, m in pairwise(rows)) <= MOST_NUMBERED
    places = [_places(column, i) for i, column in enumerate(columns)]
    boxes, edges = _weights(work, places, numbered)
    top = max(y for column in places for _, y in column.values()) + 1.0
    for i, (column, place) in enumerate(zip(columns, places, strict=True)):
        boxes.append(_text(f"t{i}", (COLUMN * i, top), _title(column)))
        for j, unit in enumerate(column.units):
            if j in place:
                boxes += _unit(f"{i}_{j}", unit, place[j], work, numbered)
        if None in place:
            left_out = len(column.units) - len(place) + 1
            boxes.append(_text(f"m{i}", place[None], f"⋮<BR/>{left_out} more"))
    legend = ["weights: solid positive, dashed negative, thick large"]
    if not numbered:
        legend.append("no room for the numbers of weights and biases")
    if work.cost is not None:
        more, wires = _loss(work, work.cost, places[-1])
        boxes, edges = boxes + more, edges + wires
        legend.append(f"δ = d{italic(work.cost.label or 'L')}/d<I>z</I>")
    diagram = Diagram(boxes, [], edges, legend, pad=0.2)
    drawing = NetworkDrawing(diagram, theme, _description(work))
    drawing.work = work
    return drawing


def _places(column: Column, i: int) -> dict[int | None, Place]:
    """Where the units of a column stand, around a middle line."""
    rows = column.rows()
    return {j: (COLUMN * i, ROW * ((len(rows) - 1) / 2 - k)) for k, j in enumerate(rows)}


def _title(column: Column) -> str:
    n = len(column.units)
    if column.units[0].z is None:
        return f"{n} input{'s' * (n > 1)}"
    return f"{escape(column.title)}, {n} unit{'s' * (n > 1)}"


def _weights(
    work: Work, places: Sequence[dict[int | None, Place]], numbered: bool
) -> tuple[list[Box], list[Edge]]:
    """The edges between the units, and their numbers if there is room."""
    drawn = [
        (i, j, k, unit.weights[k])
        for i, (before, column) in enumerate(zip(places, work.columns[1:], strict=False))
        for j, unit in enumerate(column.units)
        for k in before
        if j in places[i + 1] and k is not None
    ]
    sizes = [abs(w.data) for *_, w in drawn]
    largest = max(filter(math.isfinite, sizes), default=0.0) or 1.0
    thickest = THICKEST if numbered else THICKEST_OF_MANY
    numbers: list[Box] = []
    edges: list[Edge] = []
    for i, j, k, w in drawn:
        name, role = f"w{i}_{k}_{j}", _role(w.data)
        width = THINNEST + (thickest - THINNEST) * min(1.0, abs(w.data) / largest)
        told = printable(f"{typeset(w.label or 'w')} = {w.data!r}")
        ends = f"n{i}_{k}", f"n{i + 1}_{j}"
        edges.append(Edge(*ends, name, role, width, dashed=w.data < 0.0, tooltip=told))
    if numbered:
        texts = [number(w.data) for *_, w in drawn]
        ways = [(places[i][k], places[i + 1][j]) for i, j, k, _ in drawn]
        rooms = [_size(text) for text in texts]
        middles = [middle for column in places for middle in column.values()]
        found = along_edges(ways, rooms, middles, CIRCLE / 2, _beside(work, places))
        for (i, j, k, w), place, text in zip(drawn, found, texts, strict=True):
            numbers.append(_text(f"w{i}_{k}_{j}", place, colored(text, _role(w.data))))
    return numbers, edges


def _role(weight: float) -> str:
    return "alert" if math.isnan(weight) else "negative" if weight < 0.0 else "positive"


def _size(text: str) -> tuple[float, float]:
    """The width and the height of a text, in inches."""
    return text_width(text, FONT_SIZE) / 72 + 0.04, LINE_HEIGHT / 72


def _beside(work: Work, places: Sequence[dict[int | None, Place]]) -> list[Rectangle]:
    """The room of the biases above the units and of the errors δ below them."""
    found = []
    for column, place in zip(work.columns, places, strict=True):
        for j, unit in enumerate(column.units):
            if j not in place:
                continue
            x, y = place[j]
            if unit.bias is not None:
                size = _size(f"b {equals(unit.bias.data)} {number(unit.bias.data)}")
                found.append(Rectangle(x, y + BESIDE, *size))
            if unit.z in work.slopes:
                delta = work.slopes[unit.z]
                found.append(Rectangle(x, y - BESIDE, *_size(f"δ {equals(delta)} {number(delta)}")))
    return found


def _unit(part: str, unit: Unit, place: Place, work: Work, numbered: bool) -> list[Box]:
    """A circle, the bias above a neuron, and δ below."""
    x, y = place
    shown = number(unit.a.data)
    value = sized(shown, FONT_SIZE - 3) if len(shown) > MOST_LETTERS else shown
    boxes = []  # the texts first: their grounds may reach under the circle
    if numbered and unit.bias is not None:
        text = f"<I>b</I> {equals(unit.bias.data)} {number(unit.bias.data)}"
        boxes.append(_text(f"b{part}", (x, y + BESIDE), text))
    if unit.z in work.slopes:
        delta = work.slopes[unit.z]
        text = colored(f"δ {equals(delta)} {number(delta)}", "gradient")
        boxes.append(_text(f"d{part}", (x, y - BESIDE), text, f"δ = {delta!r}"))
    circle = Box(
        f"n{part}",
        f"{italic(unit.name)}<BR/>{colored(value, 'value')}",
        "circle",
        printable(f"{typeset(unit.name)} = {unit.a.data!r}"),
        width=0.75 if unit.z is None else 1.5,
        size=(CIRCLE, CIRCLE),
        filled=True,
        place=place,
    )
    return [*boxes, circle]


def _loss(
    work: Work, cost: Value, outputs: dict[int | None, Place]
) -> tuple[list[Box], list[Edge]]:
    """The loss in a box at the end, and the target of each output on the wire to it."""
    last = len(work.columns) - 1
    name = cost.label or "L"
    text = f"{italic(name)} {colored(f'{equals(cost.data)} {number(cost.data)}', 'value')}"
    one_each = len(work.targets) == len(work.columns[last].units)
    if not one_each:  # such as the number of a class
        text += f"<BR/><I>y</I> = {', '.join(number(float(target)) for target in work.targets)}"
    told = printable(f"{typeset(name)} = {cost.data!r}")
    boxes = [Box("loss", text, tooltip=told, filled=True, place=(COLUMN * (last + 1), 0.0))]
    edges = []
    for j, start in outputs.items():
        if j is not None:
            edges.append(Edge(f"n{last}_{j}", "loss"))
            if one_each:
                near = 0.4  # of the way from an output
                target = float(work.targets[j])
                text = f"<I>y</I> {equals(target)} {number(target)}"
                place = (start[0] + near * COLUMN, (1.0 - near) * start[1])
                boxes.append(_text(f"y{j}", place, text))
    return boxes, edges


def _text(name: str, place: Place, text: str, tooltip: str = "") -> Box:
    return Box(
        name,
        text,
        "plaintext",
        tooltip,
        margin=(0.02, 0.02),
        size=(0.0, 0.0),
        filled=True,
        place=place,
    )


def _description(work: Work) -> str:
    """The picture in words: what each drawn neuron computes, from left to right."""
    columns, slopes, cost = work.columns, work.slopes, work.cost
    sizes = "-".join(str(len(column.units)) for column in columns)
    told = [f"Network {sizes}"]
    for column in columns:
        for j in column.rows():
            if j is not None:
                unit = column.units[j]
                text = f"{typeset(unit.name)} = {unit.a.data!r}"
                if unit.z in slopes:
                    text += f", δ = {slopes[unit.z]!r}"
                told.append(text)
    if cost is not None:
        told.append(f"{typeset(cost.label or 'L')} = {cost.data!r}")
    return printable(". ".join(told) + ".")
