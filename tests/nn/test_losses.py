"""Losses: their graphs, sums and means, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, sigmoid, softmax
from autograd.primitives import TABLE
from nn import MLP, BinaryCrossentropy, MeanSquaredError, Neuron, SquaredError
from nn.losses import Loss

ALL = [
    SquaredError(),
    MeanSquaredError(),
    BinaryCrossentropy(),
    BinaryCrossentropy(from_logits=True),
]
each_loss = pytest.mark.parametrize("loss", ALL, ids=lambda loss: f"{type(loss).__name__}")


@pytest.mark.parametrize(
    ("loss", "activation", "row"),
    [
        (BinaryCrossentropy(), "sigmoid", "binary_cross_entropy"),
        (
            BinaryCrossentropy(from_logits=True),
            "linear",
            "binary_cross_entropy_with_logits",
        ),
    ],
)
@pytest.mark.parametrize("as_list", [lambda a: a, lambda a: [a]], ids=["Value", "list"])
def test_cross_entropy_of_one_output_is_one_node(loss, activation, row: str, as_list):
    a = Neuron.from_weights([1], 0, activation=activation)([0.5])
    L = loss(1, as_list(a))
    y = L.inputs[0]
    assert (L.op, L.label) == (TABLE[row], "L")
    assert L.inputs[1] is a
    assert (y.data, y.label, y.op) == (1.0, "y", None)


def test_squared_error_of_one_output_is_half_of_d_squared():
    a = Value(4, "a")
    J = SquaredError()(2, a)
    half, square = J.inputs
    d, two = square.inputs
    assert (J.label, J.op.name, half.data) == ("L", "multiply", 0.5)
    assert (square.op.name, two.data) == ("power_constant", 2)
    assert (d.label, d.op.name, d.inputs[0]) == ("d", "subtract", a)
    assert (d.inputs[1].label, d.inputs[1].data) == ("y", 2)


def test_mean_squared_error_of_one_output_is_d_squared():
    L = MeanSquaredError()(2, Value(5))
    assert (L.label, L.op.name, L.data) == ("L", "power_constant", 9)


def test_a_target_that_is_a_value_is_used_as_it_is():
    y = Value(2, "target")
    a = Value(4)
    L = SquaredError()(y, a)
    assert L.inputs[1].inputs[0].inputs == (a, y)


# Two examples with two outputs: differences 1, 2 and 3, 0.
Y_TRUE = [[1, 1], [0, 5]]
Y_PRED = [[2, 3], [3, 5]]


@pytest.mark.parametrize(
    ("loss", "first", "cost"),
    [
        (SquaredError(), 0.5 + 2, (0.5 + 2 + 4.5) / 2),
        (MeanSquaredError(), (1 + 4) / 2, (1 + 4 + 9) / 4),
    ],
)
def test_sums_and_means_over_outputs_and_examples(loss, first: float, cost: float):
    L, J = loss(Y_TRUE[0], Y_PRED[0]), loss(Y_TRUE, Y_PRED)
    assert (L.data, L.label) == (first, "L")
    assert (J.data, J.label) == (cost, "J")


def test_labels_count_the_outputs_of_an_example():
    L = SquaredError()([1, 2], [Value(3, "a[1]_1"), 4])
    first, second = L.inputs
    assert [first.label, second.label] == ["L_1", "L_2"]
    d_2 = second.inputs[1].inputs[0]
    assert (d_2.label, [x.label for x in d_2.inputs]) == ("d_2", ["a_2", "y_2"])
    assert BinaryCrossentropy(from_logits=True)([0], [1]).inputs[1].label == "z"


probabilities = st.floats(0.01, 0.99)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), probabilities), min_size=1, max_size=5))
def test_cross_entropy_is_the_mean_of_the_slides_formula(pairs):
    Y, P = zip(*pairs, strict=True)
    expected = [-y * math.log(a) - (1 - y) * math.log(1 - a) for y, a in pairs]
    mean = sum(expected) / len(pairs)
    assert BinaryCrossentropy()(Y, P).data == pytest.approx(mean, rel=1e-12, abs=1e-15)
    assert BinaryCrossentropy()(Y, [[a] for a in P]).data == pytest.approx(
        mean, rel=1e-12, abs=1e-15
    )
    logits = [math.log(a / (1 - a)) for a in P]
    assert BinaryCrossentropy(from_logits=True)(Y, logits).data == pytest.approx(mean, rel=1e-12)


@each_loss
def test_a_batch_of_one_example_is_that_example(loss):
    a = Value(0.5)
    L = loss([1], [[a]])
    assert L.label == "L"
    assert L.data == loss(1, a).data


@each_loss
@pytest.mark.parametrize(
    "y_true", [[1, 0], [[1], [0]], (1, 0), np.array([1, 0]), np.array([[1.0], [0.0]])]
)
def test_targets_of_a_batch(loss, y_true):
    y_pred = [[Value(0.25)], [Value(0.75)]]
    expected = (loss(1, 0.25).data + loss(0, 0.75).data) / 2
    assert loss(y_true, y_pred).data == expected


@each_loss
@pytest.mark.parametrize(
    ("y_true", "y_pred", "words"),
    [
        ([1, 0], Value(0.5), "2 targets for 1 outputs"),
        (1, [Value(0.5), Value(0.5)], "1 targets for 2 outputs"),
        ([1, 0, 1], [[0.5], [0.5]], "3 targets for 2 examples"),
        ([[1, 0], [1]], [[0.5], [0.5]], "2 targets for 1 outputs"),
        ([], [], "there are no outputs"),
    ],
)
def test_lengths_that_do_not_match(loss, y_true, y_pred, words: str):
    with pytest.raises(ValueError, match=f"^{type(loss).__name__}: {words}"):
        loss(y_true, y_pred)


@each_loss
@pytest.mark.parametrize(
    ("y_true", "y_pred", "words"),
    [
        ("1", 0.5, "y_true is a list, not '1'"),
        (["1"], 0.5, "y is one number or Value, not '1'"),
        (None, 0.5, "y is one number or Value, not None"),
        (1, None, "[az] is one number or Value, not None"),
        (1, [[0.5], [0.5]], "y_true is a list, not 1"),
    ],
)
def test_what_is_no_number(loss, y_true, y_pred, words: str):
    with pytest.raises(TypeError, match=words):
        loss(y_true, y_pred)


@pytest.mark.parametrize("loss", [BinaryCrossentropy(), BinaryCrossentropy(from_logits=True)])
@pytest.mark.parametrize("y", [-0.1, 1.1, -1, 2, math.nan])
def test_targets_of_cross_entropy_are_between_0_and_1(loss, y: float):
    with pytest.raises(ValueError, match=rf"in \[0, 1\], not y = {float(y)}"):
        loss(y, 0.5)


@pytest.mark.parametrize("a", [-0.5, 0.0, 1.5, math.nan])
def test_cross_entropy_of_what_is_no_probability_names_the_remedy(a: float):
    with pytest.raises(ValueError, match=rf"not a\[2\]_1 = {a}: give z.*from_logits=True"):
        BinaryCrossentropy()(1, Value(a, "a[2]_1"))
    with pytest.raises(ValueError, match=rf"not {a}: "):
        BinaryCrossentropy()(1, Value(a))


@pytest.mark.parametrize("y", [0, 1])
def test_a_certain_and_right_probability_costs_nothing(y: int):
    assert BinaryCrossentropy()(y, y).data == 0.0


def test_a_loss_of_ones_own_says_what_one_output_costs():
    class AbsoluteError(Loss):
        def of_output(self, y: Value, a: Value, unit: str) -> Value:
            return (a - y).abs()

    assert AbsoluteError()([1, 2], [3, -1]).data == (2 + 3) / 2
    with pytest.raises(NotImplementedError, match="Loss says not what one output costs"):
        Loss()(1, 2)


def test_a_refused_batch_leaves_the_model_as_it_was():
    model = MLP(2, [2, 1], seed=1)
    before = [(p.data, p.grad) for p in model.parameters()]
    with pytest.raises(ValueError, match="targets for"):
        SquaredError()([1], [model([1, 2]), model([3, 4])])
    assert [(p.data, p.grad) for p in model.parameters()] == before


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: sigmoid(Value(2)), "sigmoid"),
        (lambda: [sigmoid(Value(2))], "sigmoid"),
        (lambda: Neuron.from_weights([1], 0, activation="sigmoid")([2]), "sigmoid"),
        (lambda: MLP(1, [2, 1], output_activation="sigmoid", seed=1)([1]), "sigmoid"),
        (lambda: softmax([Value(2), Value(1)])[0], "softmax"),
    ],
)
def test_a_probability_given_to_a_loss_from_logits_is_refused(make, name: str):
    with pytest.raises(ValueError, match=f"is a probability, made by {name}.*not a logit"):
        BinaryCrossentropy(from_logits=True)(1, make())
