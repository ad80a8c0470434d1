"""Networks as neurons in columns: the numbers of the worked examples, in the right places."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from graphs import mazur, xnor

from autograd import Value, affine, sigmoid, softmax_cross_entropy_with_logits
from nn import MLP, Layer, Neuron, SquaredError
from viz import draw_network
from viz.networks.reading import MOST_ROWS
from viz.scenes.metrics import text_width

GOLDEN = Path(__file__).parent / "golden"


def texts(drawing):
    """What is written in the picture, by the id of the node."""
    nodes = re.findall(r"^\t(\w+) \[label=<(.*?)>(?: \w+=.*)?\]$", drawing.source, re.MULTILINE)
    return {node: re.sub("<.*?>", " ", text).strip() for node, text in nodes}


def edges(drawing):
    """The attributes of the edges, by the ids of their ends."""
    found = re.findall(r"^\t(\w+) -> (\w+) \[(.*)\]$", drawing.source, re.MULTILINE)
    return {(start, end): dict(re.findall(r'(\w+)="?([^" ]+)', text)) for start, end, text in found}


@pytest.mark.parametrize(
    ("name", "model", "x", "y", "loss"),
    [
        ("xnor", xnor, [1, 0], [0], None),
        ("mazur", mazur, [0.05, 0.1], [0.01, 0.99], SquaredError()),
    ],
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_golden_pictures(name, model, x, y, loss, theme):
    drawing = draw_network(model(), x, y, loss=loss, theme=theme)
    golden = GOLDEN / f"network-{name}{'-dark' * (theme == 'dark')}.dot"
    assert drawing.source == golden.read_text("utf-8")


def test_mazur_activations_errors_and_loss():
    """δ of the outputs is (a − y)a(1 − a): 0.138499 and −0.038098; E = 0.298371109."""
    shown = texts(draw_network(mazur(), [0.05, 0.10], [0.01, 0.99], loss=SquaredError()))
    assert shown["n2_0"].endswith("0.7514")
    assert shown["n2_1"].endswith("0.7729")
    assert shown["d2_0"] == "δ ≈ 0.1385"
    assert shown["d2_1"] == "δ ≈ −0.0381"
    assert shown["loss"].split()[-1] == "0.2984"
    assert shown["b1_0"].split()[-1] == "0.35"
    assert shown["w0_1_0"] == "0.2"
    assert shown["y1"].split()[-1] == "0.99"


def test_the_hidden_errors_are_weighted_sums():
    """δ[1] = W[2]ᵀδ[2] ∗ a(1 − a), in full digits in the words for a screen reader."""
    drawing = draw_network(mazur(), [0.05, 0.10], [0.01, 0.99], loss=SquaredError())
    told = dict(re.findall(r"(\w\S*) = [\d.]+, δ = (-?[\d.]+\d)", drawing.description))
    delta = {name: float(digits) for name, digits in told.items()}
    a = sigmoid(0.15 * 0.05 + 0.2 * 0.1 + 0.35)
    weighted = 0.4 * delta["a₁⁽²⁾"] + 0.5 * delta["a₂⁽²⁾"]
    assert math.isclose(delta["a₁⁽¹⁾"], weighted * a * (1 - a), rel_tol=1e-12)
    assert math.isclose(delta["a₁⁽²⁾"], 0.138499, abs_tol=1e-6)
    assert math.isclose(delta["a₂⁽²⁾"], -0.038098, abs_tol=1e-6)


def test_signs_and_sizes_of_weights_are_seen_without_colour():
    drawn = edges(draw_network(xnor(), [1, 0]))
    assert "style" not in drawn["n0_0", "n1_0"]
    assert drawn["n0_0", "n1_1"]["style"] == "dashed"
    widths = edges(draw_network(mazur(), [0, 0]))
    assert float(widths["n1_1", "n2_1"]["penwidth"]) == 5.0  # 0.55 is the largest
    assert float(widths["n0_0", "n1_0"]["penwidth"]) == pytest.approx(
        0.5 + 4.5 * 0.15 / 0.55, abs=0.005
    )


def test_without_a_target_there_are_activations_alone():
    shown = texts(draw_network(xnor(), [1, 1]))
    assert "loss" not in shown
    assert not any(node.startswith("d") for node in shown)
    assert shown["n2_0"].endswith("1")


def test_a_large_network_shows_what_fits_and_says_what_it_left_out():
    model = MLP(64, [25, 15, 10], seed=1)
    drawing = draw_network(model, [math.sin(i) for i in range(64)], [0] * 10)
    shown = texts(drawing)
    left_out = [shown[f"m{i}"] for i in range(3)]
    assert left_out == ["⋮ 55 more", "⋮ 16 more", "⋮ 6 more"]
    assert "m3" not in shown
    assert shown["t0"] == "64 inputs"
    assert "no room for the numbers of weights and biases" in drawing.source
    assert "25 units" in shown["t1"]
    assert sum(node.startswith("n0_") for node in shown) == MOST_ROWS - 1
    assert "n0_63" in shown
    assert not any(node.startswith(("w", "b")) for node in shown)
    assert b"<svg" in drawing.pipe("svg")


def test_of_many_outputs_those_that_are_drawn_have_a_target():
    shown = texts(draw_network(Layer(1, 12, seed=1), [1], list(range(12))))
    assert [node for node in shown if node.startswith("y")] == [
        *[f"y{j}" for j in range(8)],
        "y11",
    ]


def test_a_layer_and_a_neuron_are_networks_too():
    layer = Layer.from_weights([[1, -2], [-1, 1]], [1, 0], activation="sigmoid")
    shown = texts(draw_network(layer, [1, -1], [1, 0]))
    # Worked example 10: (σ(4), σ(−2)) = (0.98, 0.12)
    assert [shown[f"n1_{j}"].split()[-1] for j in range(2)] == ["0.982", "0.1192"]
    neuron = Neuron.from_weights([20, 20], -30, activation="sigmoid")
    shown = texts(draw_network(neuron, [Value(1, "left"), Value(1)], 1))
    assert shown["n0_0"].split() == ["left", "1"]
    assert shown["n1_0"].endswith("1")
    assert shown["t1"].startswith("layer 1: sigmoid")


def test_a_linear_unit_has_its_delta_at_itself():
    """½(a − y)² with a linear output: δ = a − y = 4 − 1."""
    neuron = Neuron.from_weights([2], 0)
    assert texts(draw_network(neuron, [2], 1))["d1_0"] == "δ = 3"


def test_softmax_has_delta_a_minus_y():
    """With cross-entropy from logits, the outputs are z and δ = softmax(z) − y."""
    layer = Layer.from_weights([[0.0], [0.0]], [0, 0])

    def loss(y, z):
        return softmax_cross_entropy_with_logits([float(k == y) for k in range(2)], z)

    shown = texts(draw_network(layer, [1], 1, loss=loss))
    assert (shown["d1_0"], shown["d1_1"]) == ("δ = 0.5", "δ = −0.5")
    assert shown["loss"].endswith("= 1")  # the class, which belongs to no output alone
    assert "y0" not in shown


def test_the_sum_of_a_softmax_unit_is_found():
    layer = Layer.from_weights([[1.0], [1.0]], [0, 0], activation="softmax")
    drawing = draw_network(layer, [1], [1, 0], loss=SquaredError())
    # Σ ½(a − y)² at a = (½, ½): dL/dz₁ = Σ (aₖ − yₖ) ∂aₖ/∂z₁ = −½·¼ + ½·(−¼) = −¼
    assert texts(drawing)["d1_0"] == "δ = −0.25"


class Dropout:
    def __init__(self, keep):
        self.keep = keep

    def __call__(self, values):
        return values[: self.keep]


class Unlabelled:
    """A neuron of one's own."""

    def __init__(self):
        self.weights, self.bias = [Value(2), Value(-0.0)], Value(1)

    def __call__(self, x):
        return affine(self.weights, x, self.bias)


class Network:
    def __init__(self, *layers):
        self.layers = layers


def test_layers_without_neurons_are_passed_through():
    drawing = draw_network(Network(Dropout(2), Unlabelled()), [1, 2], 3)
    shown = texts(drawing)
    assert shown["n1_0"].split()[-1] == "3"
    assert shown["t1"] == "layer 1, 1 unit"
    assert "a₁⁽¹⁾" in shown["n1_0"]


def test_what_cannot_be_drawn():
    with pytest.raises(TypeError, match="Dropout has none of them"):
        draw_network(Network(Dropout(1)), [1, 2])
    with pytest.raises(TypeError, match="int has none of them"):
        draw_network(3, [1, 2])
    with pytest.raises(ValueError, match="1 targets for 2 outputs"):
        draw_network(mazur(), [0, 0], 1)
    with pytest.raises(TypeError, match=r"not 'f.svg': to save the picture, write path='f.svg'"):
        draw_network(mazur(), [0, 0], "f.svg")
    with pytest.raises(ValueError, match="unknown format"):
        draw_network(mazur(), [0, 0], None, "network.gif")
    with pytest.raises(ValueError, match="no theme"):
        draw_network(mazur(), [0, 0], theme="pink")


def test_nothing_in_the_model_is_changed():
    model = mazur()
    for i, parameter in enumerate(model.parameters()):
        parameter.grad = float(i)
    draw_network(model, [0, 1], [1, 1])
    assert [p.grad for p in model.parameters()] == list(map(float, range(10)))


def test_numpy_arrays_are_examples_too():
    by_list = draw_network(mazur(), [0.5, 0.25], [0.0, 1.0])
    by_array = draw_network(mazur(), np.array([0.5, 0.25]), np.array([0.0, 1.0]))
    assert by_list.source == by_array.source


def test_it_is_written_to_a_file(tmp_path):
    path = tmp_path / "network.svg"
    draw_network(xnor(), [0, 0], [1], path)
    text = path.read_text("utf-8")
    assert 'role="img" aria-label="Network 2-2-1' in text


def test_labels_only_print():
    x = Value(1, '"]; <img onerror=x> \\N')
    source = draw_network(xnor(), [x, Value(0, "\u202e{")], [0]).source
    assert "\u202e" not in source
    assert b"<img" not in draw_network(xnor(), [x, 0]).pipe("svg")


def test_it_draws_the_same_picture_again():
    assert draw_network(xnor(), [0, 1], [0]).source == draw_network(xnor(), [0, 1], [0]).source


def painted(label):
    """The box around a text: left, top, right, bottom."""
    half = sum(text_width(run.text, label.size, run.italic) for run in label.runs) / 2
    return label.x - half, label.y - 0.73 * label.size, label.x + half, label.y + 0.05 * label.size


@pytest.mark.parametrize("sizes", [(2, 3, 1), (3, 4, 1), (4, 4, 3), (2, 2, 2)])
def test_no_number_is_covered_and_all_are_legible_on_a_slide(sizes):
    n, *units = sizes
    model = MLP(n, units, activation="tanh", output_activation="sigmoid", seed=3)
    x, y = [0.1 * k for k in range(n)], [1] + [0] * (units[-1] - 1)
    scene = draw_network(model, x, y).scene
    assert 14 * min(960 / scene.width, 420 / scene.height) >= 10
    circles = [s for part in scene.parts for s in part.shapes if s.kind == "ellipse"]
    outside = [
        (part.name, painted(label))
        for part in scene.parts
        for label in part.labels
        if part.name[:1] in "wbdty"
    ]
    assert len([name for name, _ in outside if name[0] == "w"]) == sum(
        a * b for a, b in pairwise(sizes)
    )
    for k, (name, (left, top, right, bottom)) in enumerate(outside):
        for other, (x0, y0, x1, y1) in outside[:k]:
            assert right <= x0 or x1 <= left or bottom <= y0 or y1 <= top, (name, other)
        for circle in circles:
            (a, b), (c, d) = circle.points
            x, y, radius = (a + c) / 2, (b + d) / 2, (c - a) / 2
            dx, dy = max(left - x, x - right, 0.0), max(top - y, y - bottom, 0.0)
            assert math.hypot(dx, dy) >= radius - 0.5, name


def test_weights_have_colours_of_their_own():
    drawing = draw_network(MLP(3, [4, 1], seed=3), [0.1, 0.2, 0.3], 1)
    of_edges = {
        s.stroke for part in drawing.scene.parts for s in part.shapes if part.name[:1] == "w"
    }
    assert of_edges - {"none"} == {"positive", "negative"}
    told = {label.color for p in drawing.scene.parts for label in p.labels if p.name[:1] == "w"}
    assert told == {"positive", "negative"}
