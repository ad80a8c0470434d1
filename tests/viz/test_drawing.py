"""draw: what stands in the picture, when, and for whom."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import graphviz
import pytest
from graphs import network_loss, network_program, sigmoid_circuit
from pypdf import PdfReader

from autograd import Value, dot, sigmoid, total
from autograd.backprop import topological_order
from autograd.primitives import TABLE, constant
from nn import MLP, MeanSquaredError
from viz import Drawing, draw
from viz.style import THEMES

GOLDEN = Path(__file__).with_name("golden")


def texts(drawing: Drawing) -> list[str]:
    """What stands in boxes and on wires: the DOT source without its markup."""
    dot = re.sub(r' (TITLE|tooltip)="[^"]*"', "", drawing.source)
    return re.split("[<>]+", re.sub(r"</?(I|FONT|SUP)\b[^>]*>", "", dot))


@pytest.mark.parametrize("theme", ["light", "circuit"])
def test_golden(graph, theme):
    output = graph()
    output.backward()
    name = graph.__name__.replace("_", "-")
    golden = GOLDEN / (f"{name}.dot" if theme == "light" else f"{name}-{theme}.dot")
    assert draw(output, theme=theme).source == golden.read_text("utf-8"), (
        f"the picture changed: look at it, and if it is better, write it to {golden}"
    )


def test_same_graph_same_bytes(graph):
    first, second = graph(), graph()
    for output in (first, second):
        output.backward()
    assert draw(first).source == draw(second).source
    assert draw(first).pipe("svg") == draw(second).pipe("svg")


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_same_source_same_bytes(J, form):
    assert draw(J).pipe(form) == draw(J).pipe(form)


def test_slide_has_values_gradients_and_chain_rule(J):
    J.backward()
    drawn = texts(draw(J))
    for text in (
        "u = bc", "v = a + u", "J = 3v", "J = 3(a + bc)",
        "a = 5", "b = 3", "c = 2", "u = 6", "v = 11", "J = 33",
        "dJ/dJ = 1", "dJ/dv = 3", "dJ/da = 3", "dJ/du = 3",
        "dJ/db = 6", "3 × 2", "dJ/dc = 9", "3 × 3",
    ):  # fmt: skip
        assert text in drawn
    assert not any("× 1" in text for text in drawn)  # which says nothing
    assert "a" not in drawn  # named once, with its value


def test_before_backward_gradients_are_dashes(J):
    drawn = texts(draw(J))
    assert "dJ/db = –" in drawn
    assert "dJ/db = 0" not in drawn
    (3 * J).backward()  # from another output
    assert "dJ/db = –" in texts(draw(J))


def test_a_leaf_alone():
    x = Value(5, "x")
    assert "dx/dx = –" in texts(draw(x))
    x.backward()
    assert "dx/dx = 1" in texts(draw(x))


def test_names_from_variables_and_letters():
    a, b = Value(5), Value(3)
    loss = 2 * (a + b * a) + 1
    drawn = texts(draw(loss))
    for text in ("a = 5", "b = 3", "u = ba", "v = a + u", "w = 2v", "loss = w + 1"):
        assert text in drawn
    assert "J = ab" in texts(draw(a * b))


def test_a_label_wins_over_a_variable():
    a = Value(5, "weight")
    assert "weight = 5" in texts(draw(a + 1))


def test_names_found_among_globals_and_local_ones_win(monkeypatch):
    shared = Value(2)
    monkeypatch.setitem(globals(), "everywhere", shared)

    def drawn_elsewhere(here: Value) -> str:
        return draw(here * 3).source

    assert "<I>shared</I> = 2" in draw(shared * 3).source
    assert "<I>here</I> = 2" in drawn_elsewhere(shared)
    assert "<I>everywhere</I> = 2" in draw(globals()["everywhere"] * 3).source.replace(
        "shared", "everywhere"
    )


def test_constants_stand_in_the_formula():
    x = Value(2, "x")
    assert draw(3 * x + 1, detail="numbers").source.count("shape=plaintext") == 1


def test_one_value_used_twice_has_two_wires():
    a = Value(3, "a")
    J = a * a
    J.backward()
    drawing = draw(J)
    assert drawing.source.count("w0:p:e -> n1") == 2
    assert {"dJ/da = 6", "3 + 3"} <= set(texts(draw(J)))


def test_fan_out_is_a_sum():
    x = Value(2, "x")
    J = 2 * x + x * 3
    J.backward()
    assert {"dJ/dx = 5", "3 + 2"} <= set(texts(draw(J)))
    y = Value(1, "y")
    K = total([y * i for i in range(1, 7)])
    K.backward()
    assert {"dK/dy = 21", "6 + 5 + … + 1"} <= set(texts(draw(K)))


def test_negative_numbers_and_roundings():
    x = Value(1 / 3, "x")
    J = -2 * x - x
    J.backward()
    drawn = texts(draw(J))
    assert "x ≈ 0.3333" in drawn
    assert {"dJ/dx = −3", "−1 + (−2)"} <= set(drawn)
    assert "J = −1" in drawn


def test_stored_gradients_that_differ_are_told(J):
    J.backward()
    assert not any("but" in text for text in texts(draw(J)))
    J.backward()
    assert "dJ/db = 6 (but b.grad is 12)" in texts(draw(J))
    x = Value(1, "x")
    J = x * float("inf") * 0
    J.backward()
    assert not any("but" in text for text in texts(draw(J)))  # nan agrees with nan


def test_a_stale_graph_says_so():
    x = Value(4, "x")
    J = (2 * x).sqrt()
    J.backward()
    assert "out of date" not in draw(J).source
    x.data = 9.0
    told = "out of date: u was computed from other numbers; call J.forward() and .backward() "
    assert told in texts(draw(J))
    J.forward()
    assert "out of date" not in draw(J).source
    x.data = -1.0
    assert told in texts(draw(J))
    K = (x + 2).log()
    K.inputs[0].data = -1.0  # here log has no value at all
    assert "out of date" in draw(K).source
    assert "out of date" not in draw(x * float("nan")).source


def test_drawing_changes_nothing(graph):
    output = graph()
    output.backward()
    nodes = topological_order(output)
    before = [(node, node.data, node.grad, node.partials) for node in nodes]
    draw(output)
    assert before == [(node, node.data, node.grad, node.partials) for node in nodes]


def test_a_list_of_one_is_drawn_as_its_value(J):
    assert draw([J]).source == draw(J).source


@pytest.mark.parametrize("thing", [5, None, "J", [Value(1), Value(2)], []])
def test_what_is_no_value_is_refused(thing):
    with pytest.raises((TypeError, ValueError), match="Value is needed"):
        draw(thing)


def mazur_by_hand() -> Value:
    """Mazur's network, spelled out operation by operation."""
    i1, i2 = Value(0.05, "i1"), Value(0.1, "i2")
    w = [Value(v, f"w{k}") for k, v in enumerate((0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55), 1)]
    b1, b2 = Value(0.35, "b1"), Value(0.6, "b2")
    h1, h2 = sigmoid(w[0] * i1 + w[1] * i2 + b1), sigmoid(w[2] * i1 + w[3] * i2 + b1)
    o1, o2 = sigmoid(w[4] * h1 + w[5] * h2 + b2), sigmoid(w[6] * h1 + w[7] * h2 + b2)
    return 0.5 * (0.01 - o1) ** 2 + 0.5 * (0.99 - o2) ** 2


def fitted(drawing: Drawing) -> float:
    """The points that the text has when the picture is fitted into 960 × 420 points."""
    return 14 * min(960 / drawing.scene.width, 420 / drawing.scene.height)


def chain(values: int) -> Value:
    x = Value(1, "x")
    for _ in range(values - 1):
        x = -x
    return x


def test_chain_rules_stay_away_where_they_would_not_be_legible_on_a_slide():
    L = mazur_by_hand()
    L.backward()
    assert not any(" × " in text for text in texts(draw(L)))
    assert fitted(draw(L)) >= 10
    assert any(" × " in text for text in texts(draw(L, detail="full")))


def test_the_graphs_of_the_decks_are_legible_on_a_slide(graph):
    output = graph()
    output.backward()
    for theme in ("light", "circuit"):
        assert fitted(draw(output, theme=theme)) >= 10
        parts = {part.name for part in draw(output, theme=theme).scene.parts}
        shown = [node for node in topological_order(output) if node.op is not constant]
        assert {f"w{i}" for i in range(len(shown))} <= parts


def test_a_wide_picture_shrinks_with_the_pane_of_a_notebook(J):
    assert 'style="max-width:' not in draw(J, detail="numbers")._repr_mimebundle_()["image/svg+xml"]
    L = mazur_by_hand()
    shown = draw(L)._repr_mimebundle_()["image/svg+xml"]
    head = shown[: shown.index(">")]
    assert f'style="max-width:{draw(L).scene.width:.1f}'.removesuffix(".0") in head
    assert " width=" not in head


def test_detail_by_size():
    chains = {n: chain(n) for n in (4, 31, 300, 301)}
    for output in chains.values():
        output.backward()
    assert any("/dx = −1" in text for text in texts(draw(chains[4])))
    numbers_only = texts(draw(chains[31]))
    assert "−1" in numbers_only
    assert not any("/dx" in text for text in numbers_only)
    assert any("/dx = 1" in text for text in texts(draw(chains[31], detail="full")))
    assert "n299" in draw(chains[300]).source
    with pytest.raises(ValueError, match=r'301 values.*300.*detail="numbers"'):
        draw(chains[301])
    forced = draw(chains[301], detail="numbers")
    assert "splines=line" in forced.source
    with pytest.raises(ValueError, match="no detail 'all': choose one of full, numbers"):
        draw(chains[4], detail="all")


def test_a_long_chain_goes_on_in_rows():
    assert fitted(draw(chain(60), detail="numbers")) >= 10


def test_numbers_that_a_model_or_a_loss_was_given_are_drawn_without_a_gradient():
    model = MLP(2, [1], seed=1)
    L = MeanSquaredError()(1.0, model([0.5, -1.0]))
    L.backward()
    drawn = texts(draw(L))
    assert any(text.startswith("dL/dW") for text in drawn)
    assert not any(text.startswith(("dL/dx", "dL/dy")) for text in drawn)


def test_gradients_may_be_asked_for_by_name(J):
    J.backward()
    a, b, _ = [node for node in topological_order(J) if node.label and not node.inputs]
    drawn = texts(draw(J, gradients=[b]))
    assert "dJ/db = 6" in drawn
    assert not any(text.startswith(("dJ/da", "dJ/dc")) for text in drawn)
    assert "dJ/du = 3" in drawn  # on the way
    a.grad = 5.0
    assert any("but a.grad is 5" in text for text in texts(draw(J, gradients=[b])))
    with pytest.raises(TypeError):
        draw(J, gradients=5)


def test_circuit_theme_has_signs_in_circles_and_bare_numbers(graph):
    output = graph()
    output.backward()
    drawn = texts(draw(output, theme="circuit"))
    assert any("shape=circle" in text for text in drawn)
    assert not any(text.startswith("d") and "/d" in text for text in drawn)


@pytest.mark.parametrize(
    ("make", "sign"),
    [
        (lambda x: x + 1, "+1"),
        (lambda x: 1 + x, "+1"),
        (lambda x: x * -3, "×(−3)"),
        (lambda x: x - 2, "−2"),
        (lambda x: 2 - x, "2−x"),
        (lambda x: 1 / x, "1/x"),
        (lambda x: x / 2, "x/2"),
        (lambda x: x**2, "x²"),
        (lambda x: -x, "×(−1)"),
        (lambda x: x * x, "×"),
        (sigmoid, "σ"),
        (abs, "|x|"),
        (lambda x: dot([x], [x]), "wᵀx"),
    ],
)
def test_gates(make, sign):
    assert f"label=<{sign}>" in draw(make(Value(2, "x")), theme="circuit").source


def test_every_row_of_the_table_can_be_drawn():
    for row in TABLE.values():
        for sample in row.samples[:1]:
            output = Value.record(row, [Value(x) for x in sample])
            output.backward()
            for theme in THEMES:
                assert draw(output, theme=theme).pipe("svg").startswith(b"<svg")


def test_unknown_theme(J):
    with pytest.raises(
        ValueError, match="no theme 'solarized': choose one of light, dark, circuit"
    ):
        draw(J, theme="solarized")


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_contrast(theme):
    for color in (theme.ink, theme.value, theme.gradient):
        light, dark = sorted((luminance(color), luminance(theme.background)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    "label",
    [
        "</script>", '"]; evil [', "<img src=x onerror=alert(1)>", "back\\slash \\N \\n \\",
        "two\nlines", "\x00\x07", "👍", "שלום", "\u202etxt", "a & b", "{x|y}", "<", "&lt;", "%s",
        "x" * 300,
    ],
)  # fmt: skip
def test_labels_print_as_typed(label):
    J = Value(1, label) * 3
    J.backward()
    svg = draw(J).pipe("svg", encoding="utf-8")
    root = ET.fromstring(svg)
    assert not {element.tag.split("}")[1] for element in root.iter()} & {"script", "img", "image"}
    assert "onerror=alert" not in re.sub(r"<(text|title|a)[ >].*|<svg.*", "", svg)
    shown = "".join(c if c.isprintable() else " " for c in label)
    shown = shown if len(shown) <= 40 else shown[:39] + "…"
    words = ["".join(word.itertext()) for word in root.iter() if word.tag.endswith("}text")]
    assert any(" ".join(shown.split()) in " ".join(word.split()) for word in words)


def test_tooltips_have_full_precision():
    x = Value(1 / 3, "x1")
    J = x * x
    J.backward()
    svg = draw(J).pipe("svg", encoding="utf-8")
    told = "<title>x₁ = 0.3333333333333333, dJ/dx₁ = 0.6666666666666666</title>"
    assert svg.count(told) == 1
    assert draw(J, detail="numbers").pipe("svg", encoding="utf-8").count(told) == 2  # and its name


def test_a_screen_reader_is_told_the_picture(J):
    J.backward()
    svg = draw(J).pipe("svg", encoding="utf-8")
    assert 'role="img" aria-label="Computation graph of J, 6 values. a = 5.0, dJ/da = 3.0. ' in svg


def test_a_drawing_shows_itself_and_renders_as_a_digraph_does(J, tmp_path):
    drawing = draw(J)
    bundle = drawing._repr_mimebundle_()
    assert bundle["text/plain"] == drawing.description
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert drawing.graph.source == drawing.source == drawing.pipe("dot", encoding="utf-8")
    path = Path(drawing.render("J.gv", directory=str(tmp_path)))
    assert path == tmp_path / "J.gv.svg"
    assert path.read_bytes() == drawing.pipe("svg")
    assert (tmp_path / "J.gv").read_text("utf-8") == drawing.source
    drawing.format = "png"
    assert drawing.pipe().startswith(b"\x89PNG")
    assert drawing.render("J.gv", str(tmp_path)).endswith(".png")


def test_render_cleans_up_and_views(J, tmp_path, monkeypatch):
    viewed = []
    monkeypatch.setattr(graphviz, "view", viewed.append)
    path = draw(J).render("J.gv", str(tmp_path), view=True, cleanup=True, format="png")
    assert viewed == [path] == [str(tmp_path / "J.gv.png")]
    assert not (tmp_path / "J.gv").exists()


def test_a_drawing_is_viewed_from_a_temporary_folder(J, monkeypatch):
    viewed = []
    monkeypatch.setattr(graphviz, "view", viewed.append)
    path = draw(J).view()
    assert viewed == [path]
    assert Path(path).read_bytes().startswith(b"<svg")


@pytest.mark.parametrize(
    ("ending", "start"),
    [
        ("svg", b"<svg"),
        ("png", b"\x89PNG"),
        ("pdf", b"%PDF"),
        ("dot", b"dig"),
        ("gv", b"dig"),
        ("html", b"<!DOCTYPE html>"),
    ],
)
def test_files(J, tmp_path, ending, start):
    path = tmp_path / f"J.{ending.upper()}"
    drawing = draw(J, path)
    assert isinstance(drawing, Drawing)
    assert path.read_bytes().startswith(start)
    assert drawing.write(path) == drawing.save(path) == path
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["J.bmp", "J", "J."])
def test_unknown_formats(J, tmp_path, name):
    with pytest.raises(
        ValueError, match=r"unknown format .*: choose one of svg, png, pdf, dot, gv, html"
    ):
        draw(J, tmp_path / name)
    assert not list(tmp_path.iterdir())


# --- as wide as it is asked to be ---


@pytest.mark.parametrize("width", [240.0, 480.0, 700.0, 2000.0])
@pytest.mark.parametrize("theme", ["light", "circuit"])
def test_files_have_the_width_that_is_asked_for(graph, theme, width):
    output = graph()
    output.backward()
    drawing = draw(output, theme=theme, width=width)
    assert drawing.scene.width == pytest.approx(width)
    assert f'width="{width:g}pt"' in drawing.pipe("svg", encoding="utf-8")
    [page] = PdfReader(io.BytesIO(drawing.pipe("pdf"))).pages
    assert float(page.mediabox.width) == pytest.approx(width, abs=0.5)
    for part in drawing.scene.parts:
        for label in part.labels:
            assert drawing.scene.left <= label.x <= drawing.scene.left + width
            assert 0 <= label.y <= drawing.scene.height


def test_a_narrow_picture_goes_on_in_rows_before_it_becomes_small(J):
    J.backward()
    natural, narrow = draw(J), draw(J, width=450)
    assert natural.scene.width > 450
    assert max(label.size for part in narrow.scene.parts for label in part.labels) > 13
    assert narrow.scene.height > 1.3 * natural.scene.height


def test_chain_rules_go_where_the_width_is_too_little_for_them():
    f = sigmoid_circuit()
    f.backward()
    assert any(" × " in text for text in texts(draw(f, width=400)))
    assert not any(" × " in text for text in texts(draw(f, width=200)))


def test_programs_and_folded_graphs_have_a_width_too():
    program = network_program(2, (2, 1))
    assert draw(program, width=500).scene.width == pytest.approx(500)
    loss = network_loss([8, 4, 1])
    assert draw(loss, width=500, detail="layers").scene.width == pytest.approx(500)


@pytest.mark.parametrize("width", [0, -5.0, float("nan"), float("inf")])
def test_a_width_is_a_positive_number_of_points(J, width):
    with pytest.raises(ValueError, match="is a number of points above 0, such as 480"):
        draw(J, width=width)
