"""HTML-like labels of Graphviz: any text as it is, names slanted, exponents high."""

from __future__ import annotations

import html

from autograd.notation import Style
from viz.names import printable, shown

GUARD = "\u2060"  # takes no room, and no name holds it


def escape(text: str) -> str:
    """Any text for an HTML-like label of Graphviz, its markup disarmed."""
    # Graphviz puts the name of the node where \\N stands, unless something is in between.
    return html.escape(printable(text)).replace("\\", f"&#92;{GUARD}")


def italic(name: str) -> str:
    """A name for an HTML-like label: slanted, as variables are in print."""
    return f"<I>{escape(shown(name))}</I>"


# Formulas in HTML-like labels.
HTML = Style(name=italic, plain=escape, power=lambda exponent: f"<SUP>{exponent}</SUP>")
