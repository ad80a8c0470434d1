"""The source of a diagram in the DOT language, for Graphviz and all that reads DOT."""

from __future__ import annotations

import re

import graphviz

from viz.layout.diagram import Box, Diagram, Wire
from viz.layout.markup import sized
from viz.scenes.scene import INKS
from viz.style import FONT_SIZE, FONTS, LINE_HEIGHT, Theme

MOST_WITH_CURVES = 300  # boxes

# Graphviz lays a large graph out faster so, and with straight lines.
IN_HASTE = {"splines": "line", "nslimit": "1", "nslimit1": "1", "mclimit": "0.1"}

_ROLE = re.compile(f'(?<=COLOR=")({"|".join(INKS)})(?=")')


def graph_of(diagram: Diagram, theme: Theme) -> graphviz.Digraph:
    """The diagram in the colours of a theme."""
    placed = any(box.place for box in diagram.boxes)

    def colored(markup: str) -> str:
        return _ROLE.sub(lambda match: getattr(theme, match[0]), markup)

    # Graphviz gives a line as much room as its largest letter needs, and none between lines.
    lines = [
        f"{line}{sized(' ', LINE_HEIGHT) if k else ''}" for k, line in enumerate(diagram.heading)
    ]
    graph = graphviz.Digraph(
        "glassgrad",
        graph_attr={
            "pad": f"{diagram.pad:g}",
            "bgcolor": theme.background,
            "fontname": FONTS,
            "fontsize": str(FONT_SIZE),
            "fontcolor": theme.ink,
            "label": f"<{colored('<BR/>'.join(lines))}>" if lines else "",
        },
        node_attr={
            "fontname": FONTS,
            "fontsize": str(FONT_SIZE),
            "fontcolor": theme.ink,
            "color": theme.ink,
            "fillcolor": theme.background,
        },
        edge_attr={"arrowhead": "none", "color": theme.ink},
    )
    if placed:  # neato leaves everything where it is put
        graph.attr(layout="neato", outputorder="edgesfirst", labelloc="b")
    else:
        graph.attr(rankdir="LR", nodesep="0.3", ranksep=f"{diagram.gap:g}", labelloc="t")
    if len(diagram.boxes) > MOST_WITH_CURVES:
        graph.attr(**IN_HASTE)
    for box in diagram.boxes:
        graph.node(box.name, f"<{colored(box.text)}>" if box.text else "", **_look(box, theme))
    wires = {wire.name: wire for wire in diagram.wires}
    for wire in diagram.wires:
        table = colored(_table(wire, getattr(theme, wire.color)))
        tooltip = _quoted(wire.tooltip)
        graph.node(wire.name, f"<{table}>", shape="plain", tooltip=tooltip)
    for edge in diagram.edges:
        look = {
            "class": edge.name,
            "color": getattr(theme, edge.color) if edge.color != "ink" else "",
            "penwidth": f"{edge.width:.2f}" if edge.width != 1 else "",
            "style": "dashed" if edge.dashed else "",
            "minlen": str(edge.length) if edge.length != 1 else "",
            "weight": str(edge.weight) if edge.weight != 1 else "",
            "tooltip": _quoted(edge.tooltip),
        }
        if edge.arrow:
            look |= {"arrowhead": "vee", "arrowsize": "0.8"}
        tail, head = edge.tail, edge.head
        if tail in wires:
            tail, look["tailclip"] = f"{tail}:p:e", "false"
        if head in wires:
            head, look["headclip"] = f"{head}:p:w", "false"
        graph.edge(tail, head, **{key: value for key, value in look.items() if value})
    return graph


def _quoted(text: str) -> str:
    """Any text for an attribute, in which Graphviz reads escapes and entities."""
    return str(graphviz.escape(text.replace("&", "&amp;")))


def _look(box: Box, theme: Theme) -> dict[str, str]:
    look = {
        "shape": box.shape,
        "margin": f"{box.margin[0]:g},{box.margin[1]:g}",
        "width": f"{box.size[0]:g}",
        "height": f"{box.size[1]:g}",
        "style": ",".join(["rounded"] * (box.shape == "box") + ["filled"] * box.filled),
        "color": getattr(theme, box.color) if box.color != "ink" else "",
        "penwidth": f"{box.width:g}" if box.width != 1 else "",
        "fixedsize": "shape" if box.place and box.shape == "circle" else "",
        "pos": f"{box.place[0]:.3f},{box.place[1]:.3f}!" if box.place else "",
        "tooltip": _quoted(box.tooltip),
    }
    return {key: value for key, value in look.items() if value}


def _table(wire: Wire, ink: str) -> str:
    """A value above a line and a gradient below it, as an HTML-like table."""
    # The line goes on into the wires on both sides. Graphviz ends those up to a point early,
    # so they lead to a port that lies a little inside, below the text, where nobody sees the
    # overlap: the columns left and right of it are there for that alone.
    cell = f'<TD CELLPADDING="0" HEIGHT="1" BGCOLOR="{ink}"'
    end = f'{cell} WIDTH="3"></TD>'
    line = f'<TR>{end}{cell} PORT="p"></TD>{end}</TR>'
    above, *below = (f"<TR><TD></TD><TD>{text}</TD></TR>" for text in (wire.above, *wire.below))
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
    return f"{table}{above}{line}{''.join(below)}</TABLE>"
