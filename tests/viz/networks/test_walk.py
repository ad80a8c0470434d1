"""step_through of a network: its words, its frames, its files, and its page in a browser."""

from __future__ import annotations

import html
import math
import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest
from graphs import mazur, xnor

from autograd import Value, affine
from nn import MLP, Layer, Neuron, SquaredError
from viz import NetworkWalkthrough, draw_network, step_through
from viz.networks.walk import MOST_STEPS


def walk_of(model, x, y=None, loss=None, **more):
    return step_through(draw_network(model, x, y, loss=loss), **more)


@pytest.fixture
def walk():
    """Worked examples 11 and 17."""
    return walk_of(mazur(), [0.05, 0.10], [0.01, 0.99], SquaredError())


# --- words --------------------------------------------------------------------------------


def test_activations_flow_right_and_errors_left(walk):
    """δ[1] = (0.4·0.138499 − 0.5·0.038098)·a(1 − a), unit by unit; dL/dw = δ·x."""
    assert [caption.splitlines()[1:] for caption in walk.captions] == [
        [],
        ["z = 0.15 × 0.05 + 0.2 × 0.1 + 0.35 = 0.3775, a₁⁽¹⁾ = σ(z) ≈ 0.5933"],
        ["z = 0.25 × 0.05 + 0.3 × 0.1 + 0.35 ≈ 0.3925, a₂⁽¹⁾ = σ(z) ≈ 0.5969"],
        ["z ≈ 0.4 × 0.5933 + 0.45 × 0.5969 + 0.6 ≈ 1.106, a₁⁽²⁾ = σ(z) ≈ 0.7514"],
        ["z ≈ 0.5 × 0.5933 + 0.55 × 0.5969 + 0.6 ≈ 1.225, a₂⁽²⁾ = σ(z) ≈ 0.7729"],
        ["L ≈ 0.2984"],
        ["δ of a₁⁽²⁾ ≈ 0.7414 × 0.1868 ≈ 0.1385"],
        ["δ of a₂⁽²⁾ ≈ (−0.2171) × 0.1755 ≈ −0.0381"],
        ["δ of a₁⁽¹⁾ ≈ (0.4 × 0.1385 + 0.5 × (−0.0381)) × 0.2413 ≈ 0.008771"],
        ["δ of a₂⁽¹⁾ ≈ (0.45 × 0.1385 + 0.55 × (−0.0381)) × 0.2406 ≈ 0.009954"],
        ["dL/dW₁‚₁⁽¹⁾ = δ of a₁⁽¹⁾ × x₁ ≈ 0.008771 × 0.05 ≈ 0.0004386"],
    ]
    assert walk.captions[4].startswith("Layer 2, unit 2 weighs its inputs")
    assert "changes with its activation, times the slope g′." in walk.captions[7]
    assert len(walk) == 11
    assert repr(walk) == ("<walk through a network: 11 steps; .save('network.html') writes a page>")


def test_the_gradient_of_the_first_weight_is_that_of_backward(walk):
    model = mazur()
    a = model([0.05, 0.10])
    (0.5 * (0.01 - a[0]) ** 2 + 0.5 * (0.99 - a[1]) ** 2).backward()
    assert f"{model.parameters()[0].grad:.4g}" == walk.captions[-1].split()[-1]


def test_without_a_target_there_is_no_way_back():
    captions = walk_of(xnor(), [0, 1]).captions
    assert len(captions) == 5
    assert captions[-1] == "Finished: the activations."


def test_a_long_walk_goes_layer_by_layer():
    walk = walk_of(MLP(2, [16, 16, 1], seed=1), [0.5, -1], 1)
    assert len(walk) == 1 + 3 + 1 + 3 + 1
    assert walk.captions[2].startswith("Layer 2, each unit weighs its inputs")
    assert walk.captions[6].startswith("Layer 2, each unit: the weighted sum of the δ's it feeds")
    assert len(walk_of(MLP(2, [8, 8, 8, 6], seed=1), [1, 1], [0] * 6)) == MOST_STEPS + 3


def test_units_that_are_not_drawn_are_not_stepped_through():
    walk = walk_of(MLP(1, [12, 1], seed=1), [1], 0)
    assert walk.captions[1].startswith("Layer 1, each unit")


def test_a_linear_unit_has_no_slope_to_multiply_by():
    captions = walk_of(Neuron.from_weights([2], 0), [2], 1).captions
    assert captions[1].endswith("z = 2 × 2 + 0 = 4")
    assert captions[-2].endswith("changes with its weighted sum.\nδ of z = 3")


def test_long_sums_are_abridged():
    model = MLP.from_weights([([[1.0]], [0.0]), ([[1.0]] * 6, [0.0] * 6)])
    captions = walk_of(model, [1], [0] * 6).captions
    assert captions[-2].endswith("δ of a₁⁽¹⁾ = (1 × 1 + 1 × 1 + … + 1 × 1) × 1 = 6")
    neuron = Neuron.from_weights([1, 2, 3, 4, 5], 0)
    told = walk_of(neuron, [1] * 5).captions[1]
    assert told.endswith("z = 1 × 1 + 2 × 1 + … + 5 × 1 + 0 = 15")


def test_what_is_no_product_is_told_as_a_number():
    layer = Layer.from_weights([[1.0], [1.0]], [0, 0], activation="softmax")
    walk = walk_of(layer, [1], [1, 0], SquaredError())
    assert walk.captions[1].endswith("z = 1 × 1 + 0 = 1, a₁ = 0.5")
    assert walk.captions[-3].endswith("changes with its weighted sum.\nδ of a₁ = −0.25")


class Doubled:
    """A layer without neurons."""

    def __call__(self, values):
        return [2 * x for x in values]


class Plain:
    """A neuron of one's own."""

    def __init__(self):
        self.weights, self.bias = [Value(3)], Value(0)

    def __call__(self, x):
        return affine(self.weights, x, self.bias)


class Network:
    layers = (Doubled(), Plain())


def test_what_a_layer_without_neurons_changes_is_not_told_as_a_product():
    captions = walk_of(Network(), [1], 5).captions
    assert captions[1].endswith("a₁⁽¹⁾ = 6")
    assert captions[-1].count("\n") == 0


def test_later_changes_of_the_model_do_not_show():
    model = mazur()
    drawing = draw_network(model, [0.05, 0.10], [0.01, 0.99], loss=SquaredError())
    before, source = step_through(drawing).captions, step_through(drawing).frames[-1].source
    for parameter in model.parameters():
        parameter.data += 1.0
    assert step_through(drawing).captions == before
    assert step_through(drawing).frames[-1].source == source


def test_what_cannot_be_asked_for():
    drawing = draw_network(xnor(), [0, 1])
    with pytest.raises(TypeError, match="detail='full' is for graphs"):
        step_through(drawing, detail="full")
    with pytest.raises(ValueError, match="no theme 'pink'"):
        step_through(drawing, theme="pink")


# --- pictures -----------------------------------------------------------------------------


def seen(frame):
    """The texts of activations, of the loss and of errors that are to be seen."""
    roles = {"n": "value", "l": "value", "d": "gradient"}
    parts = [part for part in frame.scene.parts if part.name and part.name[0] in roles]
    return sum(label.color == roles[p.name[0]] for p in parts for label in p.labels)


def lit(frame):
    return [p.name for p in frame.scene.parts if any(shape.fill == "lit" for shape in p.shapes)]


def faded(frame):
    return [part.name for part in frame.scene.parts if part.opacity < 1]


def grounds(frame):
    """How many errors hide what is behind them."""
    return sum(bool(part.shapes) for part in frame.scene.parts if part.name.startswith("d"))


def test_frames_show_what_is_known_by_then_in_the_same_places(walk):
    frames = walk.frames
    assert len(frames) == len(walk)
    # 2 inputs; then 4 activations, the loss, 4 errors
    assert [seen(frame) for frame in frames] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11]
    assert [len(lit(frame)) for frame in frames] == [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    # Of 8 weights, with a line and a number each, 2 are at work.
    assert [len(faded(f)) // 2 for f in frames] == [8, 6, 6, 6, 6, 8, 8, 8, 6, 6, 0]
    assert frames[6].description.endswith("δ of a₁⁽²⁾ ≈ 0.7414 × 0.1868 ≈ 0.1385")
    # An error to come hides no weight.
    assert [grounds(frame) for frame in frames] == [0] * 6 + [1, 2, 3, 4, 4]


def test_the_theme_is_that_of_the_steps():
    drawing = draw_network(xnor(), [0, 1])
    assert b"#111111" in step_through(drawing, theme="dark").frames[0].pipe("svg")
    assert b"#111111" not in step_through(drawing).frames[0].pipe("svg")


@pytest.mark.parametrize(
    ("ending", "start"),
    [("pdf", b"%PDF"), ("gif", b"GIF8"), ("svg", b"<svg"), ("html", b"<!DOCTYPE")],
)
def test_steps_are_saved(ending, start, tmp_path):
    path = tmp_path / f"steps.{ending}"
    assert walk_of(xnor(), [0, 1], [0]).save(path) == path
    assert path.read_bytes().startswith(start)


def test_other_formats_are_unknown(walk, tmp_path):
    with pytest.raises(ValueError, match="unknown format 'png': choose one of html, svg, pdf, gif"):
        walk.save(tmp_path / "steps.png")


# --- the page -----------------------------------------------------------------------------


def picture_in(fragment):
    source = re.search(r'<img alt="[^"]*" src="([^"]*)"', fragment)[1]
    return unquote(html.unescape(source).partition(",")[2])


def test_the_picture_is_stored_once_and_stands_alone(walk, tmp_path):
    page = walk.save(tmp_path / "net.html").read_text("utf-8")
    assert len(page) < 25_000
    assert page.count("data:image/svg+xml") == 1
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    root = ET.fromstring(picture_in(page))
    assert root.get("aria-label").startswith("Network 2-2-2")
    assert not [part for part in root.iter() if part.get("id")]
    assert {"n0_0", "n2_1", "d1_0", "w1_1_1", "loss"} <= {p.get("class") for p in root.iter()}


def test_same_network_same_bytes(walk):
    again = walk_of(mazur(), [0.05, 0.10], [0.01, 0.99], SquaredError())
    assert again._repr_html_() == walk._repr_html_()
    assert isinstance(again, NetworkWalkthrough)


@pytest.fixture
def page(browser, walk, tmp_path):
    page = browser.open(walk.save(tmp_path / "net.html"))
    yield page
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []


COUNT = "document.querySelectorAll('{}').length"
HIDING = (
    "[...document.querySelectorAll('[class^=\"{}\"] rect')]"
    ".filter(e => getComputedStyle(e).visibility === 'visible').length"
)


def test_every_step_in_the_browser(page, walk):
    assert page.text(".counter") == "10 / 10"
    assert page.run(COUNT.format("svg .unseen, svg .lit, svg .faded")) == 0
    page.click(".stage")
    page.key("Home")
    for k, (told, frame) in enumerate(zip(walk.captions, walk.frames, strict=True)):
        assert page.text(".counter") == f"{k} / 10"
        shown = page.run("[...document.querySelectorAll('.caption > div')].map(e => e.textContent)")
        assert "\n".join(filter(None, shown)) == told
        assert page.run(COUNT.format("svg .unseen")) == 11 - seen(frame)
        assert page.run(COUNT.format("svg .lit")) == len(lit(frame))
        assert page.run(HIDING.format("d")) == grounds(frame)
        assert page.run(COUNT.format("svg .faded")) == len(faded(frame))
        page.key("ArrowRight")


def test_on_a_telephone_a_unit_is_in_view_with_the_weights_at_work(page, walk):
    page.resize(400, 700)
    page.click(".stage")
    page.key("Home")
    outside = (
        "[...document.querySelectorAll('.lit, .w0_0_0:not(.faded), .w1_0_0:not(.faded)')]"
        ".filter(part => {const [f, p] = [document.querySelector('.stage'), part]"
        ".map(e => e.getBoundingClientRect()); return p.left < f.left || p.right > f.right})"
        ".map(part => part.parentNode.getAttribute('class'))"
    )
    for k in range(1, len(walk) - 1):  # each from the beginning, at the left
        for step in (0, k):
            page.run(f"(s => {{s.value = {step}; s.oninput()}})(document.querySelector('input'))")
        assert page.run(outside) == []


def test_buttons(page):
    page.click("[aria-label='Previous']")
    assert page.text(".counter") == "9 / 10"
    assert page.run("document.querySelector('svg .lit').parentNode.textContent").endswith("0.5969")
    page.click("[aria-label='Next']")
    page.click("[aria-label='Play']")
    assert page.text(".counter") == "0 / 10"
    page.click("[aria-label='Pause']")
    page.click("input[type=range]")
    assert page.text(".counter") == "5 / 10"


def test_tooltips_have_all_digits(page):
    assert page.text(".n1_0 title") == f"a₁⁽¹⁾ = {1 / (1 + math.exp(-0.3775))!r}"


@pytest.mark.parametrize("theme", ["light", "dark", "circuit", None])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_themes(browser, tmp_path, theme, scheme):
    file = walk_of(xnor(), [0, 1], [1], theme=theme).save(tmp_path / "net.html")
    page = browser.open(file, prefers_color_scheme=scheme)
    dark = theme == "dark" or (theme is None and scheme == "dark")
    paper = "rgb(17, 17, 17)" if dark else "rgb(255, 255, 255)"
    for selector in ("svg .background", ".n0_0 ellipse"):
        style = f"getComputedStyle(document.querySelector('{selector}')).fill"
        assert page.run(style) == paper


@pytest.mark.parametrize("label", ["</script>", '"]; evil [', "<img src=x onerror=alert(1)>", "\\"])
def test_labels_do_nothing_but_print(browser, tmp_path, label):
    walk = walk_of(xnor(), [Value(1, label), Value(0, label[::-1])], [0])
    page = browser.open(walk.save(tmp_path / "net.html"))
    assert label in page.text(".n0_0")
    assert page.run(COUNT.format("img, script")) == 1  # its own
    assert page.complaints == []


def test_print_shows_the_finished_picture(page):
    page.click(".stage")
    page.key("Home")
    page.run("dispatchEvent(new Event('beforeprint')); 0")
    assert page.run(COUNT.format("svg .unseen")) == 0
    page.run("dispatchEvent(new Event('afterprint')); 0")
    assert page.text(".counter") == "0 / 10"
