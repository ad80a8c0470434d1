"""A page around a picture, and the colours of themes in it."""

from __future__ import annotations

from html import escape as escape_markup

from viz.style import THEMES, Theme


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
