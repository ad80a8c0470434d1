"""The player in HTML: a fragment for a notebook, and a page that needs nothing else."""

from __future__ import annotations

import hashlib
import re
from html import escape as escape_markup
from pathlib import Path

from viz.style import FONT_SIZE, FONTS, THEMES, Theme

FOLLOWS = "follows"  # the class of what is light or dark as the reader's system is


# What the players are made of, in the order of their imports.
MODULES = {
    "player": ("controls", "numbers", "graph", "player"),
    "network": ("controls", "network"),
}


def fragment(picture: str, description: str, player: str, told: str, theme: str | None) -> str:
    """A picture as an image, with a script that turns it into a player.

    Without the script, as in a notebook that is not trusted, the image stays. The picture is
    stored once: the script takes it out of the image.

    Args:
        picture: the finished picture as SVG.
        description: the picture in words.
        player: which one, of ``MODULES``.
        told: what it tells, such as a graph and its captions, as a JavaScript expression.
        theme: the name of a theme; None: as the reader's system prefers.
    """
    identity = "glassgrad-" + hashlib.sha256((picture + told).encode()).hexdigest()[:12]
    kind = theme or FOLLOWS
    style = _read("player.css") + variables(f".glassgrad.{kind}", theme)
    script = f'{_program(player)}start("{identity}", play, {told});'
    return (
        f'<div class="glassgrad {kind}" id="{identity}">'
        f'<img alt="{escape_markup(description)}" src="{_data_uri(picture)}">'
        f"<style>{style}</style>"
        f"<script>(() => {{\n{script}\n}})();</script></div>"
    )


def page(title: str, body: str) -> str:
    """A page around a fragment, which may load nothing from anywhere."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src "
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}\'unsafe-inline\'">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape_markup(title)}</title>"
        "<style>body{margin:0}.glassgrad{box-sizing:border-box;min-height:100vh}"
        "@page{size:landscape}</style>"
        f"</head><body>{body}</body></html>\n"
    )


def compact(picture: str) -> str:
    """Graphviz's SVG as a part of a page: what it says of each text is said once.

    All quotation marks in it enclose attributes, so no text of a learner is taken for one.
    """
    for pattern, by in (
        (r"^.*?(?=<svg)|<!--.*?-->|\n", ""),
        (rf' (xml:space="preserve"|text-anchor="start"|font-family="{FONTS}")', ""),
        (rf' font-size="{FONT_SIZE}.00"', ""),
        (r"(?<=>) ", "\u00a0"),  # a space at the start would be lost
        (r"^<svg", f'<svg font-family="{FONTS}" font-size="{FONT_SIZE}"'),
    ):
        picture = re.sub(pattern, by, picture, flags=re.DOTALL)
    return picture


def variables(selector: str, theme: str | None) -> str:
    """The colours of a theme as variables of CSS; None: of the one that the reader prefers."""
    rules = f"{selector}{{{_colors(THEMES[theme or 'light'])}}}"
    if theme is None:
        dark = f"{selector}{{{_colors(THEMES['dark'])}}}"
        rules += f"@media screen and (prefers-color-scheme:dark){{{dark}}}"
    return rules


def _colors(theme: Theme) -> str:
    scheme = "dark" if theme is THEMES["dark"] else "light"
    return (
        f"--paper:{theme.background};--ink:{theme.ink};--value:{theme.value};"
        f"--gradient:{theme.gradient};--lit:{theme.lit};--scheme:{scheme}"
    )


def _data_uri(picture: str) -> str:
    # All quotation marks of the SVG enclose attributes; those of texts are entities.
    picture = picture.replace('"', "'")
    quoted = re.sub(r"[%#<>&\n]", lambda match: f"%{ord(match[0]):02X}", picture)
    return f"data:image/svg+xml;charset=utf-8,{quoted}"


def _program(player: str) -> str:
    """The modules of a player as one script, without their comments."""
    modules = "".join(_read(f"{name}.mjs") for name in MODULES[player])
    return re.sub(r"^(import .*\n|\s*// .*\n|\s*\n|export (?=\w)| +)", "", modules, flags=re.M)


def _read(name: str) -> str:
    return (Path(__file__).parent / "player" / name).read_text("utf-8")
