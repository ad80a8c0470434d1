"""A scene as SVG: compact, in the colours of a theme, and without a script."""

from __future__ import annotations

import re
from html import escape as escape_markup

from viz.names import isolated
from viz.scenes.scene import GROUNDS, INKS, Label, Part, Run, Scene, Shape
from viz.style import DASHED, FONT_SIZE, FONTS, RAISED, ROUNDING, SMALLER, Theme

# Where MathJax sees a formula begin. It does not read the classes of an SVG, but a formula ends in
# the element in which it begins, so that what is in one of its own is none.
_FORMULA = re.compile(r"\$|\\(?=[(\[]|begin)")


def svg(
    scene: Scene,
    description: str,
    theme: Theme,
    dark: Theme | None = None,
    css: str = "",
    scope: str = "",
    scaled: bool = False,
) -> str:
    """The scene as one SVG element.

    Each part is a group with its name as the class; in it texts and lines have as theirs the
    role of their colour. Identifiers are only where the scene has them: they would not be
    unique in a notebook.

    Args:
        description: the picture in words, for a screen reader.
        dark: the theme for readers whose system is dark; None: the same.
        css: rules to add.
        scope: a further class, by which the rules can be for this picture alone.
        scaled: whether the picture shrinks with the page around it, where that is narrower.
    """
    width, height, left = _short(scene.width), _short(scene.height), _short(scene.left)
    if dark:
        css = _colors_if_dark(dark) + css
    style = f"<style>{css}</style>" if css else ""
    size = f'width="{width}pt" height="{height}pt"'
    if scaled:  # notebooks show an SVG with a width at that width, and cut it off
        size = f'style="max-width:{width}pt"'
    linked = any(part.link for part in scene.parts)  # links are to be reached
    parts = "".join(_part(part, theme) for part in scene.parts)
    heading = "".join(_label(label, theme) for label in scene.heading)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="glassgrad-picture'
        f'{" follows" * bool(dark)}{f" {scope}" if scope else ""}" '
        f'role="{"group" if linked else "img"}" aria-label="{escape_markup(description)}" '
        f"{size} "
        f'viewBox="{left} 0 {width} {height}" font-family="{FONTS}" font-size="{FONT_SIZE}" '
        f'text-anchor="middle" fill="none">{style}'
        f'<rect class="background" x="{left}" width="100%" height="100%" '
        f'fill="{theme.background}"/>'
        f"{parts}{heading}</svg>"
    )


def _colors_if_dark(dark: Theme) -> str:
    """Rules that give a picture the colours of a dark theme on the screen of a dark system."""
    rules = [f":where(.follows .{role}){{fill:{getattr(dark, role)}}}" for role in GROUNDS]
    for role in INKS:
        color = getattr(dark, role)
        rules.append(f":where(.follows text.{role}){{fill:{color}}}")
        rules.append(f":where(.follows :not(text).{role}){{stroke:{color}}}")
    return f"@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _part(part: Part, theme: Theme) -> str:
    attributes = f' class="{part.name}"' if part.name else ""
    if part.id:
        attributes += f' id="{part.id}"'
    title = f"<title>{escape_markup(part.tooltip)}</title>" if part.tooltip else ""
    shapes = "".join(_shape(shape, theme, part.opacity) for shape in part.shapes)
    labels = "".join(_label(label, theme, part.opacity) for label in part.labels)
    content = f"{title}{shapes}{labels}"
    if part.link:
        content = f'<a href="{part.link}" pointer-events="all">{content}</a>'
    return f"<g{attributes}>{content}</g>"


def _shape(shape: Shape, theme: Theme, opacity: float) -> str:
    roles = [role for role in (shape.stroke, shape.fill) if role != "none"]
    look = f' class="{" ".join(roles)}"' if roles else ""
    if shape.fill != "none":
        look += f' fill="{getattr(theme, shape.fill)}"'
    if shape.stroke != "none":
        look += f' stroke="{getattr(theme, shape.stroke)}"{_faded(opacity)}'
    if shape.width != 1:
        look += f' stroke-width="{shape.width:g}"'
    if shape.dashed:
        look += f' stroke-dasharray="{DASHED[0]} {DASHED[1]}"'
    if shape.kind == "path":
        points = iter(shape.points)
        written = [
            command + " ".join(_pair(next(points)) for _ in range(3 if command == "C" else 1))
            for command in shape.commands
        ]
        return f'<path{look} d="{"".join(written)}"/>'
    (x, y), (right, bottom) = shape.points
    width, height = right - x, bottom - y
    if shape.kind == "ellipse":
        centre = f'cx="{_short(x + width / 2)}" cy="{_short(y + height / 2)}"'
        return f'<ellipse{look} {centre} rx="{_short(width / 2)}" ry="{_short(height / 2)}"/>'
    place = f'x="{_short(x)}" y="{_short(y)}" width="{_short(width)}" height="{_short(height)}"'
    rounded = f' rx="{_short(ROUNDING)}"' if shape.stroke != "none" else ""
    return f"<rect{look} {place}{rounded}/>"


def _label(label: Label, theme: Theme, opacity: float = 1.0) -> str:
    size = f' font-size="{_short(label.size)}"' if label.size != FONT_SIZE else ""
    return (
        f'<text class="{label.color}" fill="{getattr(theme, label.color)}" x="{_short(label.x)}" '
        f'y="{_short(label.y)}"{size}{_faded(opacity)}>{_runs(label.runs, label.size)}</text>'
    )


def _runs(runs: list[Run], size: float) -> str:
    written = ""
    lowered = ""  # brings the next run down again
    for run in runs:
        text = escape_markup(isolated(run.text))
        text = _FORMULA.sub(r"<tspan>\g<0></tspan>", text)
        attributes = lowered + (' font-style="italic"' if run.italic else "")
        lowered = ""
        if run.high:
            rise = _short(size * RAISED)
            attributes += f' dy="-{rise}" font-size="{_short(size * SMALLER)}"'
            lowered = f' dy="{rise}"'
        written += f"<tspan{attributes}>{text}</tspan>" if attributes else text
    return written


def _faded(opacity: float) -> str:
    return f' opacity="{opacity:g}"' if opacity < 1 else ""


def _short(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _pair(point: tuple[float, float]) -> str:
    return f"{_short(point[0])} {_short(point[1])}"
