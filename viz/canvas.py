"""Drawing: a graph that shows itself and writes files, and what all drawn graphs are made of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from html import escape as escape_html
from pathlib import Path
from typing import Any

import graphviz

from viz.names import escape
from viz.render import FORMATS, check_format, render, write
from viz.style import FONT_SIZE, FONTS, Theme

# A wire ends in an arrow where a Value is read.
ARROW = {"arrowhead": "vee", "arrowsize": "0.8", "tailclip": "false"}

# The looks of a leaf, of an operation, and of where the last wire leads.
LEAF = {"shape": "plaintext", "margin": "0.05,0.02", "width": "0"}
BOX = {"shape": "box", "style": "rounded", "margin": "0.1,0.05"}
END = {"shape": "none", "width": "0.1", "height": "0.1"}

# From here on laying out takes long enough to be watched over.
MOST_IN_PROCESS = 60
SECONDS = 60.0
MOST_WITH_CURVES = 300

LINE_HEIGHT = 20  # points, of lines below one another


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
        write(path, self.pipe(format_of(path)))
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


def check_path(path: str | os.PathLike[str] | None, formats: Sequence[str] = FORMATS) -> None:
    """Raise ValueError, before anything is drawn, if no picture can have this file name."""
    if path is not None:
        check_format(format_of(path), formats)


def format_of(path: str | os.PathLike[str]) -> str:
    """What a file name ends in."""
    return Path(path).suffix[1:].lower()


def blank(theme: Theme, boxes: int) -> Drawing:
    """A drawing without boxes yet, from left to right, ready to lay out that many of them."""
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
    if boxes > MOST_IN_PROCESS:
        drawing.seconds = SECONDS
    if boxes > MOST_WITH_CURVES:
        drawing.attr(splines="line", nslimit="1", nslimit1="1", mclimit="0.1")
    return drawing


def wire(
    i: int,
    value: str,
    gradient: str,
    tooltip: str,
    ink: str,
    notes: Iterable[str] = (),
    edge: str | None = None,
) -> str:
    """A value above a line and a gradient below it, as an HTML-like table.

    Args:
        i: the number of the wire in its drawing.
        value, gradient: HTML-like text.
        tooltip: any text.
        ink: the colour of the line.
        notes: HTML-like text, in lines below.
        edge: the colour of the rims of the line, where it may be lit.
    """
    tooltip = escape(graphviz.escape(tooltip))
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
    line = f'<TR>{end}{cell} PORT="p"></TD>{end}</TR>'
    if edge is not None:
        rim = f'<TR><TD COLSPAN="3" CELLPADDING="0" HEIGHT="1" BGCOLOR="{edge}"></TD></TR>'
        line = rim + line + rim
    below = "".join(f"<TR><TD></TD><TD>{note}</TD></TR>" for note in notes)
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
    return f"{table}<TR>{rows[0]}</TR>{line}<TR>{rows[1]}</TR>{below}</TABLE>"


def below(line: str) -> str:
    """HTML-like text as a line below another one, without touching it.

    Graphviz leaves as much room for it as its largest letter needs, and none between lines.
    """
    return f'{line}<FONT POINT-SIZE="{LINE_HEIGHT}"> </FONT>'


def colored(text: str, color: str) -> str:
    """HTML-like text in a colour."""
    return f'<FONT COLOR="{color}">{text}</FONT>' if text else ""
