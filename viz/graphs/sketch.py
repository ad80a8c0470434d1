"""Sketch: the picture of a recorded graph, box by box and wire by wire."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping

from autograd.notation import expression, formula, number
from autograd.primitives import constant
from autograd.tracing import added, equals, in_place
from autograd.value import Value
from viz.graphs.detail import MOST_IN_FULL
from viz.graphs.sweep import Sweep
from viz.layout.diagram import Box, Diagram, Edge, Wire, end, leaf
from viz.layout.drawing import Drawing
from viz.layout.markup import HTML, colored, escape, italic, sized
from viz.names import printable, typeset
from viz.style import FONT_SIZE, SMALL, Theme

LONGEST_TITLE = 60  # characters
LONGEST_IN_CIRCLE = 5
NARROW = 0.15  # inches between ranks where the wires bear numbers alone

# The colours and widths of lines.
RIGHT, WRONG = ("ink", 1.0), ("alert", 2.5)


def sketch(
    sweep: Sweep, theme: Theme, detail: str, html: Callable[[], str] | None = None
) -> Drawing:
    """The picture of a sweep.

    The i-th Value is the box n<i> and the wire w<i>; the k-th use of a Value, the edge u<k>.

    Args:
        html: what writes a page in place of that with the picture alone.
    """
    names, output = sweep.names, sweep.output
    full = detail == "full" and not theme.circuit
    boxes: list[Box] = []
    wires: list[Wire] = []
    edges: list[Edge] = []
    ids = {node: i for i, node in enumerate(names)}
    ports = {} if theme.circuit else _ports(sweep)
    for node, i in ids.items():
        tooltip, notes = _tooltip(node, sweep), sweep.notes.get(node, ())
        # At a leaf it is the wire that is wrong.
        color, width = WRONG if notes and node.inputs else RIGHT
        line = WRONG if notes and not node.inputs else RIGHT
        box = _box(f"n{i}", node, names, tooltip, theme, full)
        boxes.append(box._replace(color=color, width=width))
        value = colored(_value(node, sweep, full), "value")
        below = _below(node, sweep, full)
        below += [_noted(note) for note in notes]
        wires.append(Wire(f"w{i}", value, below, tooltip, *line))
        edges.append(Edge(f"n{i}", f"w{i}", "", *line))
        readers = [sweep.uses[k].node for k in sweep.paths[node]]
        for k in reversed(sweep.paths[node]):  # one wire for each use of the Value
            reader = sweep.uses[k].node
            length = 2 if readers.count(reader) > 1 else 1  # of wires side by side
            to = f"n{ids[reader]}"
            edge = Edge(f"w{i}", to, f"u{k}", *line, arrow=True, length=length)
            edges.append(edge._replace(port=ports.get(k)))
    edges.append(Edge(f"w{ids[output]}", "end", "end", arrow=True))
    heading = _heading(sweep, full or theme.circuit)
    diagram = Diagram(
        [*boxes, end()], wires, edges, heading, gap=0.3 if full or theme.circuit else NARROW
    )
    return Drawing(diagram, theme, _description(sweep), html)


def _ports(sweep: Sweep) -> dict[int, tuple[int, int]]:
    """Where each use of a Value enters its reader: in the order in which the formula is written."""
    handed: defaultdict[Value, list[int]] = defaultdict(list)
    for k, use in enumerate(sweep.uses):
        handed[use.node].append(k)
    found = {}
    for node, uses in handed.items():
        assert node.op is not None
        order = list(range(len(node.inputs)))
        if node.op.terms is not None:  # w₁x₁ + w₂x₂ is written term by term
            order = [i for _, *factors in node.op.terms(*order) for i in factors]
        inputs = [i for i, x in enumerate(node.inputs) if x.op is not constant]
        place = {k: order.index(i) for k, i in zip(uses, inputs, strict=True)}
        for n, k in enumerate(sorted(uses, key=lambda k: place[k])):
            found[k] = n, len(uses)
    return found


def _box(
    name: str, node: Value, names: Mapping[Value, str], tooltip: str, theme: Theme, full: bool
) -> Box:
    """What is written for the operation that made a Value; for a leaf, its name."""
    if not node.inputs:
        return end(name) if full else leaf(name, italic(names[node]), tooltip)
    # Wires end at the border on their way to the centre: a tall box gives each its own place.
    height = max(0.5, 0.2 * len(node.inputs))
    if theme.circuit:
        gate = _gate(node)
        shape = "circle" if len(gate) <= LONGEST_IN_CIRCLE else "ellipse"
        size = (0.5, height)
        return Box(name, escape(gate), shape, tooltip, margin=(0.02, 0.02), size=size)
    text = f"{italic(names[node])} = {formula(node, names, HTML)}"
    return Box(name, text, tooltip=tooltip, size=(0.75 if full else 0.5, height))


def _gate(node: Value) -> str:
    """The sign in a gate. A constant stands with it: + 1, × 3, 1/x."""
    assert node.op is not None
    numbers = [number(x.data) for x in node.inputs if x.op is constant]
    if len(node.inputs) != 2 or len(numbers) != 1:
        return node.op.symbol
    if node.op.symbol in "+×" or (node.op.symbol == "−" and node.inputs[1].op is constant):
        return f"{node.op.symbol}{in_place(node.inputs[node.inputs[1].op is constant].data)}"
    variable = next(x for x in node.inputs if x.op is not constant)
    return formula(node, {variable: "x"}).replace(" ", "")


def _value(node: Value, sweep: Sweep, full: bool) -> str:
    x = sweep.values[node]
    if node in sweep.notes and math.isnan(x):
        return "no value"
    if full or (node.inputs and node in sweep.given):
        return f"{italic(sweep.names[node])} {equals(x)} {number(x)}"
    return number(x)


def _noted(note: str) -> str:
    """What is wrong, in short lines."""
    first, *rest = escape(note).split(": ", 1)
    lines = [f"⚠ {first}{':' * bool(rest)}", *rest]
    return "<BR/>".join([colored(line, "alert") for line in lines])


def _below(node: Value, sweep: Sweep, full: bool) -> list[str]:
    """The gradient and, below it in small letters, what it is the product or the sum of."""
    if node in sweep.unasked and node not in sweep.stored:
        return []
    gradient = sweep.gradients[node]
    if not sweep.swept:
        text = "= –" if full else "–"
    else:
        text = f"{equals(gradient)} {number(gradient)}" if full else number(gradient)
    if full:
        text = f"d{italic(sweep.names[sweep.output])}/d{italic(sweep.names[node])} {text}"
    if node in sweep.stored:
        text += f" (but {escape(sweep.names[node])}.grad is {number(sweep.stored[node])})"
    lines = [colored(text, "gradient")]
    if full and sweep.swept and (pieces := chain_rule(node, sweep)):
        lines.append(sized(colored("".join(pieces), "product"), SMALL))
    return lines


def chain_rule(node: Value, sweep: Sweep) -> list[str]:
    """The chain rule in numbers: one product, or the terms of the sum over all paths.

    It is cut where the backward sweep comes by once more. There is none where it says nothing,
    as × 1 does.
    """
    paths = [sweep.uses[k] for k in sweep.paths[node]]
    if len(paths) > 1:
        return added([use.product for use in paths])
    factors = [x for use in paths for x in (use.upstream, use.local)]
    if not factors or 1.0 in factors:
        return []
    return [f"{number(factors[0])} × {in_place(factors[1])}"]


def _tooltip(node: Value, sweep: Sweep) -> str:
    text = f"{typeset(sweep.names[node])} = {sweep.values[node]!r}"
    if sweep.swept:
        J = typeset(sweep.names[sweep.output])
        text += f", d{J}/d{typeset(sweep.names[node])} = {sweep.gradients[node]!r}"
    return printable("; ".join([text, *sweep.notes.get(node, ())]))


def _heading(sweep: Sweep, titled: bool) -> list[str]:
    """The output written out in its leaves, where that is short, and what is out of date."""
    lines = []
    output, names = sweep.output, sweep.names
    short = len(names) <= MOST_IN_FULL and len(expression(output, names)) <= LONGEST_TITLE
    if titled and output.inputs and short:
        written = expression(output, names, HTML)
        lines.append(sized(f"{italic(names[output])} = {written}", FONT_SIZE + 2))
    if sweep.stale is not None:
        lines.append(
            f"out of date: {italic(names[sweep.stale])} was computed from other numbers; call "
            f"{escape(names[output])}.forward() and .backward()"
        )
    return lines


def _description(sweep: Sweep) -> str:
    """The picture in words: every value and gradient, from left to right."""
    J = typeset(sweep.names[sweep.output])
    told = ". ".join(_tooltip(node, sweep) for node in list(sweep.names)[-MOST_IN_FULL:])
    return printable(f"Computation graph of {J}, {len(sweep.names)} values. {told}.")
