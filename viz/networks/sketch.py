"""Sketch: the picture of a network at work, each part of it in its place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import graphviz

from autograd.notation import number
from autograd.tracing import equals
from autograd.value import Value
from viz.layout.dot import below
from viz.layout.markup import escape, italic
from viz.names import printable, typeset
from viz.networks.reading import Column, Unit, Work
from viz.scenes.drawing import Drawing
from viz.style import FONT_SIZE, FONTS, Theme

MOST_NUMBERED = 24  # edges that still have room for their weights
MOST_LETTERS = 8  # of a number that fit in a circle at full size

# Inches.
COLUMN, ROW = 3.0, 1.8
CIRCLE = 1.2
BESIDE = 0.75  # from the middle of a circle to what is written above and below it
THINNEST, THICKEST, THICKEST_OF_MANY = 0.5, 5.0, 3.0  # points


class NetworkDrawing(Drawing):
    """The picture of a network at work; :func:`viz.step_through` goes through its steps.

    Attributes:
        work: what is drawn.
    """

    work: Work


def sketch_network(work: Work, theme: Theme) -> NetworkDrawing:
    """The picture of a network at work.

    The unit j of column i is the node n<i>_<j>, its error d<i>_<j>, and the weight from unit k
    before it the edge and the number w<i - 1>_<k>_<j>.
    """
    columns = work.columns
    graph = graphviz.Digraph(
        "glassgrad",
        graph_attr={
            "layout": "neato",  # which leaves everything where it is put
            "outputorder": "edgesfirst",
            "pad": "0.2",
            "bgcolor": theme.background,
            "fontname": FONTS,
            "fontsize": str(FONT_SIZE),
            "fontcolor": theme.ink,
            "labelloc": "b",
        },
        node_attr={
            "fontname": FONTS,
            "fontsize": str(FONT_SIZE),
            "fontcolor": theme.ink,
            "color": theme.ink,
            "style": "filled",
            "fillcolor": theme.background,
        },
        edge_attr={"arrowhead": "none", "color": theme.ink},
    )
    rows = [len(column.rows()) for column in columns]
    numbered = sum(n * m for n, m in pairwise(rows)) <= MOST_NUMBERED
    places = [_places(column, i) for i, column in enumerate(columns)]
    _draw_edges(graph, work, places, numbered, theme)
    top = max(y for column in places for _, y in column.values()) + 1.3
    for i, (column, place) in enumerate(zip(columns, places, strict=True)):
        _draw_text(graph, f"t{i}", (COLUMN * i, top), _title(column))
        for j, unit in enumerate(column.units):
            if j in place:
                _draw_unit(graph, f"{i}_{j}", unit, place[j], theme)
                _draw_notes(graph, f"{i}_{j}", unit, place[j], work, numbered, theme)
        if None in place:
            left_out = len(column.units) - len(place) + 1
            _draw_text(graph, f"m{i}", place[None], f"⋮<BR/>{left_out} more")
    legend = ["weights: solid positive, dashed negative, thick large"]
    if not numbered:
        legend.append("no room for the numbers of weights and biases")
    if work.cost is not None:
        _draw_loss(graph, work, work.cost, places[-1], theme)
        legend.append(f"δ = d{italic(work.cost.label or 'L')}/d<I>z</I>")
    graph.attr(label=f"<{'<BR/>'.join(map(below, legend))}>")
    drawing = NetworkDrawing(graph, theme, _description(work))
    drawing.work = work
    return drawing


def _places(column: Column, i: int) -> dict[int | None, tuple[float, float]]:
    """Where the units of a column stand, around a middle line."""
    rows = column.rows()
    return {j: (COLUMN * i, ROW * ((len(rows) - 1) / 2 - k)) for k, j in enumerate(rows)}


def _title(column: Column) -> str:
    n = len(column.units)
    if column.units[0].z is None:
        return f"{n} input{'s' * (n > 1)}"
    return f"{escape(column.title)}<BR/>{n} unit{'s' * (n > 1)}"


def _draw_edges(
    graph: graphviz.Digraph,
    work: Work,
    places: Sequence[dict[int | None, tuple[float, float]]],
    numbered: bool,
    theme: Theme,
) -> None:
    drawn = [
        (i, j, k, unit.weights[k])
        for i, (before, column) in enumerate(zip(places, work.columns[1:], strict=False))
        for j, unit in enumerate(column.units)
        for k in before
        if j in places[i + 1] and k is not None
    ]
    largest = max(abs(w.data) for *_, w in drawn) or 1.0
    thickest = THICKEST if numbered else THICKEST_OF_MANY
    for i, j, k, w in drawn:
        look = {"color": theme.value}
        if w.data < 0.0:
            look = {"color": theme.gradient, "style": "dashed"}
        part = f"w{i}_{k}_{j}"
        graph.edge(
            f"n{i}_{k}",
            f"n{i + 1}_{j}",
            **{"class": part},
            penwidth=f"{THINNEST + (thickest - THINNEST) * abs(w.data) / largest:.2f}",
            tooltip=_plain(f"{typeset(w.label or 'w')} = {w.data!r}"),
            **look,
        )
        if numbered:
            start, end = places[i][k], places[i + 1][j]
            near = 0.3  # of the way, where the edges from one unit have parted
            place = tuple(a + near * (b - a) for a, b in zip(start, end, strict=True))
            text = f'<FONT COLOR="{look["color"]}">{number(w.data)}</FONT>'
            _draw_text(graph, part, (place[0], place[1]), text)


def _draw_unit(
    graph: graphviz.Digraph, part: str, unit: Unit, place: tuple[float, float], theme: Theme
) -> None:
    shown = number(unit.a.data)
    size = f' POINT-SIZE="{FONT_SIZE - 3}"' if len(shown) > MOST_LETTERS else ""
    value = f'<FONT COLOR="{theme.value}"{size}>{shown}</FONT>'
    graph.node(
        f"n{part}",
        f"<{italic(unit.name)}<BR/>{value}>",
        shape="circle",
        width=str(CIRCLE),
        fixedsize="shape",
        pos=_position(place),
        tooltip=_plain(f"{typeset(unit.name)} = {unit.a.data!r}"),
        penwidth="0.75" if unit.z is None else "1.5",
    )


def _draw_notes(
    graph: graphviz.Digraph,
    part: str,
    unit: Unit,
    place: tuple[float, float],
    work: Work,
    numbered: bool,
    theme: Theme,
) -> None:
    """The bias above a neuron, and δ below."""
    x, y = place
    if numbered and unit.bias is not None:
        text = f"<I>b</I> {equals(unit.bias.data)} {number(unit.bias.data)}"
        _draw_text(graph, f"b{part}", (x, y + BESIDE), text)
    if unit.z in work.slopes:
        delta = work.slopes[unit.z]
        text = f'<FONT COLOR="{theme.gradient}">δ {equals(delta)} {number(delta)}</FONT>'
        _draw_text(graph, f"d{part}", (x, y - BESIDE), text, _plain(f"δ = {delta!r}"))


def _draw_loss(
    graph: graphviz.Digraph,
    work: Work,
    cost: Value,
    outputs: dict[int | None, tuple[float, float]],
    theme: Theme,
) -> None:
    """The loss in a box at the end, and the target of each output on the wire to it."""
    last = len(work.columns) - 1
    end = (COLUMN * (last + 1), 0.0)
    value = f'<FONT COLOR="{theme.value}">{equals(cost.data)} {number(cost.data)}</FONT>'
    name = cost.label or "L"
    text = f"{italic(name)} {value}"
    one_each = len(work.targets) == len(work.columns[last].units)
    if not one_each:  # such as the number of a class
        text += f"<BR/><I>y</I> = {', '.join(number(float(target)) for target in work.targets)}"
    graph.node(
        "loss",
        f"<{text}>",
        shape="box",
        style="rounded,filled",
        pos=_position(end),
        tooltip=_plain(f"{typeset(name)} = {cost.data!r}"),
    )
    for j, start in outputs.items():
        if j is not None:
            graph.edge(f"n{last}_{j}", "loss")
            if one_each:
                near = 0.4  # of the way from an output
                target = float(work.targets[j])
                text = f"<I>y</I> {equals(target)} {number(target)}"
                place = (start[0] + near * COLUMN, (1.0 - near) * start[1])
                _draw_text(graph, f"y{j}", place, text)


def _draw_text(
    graph: graphviz.Digraph,
    node: str,
    place: tuple[float, float],
    text: str,
    tooltip: str = "",
) -> None:
    graph.node(
        node,
        f"<{text}>",
        shape="plaintext",
        margin="0.02",
        width="0",
        height="0",
        pos=_position(place),
        tooltip=tooltip,
    )


def _position(place: tuple[float, float]) -> str:
    return f"{place[0]:.3f},{place[1]:.3f}!"


def _plain(text: str) -> str:
    return str(graphviz.escape(printable(text)))


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
