"""PNG and PDF of an SVG from Graphviz, painted by matplotlib."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

import numpy as np
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from viz.metrics import font_file, typeset

POINTS = 72  # to the inch
PDF_MARGIN = 36  # points on each side, as Graphviz leaves them on paper

# Of dashed and dotted lines in points: what an SVG says, and what Graphviz itself paints.
_DASHES = {"5,2": (6, 6), "1,5": (2, 6)}

# What must not depend on when a picture is painted.
_METADATA = {"png": {"Software": None}, "pdf": {"CreationDate": None}}


def paint(svg: bytes, file_format: str) -> bytes:
    """The same picture as png or pdf: the shapes and the text, not their tooltips.

    A unit of the SVG is a pixel of the PNG, and a point of the PDF.

    Raises:
        RuntimeError: there is more to see than shapes and text, such as a photograph.
    """
    root = ElementTree.fromstring(svg)
    margin = PDF_MARGIN if file_format == "pdf" else 0
    width, height = (
        float(root.attrib[side].removesuffix("pt")) + 2 * margin for side in ("width", "height")
    )
    # Nothing that the user has set for plots holds here. Type 42 is TrueType, as the fonts are.
    with style.context(["default", {"pdf.fonttype": 42, "lines.scale_dashes": False}]):
        figure = Figure((width / POINTS, height / POINTS), POINTS, facecolor="none")
        page = (
            Affine2D().translate(margin, margin - height).scale(1 / POINTS, -1 / POINTS)
            + figure.dpi_scale_trans
        )
        for artist in _artists(root, page):
            figure.add_artist(artist)
        picture = io.BytesIO()
        figure.savefig(picture, format=file_format, dpi=POINTS, metadata=_METADATA[file_format])
    return picture.getvalue()


_NUMBER = re.compile(r"-?[\d.]+")
_SVG = "{http://www.w3.org/2000/svg}"


def _artists(root: ElementTree.Element, page: Transform) -> Iterator[Artist]:
    """What to paint, one thing over the other."""
    graph = root.find(f"{_SVG}g")
    assert graph is not None
    # transform="scale(1 1) rotate(0) translate(10.8 184.3)"
    scale, _, angle, x, y = _numbers(graph.attrib["transform"])
    placed = Affine2D().translate(x, y).rotate_deg(angle).scale(scale) + page
    for element in graph.iter():
        look = element.attrib
        match element.tag.removeprefix(_SVG):
            case "g" | "a" | "title":
                continue
            case "text":
                yield from _text(element.text or "", look, placed, scale, angle)
            case "path":
                yield _shape(_curve(_numbers(look["d"])), look, placed, scale)
            case "polygon" | "polyline" as tag:
                points = np.reshape(_numbers(look["points"]), (-1, 2))
                yield _shape(Path(points, closed=tag == "polygon"), look, placed, scale)
            case "ellipse":
                cx, cy, rx, ry = (float(look[key]) for key in ("cx", "cy", "rx", "ry"))
                oval = Affine2D().scale(rx, ry).translate(cx, cy)
                yield _shape(oval.transform_path(Path.unit_circle()), look, placed, scale)
            case tag:
                raise RuntimeError(
                    f"this picture has a <{tag}>, which cannot be painted here: write it as SVG, "
                    "or install the libraries that pygraphviz needs: GLib, X11, Xext and Xrender"
                )


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _curve(numbers: list[float]) -> Path:
    """M and one point, then C and three for each piece."""
    points = np.reshape(numbers, (-1, 2))
    return Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1))


def _shape(path: Path, look: Mapping[str, str], placed: Transform, scale: float) -> PathPatch:
    patch = PathPatch(
        path,
        transform=placed,
        facecolor=_color(look, "fill"),
        edgecolor=_color(look, "stroke"),
        linewidth=float(look.get("stroke-width", 1)) * scale,
        snap=False,
        zorder=0,
    )
    if dashes := _DASHES.get(look.get("stroke-dasharray", "")):
        patch.set_linestyle((0, [dash * scale for dash in dashes]))
    return patch


def _text(
    text: str, look: Mapping[str, str], placed: Transform, scale: float, angle: float
) -> Iterator[Text]:
    """One Text for each glyph: each stands where Graphviz counted on."""
    size = float(look["font-size"])
    bold, italic = look.get("font-weight") == "bold", look.get("font-style") == "italic"
    color = _color(look, "fill")
    if color[3] == 0:
        return  # nobody is to see it, nor to find it in a PDF
    glyphs, width = typeset(text, size, bold, italic)
    start = float(look["x"]) - width * {"start": 0, "middle": 0.5, "end": 1}[look["text-anchor"]]
    font = FontProperties(fname=font_file(bold, italic), size=size * scale)
    for glyph in glyphs:
        yield Text(
            start + glyph.x,
            float(look["y"]),
            glyph.character,
            transform=placed,
            color=color,
            fontproperties=font,
            rotation=-angle,
            rotation_mode="anchor",
            parse_math=False,
            zorder=0,
        )


def _color(look: Mapping[str, str], part: str) -> tuple[float, float, float, float]:
    color = look.get(part, "black")
    if color in ("none", "transparent"):
        return 0.0, 0.0, 0.0, 0.0
    return to_rgba(color, float(look.get(f"{part}-opacity", 1)))
