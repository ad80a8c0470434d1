"""draw: the picture of a computation graph, with its values, gradients and chain rule."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from html import escape as escape_html
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import graphviz

from autograd.notation import expression, formula, number
from autograd.primitives import constant
from autograd.tracing import BackwardStep, ForwardStep, equals, in_place, multiplied, terms, trace
from autograd.value import Value
from viz.debugging import examine, find_notes, is_fresh
from viz.names import HTML, callers_variables, escape, italic, printable, typeset
from viz.render import check_format, render, write
from viz.style import FONT_SIZE, FONTS, Theme, theme_named

if TYPE_CHECKING:
    from autograd.backprop import Output

# A picture on a slide stays legible up to these numbers of values.
MOST_IN_FULL = 30
MOST_DRAWN = 300

# From here on laying out takes long enough to be watched over.
MOST_IN_PROCESS = 60
SECONDS = 60.0

LONGEST_TITLE = 60  # characters
LONGEST_IN_CIRCLE = 5
DETAILS = ("full", "numbers")

_ARROW = {"arrowhead": "vee", "arrowsize": "0.8", "tailclip": "false"}


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """A drawn graph: shows itself in a notebook, and writes SVG, PNG, PDF or DOT.

    It is a ``graphviz.Digraph`` (``source`` is its DOT text, and nodes may be added), except
    that it renders by the Graphviz that is installed with this package.

    Attributes:
        description: the picture in words, for a screen reader.
        seconds: the time limit of the layout; None for a picture of normal size.
    """

    description = ""
    seconds: float | None = None

    def pipe(self, format: str | None = None, *, encoding: str | None = None) -> Any:  # noqa: A002
        """The picture as bytes, or as text in the given encoding.

        Raises:
            ValueError, RuntimeError, TimeoutError: see :func:`viz.render.render`.
        """
        picture = render(self.source, format or "svg", self.seconds)
        if (format or "svg") == "svg":
            label = f'<svg role="img" aria-label="{escape_html(self.description)}" '
            picture = picture.replace(b"<svg ", label.encode(), 1)
        return picture.decode(encoding) if encoding else picture

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture in the format that the name of the file ends in.

        Raises:
            ValueError: the ending is not .svg, .png, .pdf or .dot.
            OSError: the file cannot be written; what was there before is still there.
            RuntimeError, TimeoutError: see :func:`viz.render.render`.
        """
        write(path, self.pipe(_format_of(path)))
        return Path(path)

    def render(
        self,
        filename: str | None = None,
        directory: str | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,  # noqa: A002
    ) -> str:
        """Save the DOT source and the picture beside it, as ``graphviz.Digraph`` does.

        Returns:
            the path of the picture: that of the source with the format as its ending.
        """
        source = Path(self.save(filename, directory=directory))
        picture = source.with_name(f"{source.name}.{format or 'svg'}")
        write(picture, self.pipe(format))
        if cleanup:
            source.unlink()
        if view:
            graphviz.view(str(picture))
        return str(picture)

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, Any]:
        # The PNG is for viewers that do not show an SVG, such as an untrusted notebook; the text
        # is for those that show no pictures, and would else be the address in memory.
        return {
            "text/plain": self.description,
            "image/svg+xml": self.pipe("svg", encoding="utf-8"),
            "image/png": self.pipe("png"),
        }


def draw(
    output: Output | Exception,
    path: str | os.PathLike[str] | None = None,
    *,
    theme: str = "light",
    detail: str | None = None,
    parameters: Iterable[Value] = (),
) -> Drawing:
    """Draw the computation graph of a Value, and write it to a file if a path is given.

    Boxes hold the operations; each wire has the value above it and, once ``backward()`` was
    called on the output, the gradient below, with its chain rule written out. Names come from
    labels, else from the caller's variables, else they are letters. Nothing in the graph is
    changed: where a leaf's stored ``grad`` is not this output's (``backward()`` ran twice,
    say), and where values are stale, the picture says so. It marks saturated sigmoids and
    dead ReLUs, through which no gradient passes.

    An error draws the graph that it is about: that of gradcheck, with what the nudges say at
    each wire that disagrees; that of an operation without a value, with all that was computed
    before it.

    Args:
        output: the Value to draw, or the list of one that a layer returns; or an error.
        path: a file name that ends in .svg, .png, .pdf or .dot.
        theme: "light", "dark", or "circuit" (gates, as the course CS231n draws them).
        detail: "full" with the chain rule, or "numbers" alone. By default full for up to 30
            values and numbers for up to 300.
        parameters: leaves that should take part, such as ``model.parameters()``: those that
            nothing reads are drawn apart, and marked.

    Raises:
        TypeError: ``output`` is no Value, nor an error about a graph.
        ValueError: unknown format, theme or detail; more than 300 values and no ``detail``.
        OSError: the file cannot be written.
        RuntimeError: there is no Graphviz to draw with.
    """
    check_path(path)
    look = theme_named(theme)
    subject = examine(output, parameters)
    sweep = sweep_of(subject.output, callers_variables(), subject.unread)
    found = find_notes(sweep.names, sweep.gradients, sweep.stored)
    sweep = sweep._replace(notes=found | subject.notes)
    drawing = sketch(sweep, look, detail_for(len(sweep.names), detail))
    if path is not None:
        drawing.write(path)
    return drawing


def check_path(path: str | os.PathLike[str] | None) -> None:
    """Raise ValueError, before anything is drawn, if no picture can have this file name."""
    if path is not None:
        check_format(_format_of(path))


def _format_of(path: str | os.PathLike[str]) -> str:
    return Path(path).suffix[1:].lower()


def detail_for(values: int, detail: str | None) -> str:
    if detail is None:
        if values > MOST_DRAWN:
            raise ValueError(
                f"this graph has {values} values, and a picture stays legible up to {MOST_DRAWN}: "
                'draw one of its inner Values, or give detail="numbers" to draw it all the same'
            )
        return "full" if values <= MOST_IN_FULL else "numbers"
    if detail not in DETAILS:
        raise ValueError(f"there is no detail {detail!r}: choose one of {', '.join(DETAILS)}")
    return detail


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
        boxes, wires: the Values whose operation and whose wire are lit.
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
    drawing = Drawing(
        "glassgrad",
        graph_attr={
            "rankdir": "LR",
            "nodesep": "0.3",
            "ranksep": "0.3",
            "pad": "0.15",
            "bgcolor": theme.background,
            "fontname": FONTS,
            "fontsize": str(FONT_SIZE + 2),
            "fontcolor": theme.ink,
            "labelloc": "t",
        },
        node_attr={
            "fontname": FONTS,
            "fontsize": str(FONT_SIZE),
            "fontcolor": theme.ink,
            "color": theme.ink,
        },
        edge_attr={"arrowhead": "none", "color": theme.ink},
    )
    if len(names) > MOST_IN_PROCESS:
        drawing.seconds = SECONDS
    if len(names) > MOST_DRAWN:
        drawing.attr(splines="line", nslimit="1", nslimit1="1", mclimit="0.1")
    drawing.attr(label=_heading(sweep, full or theme.circuit, moment))
    drawing.description = _description(sweep)

    light = theme.gradient if moment and moment.backward else theme.value
    lit = {"color": light, "penwidth": "3"}
    ids = {node: i for i, node in enumerate(names)}
    for node, i in ids.items():
        text, shape = _box(node, names, theme)
        wire = _wire(i, node, sweep, theme, full, moment)
        stub = {}
        if node in sweep.notes and node.inputs:
            shape |= {"color": theme.alert, "penwidth": "2.5"}
        if moment and node in moment.boxes:
            style = "rounded,filled" if shape["shape"] == "box" else "filled"
            shape |= {"style": style, "color": light, "fillcolor": theme.lit}
        if moment and node in moment.wires:
            stub = lit
        drawing.node(f"n{i}", f"<{text}>", tooltip=graphviz.escape(_tooltip(node, sweep)), **shape)
        drawing.node(f"w{i}", f"<{wire}>", shape="plain")
        drawing.edge(f"n{i}", f"w{i}:p:w", headclip="false", **stub)
        readers = [step.node for step in sweep.paths[node]]
        for step in reversed(sweep.paths[node]):  # one wire for each use of the Value
            parallel = readers.count(step.node) > 1
            arrow = {**_ARROW, "minlen": "2" if parallel else "1"}
            if moment and step in moment.uses:
                arrow |= lit
            drawing.edge(f"w{i}:p:e", f"n{ids[step.node]}", **arrow)
    drawing.node("end", "", shape="none", width="0.1", height="0.1")
    drawing.edge(f"w{ids[output]}:p:e", "end", **_ARROW)
    return drawing


def _box(node: Value, names: Mapping[Value, str], theme: Theme) -> tuple[str, dict[str, str]]:
    """The text and the shape that stand for what made a Value: its name alone for a leaf."""
    if not node.inputs:
        return italic(names[node]), {"shape": "plaintext", "margin": "0.05,0.02", "width": "0"}
    # Wires end at the border on their way to the centre: a tall box gives each its own place.
    height = f"{max(0.5, 0.2 * len(node.inputs)):g}"
    if theme.circuit:
        gate = _gate(node)
        shape = "circle" if len(gate) <= LONGEST_IN_CIRCLE else "ellipse"
        return escape(gate), {"shape": shape, "width": "0.5", "height": height, "margin": "0.02"}
    text = f"{italic(names[node])} = {formula(node, names, HTML)}"
    return text, {"shape": "box", "style": "rounded", "margin": "0.1,0.05", "height": height}


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
    ink = theme.ink
    broad = ""  # above and below the line, where it may be lit
    if moment is None:
        value, gradient = _colored(above, theme.value), _colored("".join(below), theme.gradient)
    else:  # what is still to come takes its place, unseen
        value = _colored(above, theme.value if node in moment.values else "transparent")
        seen = moment.terms.get(node, 0)
        gradient = _colored("".join(below[:seen]), theme.gradient)
        gradient += _colored("".join(below[seen:]), "transparent")
        light = theme.gradient if moment.backward else theme.value
        ink, edge = (light, light) if node in moment.wires else (ink, "transparent")
        broad = f'<TR><TD COLSPAN="3" CELLPADDING="0" HEIGHT="1" BGCOLOR="{edge}"></TD></TR>'
    tooltip = escape(graphviz.escape(_tooltip(node, sweep)))
    # A cell with an ID takes a tooltip without being a link.
    rows = [
        f'<TD></TD><TD ID="{row}{i}" TITLE="{tooltip}">{text}</TD>'
        for row, text in (("v", value), ("g", gradient))
    ]
    # The line goes on into the wires on both sides. Graphviz ends those up to a point early,
    # so they lead to a port that lies a little inside, below the text, where nobody sees the
    # overlap: the columns left and right of it are there for that alone.
    cell = f'<TD CELLPADDING="0" HEIGHT="1" BGCOLOR="{ink}"'
    end = f'{cell} WIDTH="3"></TD>'
    line = f'{end}{cell} PORT="p"></TD>{end}'
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
    notes = [
        f"<TR><TD></TD><TD>{_colored(f'⚠ {escape(note)}', theme.alert)}</TD></TR>"
        for note in sweep.notes.get(node, ())
    ]
    lines = [f"<TR>{rows[0]}</TR>", broad, f"<TR>{line}</TR>", broad, f"<TR>{rows[1]}</TR>"]
    return f"{table}{''.join(lines + notes)}</TABLE>"


def _colored(text: str, color: str) -> str:
    return f'<FONT COLOR="{color}">{text}</FONT>' if text else ""


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
            f'<FONT POINT-SIZE="{FONT_SIZE}">out of date: {italic(names[stale])} was computed '
            f"from other numbers; call {escape(names[output])}.forward() and .backward()</FONT>"
        )
    gap = f'<FONT POINT-SIZE="{FONT_SIZE // 2}"> </FONT>'
    if moment:
        captions = [f'<FONT POINT-SIZE="{FONT_SIZE}">{escape(x)} </FONT>' for x in moment.caption]
        lines += [gap, *captions]
    return f"<{'<BR/>'.join([*lines, gap])}>" if lines else ""


def stale_value(sweep: Sweep) -> Value | None:
    """The first Value whose data is not what its inputs give, if there is one."""
    return next((node for node in sweep.names if node.inputs and not is_fresh(node)), None)


def _description(sweep: Sweep) -> str:
    """The picture in words: every value and gradient, from left to right."""
    J = typeset(sweep.names[sweep.output])
    told = ". ".join(_tooltip(node, sweep) for node in list(sweep.names)[-MOST_IN_FULL:])
    return printable(f"Computation graph of {J}, {len(sweep.names)} values. {told}.")
