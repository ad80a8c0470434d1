"""Folded graphs: what becomes one box, how it is written, and when draw folds by itself."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from graphs import network_loss

import nn
from autograd import Value, affine, dot, softmax_cross_entropy_with_logits, total
from viz import draw
from viz.graphs.detail import LEVELS
from viz.graphs.folding import Fold, extent, fold, folded_formula, span
from viz.graphs.sweep import sweep_of
from viz.names import common_name

GOLDEN = Path(__file__).parents[1] / "golden"


def told(J, level):
    """Each fold: its name, its operation, and how many Values are in it."""
    folds = fold(sweep_of(J, {}), level)
    texts = []
    for i, each in enumerate(folds):
        made = f" = {folded_formula(i, folds)}" if each.inputs else ""
        texts.append(f"{each.name}{re.sub('<.*?>', '', made)} × {len(each.members)}")
    return texts


# --- what is one fold ---------------------------------------------------------------------


def test_a_network_by_layers():
    assert told(network_loss([3, 1]), "layers") == [
        "W[2] × 3",
        "W[1] × 6",
        "x × 2",
        "b[1] × 3",
        "z[1] = W⁽¹⁾x + b⁽¹⁾ × 3",
        "a[1] = tanh(z⁽¹⁾) × 3",
        "b[2] × 1",
        "z[2] = W⁽²⁾a⁽¹⁾ + b⁽²⁾ × 1",
        "y × 1",
        "d = z⁽²⁾ − y × 1",
        "u = d2 × 1",
        "L = 0.5u × 1",
    ]


def test_a_network_by_neurons():
    neurons = told(network_loss([2, 1]), "neurons")
    for text in (
        "W[1]_1 × 2",
        "x_1 × 1",
        "x_2 × 1",
        "z[1]_1 = W₁⁽¹⁾x + b₁⁽¹⁾ × 1",
        "z[1]_2 = W₂⁽¹⁾x + b₂⁽¹⁾ × 1",
        "a[1]_2 = tanh(z₂⁽¹⁾) × 1",
        "z[2]_1 = W₁⁽²⁾a⁽¹⁾ + b₁⁽²⁾ × 1",
    ):
        assert text in neurons


@pytest.mark.parametrize("level", LEVELS)
def test_a_batch_folds_as_its_examples_do(level):
    one, many = (told(network_loss([3, 1], examples=n), level) for n in (1, 7))
    assert len(many) == len(one) + 1
    assert many[-1] == "J = Σ L × 1"
    assert [x.split(" × ")[0] for x in many[:-1]] == [x.split(" × ")[0] for x in one]
    parameters = [i for i, x in enumerate(one) if re.match("[Wb]", x)]
    assert [many[i] for i in parameters] == [one[i] for i in parameters]
    assert many[-2].endswith("× 7")


def recurrence(steps):
    """h_t = tanh(w·h_t−1 + u·x_t)."""
    w, u, h = Value(0.5, "w"), Value(0.3, "u"), Value(0.1, "h_0")
    for t in range(1, steps + 1):
        h = (w * h + u * Value(0.2 * t, f"x_{t}")).tanh()
        h.label = f"h_{t}"
    return h


def test_the_steps_of_a_recurrence_stay_apart():
    folds = told(recurrence(3), "layers")
    assert "x × 3" in folds
    assert [x for x in folds if x.startswith("h_")] == [
        "h_0 × 1",
        "h_1 = tanh(q) × 1",
        "h_2 = tanh(s) × 1",
        "h_3 = tanh(u₁) × 1",
    ]
    names = [each.name for each in fold(sweep_of(recurrence(3), {}), "layers")]
    assert len(set(names)) == len(names)


def test_a_graph_without_names_folds_by_its_operations():
    """Four tanh units on three inputs, as written by hand, and the sum of their squares."""
    x = [Value(0.5 * i) for i in range(3)]
    J = Value(0)
    for j in range(4):
        z = Value(0.1)
        for i in range(3):
            z = z + Value(0.1 * (i + j)) * x[i]
        J = J + z.tanh() ** 2
    folds = told(J, "layers")
    assert folds == told(J, "neurons")
    assert folds == [
        "u × 5",  # what is only added: the biases, and the 0 that the sum starts from
        "v × 15",  # what is only multiplied: weights and inputs
        "w = v·v × 12",
        "p = u + w × 4",
        "q = p + w × 4",
        "r = q + w × 4",
        "s = tanh(r) × 4",
        "t = s2 × 4",
        "u1 = u + t × 1",
        "u2 = u₁ + t × 1",
        "u3 = u₂ + t × 1",
        "J = u₃ + t × 1",
    ]


def test_labels_that_are_no_indices_are_kept_apart():
    x, y = Value(1, "worst radius"), Value(2, "mean radius")
    assert told(x * y, "layers") == [
        "worst radius × 1",
        "mean radius × 1",
        "J = worst radius·mean radius × 1",
    ]


@pytest.mark.parametrize(
    ("name", "in_layer", "common"),
    [
        ("W[2]_3,1", True, "W[2]"),
        ("W[2]_3,1", False, "W[2]_3"),
        ("b[2]_3", False, "b[2]_3"),
        ("x_12", True, "x"),
        ("x12", True, "x"),
        ("w1", False, "w_1"),
        ("loss", True, "loss"),
        ("W[1]", True, "W[1]"),
        ("two words", False, "two words"),
    ],
)
def test_common_names(name, in_layer, common):
    assert common_name(name, in_layer=in_layer) == common


# --- parts of a model that have equal names -----------------------------------------------


class Autoencoder(nn.Module):
    def __init__(self):
        self.enc, self.dec = nn.MLP(3, [2], seed=1), nn.MLP(2, [3], seed=2)

    def forward(self, x):
        return self.dec(self.enc(x))


def named_x(*numbers):
    return [Value(number, f"x_{i}") for i, number in enumerate(numbers, 1)]


def reconstruction(*examples):
    model, X = Autoencoder(), [named_x(*x) for x in examples]
    return nn.SquaredError()(X, [model(x) for x in X])


def test_two_networks_of_a_module_are_drawn_as_two():
    folds = told(reconstruction((1, 2, 3)), "layers")
    assert [x for x in folds if x[0] in "Wbzx"] == [
        "W[1]′ × 6",
        "W[1] × 6",
        "x × 3",
        "b[1] × 2",
        "z[1] = W⁽¹⁾x + b⁽¹⁾ × 2",
        "b[1]′ × 3",
        "z[1]′ = W′⁽¹⁾z⁽¹⁾ + b′⁽¹⁾ × 3",
    ]
    neurons = told(reconstruction((1, 2, 3)), "neurons")
    # The decoder alone has a third unit; it is of the decoder all the same.
    assert "z[1]_3′ = W₃′⁽¹⁾z⁽¹⁾ + b₃′⁽¹⁾ × 1" in neurons
    assert "z[1]_2 = W₂⁽¹⁾x + b₂⁽¹⁾ × 1" in neurons


@pytest.mark.parametrize("level", LEVELS)
def test_two_networks_fold_over_a_batch_as_over_one_example(level):
    one, many = (told(reconstruction(*[(1, 2, 3)] * n), level) for n in (1, 4))
    parameters = [x for x in one if re.match("[Wb]", x)]
    assert parameters == [x for x in many if re.match("[Wb]", x)]
    assert [x.split(" × ")[0] for x in one if x[0] == "z"] == [
        x.split(" × ")[0] for x in many if x[0] == "z"
    ]


def test_two_layers_side_by_side_are_drawn_as_two():
    x = named_x(1, 2)
    ones, hundreds = (nn.Layer.from_weights([[w, w], [w, w]], [0, 0]) for w in (1, 100))
    J = dot(ones(x), hundreds(x))
    J.label = "J"
    folds = fold(sweep_of(J, {}), "layers")
    weights = {each.name: {w.data for w in each.members} for each in folds if "W" in each.name}
    assert weights == {"W": {1.0}, "W′": {100.0}}
    assert [x for x in told(J, "layers") if x[0] == "z"] == [
        "z = Wx + b × 2",
        "z′ = W′x + b′ × 2",
    ]


def test_more_than_four_parts_of_one_name_stay_apart():
    x = named_x(1, 2)
    for k in range(1, 6):
        x = nn.Layer.from_weights([[k, 0], [0, k]], [0, 0])(x)
    folds = fold(sweep_of(total(x), {}), "layers")
    weights = [{w.data for w in each.members} for each in folds if each.name == "W"]
    assert sorted(map(max, weights)) == [1, 2, 3, 4, 5]


def test_a_layer_that_is_applied_twice_is_one_beside_another():
    x = named_x(1, 2)
    twice, other = (nn.Layer.from_weights([[w, w]], [0]) for w in (1, 5))
    folds = fold(sweep_of(total([*twice(x), *twice(x), *other(x)]), {}), "layers")
    assert [(f.name, len(f.members)) for f in folds if f.name[0] in "Wz"] == [
        ("W", 2),
        ("z", 2),
        ("W′", 2),
        ("z′", 1),
    ]


def test_inputs_of_one_layer_stay_together_where_other_operations_read_some_of_them():
    x, y = named_x(1, 2)
    assert "x × 2" in told((1 - x) ** 2 + 100 * (y - x**2) ** 2, "layers")


# --- formulas and numbers -----------------------------------------------------------------


def leaves(name, count=2):
    return [Value(0.5 + i, f"{name}_{i}") for i in range(count)]


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (lambda: affine(leaves("w"), leaves("x"), Value(1, "b")), "wx + b"),
        (lambda: dot(leaves("w"), leaves("x")), "wx"),
        (lambda: total(leaves("x", 5)), "Σ x"),
        (lambda: affine(leaves("w"), [2.0, 3.0], Value(1, "b")), "wᵀx + b w, 2, 3, b"),
        (lambda: dot(leaves("w"), leaves("w")), "wᵀx w"),
        (lambda: softmax_cross_entropy_with_logits(leaves("y"), leaves("z")), "cross-entropy y, z"),
    ],
)
def test_a_list_has_one_name_in_a_formula(output, text):
    assert told(output(), "layers")[-1] == f"J = {text} × 1"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([2], "2"),
        ([1 / 3, 1 / 3], "0.3333"),
        ([-0.9012, 0.2, 0.8512], "(−0.9, 0.2, 0.85)"),
        ([-0.9012, 0.2, 0.5, 0.8512], "−0.9 … 0.85"),
        ([0.5001, 0.5002], "(0.5, 0.5)"),
        ([0.5001, 0.5002] * 2, "0.5001"),
        ([-1e-6, 1234.5], "(−1×10⁻⁶, 1200)"),
        ([math.nan, 2.0, math.nan, 1.0], "1 … 2, ⚠ 2 nan"),
        ([1.0, math.nan], "1, ⚠ 1 nan"),
        ([math.nan], "nan"),
    ],
)
def test_span(numbers, text):
    assert span(numbers) == text


# --- pictures -----------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_golden(level):
    golden = GOLDEN / f"folded-{level}.dot"
    assert draw(network_loss([3, 1], examples=4), detail=level).source == golden.read_text("utf-8")


def test_before_backward_gradients_are_dashes():
    assert draw(recurrence(2), detail="layers").source.count('<FONT COLOR="#A84800">–</FONT>') == 11


def test_the_picture_is_told_in_words():
    drawing = draw(network_loss([3, 1]), detail="layers")
    assert drawing.description == (
        "Computation graph of L, 26 values in 12 boxes, folded by layer."
    )
    assert "W⁽¹⁾: 6 values" in drawing.source


def test_the_graph_is_left_as_it_is():
    J = network_loss([3, 1], examples=3)
    before = [(x.data, x.grad, x.label) for x in sweep_of(J, {}).names]
    draw(J, detail="layers")
    assert [(x.data, x.grad, x.label) for x in sweep_of(J, {}).names] == before


def chain(operations):
    """A graph of 1 + 2 × operations named Values, none of them like another."""
    x = Value(0.5, "start")
    for k in range(operations):
        x = x * Value(0.5, "leaf" + "abcdefghij"[k // 26] + chr(97 + k % 26))
        x.label = "step" + "abcdefghij"[k // 26] + chr(97 + k % 26)
    return x


def test_default_levels():
    small = network_loss([4, 4, 1])
    assert len(sweep_of(small, {}).names) == 60
    assert "folded" not in draw(small).source
    by_neuron = draw(network_loss([4, 4, 1], n_inputs=3))
    assert "65 values in 42 boxes, folded by neuron" in by_neuron.source
    assert "folded by layer" in draw(network_loss([16, 16, 1])).source
    rows = draw(chain(60))  # 121 values that do not fold
    assert "folded" not in rows.source
    assert len(set(re.findall(r"^\t(n\d+) \[", rows.source, re.MULTILINE))) == 121
    with pytest.raises(ValueError, match=r'301 values.* detail="layers" .* detail="numbers"'):
        draw(chain(150))
    assert "301 values in 301 boxes" in draw(chain(150), detail="layers").source


def test_what_is_wrong_is_marked_with_how_many_have_it():
    x = [Value(1.0, label="x_1"), Value(-1.0, label="x_2")]
    W = [[Value(1.0, label=f"W[1]_{i},{j}") for j in (1, 2)] for i in (1, 2, 3)]
    z = [dot(row, x) for row in W]
    for i, each in enumerate(z, 1):
        each.label = f"z[1]_{i}"
    J = total(z)
    error = ArithmeticError("the loss is no number")
    error.output, error.notes = J, {z[1]: ["no number, from here on"]}
    source = draw(error, detail="layers").source
    assert source.count("⚠") == 1
    assert "⚠ 1 of 3: no number, from here on" in source
    assert len(re.findall(r"^\tn\d+ .*penwidth", source, re.MULTILINE)) == 1


def test_dead_units_are_marked_where_a_whole_layer_is_dead():
    def layer(*numbers):
        units = []
        for i, number in enumerate(numbers, 1):
            z = Value(number, label=f"z[1]_{i}")
            units.append(z.relu())
            units[-1].label = f"a[1]_{i}"
        return total(units)

    assert "⚠" not in draw(layer(-1.0, 1.0), detail="layers").source
    assert "⚠ 2 of 2: dead" in draw(layer(-1.0, -2.0), detail="layers").source


def test_a_fold_of_one_is_marked_as_in_the_whole_picture():
    z = Value(9.0, label="z")
    assert "⚠ saturated: slope 0.0001" in draw(z.sigmoid(), detail="layers").source


def test_nine_thousand_values_are_a_small_picture():
    drawing = draw(network_loss([16, 16, 1], examples=120))
    assert "8858 values in 17 boxes, folded by layer" in drawing.source
    assert len({part.name for part in drawing.scene.parts}) == 2 * 17 + 1  # edges have no names


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["W[1]_1,1", "W[1]_1,2", "W[1]_2,1", "W[1]_2,2"], "2 × 2"),
        (["W[1]_1,1", "W[1]_1,2", "W[1]_2,1"], "3 values"),  # one is missing
        (["x_1", "x_2"], "2 values"),
    ],
)
def test_a_fold_says_the_shape_of_weights_and_else_how_many_values_it_has(names, text):
    values = [Value(1.0, name) for name in names]
    labels = dict(zip(values, names, strict=True))
    assert extent(Fold("W[1]", values, []), labels) == text


def test_data_that_is_folded_has_no_gradient_either():
    loss = nn.MeanSquaredError()(1.0, nn.MLP(3, [4, 1], seed=1)([0.5, -1.0, 2.0]))
    loss.backward()
    parts = {part.name: part for part in draw(loss, detail="layers").scene.parts}
    wires = {
        str(part.labels[0]): parts[f"w{name[1:]}"]
        for name, part in parts.items()
        if name[:1] == "n"
    }
    roles = {name: {label.color for label in wire.labels} for name, wire in wires.items()}
    assert roles["x"] == {"value"}
    assert roles["W⁽¹⁾"] == {"value", "gradient"}
