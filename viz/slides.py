"""Several drawings in one file: a PDF with a page for each, and a GIF; their captions."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

from viz.canvas import Drawing
from viz.progress import progress
from viz.style import FONT_SIZE

RESOLUTION = 96  # dots per inch of a GIF, and fewer where it would be larger than
LARGEST = 1800  # dots in width or height

SECONDS = 1.5  # per drawing
SECONDS_AT_END = 5.0


def pdf(drawings: Sequence[Drawing]) -> bytes:
    """One page of vectors per drawing."""
    from pypdf import PdfWriter

    pages = PdfWriter()
    for drawing in progress(drawings, "pages"):
        pages.append(io.BytesIO(drawing.pipe("pdf")))
    pages.compress_identical_objects()
    written = io.BytesIO()
    pages.write(written)
    return written.getvalue()


def wrapped(captions: Sequence[str], width: float) -> list[list[str]]:
    """The lines of captions that fit a picture, as many for each of them.

    Args:
        width: that of the picture, in points.
    """
    letters = int(width / (0.62 * FONT_SIZE))  # of the font, on average
    broken = [
        [line for text in caption.split("\n") for line in textwrap.wrap(text, letters)]
        for caption in captions
    ]
    most = max(map(len, broken))
    return [lines + [""] * (most - len(lines)) for lines in broken]


def gif(drawings: Sequence[Drawing], inches: float, background: str) -> bytes:
    """The drawings one after the other, once.

    Args:
        inches: the width of the drawings, or their height if that is more.
        background: the colour around drawings that are smaller than others.
    """
    from PIL import Image

    resolution = min(RESOLUTION, LARGEST / inches)
    images: list[Image.Image] = []
    for drawing in progress(drawings, "frames"):
        small = drawing.copy()
        small.attr(dpi=f"{resolution:.0f}")
        with Image.open(io.BytesIO(small.pipe("png"))) as picture:
            images.append(picture.convert("RGB"))
    # A caption that is wider than the picture widens it.
    size = (max(image.width for image in images), max(image.height for image in images))
    sheets = []
    for image in images:
        sheet = Image.new("RGB", size, background)
        sheet.paste(image, ((size[0] - image.width) // 2, 0))
        sheets.append(sheet.quantize(64, method=Image.Quantize.FASTOCTREE))
    written = io.BytesIO()
    seconds = [SECONDS] * (len(sheets) - 1) + [SECONDS_AT_END]
    sheets[0].save(
        written,
        "GIF",
        save_all=True,
        append_images=sheets[1:],
        duration=[int(1000 * each) for each in seconds],
    )
    return written.getvalue()
