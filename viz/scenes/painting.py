"""PNG and PDF of a scene, painted by matplotlib: the same on every machine."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import BoxStyle, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, Transform
from PIL import Image

from viz.scenes.metrics import font_file, in_font, text_width
from viz.scenes.scene import Label, Scene, Shape
from viz.style import DASHED, RAISED, ROUNDING, SMALLER, Theme

POINTS = 72  # to the inch
PDF_MARGIN = 36  # points on each side, of paper
LARGEST = 32_000  # dots in width or height of a PNG

_CODES = {"M": [Path.MOVETO], "L": [Path.LINETO], "C": [Path.CURVE4] * 3}

_settings = threading.Lock()  # those of matplotlib are the same for all threads
if hasattr(os, "register_at_fork"):  # pragma: no branch (not on Windows)
    os.register_at_fork(after_in_child=_settings._at_fork_reinit)  # type: ignore[attr-defined]

# Nothing that the user has set for plots holds here. Type 42 is TrueType, as the fonts are.
_STYLE: list[str | dict[str, Any]] = ["default", {"pdf.fonttype": 42, "lines.scale_dashes": False}]


def pixels(scene: Scene, theme: Theme, resolution: float) -> Image.Image:
    """The scene as an image: shapes and text, without tooltips and links.

    Args:
        resolution: in dots per inch; fewer where the picture would be too large.
    """
    resolution = min(resolution, LARGEST * POINTS / max(scene.width, scene.height))
    with _settings, style.context(_STYLE):
        canvas: Any = FigureCanvasAgg(_figure(scene, theme, resolution, 0))
        canvas.draw()
        image = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
        return image.convert("RGB")


def png(scene: Scene, theme: Theme, resolution: float, colors: int | None = None) -> bytes:
    """The image in a file, with no more than so many colours; None: all that there are."""
    picture = io.BytesIO()
    image = pixels(scene, theme, resolution)
    if colors is not None:
        image = image.quantize(colors, dither=Image.Dither.NONE)
    image.save(picture, "PNG", dpi=(resolution, resolution), optimize=colors is not None)
    return picture.getvalue()


def pdf(scenes: Iterable[Scene], theme: Theme, margin: float = PDF_MARGIN) -> bytes:
    """One page of vectors for each scene, with text that can be searched.

    Args:
        margin: around each scene, in points.
    """
    document = io.BytesIO()
    with (
        _settings,
        style.context(_STYLE),
        PdfPages(document, metadata={"CreationDate": None}) as pages,
    ):
        for scene in scenes:
            pages.savefig(_figure(scene, theme, POINTS, margin))
    return document.getvalue()


def _figure(scene: Scene, theme: Theme, resolution: float, margin: float) -> Figure:
    width, height = scene.width + 2 * margin, scene.height + 2 * margin
    figure = Figure((width / POINTS, height / POINTS), resolution, facecolor=theme.background)
    page = (
        Affine2D().translate(margin - scene.left, margin - height).scale(1 / POINTS, -1 / POINTS)
        + figure.dpi_scale_trans
    )
    for artist in _artists(scene, theme, page):
        figure.add_artist(artist)
    return figure


def _artists(scene: Scene, theme: Theme, page: Transform) -> Iterator[Artist]:
    """What to paint, one thing over the other."""
    for part in scene.parts:
        for shape in part.shapes:
            # What hides the lines behind a text does so, too, where that is faded.
            yield _shape(shape, theme, page, 1.0 if shape.stroke == "none" else part.opacity)
        for label in part.labels:
            yield from _label(label, theme, page, part.opacity)
    for label in scene.heading:
        yield from _label(label, theme, page, 1.0)


def _shape(shape: Shape, theme: Theme, page: Transform, opacity: float) -> PathPatch:
    fill, stroke = (
        "none" if role == "none" else getattr(theme, role) for role in (shape.fill, shape.stroke)
    )
    patch = PathPatch(
        _path(shape),
        transform=page,
        facecolor=fill,
        edgecolor=stroke,
        linewidth=shape.width,
        alpha=opacity,
        snap=False,
        zorder=0,
    )
    if shape.dashed:
        patch.set_linestyle((0, DASHED))
    return patch


def _path(shape: Shape) -> Path:
    if shape.kind == "path":
        codes = [code for command in shape.commands for code in _CODES[command]]
        return Path(shape.points, codes)
    box = Bbox(shape.points)
    if shape.kind == "ellipse":
        oval = Affine2D().scale(box.width / 2, box.height / 2)
        return oval.translate(*(box.p0 + box.p1) / 2).transform_path(Path.unit_circle())
    rounded = BoxStyle.Round(0, ROUNDING if shape.stroke != "none" else 0)
    return rounded(box.x0, box.y0, box.width, box.height, 1)


def _label(label: Label, theme: Theme, page: Transform, opacity: float) -> Iterator[Text]:
    """One Text for each run, side by side."""
    texts = [in_font(run.text, run.italic) for run in label.runs]
    sizes = [label.size * SMALLER if run.high else label.size for run in label.runs]
    widths = [
        text_width(text, size, run.italic)
        for text, size, run in zip(texts, sizes, label.runs, strict=True)
    ]
    x = label.x - sum(widths) / 2
    for text, size, width, run in zip(texts, sizes, widths, label.runs, strict=True):
        yield Text(
            x,
            label.y - (label.size * RAISED if run.high else 0.0),
            text,
            transform=page,
            color=getattr(theme, label.color),
            alpha=opacity,
            fontproperties=FontProperties(fname=font_file(run.italic), size=size),
            parse_math=False,
            zorder=0,
        )
        x += width
