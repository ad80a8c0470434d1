"""metrics: text is as wide as its glyphs are."""

from __future__ import annotations

import pytest

from viz.scenes.metrics import font_file, in_font, text_width


@pytest.mark.parametrize("italic", [False, True])
def test_each_style_has_its_file(italic):
    assert font_file(italic).exists()
    assert ("Oblique" in font_file(italic).name) == italic


def test_widths_are_those_of_the_font():
    # Units of 2048 to the em: 1303 for a digit, 1298 for n, 651 for a space.
    assert text_width("3n", 20) == pytest.approx(20 * (1303 + 1298) / 2048)
    assert text_width("3 3", 2048) == pytest.approx(2 * 1303 + 651)
    assert text_width("nn", 14, italic=True) == pytest.approx(14 * 2 * 1298 / 2048)


def test_pairs_are_kerned():
    assert text_width("AV", 15) < text_width("A", 15) + text_width("V", 15)
    assert text_width("VA", 15) < text_width("V", 15) + text_width("A", 15)


def test_accents_take_no_room():
    assert text_width("x\N{COMBINING CIRCUMFLEX ACCENT}", 15) == text_width("x", 15)
    assert text_width("y\N{COMBINING CIRCUMFLEX ACCENT}", 15) == text_width("ŷ", 15)
    assert text_width("A\N{ZERO WIDTH SPACE}V", 15) == text_width("AV", 15)


def test_what_the_font_does_not_have_is_an_empty_square_an_em_wide():
    assert in_font("a日本\N{ZERO WIDTH SPACE}b") == "a□□b"
    assert text_width("日本", 15) == 2 * 15


def test_no_text():
    assert text_width("", 15) == 0
