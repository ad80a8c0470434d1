"""painting: PNG and PDF look as those of the whole library."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib
import numpy as np
import pypdf
import pytest
from PIL import Image

from viz import bare
from viz.painting import paint
from viz.render import PNG_RESOLUTION, _by_library, _installed, render
from viz.style import FONTS

GOLDEN = [
    (Path(__file__).parent / "golden" / f"{name}.dot").read_text("utf-8")
    for name in ("slide", "circuit-circuit", "network-mazur-dark")
]
BLOCK = 8  # pixels; glyphs stand on whole ones, here and there

beside_the_whole = pytest.mark.skipif(
    not bare.is_available() or _installed() is not _by_library,
    reason="Graphviz's own PNG and PDF are on other fonts or not here",
)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), dtype=float)


def large(source: str) -> bytes:
    """An SVG with a unit for each pixel."""
    return render(source.replace("{", f"{{ dpi={PNG_RESOLUTION}", 1), "svg")


def painted(source: str) -> np.ndarray:
    return pixels(paint(large(source), "png"))


def colors(source: str) -> set[tuple[float, ...]]:
    """The colours of a picture, without those of the few pixels where shapes meet."""
    found, counts = np.unique(painted(source).reshape(-1, 4), axis=0, return_counts=True)
    return {tuple(color) for color, n in zip(found, counts, strict=True) if n > 1000}


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two pictures, looked at through a blurred glass."""
    rows, columns = np.minimum(one.shape, other.shape)[:2] // BLOCK
    blurred = [
        picture[: rows * BLOCK, : columns * BLOCK, :3]
        .mean(2)
        .reshape(rows, BLOCK, columns, BLOCK)
        .mean((1, 3))
        .ravel()
        for picture in (one, other)
    ]
    return float(np.corrcoef(blurred)[0, 1])


@beside_the_whole
@pytest.mark.parametrize("source", GOLDEN)
def test_golden_pictures_look_as_those_of_the_whole_library(source):
    png = pixels(_by_library(source, "png"))
    ours = painted(source)
    assert ours.shape == png.shape
    # 0.997 with matplotlib 3.11, and 0.989 with 3.8, which sets some glyphs a pixel off.
    assert likeness(ours, png) > 0.98
    smaller = large(source).replace(b'font-size="14.00"', b'font-size="13.00"')
    assert likeness(pixels(paint(smaller, "png")), png) < 0.97


@beside_the_whole
@pytest.mark.parametrize("source", GOLDEN)
def test_golden_pdfs_have_the_page_and_the_words_of_the_whole_library(source):
    ours, theirs = (
        pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
        for pdf in (paint(render(source, "svg"), "pdf"), _by_library(source, "pdf"))
    )
    assert ours.mediabox == theirs.mediabox
    assert ours.extract_text().split() == theirs.extract_text().split()


@beside_the_whole
@pytest.mark.parametrize(
    "source",
    [
        "graph { a [style=dashed penwidth=3]; b [style=dotted shape=box]; "
        'c [style=dotted penwidth=0]; a -- b [label="lab"] }',
        'graph { a [shape=record label="{left\\l|right\\r|x}"]; b [shape=cylinder] }',
        'graph { rotate=90; a [label="turned round"]; b; a -- b }',
        'graph { size="1,1"; a [label="made smaller" fontsize=20]; b; a -- b }',
        "graph { a [label=<<B>bold</B> <I><B>both</B></I>> peripheries=2] }",
    ],
    ids=["lines", "shapes", "rotated", "scaled", "fonts"],
)
def test_what_users_may_add_looks_the_same_too(source):
    source = source.replace("{", f'{{ node [fontname="{FONTS}"]; edge [fontname="{FONTS}"];', 1)
    ours, theirs = painted(source), pixels(_by_library(source, "png"))
    assert ours.shape == theirs.shape
    # Rotated glyphs are smoother in newer matplotlibs; dashes of other lengths give 0.78.
    assert likeness(ours, theirs) > 0.85


def test_colors_have_names_numbers_and_opacity():
    node = 'a [label="" style=filled shape=box color=transparent'
    assert colors(f"graph {{ {node} fillcolor=gold] }}") == {
        (255, 255, 255, 255),
        (255, 215, 0, 255),
    }
    # Half of a blue over white.
    assert colors(f'graph {{ {node} fillcolor="#0000ff80"] }}') == {
        (255, 255, 255, 255),
        (127, 127, 255, 255),
    }
    assert (255, 255, 255, 0) in colors("graph { bgcolor=transparent; a }")


@pytest.mark.parametrize("file_format", ["png", "pdf"])
def test_what_is_set_for_plots_does_not_show(file_format):
    svg = render(GOLDEN[0], "svg")
    before = paint(svg, file_format)
    own = {
        "path.sketch": (1, 100, 2),
        "savefig.bbox": "tight",
        "savefig.facecolor": "red",
        "text.usetex": True,
        "pdf.fonttype": 3,
    }
    with matplotlib.rc_context(own):
        assert paint(svg, file_format) == before
        assert matplotlib.rcParams["savefig.facecolor"] == "red"


def test_signs_that_are_in_no_font_are_squares(recwarn):
    source = f'graph {{ node [fontname="{FONTS}" shape=plain]; a [label="日"] }}'
    square = source.replace("日", "\N{WHITE SQUARE}")
    assert (painted(source) < 128).any()
    assert (painted(square) < 128).any()
    assert not recwarn


def test_hidden_text_cannot_be_found():
    pdf = paint(render('graph { a; b [fontcolor="#ff000000"] }', "svg"), "pdf")
    assert pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split() == ["a"]


def test_what_cannot_be_painted_is_named():
    with pytest.raises(RuntimeError, match=r"has a <defs>.*write it as SVG, or install .*GLib"):
        painted('graph { a [style=filled fillcolor="red:blue"] }')
