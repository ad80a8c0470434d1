"""draw: the picture of a computation graph, with its values, gradients and chain rule."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from html import escape as escape_html
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import graphviz

from autograd.backprop import single
from autograd.notation import MOST_TERMS, expression, formula, number
from autograd.primitives import constant
from autograd.tracing import BackwardStep, ForwardStep, equals, in_place, multiplied, trace
from autograd.value import Value
from viz.debugging import is_fresh
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
    output: Output,
    path: str | os.PathLike[str] | None = None,
    *,
    theme: str = "light",
    detail: str | None = None,
) -> Drawing:
    """Draw the computation graph of a Value, and write it to a file if a path is given.

    Boxes hold the operations; each wire has the value above it and, once ``backward()`` was
    called on the output, the gradient below, with its chain rule written out. Names come from
    labels, else from the caller's variables, else they are letters. Nothing in the graph is
    changed: where a leaf's stored ``grad`` is not this output's (``backward()`` ran twice,
    say), and where values are stale, the picture says so.

    Args:
        output: the Value to draw, or the list of one that a layer returns.
        path: a file name that ends in .svg, .png, .pdf or .dot.
        theme: "light", "dark", or "circuit" (gates, as the course CS231n draws them).
        detail: "full" with the chain rule, or "numbers" alone. By default full for up to 30
            values and numbers for up to 300.

    Raises:
        TypeError: ``output`` is no Value.
        ValueError: unknown format, theme or detail; more than 300 values and no ``detail``.
        OSError: the file cannot be written.
        RuntimeError: there is no Graphviz to draw with.
    """
    check_path(path)
    look = theme_named(theme)
    sweep = _sweep(single(output), callers_variables())
    drawing = _sketch(sweep, look, _detail(len(sweep.names), detail))
    if path is not None:
        drawing.write(path)
    return drawing


def check_path(path: str | os.PathLike[str] | None) -> None:
    """Raise ValueError, before anything is drawn, if no picture can have this file name."""
    if path is not None:
        check_format(_format_of(path))


def _format_of(path: str | os.PathLike[str]) -> str:
    return Path(path).suffix[1:].lower()


def _detail(values: int, detail: str | None) -> str:
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


class _Sweep(NamedTuple):
    """What a picture shows: the graph of an output, and the sweep back from it.

    Attributes:
        names: of all Values but constants, in topological order.
        given: those of the names that are no mere letters.
        paths: the steps of the backward sweep that lead to each Value.
        swept: whether ``backward()`` was called on the output.
    """

    output: Value
    names: dict[Value, str]
    given: set[Value]
    gradients: dict[Value, float]
    paths: dict[Value, list[BackwardStep]]
    swept: bool


def _sweep(output: Value, variables: Mapping[Value, str]) -> _Sweep:
    steps = trace(output, variables)
    names = {step.node: step.name for step in steps if isinstance(step, ForwardStep)}
    paths: dict[Value, list[BackwardStep]] = {node: [] for node in names}
    for step in steps:
        if isinstance(step, BackwardStep):
            paths[step.input].append(step)
    # backward() leaves a gradient of 1 in the output that it is called on.
    swept = output.grad == 1.0 if output.inputs else output.grad != 0.0
    given = {node for node in names if node.label or node in variables}
    return _Sweep(output, names, given, steps.gradients, paths, swept)


def _sketch(sweep: _Sweep, theme: Theme, detail: str) -> Drawing:
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
    heading = _heading(sweep, full or theme.circuit)
    drawing.attr(label=heading)
    drawing.description = _description(sweep)

    ids = {node: i for i, node in enumerate(names)}
    for node, i in ids.items():
        text, shape = _box(node, names, theme)
        drawing.node(f"n{i}", f"<{text}>", tooltip=graphviz.escape(_tooltip(node, sweep)), **shape)
        drawing.node(f"w{i}", f"<{_wire(i, node, sweep, theme, full)}>", shape="plain")
        drawing.edge(f"n{i}", f"w{i}:p:w", headclip="false")
        readers = [step.node for step in reversed(sweep.paths[node])]
        for reader in readers:  # one wire for each use of the Value, further apart if parallel
            distance = "1" if readers.count(reader) == 1 else "2"
            drawing.edge(f"w{i}:p:e", f"n{ids[reader]}", **_ARROW, minlen=distance)
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


def _wire(i: int, node: Value, sweep: _Sweep, theme: Theme, full: bool) -> str:
    """The value above the line and the gradient below, as an HTML-like table."""
    above, below = _value(node, sweep, full), _gradient(node, sweep, full)
    tooltip = escape(graphviz.escape(_tooltip(node, sweep)))
    # A cell with an ID takes a tooltip without being a link.
    rows = [
        f'<TD></TD><TD ID="{row}{i}" TITLE="{tooltip}"><FONT COLOR="{color}">{text}</FONT></TD>'
        for row, text, color in (("v", above, theme.value), ("g", below, theme.gradient))
    ]
    # The line goes on into the wires on both sides. Graphviz ends those up to a point early,
    # so they lead to a port that lies a little inside, below the text, where nobody sees the
    # overlap: the columns left and right of it are there for that alone.
    cell = f'<TD CELLPADDING="0" HEIGHT="1" BGCOLOR="{theme.ink}"'
    end = f'{cell} WIDTH="3"></TD>'
    line = f'{end}{cell} PORT="p"></TD>{end}'
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
    return f"{table}<TR>{rows[0]}</TR><TR>{line}</TR><TR>{rows[1]}</TR></TABLE>"


def _value(node: Value, sweep: _Sweep, full: bool) -> str:
    if full or (node.inputs and node in sweep.given):
        return f"{italic(sweep.names[node])} {equals(node.data)} {number(node.data)}"
    return number(node.data)


def _gradient(node: Value, sweep: _Sweep, full: bool) -> str:
    gradient = sweep.gradients[node]
    text = number(gradient) if sweep.swept else "–"
    if full:
        slope = f"d{italic(sweep.names[sweep.output])}/d{italic(sweep.names[node])}"
        text = f"{slope} {_chain(node, sweep)}" if sweep.swept else f"{slope} = –"
    if sweep.swept and not node.inputs and not _agree(node.grad, gradient):
        text += f" (but {escape(sweep.names[node])}.grad is {number(node.grad)})"
    return text


def _chain(node: Value, sweep: _Sweep) -> str:
    """The chain rule with its numbers: one product, or the sum over all paths."""
    gradient, paths = sweep.gradients[node], sweep.paths[node]
    if len(paths) == 1 and paths[0].node is not sweep.output:
        return multiplied(paths[0].upstream, paths[0].local, gradient)
    if len(paths) < 2:
        return f"{equals(gradient)} {number(gradient)}"
    products = [step.product for step in paths]
    terms = [number(products[0]), *map(in_place, products[1:])]
    if len(terms) > MOST_TERMS:
        terms[MOST_TERMS - 2 : -1] = ["…"]
    summed = f"{equals(*products)} {' + '.join(terms)}"
    return f"{summed} {equals(*products, gradient)} {number(gradient)}"


def _agree(stored: float, gradient: float) -> bool:
    # Two sweeps may add the same products in another order.
    return math.isclose(stored, gradient, rel_tol=1e-9, abs_tol=1e-300) or (
        math.isnan(stored) and math.isnan(gradient)
    )


def _tooltip(node: Value, sweep: _Sweep) -> str:
    text = f"{typeset(sweep.names[node])} = {node.data!r}"
    if sweep.swept:
        J = typeset(sweep.names[sweep.output])
        text += f", d{J}/d{typeset(sweep.names[node])} = {sweep.gradients[node]!r}"
    return printable(text)


def _heading(sweep: _Sweep, titled: bool) -> str:
    """The output written out in its leaves, where that is short, and what is out of date."""
    lines = []
    output, names = sweep.output, sweep.names
    short = len(names) <= MOST_IN_FULL and len(expression(output, names)) <= LONGEST_TITLE
    if titled and output.inputs and short:
        lines.append(f"{italic(names[output])} = {expression(output, names, HTML)}")
    stale = [node for node in names if node.inputs and not is_fresh(node)]
    if stale:
        lines.append(
            f'<FONT POINT-SIZE="{FONT_SIZE}">out of date: {italic(names[stale[0]])} was computed '
            f"from other numbers; call {escape(names[output])}.forward() and .backward()</FONT>"
        )
    gap = f'<BR/><FONT POINT-SIZE="{FONT_SIZE // 2}"> </FONT>'
    return f"<{'<BR/>'.join(lines)}{gap}>" if lines else ""


def _description(sweep: _Sweep) -> str:
    """The picture in words: every value and gradient, from left to right."""
    J = typeset(sweep.names[sweep.output])
    told = ". ".join(_tooltip(node, sweep) for node in list(sweep.names)[-MOST_IN_FULL:])
    return f"Computation graph of {J}, {len(sweep.names)} values. {told}."
