"""Sketch: the picture of a recorded graph, box by box and wire by wire."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import graphviz

from autograd.notation import expression, formula, number
from autograd.primitives import constant
from autograd.tracing import equals, in_place, multiplied, terms
from autograd.value import Value
from viz.graphs.detail import MOST_IN_FULL
from viz.graphs.sweep import Sweep
from viz.layout.dot import ARROW, BOX, END, LEAF, below, blank, colored, wire
from viz.layout.markup import HTML, escape, italic
from viz.names import printable, typeset
from viz.scenes.drawing import Drawing
from viz.style import FONT_SIZE, Theme

LONGEST_TITLE = 60  # characters
LONGEST_IN_CIRCLE = 5


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
    graph = blank(theme, len(names))
    graph.attr(label=_heading(sweep, full or theme.circuit))
    ids = {node: i for i, node in enumerate(names)}
    for node, i in ids.items():
        text, shape = _box(node, names, theme)
        line: dict[str, str] = {}
        if node in sweep.notes:  # at a leaf it is the wire that is wrong
            (shape if node.inputs else line).update(color=theme.alert, penwidth="2.5")
        tooltip = graphviz.escape(_tooltip(node, sweep))
        graph.node(f"n{i}", f"<{text}>", tooltip=tooltip, **shape)
        label = _wire(node, sweep, theme, full)
        graph.node(f"w{i}", f"<{label}>", shape="plain", tooltip=tooltip)
        graph.edge(f"n{i}", f"w{i}:p:w", headclip="false", **line)
        readers = [sweep.uses[k].node for k in sweep.paths[node]]
        for k in reversed(sweep.paths[node]):  # one wire for each use of the Value
            reader = sweep.uses[k].node
            length = "2" if readers.count(reader) > 1 else "1"  # of wires side by side
            look = {"class": f"u{k}", **ARROW, "minlen": length, **line}
            graph.edge(f"w{i}:p:e", f"n{ids[reader]}", **look)
    graph.node("end", "", **END)
    graph.edge(f"w{ids[output]}:p:e", "end", **{"class": "end"}, **ARROW)
    return Drawing(graph, theme, _description(sweep), len(names), html)


def _box(node: Value, names: Mapping[Value, str], theme: Theme) -> tuple[str, dict[str, str]]:
    """The text and the shape that stand for what made a Value: its name alone for a leaf."""
    if not node.inputs:
        return italic(names[node]), dict(LEAF)
    # Wires end at the border on their way to the centre: a tall box gives each its own place.
    height = f"{max(0.5, 0.2 * len(node.inputs)):g}"
    if theme.circuit:
        gate = _gate(node)
        shape = "circle" if len(gate) <= LONGEST_IN_CIRCLE else "ellipse"
        return escape(gate), {"shape": shape, "width": "0.5", "height": height, "margin": "0.02"}
    text = f"{italic(names[node])} = {formula(node, names, HTML)}"
    return text, {**BOX, "height": height}


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


def _wire(node: Value, sweep: Sweep, theme: Theme, full: bool) -> str:
    """The value above the line and the gradient below, as an HTML-like table."""
    value = colored(_value(node, sweep, full), theme.value)
    gradient = colored(_gradient(node, sweep, full), theme.gradient)
    ink = theme.alert if node in sweep.notes and not node.inputs else theme.ink
    notes = [colored(f"⚠ {escape(note)}", theme.alert) for note in sweep.notes.get(node, ())]
    return wire(value, gradient, ink, notes)


def _value(node: Value, sweep: Sweep, full: bool) -> str:
    x = sweep.values[node]
    if node in sweep.notes and math.isnan(x):
        return "no value"
    if full or (node.inputs and node in sweep.given):
        return f"{italic(sweep.names[node])} {equals(x)} {number(x)}"
    return number(x)


def _gradient(node: Value, sweep: Sweep, full: bool) -> str:
    if not sweep.swept:
        text = "= –" if full else "–"
    elif full:
        text = "".join(chain_rule(node, sweep))
    else:
        text = number(sweep.gradients[node])
    if full:
        text = f"d{italic(sweep.names[sweep.output])}/d{italic(sweep.names[node])} {text}"
    if node in sweep.stored:
        text += f" (but {escape(sweep.names[node])}.grad is {number(sweep.stored[node])})"
    return text


def chain_rule(node: Value, sweep: Sweep) -> list[str]:
    """The chain rule with its numbers: one product, or the terms of the sum over all paths.

    It is cut where the backward sweep comes by once more.
    """
    gradient, paths = sweep.gradients[node], [sweep.uses[k] for k in sweep.paths[node]]
    if len(paths) == 1 and paths[0].node is not sweep.output:
        return [multiplied(paths[0].upstream, paths[0].local, gradient)]
    return terms([use.product for use in paths] or [gradient], gradient)


def _tooltip(node: Value, sweep: Sweep) -> str:
    text = f"{typeset(sweep.names[node])} = {sweep.values[node]!r}"
    if sweep.swept:
        J = typeset(sweep.names[sweep.output])
        text += f", d{J}/d{typeset(sweep.names[node])} = {sweep.gradients[node]!r}"
    return printable("; ".join([text, *sweep.notes.get(node, ())]))


def _heading(sweep: Sweep, titled: bool) -> str:
    """The output written out in its leaves, where that is short, and what is out of date."""
    lines = []
    output, names = sweep.output, sweep.names
    short = len(names) <= MOST_IN_FULL and len(expression(output, names)) <= LONGEST_TITLE
    if titled and output.inputs and short:
        lines.append(f"{italic(names[output])} = {expression(output, names, HTML)}")
    if sweep.stale is not None:
        lines.append(
            below(
                f'<FONT POINT-SIZE="{FONT_SIZE}">out of date: {italic(names[sweep.stale])} was '
                f"computed from other numbers; call {escape(names[output])}.forward() and "
                ".backward()</FONT>"
            )
        )
    gap = f'<FONT POINT-SIZE="{FONT_SIZE // 2}"> </FONT>'
    return f"<{'<BR/>'.join([*lines, gap])}>" if lines else ""


def _description(sweep: Sweep) -> str:
    """The picture in words: every value and gradient, from left to right."""
    J = typeset(sweep.names[sweep.output])
    told = ". ".join(_tooltip(node, sweep) for node in list(sweep.names)[-MOST_IN_FULL:])
    return printable(f"Computation graph of {J}, {len(sweep.names)} values. {told}.")
