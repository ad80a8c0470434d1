"""Sketch: the picture of a recorded graph, box by box and wire by wire."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import graphviz

from autograd.notation import expression, formula, number
from autograd.primitives import constant
from autograd.tracing import BackwardStep, ForwardStep, equals, in_place, multiplied, terms, trace
from autograd.value import Value
from viz.canvas import ARROW, BOX, END, LEAF, Drawing, below, blank, colored, wire
from viz.debugging import is_fresh
from viz.names import HTML, escape, italic, printable, typeset
from viz.style import FONT_SIZE, Theme

LONGEST_TITLE = 60  # characters
LONGEST_IN_CIRCLE = 5

# Values with which a picture stays legible: with the chain rule on a slide, and at all.
MOST_IN_FULL = 30
MOST_DRAWN = 300


class Sweep(NamedTuple):
    """What a picture shows: the graph of an output, and the sweep back from it.

    Attributes:
        names: of all Values but constants, in topological order.
        given: those of the names that are no mere letters.
        steps: of the backward sweep.
        paths: those of them that lead to each Value.
        swept: whether ``backward()`` was called on the output.
        stored: the ``grad`` of the leaves in which it is not the gradient of this sweep.
        notes: what is wrong at a Value.
    """

    output: Value
    names: dict[Value, str]
    given: set[Value]
    gradients: dict[Value, float]
    steps: list[BackwardStep]
    paths: dict[Value, list[BackwardStep]]
    swept: bool
    stored: dict[Value, float]
    notes: dict[Value, list[str]]


class Moment(NamedTuple):
    """A picture in the middle of the sweeps: what it shows and lights, and the words to it.

    Attributes:
        values: the Values that are computed.
        terms: how many of the products that sum to its gradient each Value has got.
        boxes, wires: the Values whose operation and whose wire are lit; that of a box goes on
            to all that read it.
        uses: the steps whose wire, from an input to its reader, is lit.
        backward: whether the light is that of the backward sweep.
        caption: lines of text.
    """

    values: set[Value]
    terms: dict[Value, int]
    boxes: set[Value]
    wires: set[Value]
    uses: list[BackwardStep]
    backward: bool
    caption: list[str]


def sweep_of(output: Value, variables: Mapping[Value, str], unread: Iterable[Value] = ()) -> Sweep:
    """The graph of an output and the sweep back from it, named and ready to be drawn.

    Args:
        output: what the sweep starts from.
        variables: names for Values without a label.
        unread: further leaves to draw, which are not in the graph.
    """
    steps = trace(output, variables)
    names = {step.node: step.name for step in steps if isinstance(step, ForwardStep)}
    for leaf in unread:
        names = {leaf: leaf.label or variables.get(leaf, "unread"), **names}
        steps.gradients[leaf] = 0.0
    backward = [step for step in steps if isinstance(step, BackwardStep)]
    paths: dict[Value, list[BackwardStep]] = {node: [] for node in names}
    for step in backward:
        paths[step.input].append(step)
    # backward() leaves a gradient of 1 in the output that it is called on.
    swept = output.grad == 1.0 if output.inputs else output.grad != 0.0
    given = {node for node in names if node.label or node in variables}
    stored = {}
    if swept:
        for node in names:
            if not node.inputs and not _agree(node.grad, steps.gradients[node]):
                stored[node] = node.grad
    return Sweep(output, names, given, steps.gradients, backward, paths, swept, stored, {})


def sketch(sweep: Sweep, theme: Theme, detail: str, moment: Moment | None = None) -> Drawing:
    """The picture of a sweep: finished, or at a moment of it on the same layout."""
    names, output = sweep.names, sweep.output
    full = detail == "full" and not theme.circuit
    drawing = blank(theme, len(names))
    drawing.attr(label=_heading(sweep, full or theme.circuit, moment))
    drawing.description = _description(sweep)

    light = theme.gradient if moment and moment.backward else theme.value
    lit = {"color": light, "penwidth": "3"}
    ids = {node: i for i, node in enumerate(names)}
    for node, i in ids.items():
        text, shape = _box(node, names, theme)
        label = _wire(i, node, sweep, theme, full, moment)
        line: dict[str, str] = {}
        if node in sweep.notes:  # at a leaf it is the wire that is wrong
            (shape if node.inputs else line).update(color=theme.alert, penwidth="2.5")
        stub = line
        if moment and node in moment.boxes:
            style = "rounded,filled" if shape["shape"] == "box" else "filled"
            shape |= {"style": style, "color": light, "fillcolor": theme.lit}
        if moment and node in moment.wires:
            stub = lit
        drawing.node(f"n{i}", f"<{text}>", tooltip=graphviz.escape(_tooltip(node, sweep)), **shape)
        drawing.node(f"w{i}", f"<{label}>", shape="plain")
        drawing.edge(f"n{i}", f"w{i}:p:w", headclip="false", **stub)
        readers = [step.node for step in sweep.paths[node]]
        for step in reversed(sweep.paths[node]):  # one wire for each use of the Value
            parallel = readers.count(step.node) > 1
            arrow = {**ARROW, "minlen": "2" if parallel else "1", **line}
            if moment and (step in moment.uses or node in moment.boxes):
                arrow |= lit
            drawing.edge(f"w{i}:p:e", f"n{ids[step.node]}", **arrow)
    drawing.node("end", "", **END)
    last = lit if moment and output in moment.wires else {}
    drawing.edge(f"w{ids[output]}:p:e", "end", **ARROW | last)
    return drawing


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


def _wire(
    i: int, node: Value, sweep: Sweep, theme: Theme, full: bool, moment: Moment | None
) -> str:
    """The value above the line and the gradient below, as an HTML-like table."""
    above, below = _value(node, sweep, full), _gradient(node, sweep, full)
    ink, edge = theme.ink, None
    if node in sweep.notes and not node.inputs:
        ink = edge = theme.alert
    if moment is None:
        value, gradient = colored(above, theme.value), colored("".join(below), theme.gradient)
    else:  # what is still to come takes its place, unseen
        value = colored(above, theme.value if node in moment.values else "transparent")
        seen = moment.terms.get(node, 0)
        gradient = colored("".join(below[:seen]), theme.gradient)
        gradient += colored("".join(below[seen:]), "transparent")
        light = theme.gradient if moment.backward else theme.value
        ink, edge = (light, light) if node in moment.wires else (ink, "transparent")
    notes = [colored(f"⚠ {escape(note)}", theme.alert) for note in sweep.notes.get(node, ())]
    return wire(i, value, gradient, _tooltip(node, sweep), ink, notes, edge)


def _value(node: Value, sweep: Sweep, full: bool) -> str:
    if node in sweep.notes and math.isnan(node.data):
        return "no value"
    if full or (node.inputs and node in sweep.given):
        return f"{italic(sweep.names[node])} {equals(node.data)} {number(node.data)}"
    return number(node.data)


def _gradient(node: Value, sweep: Sweep, full: bool) -> list[str]:
    """The text of a gradient, cut where the backward sweep comes by once more."""
    if not sweep.swept:
        texts = ["= –" if full else "–"]
    elif full:
        texts = _chain(node, sweep)
    else:
        later = max(0, len(sweep.paths[node]) - 1)
        texts = [""] * later + [number(sweep.gradients[node])]
    if full:
        slope = f"d{italic(sweep.names[sweep.output])}/d{italic(sweep.names[node])}"
        texts[0] = f"{slope} {texts[0]}"
    if node in sweep.stored:
        texts[-1] += f" (but {escape(sweep.names[node])}.grad is {number(sweep.stored[node])})"
    return texts


def _chain(node: Value, sweep: Sweep) -> list[str]:
    """The chain rule with its numbers: one product, or the terms of the sum over all paths."""
    gradient, paths = sweep.gradients[node], sweep.paths[node]
    if len(paths) == 1 and paths[0].node is not sweep.output:
        return [multiplied(paths[0].upstream, paths[0].local, gradient)]
    return terms([step.product for step in paths] or [gradient], gradient)


def _agree(stored: float, gradient: float) -> bool:
    # Two sweeps may add the same products in another order.
    return math.isclose(stored, gradient, rel_tol=1e-9, abs_tol=1e-300) or (
        math.isnan(stored) and math.isnan(gradient)
    )


def _tooltip(node: Value, sweep: Sweep) -> str:
    text = f"{typeset(sweep.names[node])} = {node.data!r}"
    if sweep.swept:
        J = typeset(sweep.names[sweep.output])
        text += f", d{J}/d{typeset(sweep.names[node])} = {sweep.gradients[node]!r}"
    return printable("; ".join([text, *sweep.notes.get(node, ())]))


def _heading(sweep: Sweep, titled: bool, moment: Moment | None) -> str:
    """The output written out in its leaves, where that is short, and what is out of date."""
    lines = []
    output, names = sweep.output, sweep.names
    short = len(names) <= MOST_IN_FULL and len(expression(output, names)) <= LONGEST_TITLE
    if titled and output.inputs and short:
        lines.append(f"{italic(names[output])} = {expression(output, names, HTML)}")
    stale = stale_value(sweep)
    if stale is not None:
        lines.append(
            below(
                f'<FONT POINT-SIZE="{FONT_SIZE}">out of date: {italic(names[stale])} was computed '
                f"from other numbers; call {escape(names[output])}.forward() and .backward()</FONT>"
            )
        )
    gap = f'<FONT POINT-SIZE="{FONT_SIZE // 2}"> </FONT>'
    if moment:
        captions = [f'<FONT POINT-SIZE="{FONT_SIZE}">{escape(x)} </FONT>' for x in moment.caption]
        lines += [gap, *map(below, captions)]
    return f"<{'<BR/>'.join([*lines, gap])}>" if lines else ""


def stale_value(sweep: Sweep) -> Value | None:
    """The first Value whose data is not what its inputs give, if there is one."""
    return next((node for node in sweep.names if node.inputs and not is_fresh(node)), None)


def _description(sweep: Sweep) -> str:
    """The picture in words: every value and gradient, from left to right."""
    J = typeset(sweep.names[sweep.output])
    told = ". ".join(_tooltip(node, sweep) for node in list(sweep.names)[-MOST_IN_FULL:])
    return printable(f"Computation graph of {J}, {len(sweep.names)} values. {told}.")
