"""The player in HTML: a picture, and the script that steps through it."""

from __future__ import annotations

import hashlib
import re
from html import escape as escape_markup
from pathlib import Path

from autograd import primitives
from viz.scenes.page import variables

FOLLOWS = "follows"  # the class of what is light or dark as the reader's system is


NO_MATH = "tex2jax_ignore mathjax_ignore"  # classes by which MathJax leaves a dollar alone

# What the players are made of, in the order of their imports.
MODULES = {
    "player": ("controls", "numbers", "in_javascript", "graph", "player"),
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
        f'<div class="glassgrad {kind} {NO_MATH}" id="{identity}">'
        f'<img alt="{escape_markup(description)}" src="{_data_uri(picture)}">'
        f"<style>{style}</style>"
        f"<script>(() => {{\n{script}\n}})();</script></div>"
    )


def _data_uri(picture: str) -> str:
    # All quotation marks of the SVG enclose attributes; those of texts are entities.
    picture = picture.replace('"', "'")
    quoted = re.sub(r"[%#<>&\n]", lambda match: f"%{ord(match[0]):02X}", picture)
    return f"data:image/svg+xml;charset=utf-8,{quoted}"


def _program(player: str) -> str:
    """The modules of a player as one script, without their comments."""
    modules = "".join([_read(f"{name}.mjs") for name in MODULES[player]])
    return re.sub(r"^(import .*\n|\s*// .*\n|\s*\n|export (?=\w)| +)", "", modules, flags=re.M)


def _read(name: str) -> str:
    beside = str(primitives.__file__) if name == "in_javascript.mjs" else __file__
    return (Path(beside).parent / name).read_text("utf-8")
