"""metrics: text is as wide as its glyphs are, in whole pixels."""

from __future__ import annotations

import pytest

from viz.layout import metrics
from viz.layout.metrics import font_file, heights, in_font, natural_width

PIXEL = 0.75  # points


def width(text, size=15, **style):
    return metrics.width(text, size, **style)


@pytest.mark.parametrize(("bold", "italic"), [(False, False), (False, True), (True, False)])
def test_each_style_has_its_file_and_its_widths(bold, italic):
    assert font_file(bold, italic).exists()
    # In ems of 2048 units, n is 1298 wide, and 1458 in bold: at 20 pixels 12.7 and 14.2.
    assert width("n", bold=bold, italic=italic) == (14 if bold else 13) * PIXEL


def test_bold_and_italic():
    assert font_file(True, True).name == "DejaVuSans-BoldOblique.ttf"
    assert width("n", bold=True, italic=True) == 14 * PIXEL


def test_advances_are_rounded_at_a_whole_number_of_pixels_per_em():
    # A digit is 1303 units wide. 16 points are 21.3 pixels, so 21: 13.4 pixels.
    assert width("3", 16) == 13 * PIXEL
    # 14 points are 18.7 pixels, so 19: 12.1 pixels.
    assert width("3333", 14) == 4 * 12 * PIXEL


def test_pairs_are_kerned():
    assert width("AV") < width("A") + width("V")
    assert width("VA") < width("V") + width("A")


@pytest.mark.parametrize(
    ("text", "ligature"), [("ffi", "ﬃ"), ("ffl", "ﬄ"), ("ff", "ﬀ"), ("fi", "ﬁ"), ("fl", "ﬂ")]
)
def test_ligatures_are_one_glyph(text, ligature):
    assert width(f"a{text}e") == width(f"a{ligature}e") != width("ae") + width(ligature[0]) + 9


def test_accents_take_no_room():
    assert width("x\N{COMBINING CIRCUMFLEX ACCENT}") == width("x")  # no such letter in Unicode
    assert width("y\N{COMBINING CIRCUMFLEX ACCENT}") == width("ŷ")
    assert width("x\N{ZERO WIDTH SPACE}y") == width("xy")


def test_what_the_font_does_not_have_is_an_empty_square_an_em_wide():
    assert in_font("a日本\N{ZERO WIDTH SPACE}b") == "a□□b"
    assert width("日本") == natural_width("日本", 15) == 2 * 15


def test_on_paper_nothing_is_rounded():
    # 1303 and 1298 units of 2048, for a digit and for n.
    assert natural_width("3n", 20) == pytest.approx(20 * (1303 + 1298) / 2048)
    assert natural_width("AV", 20) < natural_width("A", 20) + natural_width("V", 20)
    assert natural_width("n", 20, bold=True) == pytest.approx(20 * 1458 / 2048)
    assert natural_width("ŷ", 20) == natural_width("y\N{COMBINING CIRCUMFLEX ACCENT}", 20)


def test_no_text():
    assert width("") == natural_width("", 15) == 0


def test_lines_are_whole_pixels_high():
    # 1901 and 483 units of 2048: at 20 pixels 18.6 above and 4.7 below the baseline.
    assert heights(15) == (19 * PIXEL, 5 * PIXEL)
    # 30.0125 pixels count as 30: FreeType has cut them to 30 0/64.
    assert heights(24.25) == (30 * PIXEL, 8 * PIXEL)
