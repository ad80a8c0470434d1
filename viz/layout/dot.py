"""DOT: what the sources of all computation graphs have in common, and their labels."""

from __future__ import annotations

from collections.abc import Iterable

import graphviz

from viz.style import FONT_SIZE, FONTS, LINE_HEIGHT, Theme

# A wire ends in an arrow where a Value is read.
ARROW = {"arrowhead": "vee", "arrowsize": "0.8", "tailclip": "false"}

# The looks of a leaf, of an operation, and of where the last wire leads.
LEAF = {"shape": "plaintext", "margin": "0.05,0.02", "width": "0"}
BOX = {"shape": "box", "style": "rounded", "margin": "0.1,0.05"}
END = {"shape": "none", "width": "0.1", "height": "0.1"}

MOST_WITH_CURVES = 300  # boxes


def blank(theme: Theme, boxes: int) -> graphviz.Digraph:
    """A graph without boxes yet, from left to right, ready to lay out that many of them."""
    graph = graphviz.Digraph(
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
    if boxes > MOST_WITH_CURVES:
        graph.attr(splines="line", nslimit="1", nslimit1="1", mclimit="0.1")
    return graph


def wire(value: str, gradient: str, ink: str, notes: Iterable[str] = ()) -> str:
    """A value above a line and a gradient below it, as an HTML-like table.

    Args:
        value, gradient: HTML-like text.
        ink: the colour of the line.
        notes: HTML-like text, in lines below.
    """
    # The line goes on into the wires on both sides. Graphviz ends those up to a point early,
    # so they lead to a port that lies a little inside, below the text, where nobody sees the
    # overlap: the columns left and right of it are there for that alone.
    cell = f'<TD CELLPADDING="0" HEIGHT="1" BGCOLOR="{ink}"'
    end = f'{cell} WIDTH="3"></TD>'
    line = f'<TR>{end}{cell} PORT="p"></TD>{end}</TR>'
    above, *below = (f"<TR><TD></TD><TD>{text}</TD></TR>" for text in (value, gradient, *notes))
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
    return f"{table}{above}{line}{''.join(below)}</TABLE>"


def below(line: str) -> str:
    """HTML-like text as a line below another one, without touching it.

    Graphviz leaves as much room for it as its largest letter needs, and none between lines.
    """
    return f'{line}<FONT POINT-SIZE="{LINE_HEIGHT}"> </FONT>'


def colored(text: str, color: str) -> str:
    """HTML-like text in a colour."""
    return f'<FONT COLOR="{color}">{text}</FONT>' if text else ""
