"""draw_network: a network as neurons in columns, with activations, weights and the errors δ."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import graphviz

from autograd.backprop import gradients, single
from autograd.notation import MOST_TERMS, formula, number
from autograd.tracing import equals, in_place
from autograd.value import Value
from viz.canvas import Drawing, check_path
from viz.names import escape, italic, printable, typeset
from viz.render import write
from viz.slides import gif, pdf
from viz.style import FONT_SIZE, FONTS, Theme, theme_named

if TYPE_CHECKING:
    from autograd.backprop import Output

MOST_ROWS = 10  # units of a layer that are drawn; of a larger one the first and the last
MOST_NUMBERED = 24  # edges that still have room for their weights
MOST_LETTERS = 8  # of a number that fit in a circle at full size

# Inches.
COLUMN, ROW = 3.0, 1.8
CIRCLE = 1.2
BESIDE = 0.75  # from the middle of a circle to what is written above and below it
FADED = "40"  # the opacity of weights that are not at work, in hexadecimal
THINNEST, THICKEST, THICKEST_OF_MANY = 0.5, 5.0, 3.0  # points


class _Unit(NamedTuple):
    """A circle: an input, or a neuron with its weighted sum z, bias and weights."""

    a: Value
    name: str
    z: Value | None = None
    bias: Value | None = None
    weights: Sequence[Value] = ()


class _Column(NamedTuple):
    title: str
    units: list[_Unit]

    def rows(self) -> list[int | None]:
        """The units that are drawn, top to bottom; None stands for those left out."""
        n = len(self.units)
        return list(range(n)) if n <= MOST_ROWS else [*range(MOST_ROWS - 2), None, n - 1]


class _Work(NamedTuple):
    """A network at work on one example.

    Attributes:
        deltas: the derivative of the loss by the weighted sum of each neuron.
    """

    columns: list[_Column]
    y: Any
    cost: Value | None
    deltas: dict[Value, float]
    theme: Theme


class _Moment(NamedTuple):
    """A picture in the middle of the sweeps: what it shows and lights, and the words to it.

    Attributes:
        computed: how many columns have their numbers, that of the loss counted.
        swept: the first column whose errors δ are known.
        column: the one at work; the loss comes after the last.
        edges: the column to which the weights at work lead.
        caption: lines of text.
    """

    computed: int
    swept: int
    column: int
    edges: int
    caption: list[str]


class NetworkDrawing(Drawing):
    """The picture of a network at work, which can be stepped through.

    Attributes:
        captions: what happens in each step, as text.
        frames: each step as a picture: activations flow right, then errors δ flow left.
    """

    _work: _Work

    @property
    def captions(self) -> list[str]:
        return ["\n".join(moment.caption) for moment in _moments(self._work)]

    @property
    def frames(self) -> list[Drawing]:
        return [_sketch(self._work, moment) for moment in _moments(self._work)]

    def save_steps(self, path: str | os.PathLike[str]) -> Path:
        """Write the steps: .pdf has a page per step for slides, .gif is for a chat.

        Raises:
            ValueError: the ending is neither.
            OSError: the file cannot be written; what was there before is still there.
            RuntimeError: there is no Graphviz to draw with.
        """
        ending = Path(path).suffix[1:].lower()
        if ending not in ("pdf", "gif"):
            raise ValueError(f"unknown format {ending!r}: choose one of pdf, gif")
        if ending == "pdf":
            write(path, pdf(self.frames))
        else:
            inches = COLUMN * len(self._work.columns) + CIRCLE
            write(path, gif(self.frames, inches, self._work.theme.background))
        return Path(path)


def draw_network(
    model: Any,
    x: Sequence[float | Value],
    y: Any = None,
    path: str | os.PathLike[str] | None = None,
    *,
    loss: Callable[[Any, list[Value]], Output] | None = None,
    theme: str = "light",
) -> NetworkDrawing:
    """Draw a network at work on one example, and write it to a file if a path is given.

    Each neuron is a circle with its activation inside. Edges are weights: thicker where they
    are larger, solid where positive, dashed where negative. Given a target, the loss stands
    at the end, and under each neuron its error δ, the derivative of the loss by its weighted
    sum z. Of a layer with more than ten units the first and the last are drawn, and the
    picture says how many are left out. Nothing in the model is changed. The drawing has the
    steps that lead to it as ``frames``.

    Args:
        model: a network with ``layers``, a layer with ``neurons``, or a neuron with
            ``weights`` and a ``bias``.
        x: the inputs of one example.
        y: its target, a number or a list of them; None draws the activations alone.
        path: a file name that ends in .svg, .png, .pdf or .dot.
        loss: the loss as a function of the target and the outputs; by default ½(a − y)²
            summed over the outputs.
        theme: "light", "dark" or "circuit".

    Raises:
        TypeError: the model has neither layers nor neurons nor weights.
        ValueError: unknown format or theme; inputs or targets are not as many as the model
            needs; or the loss has no slope here.
        OSError: the file cannot be written.
        RuntimeError: there is no Graphviz to draw with.
    """
    check_path(path)
    look = theme_named(theme)
    columns = _columns(model, x)
    outputs = [unit.a for unit in columns[-1].units]
    cost = None if y is None else single((loss or _squared_error)(y, outputs))
    work = _Work(columns, y, cost, _deltas(columns, cost), look)
    drawing = _sketch(work)
    if path is not None:
        drawing.write(path)
    return drawing


def _columns(model: Any, x: Sequence[float | Value]) -> list[_Column]:
    """The units, layer by layer, as the model computes them from the inputs."""
    values = [v if isinstance(v, Value) else Value(v, f"x_{i}") for i, v in enumerate(x, 1)]
    inputs = [_Unit(v, v.label or f"x_{i}") for i, v in enumerate(values, 1)]
    columns = [_Column("", inputs)]
    for layer in getattr(model, "layers", [model]):
        neurons = getattr(layer, "neurons", [layer])
        outputs = layer(values) if callable(layer) else []
        outputs = [outputs] if isinstance(outputs, Value) else list(outputs)
        if not all(hasattr(neuron, "weights") for neuron in neurons):
            if len(outputs) == len(values):  # such as dropout: nothing that could be drawn
                values = outputs
                continue
            raise TypeError(
                "a network is drawn by its layers, their neurons, and their weights; "
                f"{type(layer).__name__} has none of them"
            )
        number_of_layer = len(columns)
        units = [
            _Unit(
                a,
                a.label or f"a[{number_of_layer}]_{j}",
                _weighted_sum(a),
                neuron.bias,
                neuron.weights,
            )
            for j, (a, neuron) in enumerate(zip(outputs, neurons, strict=True), 1)
        ]
        activation = getattr(layer, "activation", "")
        columns.append(_Column(f"layer {number_of_layer}: {activation}".strip(": "), units))
        values = outputs
    return columns


def _weighted_sum(a: Value) -> Value:
    """z, from which the activation a was computed; a itself where that is linear."""
    assert a.op is not None
    is_activation = len(a.inputs) == 1 or a.op.name == "softmax_unit"
    return a.inputs[0] if is_activation else a


def _squared_error(y: Any, outputs: list[Value]) -> Value:
    targets = _as_list(y)
    if len(targets) != len(outputs):
        raise ValueError(f"there are {len(targets)} targets for {len(outputs)} outputs")
    cost: Value = sum(0.5 * (a - t) ** 2 for a, t in zip(outputs, targets, strict=True))
    return cost


def _as_list(y: Any) -> list[Any]:
    return list(y) if hasattr(y, "__iter__") else [y]


def _sketch(work: _Work, moment: _Moment | None = None) -> NetworkDrawing:
    """The picture of a network at work: finished, or at a moment of it in the same places."""
    columns, cost, theme = work.columns, work.cost, work.theme
    drawing = NetworkDrawing(
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
    drawing._work = work
    rows = [len(column.rows()) for column in columns]
    numbered = sum(n * m for n, m in pairwise(rows)) <= MOST_NUMBERED
    places = [_places(column, i) for i, column in enumerate(columns)]
    _draw_edges(drawing, work, places, numbered, moment)
    top = max(y for column in places for _, y in column.values()) + 1.3
    for i, (column, place) in enumerate(zip(columns, places, strict=True)):
        _draw_text(drawing, f"t{i}", (COLUMN * i, top), _title(column))
        for j, unit in enumerate(column.units):
            if j in place:
                _draw_unit(drawing, (i, j), unit, place[j], theme, moment)
                _draw_notes(drawing, (i, j), unit, place[j], work, numbered, moment)
        if None in place:
            left_out = len(column.units) - len(place) + 1
            _draw_text(drawing, f"m{i}", place[None], f"⋮<BR/>{left_out} more")
    legend = ["weights: solid positive, dashed negative, thick large"]
    if cost is not None:
        _draw_loss(drawing, work, cost, places[-1], moment)
        legend.append(f"δ = d{italic(cost.label or 'L')}/d<I>z</I>")
    if moment:
        legend = list(map(escape, moment.caption))
    drawing.attr(label=f"<{'<BR/>'.join(legend)}>")
    drawing.description = " ".join(moment.caption) if moment else _description(work)
    return drawing


def _deltas(columns: Sequence[_Column], cost: Value | None) -> dict[Value, float]:
    """The derivative of the loss by the weighted sum of each neuron."""
    sums = [unit.z for column in columns for unit in column.units if unit.z is not None]
    if cost is None:
        return {}
    slopes = gradients(cost, sums)
    return {z: slope.data for z, slope in zip(sums, slopes, strict=True)}


def _places(column: _Column, i: int) -> dict[int | None, tuple[float, float]]:
    """Where the units of a column stand, around a middle line."""
    rows = column.rows()
    return {j: (COLUMN * i, ROW * ((len(rows) - 1) / 2 - k)) for k, j in enumerate(rows)}


def _title(column: _Column) -> str:
    n = len(column.units)
    if column.units[0].z is None:
        return f"{n} input{'s' * (n > 1)}"
    return f"{escape(column.title)}<BR/>{n} unit{'s' * (n > 1)}"


def _draw_edges(
    drawing: Drawing,
    work: _Work,
    places: Sequence[dict[int | None, tuple[float, float]]],
    numbered: bool,
    moment: _Moment | None,
) -> None:
    theme = work.theme
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
        if moment and moment.edges != i + 1:
            look["color"] += FADED
        drawing.edge(
            f"n{i}_{k}",
            f"n{i + 1}_{j}",
            penwidth=f"{THINNEST + (thickest - THINNEST) * abs(w.data) / largest:.2f}",
            tooltip=_plain(f"{typeset(w.label or 'w')} = {w.data!r}"),
            **look,
        )
        if numbered:
            start, end = places[i][k], places[i + 1][j]
            near = 0.3  # of the way, where the edges from one unit have parted
            place = tuple(a + near * (b - a) for a, b in zip(start, end, strict=True))
            text = f'<FONT COLOR="{look["color"]}">{number(w.data)}</FONT>'
            _draw_text(drawing, f"w{i}_{k}_{j}", (place[0], place[1]), text)


def _draw_unit(
    drawing: Drawing,
    position: tuple[int, int],
    unit: _Unit,
    place: tuple[float, float],
    theme: Theme,
    moment: _Moment | None,
) -> None:
    i, j = position
    color = "transparent" if moment and i >= moment.computed else theme.value
    shown = number(unit.a.data)
    size = f' POINT-SIZE="{FONT_SIZE - 3}"' if len(shown) > MOST_LETTERS else ""
    value = f'<FONT COLOR="{color}"{size}>{shown}</FONT>'
    drawing.node(
        f"n{i}_{j}",
        f"<{italic(unit.name)}<BR/>{value}>",
        shape="circle",
        width=str(CIRCLE),
        fixedsize="shape",
        pos=_position(place),
        tooltip=_plain(f"{typeset(unit.name)} = {unit.a.data!r}"),
        penwidth="0.75" if unit.z is None else "1.5",
        **({"fillcolor": theme.lit} if moment and moment.column == i else {}),
    )


def _draw_notes(
    drawing: Drawing,
    position: tuple[int, int],
    unit: _Unit,
    place: tuple[float, float],
    work: _Work,
    numbered: bool,
    moment: _Moment | None,
) -> None:
    """The bias above a neuron, and δ below."""
    (i, j), (x, y) = position, place
    if numbered and unit.bias is not None:
        text = f"<I>b</I> {equals(unit.bias.data)} {number(unit.bias.data)}"
        _draw_text(drawing, f"b{i}_{j}", (x, y + BESIDE), text)
    if unit.z in work.deltas:
        delta = work.deltas[unit.z]
        color = "transparent" if moment and i < moment.swept else work.theme.gradient
        text = f'<FONT COLOR="{color}">δ {equals(delta)} {number(delta)}</FONT>'
        _draw_text(drawing, f"d{i}_{j}", (x, y - BESIDE), text, _plain(f"δ = {delta!r}"))


def _draw_loss(
    drawing: Drawing,
    work: _Work,
    cost: Value,
    outputs: dict[int | None, tuple[float, float]],
    moment: _Moment | None,
) -> None:
    """The loss in a box at the end, and the target of each output on the wire to it."""
    last = len(work.columns) - 1
    end = (COLUMN * (last + 1), 0.0)
    color = "transparent" if moment and moment.computed <= last + 1 else work.theme.value
    value = f'<FONT COLOR="{color}">{equals(cost.data)} {number(cost.data)}</FONT>'
    name = cost.label or "L"
    text = f"{italic(name)} {value}"
    targets = _as_list(work.y)
    one_each = len(targets) == len(work.columns[last].units)
    if not one_each:  # such as the number of a class
        text += f"<BR/><I>y</I> = {', '.join(number(float(target)) for target in targets)}"
    drawing.node(
        "loss",
        f"<{text}>",
        shape="box",
        style="rounded,filled",
        pos=_position(end),
        tooltip=_plain(f"{typeset(name)} = {cost.data!r}"),
        **({"fillcolor": work.theme.lit} if moment and moment.column == last + 1 else {}),
    )
    for j, start in outputs.items():
        if j is not None:
            drawing.edge(f"n{last}_{j}", "loss")
            if one_each:
                near = 0.4  # of the way from an output
                target = float(targets[j])
                text = f"<I>y</I> {equals(target)} {number(target)}"
                place = (start[0] + near * COLUMN, (1.0 - near) * start[1])
                _draw_text(drawing, f"y{j}", place, text)


def _draw_text(
    drawing: Drawing, node: str, place: tuple[float, float], text: str, tooltip: str = ""
) -> None:
    drawing.node(
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


def _description(work: _Work) -> str:
    """The picture in words: what each drawn neuron computes, from left to right."""
    columns, deltas, cost = work.columns, work.deltas, work.cost
    sizes = "-".join(str(len(column.units)) for column in columns)
    told = [f"Network {sizes}"]
    for column in columns:
        for j in column.rows():
            if j is not None:
                unit = column.units[j]
                text = f"{typeset(unit.name)} = {unit.a.data!r}"
                if unit.z in deltas:
                    text += f", δ = {deltas[unit.z]!r}"
                told.append(text)
    if cost is not None:
        told.append(f"{typeset(cost.label or 'L')} = {cost.data!r}")
    return printable(". ".join(told) + ".")


# --- the steps --------------------------------------------------------------------------------


def _moments(work: _Work) -> list[_Moment]:
    """The steps: the inputs, each layer, the loss; and back through the layers."""
    n = len(work.columns)
    moments = [_Moment(1, n, 0, -1, ["The inputs are given.", "Activations flow to the right."])]
    for i in range(1, n):
        told = f"Layer {i}: each unit weighs its inputs, adds its bias, and activates."
        moments.append(_Moment(i + 1, n, i, i, [told, _forward_rule(work.columns[i].units[0])]))
    if work.cost is None:
        return moments
    L = typeset(work.cost.label or "L")
    told = f"The loss compares the outputs with the target: {L} {_shown(work.cost.data)}."
    moments.append(_Moment(n + 1, n, n, -1, [told, "Errors δ flow to the left."]))
    for i in range(n - 1, 0, -1):
        if i == n - 1:
            told = f"Layer {i}: how much the loss changes with the weighted sum of each unit."
        else:
            told = f"Layer {i}: each δ is the weighted sum of the δ it feeds, times the slope g′."
        moments.append(_Moment(n + 1, i, i, i + 1, [told, _backward_rule(work, i)]))
    return moments


def _forward_rule(unit: _Unit) -> str:
    """How the first unit of a layer gets its activation."""
    assert unit.z is not None
    assert unit.a.op is not None
    if unit.z is unit.a:
        return f"{typeset(unit.name)} {_shown(unit.a.data)}"
    of_z = formula(unit.a, dict.fromkeys(unit.a.inputs, "z")) if len(unit.a.inputs) == 1 else ""
    text = " = ".join(filter(None, [typeset(unit.name), of_z]))
    return f"z {_shown(unit.z.data)}, {text} {_shown(unit.a.data)}"


def _backward_rule(work: _Work, i: int) -> str:
    """How the first unit of a layer gets its error δ."""
    assert work.cost is not None
    unit = work.columns[i].units[0]
    assert unit.z is not None
    delta = work.deltas[unit.z]
    slope = unit.a.partials[0] if len(unit.a.inputs) == 1 else 1.0
    by_a = gradients(work.cost, [unit.a])[0].data
    products = []
    if i + 1 < len(work.columns):
        readers = work.columns[i + 1].units
        products = [(r.weights[0].data, work.deltas[r.z]) for r in readers if r.z is not None]
    is_sum = math.isclose(math.fsum(w * d for w, d in products), by_a, rel_tol=1e-9)
    name = f"δ of {typeset(unit.name)}"
    is_product = math.isclose(by_a * slope, delta, rel_tol=1e-9) and (is_sum or not products)
    # Else it is softmax, or there is a layer without neurons in between.
    if not is_product or (unit.z is unit.a and not products):
        return f"{name} {_shown(delta)}"
    sign = equals(by_a, slope, *chain(*products))
    written = in_place(by_a)
    if products:
        terms = [f"{in_place(w)} × {in_place(d)}" for w, d in products]
        if len(terms) > MOST_TERMS:
            terms[MOST_TERMS - 2 : -1] = ["…"]
        written = f"({' + '.join(terms)})"
    factor = "" if unit.z is unit.a else f" × {in_place(slope)}"
    return f"{name} {sign} {written}{factor} {equals(by_a, slope, delta)} {number(delta)}"


def _shown(x: float) -> str:
    return f"{equals(x)} {number(x)}"
