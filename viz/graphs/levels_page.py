"""A page with all levels of a graph, on which a click unfolds a box."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape as escape_markup
from typing import NamedTuple

from autograd.value import Value
from viz.graphs.detail import LEVELS, MOST_DRAWN, MOST_IN_FULL
from viz.graphs.folding import fold, sketch_folded
from viz.graphs.sketch import sketch
from viz.graphs.sweep import Sweep
from viz.layout.drawing import Drawing
from viz.names import shown
from viz.scenes.page import page, variables
from viz.scenes.svg import svg
from viz.style import THEMES

# A level is shown while it, or a box in it, is what the address of the page points to. So the
# page needs no script, and the browser's own Back undoes a click.
STYLE = """
body { background: var(--paper); color: var(--ink); color-scheme: var(--scheme);
  font: 15px/1.5 sans-serif; margin: 0; padding: 0.5em 1em; }
section { display: none; flex-direction: column; height: calc(100vh - 1em); }
section:target, section:has(:target), main:not(:has(:target)) .first { display: flex; }
.picture { flex: 1; overflow: auto; scroll-padding: 40%; }
h1 { font-size: 1.3em; margin: 0.3em 0; }
.hint { margin: 0.6em 0; }
nav a { border: 1px solid; border-radius: 0.4em; color: inherit; display: inline-block;
  margin-right: 0.5em; padding: 0.1em 0.8em; text-decoration: none; }
a:hover, nav [aria-current] { background: var(--lit); }
g a:hover :is(rect, ellipse), g:target :is(rect, ellipse) { fill: var(--lit); }
g:target :is(rect, ellipse) { stroke: var(--value); stroke-width: 3; }
g:target > path { stroke: var(--value); stroke-width: 3; }
:focus-visible { outline: 2px solid var(--value); }
@media print {
  nav, .hint { display: none; }
  section { height: auto; }
  .picture svg { height: auto; max-width: 100%; }
}
"""


SMALLEST = 0.7  # of its size, to which a picture shrinks with the window


class Level(NamedTuple):
    """A graph in some detail.

    Attributes:
        name: "layers", "neurons" or "values".
        drawing: the picture; its i-th box is the node n<i>.
        boxes: the Values in each box.
    """

    name: str
    drawing: Drawing
    boxes: Sequence[Sequence[Value]]


def levels_page(sweep: Sweep, theme: str, detail: str | None) -> str:
    """A page with all levels of a graph that are legible, opened at the coarsest.

    Args:
        detail: the level to open instead, as for :func:`viz.draw`.
    """
    levels = _levels(sweep, theme, detail)
    names = [level.name for level in levels]
    J = shown(sweep.names[sweep.output])
    opened = names.index(detail) if detail in names else len(names) - 1 if detail else 0
    sections = []
    for k, level in enumerate(levels):
        finer = levels[k + 1] if k + 1 < len(levels) else None
        hints = []
        if finer:
            hints.append(f"A click on a box shows its {finer.name}.")
        if k:
            hints.append(f"Back to the {names[k - 1]}: the link above, or Back in the browser.")
        links = [
            f'<a href="#{name}"{" aria-current=page" * (name == level.name)}>{name}</a>'
            for name in names
        ]
        nav = f'<nav aria-label="Level">{"".join(links)}</nav>' if len(levels) > 1 else ""
        told = f'<p class="hint">{" ".join(hints)}</p>' if hints else ""
        sections.append(
            f'<section id="{level.name}"{" class=first" * (k == opened)}>'
            f"<h1>{escape_markup(J)}: {level.name}</h1>{nav}{told}"
            f'<div class="picture">{_linked(level, finer, theme)}</div></section>'
        )
    style = f"<style>{variables('body', theme)}{STYLE}</style>"
    return page(f"The graph of {J}", f"{style}<main>{''.join(sections)}</main>")


def _levels(sweep: Sweep, theme: str, detail: str | None) -> list[Level]:
    """From coarse to fine; what does not fold any further is there once."""
    levels: list[Level] = []
    count = len(sweep.names)
    if count <= MOST_DRAWN or (detail and detail not in LEVELS):
        written = "full" if count <= MOST_IN_FULL else "numbers"
        if detail and detail not in LEVELS:
            written = detail
        drawing = sketch(sweep, THEMES[theme], written)
        levels.append(Level("values", drawing, [[node] for node in sweep.names]))
    for name in LEVELS:
        folds = fold(sweep, name)
        boxes = [each.members for each in folds]
        legible = len(boxes) <= MOST_DRAWN or name == detail
        if legible and not (levels and len(levels[0].boxes) == len(boxes)):
            drawing = sketch_folded(sweep, name, folds, THEMES[theme])
            levels.insert(0, Level(name, drawing, boxes))
    return levels


def _linked(level: Level, finer: Level | None, theme: str) -> str:
    """The SVG of a level, in which each box leads to the first of those that it unfolds into."""
    place = {x: i for i, box in enumerate(finer.boxes) for x in box} if finer else {}
    there = {part.name for part in level.drawing.scene.parts}
    ends = {}
    for i, box in enumerate(level.boxes):
        name = f"n{i}" if f"n{i}" in there else f"w{i}"  # a leaf may have its name on the wire
        ends[name] = f"{level.name}{i}", box[0]
    parts = []
    for part in level.drawing.scene.parts:
        if part.name in ends:
            identity, first = ends[part.name]
            link = f"#{finer.name}{place[first]}" if finer else ""
            part = part._replace(id=identity, link=link)
        parts.append(part)
    linked = level.drawing.scene._replace(parts=parts)
    picture = svg(linked, level.drawing.description, THEMES[theme], scaled=True)
    return f'<div style="min-width:{SMALLEST * linked.width:.0f}pt">{picture}</div>'
