"""How wide text is in matplotlib's DejaVu Sans, the font of every picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont

_MISSING = "□"  # stands for what is not in the font


@cache
def font_file(italic: bool) -> Path:
    """The file of that style among the fonts that come with matplotlib."""
    matplotlib = find_spec("matplotlib")
    assert matplotlib is not None
    assert matplotlib.origin is not None
    fonts = Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf"
    return fonts / f"DejaVuSans{'-Oblique' * italic}.ttf"


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, italic: bool = False) -> float:
    """The width of a text in points.

    In an em of 2048 units, a is 1255 units wide and b 1300:

    >>> round(text_width("ab", 2048))
    2555
    """
    font = _font(italic)
    seen = [c for c in unicodedata.normalize("NFC", text) if _takes_room(c)]
    pairs = zip_longest(seen, seen[1:], fillvalue="")
    return size * sum(font.advance(one) + font.kerning(one, other) for one, other in pairs)


def in_font(text: str, italic: bool = False) -> str:
    """A text with a square for each sign that the font does not have."""
    names = _font(italic).names
    visible = [c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf"]
    return "".join(c if c in names else _MISSING for c in visible)


@cache
def _takes_room(character: str) -> bool:
    # Not a zero-width space, nor an accent, which stands over the one before.
    return unicodedata.category(character) != "Cf" and not unicodedata.combining(character)


class _Font(NamedTuple):
    """The numbers in a font file, in ems."""

    names: Mapping[str, str]
    advances: Mapping[str, float]
    kernings: Mapping[tuple[str, str], float]

    def advance(self, character: str) -> float:
        # Signs that are not in DejaVu are mostly Chinese ones, or pictures as wide as those.
        return self.advances[self.names[character]] if character in self.names else 1.0

    def kerning(self, left: str, right: str) -> float:
        return self.kernings.get((self.names.get(left, ""), self.names.get(right, "")), 0.0)


@cache
def _font(italic: bool) -> _Font:
    with TTFont(font_file(italic)) as font:
        em = font["head"].unitsPerEm
        (kerning,) = font["kern"].kernTables
        return _Font(
            {chr(code): name for code, name in font.getBestCmap().items()},
            {name: advance / em for name, (advance, _) in font["hmtx"].metrics.items()},
            {pair: distance / em for pair, distance in kerning.kernTable.items()},
        )
