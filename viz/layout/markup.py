"""The markup of labels, which is Graphviz's: any text as it is, names slanted, exponents high."""

from __future__ import annotations

import html
import re

from autograd.notation import Style
from viz.names import printable, shown
from viz.scenes.scene import Label, Run
from viz.style import FONT_SIZE, LINE_HEIGHT

GUARD = "\u2060"  # takes no room, and no name holds it


def escape(text: str) -> str:
    """Any text as markup that says just that."""
    # Graphviz puts the name of the node where \\N stands, unless something is in between.
    return html.escape(printable(text)).replace("\\", f"&#92;{GUARD}")


def italic(name: str) -> str:
    """A name: slanted, as variables are in print."""
    return f"<I>{escape(shown(name))}</I>"


def colored(text: str, role: str) -> str:
    """Markup in the colour of that role in a theme."""
    return f'<FONT COLOR="{role}">{text}</FONT>' if text else ""


def sized(text: str, points: float) -> str:
    """Markup in another size than the usual one."""
    return f'<FONT POINT-SIZE="{points:g}">{text}</FONT>'


# Formulas as markup.
HTML = Style(name=italic, plain=escape, power=lambda exponent: f"<SUP>{exponent}</SUP>")

_TAG = re.compile(r"<([^>]*)>")


def labels_of(markup: str) -> list[Label]:
    """The lines of a markup, one below the other; a line in two colours is two labels.

    They stand at x = 0 and one ``LINE_HEIGHT`` apart, the first of them at y = 0.
    """
    labels: list[Label] = []
    y, italic, high = 0.0, False, False
    looks: list[tuple[str, float]] = [("ink", FONT_SIZE)]  # the colours and sizes around
    for i, token in enumerate(_TAG.split(markup)):
        if i % 2:
            tag, _, attribute = token.partition(" ")
            match tag:
                case "I" | "/I":
                    italic = tag == "I"
                case "SUP" | "/SUP":
                    high = tag == "SUP"
                case "BR/":
                    y += LINE_HEIGHT
                case "/FONT":
                    looks.pop()
                case _:
                    key, _, value = attribute.partition("=")
                    color, size = looks[-1]
                    value = value.strip('"')
                    looks.append((value, size) if key == "COLOR" else (color, float(value)))
        elif token:
            color, size = looks[-1]
            run = Run(html.unescape(token).replace(GUARD, ""), italic, high)
            last = labels[-1] if labels else None
            if last is None or (last.y, last.color, last.size) != (y, color, size):
                labels.append(Label(0.0, y, [run], size, color))
            elif last.runs[-1][1:] == run[1:]:
                last.runs[-1] = run._replace(text=last.runs[-1].text + run.text)
            else:
                last.runs.append(run)
    return [label for label in labels if str(label).strip()]
