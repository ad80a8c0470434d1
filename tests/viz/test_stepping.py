"""step_through: its words, its pictures, its files."""

import html
import io
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pypdf
import pytest
from graphs import xnor
from PIL import Image

from autograd import Value, affine, total
from viz import Drawing, draw, draw_network, step_through
from viz.style import THEMES

GOLDEN = Path(__file__).parent / "golden"


def mazur():
    """Worked example 11: a 2-2-2 network of sigmoid units and its squared error."""
    w = [Value(x, f"w{i}") for i, x in enumerate([0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55], 1)]
    b1, b2, i1, i2 = Value(0.35, "b1"), Value(0.6, "b2"), Value(0.05, "i1"), Value(0.1, "i2")
    h1 = (w[0] * i1 + w[1] * i2 + b1).sigmoid()
    h2 = (w[2] * i1 + w[3] * i2 + b1).sigmoid()
    o1 = (w[4] * h1 + w[5] * h2 + b2).sigmoid()
    o2 = (w[6] * h1 + w[7] * h2 + b2).sigmoid()
    return 0.5 * (0.01 - o1) ** 2 + 0.5 * (0.99 - o2) ** 2


def picture_in(fragment):
    """The SVG in the data URI of the image of a fragment."""
    source = re.search(r'<img alt="[^"]*" src="([^"]*)"', fragment)[1]
    head, _, picture = html.unescape(source).partition(",")
    assert head == "data:image/svg+xml;charset=utf-8"
    return unquote(picture)


# --- words


def test_captions_of_the_slide(J):
    captions = "\n\n".join(step_through(J).captions) + "\n"
    assert captions == (GOLDEN / "slide.captions.txt").read_text("utf-8")


def test_a_gradient_grows_path_by_path():
    x = Value(3, "x")
    u, v = 2 * x, 3 * x
    u.label, v.label = "u", "v"
    told = step_through(u + v).captions[-3:-1]
    assert told == [
        "Backward: from v to x, path 1 of 2.\ndJ/dv × dv/dx = 1 × 3 = 3, so far dJ/dx = 3",
        "Backward: from u to x, path 2 of 2: the products of all paths add up.\n"
        "dJ/du × du/dx = 1 × 2 = 2, dJ/dx = 3 + 2 = 5",
    ]


def test_a_value_used_twice_by_one_operation_has_two_paths():
    a = Value(3, "a")
    told = step_through(a * a).captions[-3:-1]
    assert "path 1 of 2" in told[0]
    assert told[1].endswith("dJ/da = 3 + 3 = 6")


def test_many_inputs_and_many_leaves_are_not_all_listed():
    x = [Value(i, f"x{i}") for i in range(10)]
    captions = step_through(total(x)).captions
    assert "J is computed from x₀, x₁, 7 more and x₉." in captions[11].replace("  ", " ")
    assert captions[-1] == "Finished: every value has its gradient."


def test_a_leaf_alone_is_a_walk_too():
    x = Value(3, "x")
    assert step_through(x).captions == [
        "The graph of x, with 1 leaf and 0 operations. Values flow forward first.",
        "Forward: x is a leaf, its value is given.\nx = 3",
        "Backward: x changes by exactly as much as itself.\ndx/dx = 1",
        "Finished: the gradients of the leaves.\ndx/dx = 1",
    ]


def test_an_operation_on_constants_alone():
    walk = step_through(Value(2, "x") + Value.record(affine, [1, 2, 3]))
    assert "computed from constants" in "\n".join(walk.captions)


def test_names_are_typeset_and_products_are_short():
    w1, x_1 = Value(2), Value(3)
    assert step_through(w1 * x_1).captions[3].endswith("J = w₁x₁ = 6")


def test_a_long_formula_is_no_title():
    x = Value(1, "x")
    J = x
    for _ in range(10):
        J = (J + x).sigmoid()
    assert step_through(J, detail="numbers").captions[0].startswith("The graph of J, with 1 leaf")


def test_a_blank_label_leaves_a_blank(tmp_path):
    written = step_through(2 * Value(3, "\n")).save(tmp_path / "x.svg").read_text("utf-8")
    assert re.search(
        r'<g class="w0"><title>[^<]*</title><path [^>]*/><text [^>]*>.*? = 3<', written
    )


def test_names_from_right_to_left_keep_to_themselves():
    told = step_through(2 * Value(3, "שלום")).captions[1]
    assert told.startswith("Forward: \u2068שלום\u2069 is a leaf")


def test_names_come_from_the_callers_variables():
    first = Value(2)
    second = first * 3
    assert "second is computed from first." in "\n".join(step_through(second).captions)


def test_gates_have_the_names_that_captions_call_them_by():
    x, y = Value(2, "x"), Value(3, "y")
    walk = step_through((x * y).exp(), theme="circuit")
    assert "u is computed from x and y" in walk.captions[3]
    assert "<I>u</I> = 6" in walk.frames[-1].source


def test_the_walk_counts_its_steps_and_tells_what_to_do(J):
    walk = step_through(J)
    assert len(walk) == len(walk.captions) == len(walk.frames) == 14
    assert repr(walk) == "<walk through J: 14 steps; .save('J.html') writes a page>"


# --- manners


def test_the_graph_stays_as_it_is(J):
    step_through(J).save_nothing = None
    assert J.grad == 0.0
    assert all(x.grad == 0.0 for x in J.inputs)


def test_no_value_at_all():
    with pytest.raises(TypeError, match="a Value is needed"):
        step_through(3)
    with pytest.raises(ValueError, match="not a list of 2"):
        step_through([Value(1), Value(2)])


def test_a_list_of_one_stands_for_its_value(J):
    assert step_through([J]).captions == step_through(J).captions


def test_unknown_choices(J, tmp_path):
    with pytest.raises(ValueError, match="no theme 'pink'"):
        step_through(J, theme="pink")
    with pytest.raises(ValueError, match="no detail 'most'"):
        step_through(J, detail="most")
    with pytest.raises(ValueError, match="unknown format 'docx': choose one of html, svg, pdf"):
        step_through(J).save(tmp_path / "J.docx")
    assert not list(tmp_path.iterdir())


def test_too_many_values_are_refused_at_once():
    with pytest.raises(ValueError, match="301 values"):
        step_through(total([Value(i) for i in range(300)]))


def test_stale_values_are_named(J):
    u = J.inputs[1].inputs[1]
    u.inputs[0].data = 7.0
    with pytest.raises(ValueError, match=r"u was computed from other numbers.*J\.forward\(\)"):
        step_through(J)
    x = Value(1, "x")
    logarithm = x.log()
    x.data = -1.0  # from which nothing can be computed
    with pytest.raises(ValueError, match="logarithm was computed from other numbers"):
        step_through(logarithm)


def test_fresh_values_are_told(J):
    J.inputs[1].inputs[1].inputs[0].data = 7.0
    J.forward()
    assert "u = bc = 14" in "\n".join(step_through(J).captions)


def test_a_file_that_cannot_be_written_leaves_the_old_one(J, tmp_path):
    (tmp_path / "J.html").mkdir()
    with pytest.raises(OSError, match=r"cannot write .*J\.html"):
        step_through(J).save(tmp_path / "J.html")
    assert [file.name for file in tmp_path.iterdir()] == ["J.html"]


def test_stored_gradients_do_not_matter(J):
    before = step_through(J)._repr_html_()
    J.backward()
    J.backward()
    assert step_through(J)._repr_html_() == before


def test_a_walk_keeps_the_numbers_it_was_made_from(J, tmp_path):
    walk, before = step_through(J), step_through(J)._repr_html_()
    J.inputs[1].inputs[0].data = 100.0
    J.forward()
    J.backward()
    assert walk._repr_html_() == before
    assert "J = 3v = 33" in "\n".join(walk.captions)


# --- frames


def shown(frame, part):
    """The texts of a part of a picture that are to be seen."""
    [found] = [each for each in frame.scene.parts if each.name == part]
    return [str(label) for label in found.labels]


def lit(frame):
    """The names of the parts that are lit."""
    return [p.name for p in frame.scene.parts if any(s.width == 3 for s in p.shapes)]


def test_frames_are_the_picture_of_draw(J):
    """One layout: a frame differs in lights and texts, and has its caption below."""
    J.backward()
    still, frames = draw(J), step_through(J).frames
    assert all(isinstance(frame, Drawing) for frame in frames)
    assert frames[-1].scene.parts == still.scene.parts
    assert frames[-1].source == still.source
    for frame in frames:
        places = [[shape.points for shape in part.shapes] for part in frame.scene.parts]
        assert places == [[shape.points for shape in part.shapes] for part in still.scene.parts]
        assert frame.scene.heading[:1] == still.scene.heading


def test_the_player_and_draw_show_the_same_picture(J):
    J.backward()
    drawn = draw(J).pipe("svg", encoding="utf-8")
    assert picture_in(step_through(J, theme="light")._repr_html_()) == drawn.replace('"', "'")


def test_frames_show_what_has_come():
    x = Value(3, "x")
    u, v = 2 * x, 3 * x
    wire = [shown(frame, "w0") for frame in step_through(u + v, theme="light").frames]
    assert wire[0] == []
    assert wire[1] == wire[7] == ["x = 3"]
    assert wire[8] == ["x = 3", "3"]  # of two ways, one
    assert wire[9] == wire[10] == ["x = 3", "dJ/dx = 5", "3 + 2"]
    bare = [shown(frame, "w0") for frame in step_through(u + v, detail="numbers").frames]
    assert bare[8] == ["3"]  # a number alone comes when it is complete
    assert bare[9] == ["3", "5"]


def test_frames_light_what_is_at_work(J):
    frames = [sorted(lit(frame)) for frame in step_through(J).frames]
    assert frames[0] == frames[-1] == []
    assert frames[1] == ["u1", "w0"]  # a, and its way to a + u
    assert frames[4] == ["n3", "u2", "u3", "u4", "w1", "w2", "w3"]  # u = bc
    assert frames[6] == ["end", "n5", "u0", "w4", "w5"]
    assert frames[7] == ["end", "w5"]
    assert frames[11] == ["n3", "u2", "u3", "w1", "w3"]  # from u to b
    colors = [{s.stroke for p in f.scene.parts for s in p.shapes} for f in step_through(J).frames]
    assert [("value" in x, "gradient" in x) for x in colors] == [
        (False, False), *[(True, False)] * 6, *[(False, True)] * 6, (False, False),
    ]  # fmt: skip


def test_both_uses_of_a_value_by_one_operation_are_lit_one_after_the_other():
    a = Value(3, "a")
    frames = [set(lit(frame)) for frame in step_through(a * a).frames]
    assert [x & {"u0", "u1"} for x in frames[2:6]] == [{"u0", "u1"}, set(), {"u0"}, {"u1"}]


def test_lines_of_a_caption_do_not_touch(J):
    drawings = [*step_through(J).frames, draw_network(xnor(), [0, 1], 0)]
    for drawing in drawings:
        lines = [label.y for label in drawing.scene.heading]
        assert len(lines) > 1
        assert all(below - above > 1.2 * 14 for above, below in pairwise(lines))
        assert lines[-1] < drawing.scene.height


def test_a_narrow_picture_is_in_the_middle_above_its_caption():
    x = Value(2, "x")
    walk = step_through(x.relu(), theme="circuit")
    scene = walk.frames[2].scene
    places = [x for part in scene.parts for shape in part.shapes for x, _ in shape.points]
    assert scene.width == 400
    middle = (min(places) + max(places)) / 2
    assert scene.left + scene.width / 2 == pytest.approx(middle, abs=12)
    assert scene.heading[-1].x == scene.left + 200


@pytest.mark.parametrize("theme", ["dark", "circuit"])
def test_frames_have_the_theme(J, theme):
    frame = step_through(J, theme=theme).frames[5].pipe("svg", encoding="utf-8")
    assert f'fill="{THEMES[theme].background}"' in frame
    assert f'stroke="{THEMES[theme].value}"' in frame


# --- files


def test_pdf_has_a_page_per_step(J, tmp_path):
    pages = pypdf.PdfReader(step_through(J).save(tmp_path / "J.pdf")).pages
    assert len(pages) == 14
    assert "dJ/db = dJ/du × du/db = 3 × 2 = 6" in pages[11].extract_text()
    assert "33" not in pages[5].extract_text()
    assert {(page.mediabox.width, page.mediabox.height) for page in pages} == {(960, 540)}
    assert not any(page.images for page in pages)  # vectors


def test_gif_shows_every_step_once(J, tmp_path):
    with Image.open(step_through(J).save(tmp_path / "J.gif")) as image:
        assert image.n_frames == 14
        assert image.width <= 1200
        assert image.info["loop"] == 0  # again and again
        image.seek(13)
        assert image.info["duration"] == 5000


def test_gif_of_a_wide_graph_is_laid_out_for_a_chat(tmp_path):
    x = Value(0.5, "x")
    for k in range(4):
        x = (x * Value(0.3 + k, f"w{k}")).tanh()
    walk = step_through(x)
    assert walk.frames[0].scene.width > 900
    with Image.open(walk.save(tmp_path / "x.gif")) as image:
        assert image.width <= 1200
    shown = walk._for_a_chat()[-1].scene
    sizes = {label.size for part in shown.parts for label in part.labels}
    assert max(sizes) * 96 / 72 >= 14  # dots


def test_gif_of_a_narrow_graph_has_room_for_the_words(tmp_path):
    x = Value(2, "x")
    with Image.open(step_through(x.relu()).save(tmp_path / "x.gif")) as image:
        assert image.width > 300


def test_svg_plays_for_five_seconds_at_most_and_not_for_those_who_mind(tmp_path):
    written = step_through(mazur()).save(tmp_path / "E.svg").read_text("utf-8")
    motion = written.partition("@media screen and (prefers-reduced-motion:no-preference)")[2]
    rest = written.replace(motion, "")
    assert "animation" not in rest
    assert "infinite" not in motion
    ends = [
        float(long) + float(start) for long, start in re.findall(r"([\d.]+)s ([\d.]+)s", motion)
    ]
    assert 4 < max(ends) <= 5.0
    assert "<script" not in written


def test_svg_needs_no_style_to_be_the_finished_picture(J, tmp_path):
    written = step_through(J).save(tmp_path / "J.svg").read_text("utf-8")
    plain = re.sub(r"<style>.*?</style>", "", written)
    texts = [re.sub("<[^>]*>", "", text) for text in re.findall(r"<text[^>]*>.*?</text>", plain)]
    assert {"b = 3", "J = 33", "dJ/db = 6", "3 × 2", "u = bc", "J = 3(a + bc)"} <= set(texts)
    assert 'fill="#0072B2"' in plain


def test_powers_are_raised_in_the_svg(tmp_path):
    x = Value(3, "x")
    written = step_through(x**2 + 1).save(tmp_path / "x.svg").read_text("utf-8")
    # A third of 14 points higher, a sixth smaller.
    assert re.search(r'x</tspan><tspan dy="-4.7" font-size="11.7">2</tspan>', written)


def test_page_is_self_contained_and_small(J, tmp_path):
    page = step_through(J).save(tmp_path / "J.html").read_text("utf-8")
    assert len(page.encode()) <= 40_000
    assert re.findall(r"(?:src|href)=.{6}", page.partition("<script>")[0]) == ['src="data:']
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert "<title>J = 3(a + bc), step by step</title>" in page


@pytest.mark.parametrize("theme", [None, "circuit"])
def test_page_of_a_network_grows_slowly(theme, tmp_path):
    page = step_through(mazur(), theme=theme).save(tmp_path / "E.html")
    assert page.stat().st_size <= 40_000 + 33 * 2_500  # 39 values, and 6 in the slide


def test_300_values_are_laid_out(tmp_path):
    x = Value(0.5, "x")
    for k in range(74):
        x = (x * Value(0.1 * k, f"w{k}") + 0.1).tanh()
    page = step_through(x).save(tmp_path / "x.html")
    assert page.stat().st_size <= 40_000 + 291 * 2_500


def test_same_graph_same_bytes(J, tmp_path):
    for file_format in ("html", "svg"):
        one = step_through(J).save(tmp_path / f"one.{file_format}").read_bytes()
        assert one == step_through(J).save(tmp_path / f"two.{file_format}").read_bytes()


def test_other_graph_other_id(J):
    one = re.search(r'id="(glassgrad-\w+)"', step_through(J)._repr_html_())[1]
    other = re.search(r'id="(glassgrad-\w+)"', step_through(J, theme="dark")._repr_html_())[1]
    assert one != other


def test_the_picture_is_stored_once(J):
    fragment = step_through(J)._repr_html_()
    assert fragment.count("svg xmlns") == 1
    assert "<svg" in picture_in(fragment)


def test_the_picture_outlives_the_sanitizer_of_jupyterlab(J):
    fragment = step_through(J)._repr_html_()
    # What JupyterLab takes out of an untrusted notebook, with all that is in it.
    kept = re.sub(r"<(script|style|svg)\b.*?</\1>", "", fragment, flags=re.S)
    assert "33" in kept
    assert "dJ/db = 6.0" in html.unescape(re.search('alt="([^"]*)"', kept)[1])
    assert picture_in(kept) == picture_in(fragment)
    assert "<button" not in kept


@pytest.mark.parametrize("theme", ["light", "dark", "circuit", None])
def test_colours_are_those_of_the_theme(J, theme):
    picture = picture_in(step_through(J, theme=theme)._repr_html_())
    assert ("prefers-color-scheme" in picture) == (theme is None)
    background = {"dark": "#111111"}.get(theme, "#FFFFFF")
    ground = f"class='background' x='0' width='100%' height='100%' fill='{background}'"
    assert ground in picture


def test_gif_reads_back(tmp_path):
    walk = step_through(Value(2, "x").relu(), theme="dark")
    written = walk.save(tmp_path / "J.gif").read_bytes()
    with Image.open(io.BytesIO(written)) as image:
        assert image.convert("RGB").getpixel((2, 2)) == (0x11, 0x11, 0x11)
