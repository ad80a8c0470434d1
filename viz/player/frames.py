"""The steps of a walk in one file: a PDF with a slide for each, and a GIF; their captions."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

from viz.layout.drawing import Drawing
from viz.progress import progress
from viz.scenes.scene import Moment
from viz.scenes.slide import slide
from viz.style import FONT_SIZE

RESOLUTION = 96  # dots per inch of a GIF, and fewer where it would be larger than
LARGEST = 1200  # dots in width or height, as much as a chat shows
WIDEST = LARGEST * 72 / RESOLUTION  # points; wider pictures are laid out anew

SECONDS = 1.5  # per drawing
SECONDS_AT_END = 5.0


def slides(picture: Drawing, moments: Sequence[Moment]) -> bytes:
    """A PDF with a slide of 16:9 for each moment."""
    from viz.scenes import painting  # matplotlib takes a while to be imported

    scenes = (slide(picture.scene, moment) for moment in progress(moments, "pages"))
    return painting.pdf(scenes, picture.theme, margin=0.0)


def wrapped(captions: Sequence[str], width: float, size: float = FONT_SIZE) -> list[list[str]]:
    """The lines of captions that fit a picture, as many for each of them.

    Args:
        width: that of the picture, in points.
        size: that of the text, in points.
    """
    letters = int(width / (0.62 * size))  # of the font, on average
    broken = [
        [line for text in caption.split("\n") for line in textwrap.wrap(text, letters)]
        for caption in captions
    ]
    most = max(map(len, broken))
    return [lines + [""] * (most - len(lines)) for lines in broken]


def gif(drawings: Sequence[Drawing]) -> bytes:
    """The drawings, which are all of one size, one after the other, again and again."""
    from PIL import Image

    from viz.scenes import painting

    scene = drawings[0].scene
    resolution = min(RESOLUTION, LARGEST / (max(scene.width, scene.height) / 72))
    images = []
    for drawing in progress(drawings, "frames"):
        image = painting.pixels(drawing.scene, drawing.theme, resolution)
        images.append(image.quantize(64, method=Image.Quantize.FASTOCTREE))
    written = io.BytesIO()
    seconds = [SECONDS] * (len(images) - 1) + [SECONDS_AT_END]
    images[0].save(
        written,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=[int(1000 * each) for each in seconds],
        loop=0,
    )
    return written.getvalue()
