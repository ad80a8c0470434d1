"""painting: PNG and PDF show what the SVG does, the same everywhere."""

from __future__ import annotations

import io
import math

import matplotlib
import numpy as np
import pypdf
import pytest
from graphs import mazur, network_program, sigmoid_circuit, slide
from PIL import Image

from viz import draw, draw_network, step_through
from viz.scenes.painting import pdf, png
from viz.scenes.scene import Label, Part, Run, Scene, Shape
from viz.style import THEMES

LIGHT = THEMES["light"]


def pixels(scene: Scene, resolution: float = 72, theme: str = "light") -> np.ndarray:
    picture = Image.open(io.BytesIO(png(scene, THEMES[theme], resolution)))
    return np.asarray(picture.convert("RGB"), dtype=float)


def scene_with(*shapes: Shape, labels: tuple[Label, ...] = (), opacity: float = 1.0) -> Scene:
    return Scene(100, 60, [Part("x", list(shapes), list(labels), opacity=opacity)], [])


def words(document: bytes) -> list[str]:
    """The text of each page, without the spaces between."""
    pages = pypdf.PdfReader(io.BytesIO(document)).pages
    return ["".join(page.extract_text().split()) for page in pages]


def swept_slide():
    J = slide()
    J.backward()
    return draw(J)


def drawings():
    neuron = sigmoid_circuit()
    neuron.backward()
    return [
        swept_slide(),
        draw(neuron, theme="circuit"),
        draw_network(mazur(), [0.05, 0.1], [0.01, 0.99], theme="dark"),
        draw(network_program()),
    ]


def test_a_pdf_has_the_words_of_the_scene_as_text():
    for drawing in drawings():
        [page] = words(pdf([drawing.scene], drawing.theme))
        labels = [label for part in drawing.scene.parts for label in part.labels]
        for label in [*labels, *drawing.scene.heading]:
            assert "".join(str(label).split()) in page


def test_sizes_are_those_of_the_scene():
    scene = swept_slide().scene
    with Image.open(io.BytesIO(png(scene, LIGHT, 192))) as picture:
        assert picture.size == pytest.approx(
            (scene.width * 192 / 72, scene.height * 192 / 72), abs=1
        )
    box = pypdf.PdfReader(io.BytesIO(pdf([scene], LIGHT))).pages[0].mediabox
    assert (box.width, box.height) == pytest.approx((scene.width + 72, scene.height + 72), abs=0.1)


def test_a_very_wide_picture_has_fewer_dots_per_inch():
    scene = Scene(64_000, 10, [], [])
    with Image.open(io.BytesIO(png(scene, LIGHT, 192))) as picture:
        assert picture.size == (32_000, 5)


def test_shapes_stand_where_they_should_in_the_colours_of_their_roles():
    box = Shape("box", [(10, 10), (50, 50)], fill="lit", stroke="none")
    found = pixels(scene_with(box))
    assert found[30, 30].tolist() == [0xFF, 0xF2, 0xC2]
    assert found[12, 12].tolist() == [0xFF, 0xF2, 0xC2]  # no line, no rounding
    assert found[30, 55].tolist() == found[5, 30].tolist() == [255, 255, 255]
    rounded = pixels(scene_with(box._replace(stroke="gradient", width=4)))
    assert rounded[30, 10].tolist() == [0xA8, 0x48, 0x00]
    assert rounded[10, 10].tolist() == [255, 255, 255]
    oval = pixels(scene_with(Shape("ellipse", [(10, 10), (90, 50)], fill="lit")))
    assert oval[30, 50].tolist() == [0xFF, 0xF2, 0xC2]
    assert oval[13, 15].tolist() == [255, 255, 255]
    assert pixels(scene_with(), theme="dark")[5, 5].tolist() == [0x11] * 3


def test_lines_are_solid_or_dashed_and_curves_bend():
    line = Shape("path", [(5, 30), (95, 30)], "ML", stroke="value", width=6)
    solid, dashed = (pixels(scene_with(line._replace(dashed=d)))[30, 10:90] for d in (False, True))
    blue = [0x00, 0x72, 0xB2]
    assert (solid == blue).all()
    assert 0.4 < (dashed == blue).all(axis=1).mean() < 0.7
    curve = Shape("path", [(5, 50), (35, -10), (65, -10), (95, 50)], "MC", width=4)
    assert pixels(scene_with(curve))[5, 50].tolist() == [0, 0, 0]  # ¾ of the way up from 50


def test_what_is_faded_is_pale_but_hides_what_is_behind_it():
    line = Shape("path", [(5, 30), (95, 30)], "ML", width=10)
    ground = Shape("box", [(30, 10), (70, 50)], stroke="none", fill="background")
    pale = pixels(scene_with(line, opacity=0.25))[30, 50]
    assert pale.tolist() == pytest.approx([191] * 3, abs=2)
    behind = Scene(100, 60, [Part("a", [line], []), Part("b", [ground], [], opacity=0.25)], [])
    assert pixels(behind)[30, 50].tolist() == [255, 255, 255]


def test_text_is_centred_and_exponents_are_raised():
    label = Label(50, 40, [Run("x", italic=True), Run("2", high=True), Run(" = 9")])
    dark = np.argwhere(pixels(scene_with(labels=(label,)), 720).min(axis=2) < 128) / 10
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0)
    assert (left + right) / 2 == pytest.approx(50, abs=0.7)
    assert bottom == pytest.approx(40, abs=0.3)
    exponent = 40 - 14 / 3 - 0.729 * 14 / 1.2  # digits are 0.729 em high
    assert top == pytest.approx(exponent, abs=0.3)


@pytest.mark.parametrize("file_format", ["png", "pdf"])
def test_what_is_set_for_plots_does_not_show(file_format):
    drawing = swept_slide()
    before = drawing.pipe(file_format)
    own = {
        "path.sketch": (1, 100, 2),
        "savefig.bbox": "tight",
        "savefig.facecolor": "red",
        "text.usetex": True,
        "pdf.fonttype": 3,
    }
    with matplotlib.rc_context(own):
        assert drawing.pipe(file_format) == before
        assert matplotlib.rcParams["savefig.facecolor"] == "red"


def test_signs_that_are_in_no_font_are_squares(recwarn):
    sign, square = (scene_with(labels=(Label(50, 40, [Run(x)]),)) for x in "日□")
    assert math.isclose(pixels(sign).mean(), pixels(square).mean(), abs_tol=0.5)
    assert (pixels(sign) < 128).any()
    assert not recwarn


def test_what_is_still_to_come_cannot_be_found():
    pages = words(pdf([frame.scene for frame in step_through(slide()).frames], LIGHT))
    assert "J=33" not in pages[5]
    assert "J=33" in pages[6]
