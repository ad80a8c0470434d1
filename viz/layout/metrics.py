"""How wide text is in matplotlib's DejaVu Sans, to the same fraction of a point as Pango says."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont

_PIXEL = 0.75  # points: Pango measures on a grid of 96 dots per inch

_LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ"}  # longest first

_MISSING = "□"  # stands for what is not in the font


def font_file(bold: bool, italic: bool) -> Path:
    """The file of that style among the fonts that come with matplotlib."""
    matplotlib = find_spec("matplotlib")
    assert matplotlib is not None
    assert matplotlib.origin is not None
    style = "-" * (bold or italic) + "Bold" * bold + "Oblique" * italic
    fonts = Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf"
    return fonts / f"DejaVuSans{style}.ttf"


def width(text: str, size: float, bold: bool = False, italic: bool = False) -> float:
    """The width of a text in points, as Pango measures it.

    It rounds the advance of each glyph to whole pixels at a whole number of pixels per em,
    as hinted fonts are drawn; its kerning goes by the size itself. At 15 points, 20 pixels per
    em, a is 12.3 pixels wide and b 12.7, so 12 and 13 pixels of 0.75 points:

    >>> width("ab", 15)
    18.75
    """
    font = _font(bold, italic)
    em = size / _PIXEL
    text = unicodedata.normalize("NFC", text)
    for letters, ligature in _LIGATURES.items():
        text = text.replace(letters, ligature)
    x = 0
    for character, following in zip_longest(text, text[1:], fillvalue=""):
        if _takes_room(character):
            # FreeType scales to 64ths of a pixel, and only then rounds to whole ones.
            advance = _rounded(_rounded(font.advance(character) * _rounded(em) * 64) / 64)
            x += _rounded(advance + font.kerning(character, following) * em)
    return x * _PIXEL


def natural_width(text: str, size: float, bold: bool = False, italic: bool = False) -> float:
    """The width of a text in points where nothing is rounded, as on paper.

    >>> round(natural_width("ab", 15), 2)
    18.71
    """
    font = _font(bold, italic)
    pairs = zip_longest(text, text[1:], fillvalue="")
    return size * sum(font.advance(c) + font.kerning(c, d) for c, d in pairs if _takes_room(c))


def in_font(text: str, bold: bool = False, italic: bool = False) -> str:
    """A text with a square for each sign that the font does not have."""
    names = _font(bold, italic).names
    visible = [c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf"]
    return "".join(c if c in names else _MISSING for c in visible)


def _takes_room(character: str) -> bool:
    # Not a zero-width space, nor an accent, which stands over the one before.
    return unicodedata.category(character) != "Cf" and not unicodedata.combining(character)


def heights(size: float) -> tuple[float, float]:
    """How far a line of text reaches above and below its baseline, in points."""
    font = _font(False, False)
    above, below = (
        # Whole pixels, of a height that FreeType has cut to 64ths.
        math.ceil(math.floor(reach * size / _PIXEL * 64) / 64) * _PIXEL
        for reach in (font.ascent, font.descent)
    )
    return above, below


class _Font(NamedTuple):
    """The numbers in a font file, in ems."""

    names: Mapping[str, str]
    advances: Mapping[str, float]
    kernings: Mapping[tuple[str, str], float]
    ascent: float
    descent: float

    def advance(self, character: str) -> float:
        # Signs that are not in DejaVu are mostly Chinese ones, or pictures as wide as those.
        return self.advances[self.names[character]] if character in self.names else 1.0

    def kerning(self, left: str, right: str) -> float:
        return self.kernings.get((self.names.get(left, ""), self.names.get(right, "")), 0.0)


@cache
def _font(bold: bool, italic: bool) -> _Font:
    with TTFont(font_file(bold, italic)) as font:
        em = font["head"].unitsPerEm
        (kerning,) = font["kern"].kernTables
        return _Font(
            {chr(code): name for code, name in font.getBestCmap().items()},
            {name: advance / em for name, (advance, _) in font["hmtx"].metrics.items()},
            {pair: distance / em for pair, distance in kerning.kernTable.items()},
            font["hhea"].ascent / em,
            -font["hhea"].descent / em,
        )


def _rounded(x: float) -> int:
    """To the nearest whole number, halves up."""
    return math.floor(x + 0.5)
