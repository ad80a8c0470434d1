"""Small losses of which programs were once wrong, or raised: the same mathematics, disguised."""

import math
import warnings

import numpy as np
import pytest
from vectorized import as_printed, assert_agrees, leaves, lines

from autograd import (
    Value,
    affine,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cos,
    dot,
    log,
    logsumexp,
    maximum,
    relu,
    sigmoid,
    softmax_cross_entropy_with_logits,
    softplus,
    step,
    tanh,
    total,
    vectorize,
)

DISGUISES = {
    "as it is": lambda v: v,
    "v * 1": lambda v: v * 1,
    "v + 0": lambda v: v + 0.0,
    "v / 1": lambda v: v / 1,
    "-(-v)": lambda v: -(-v),  # noqa: B002
    "sum([v])": lambda v: sum([v]),
    "total([v])": lambda v: total([v]),
    "v ** 1": lambda v: v**1,
    "doubled and halved": lambda v: (v + v) / 2,
    "tripled, and two taken away": lambda v: 3 * v - (v + v),
}


@pytest.fixture
def leaf():
    """x, y, w and b: numbers of an example, and parameters."""
    return {name: Value(number) for name, number in zip("xywb", (0.5, 1.0, 0.7, 0.2), strict=True)}


@pytest.mark.parametrize("name", DISGUISES)
def test_a_power_of_the_same_thing_in_disguise_is_the_same_power(name, leaf):
    x, w = leaf["x"], leaf["w"]
    loss = w * x**2 + w**3 * DISGUISES[name](x) ** 2
    program = assert_agrees(loss, {"x": x}, {"w": w})
    program.parameters["w"] = 1.0
    cost, grads = program([1.0, 2.0, 3.0])  # 2x² and (1 + 3)x², of 1, 4 and 9
    assert cost == pytest.approx(28 / 3)
    assert grads["w"] == pytest.approx(56 / 3)
    assert lines(program)[0] == "U1 = x ** 2"


@pytest.mark.parametrize("name", DISGUISES)
def test_a_layer_in_disguise_is_that_layer(name):
    x, y, W, b = leaves(3), leaves(2), leaves(2, 3), leaves(2)
    worn = DISGUISES[name]
    z = [worn(affine(w, [worn(xi) for xi in x], c)) for w, c in zip(W, b, strict=True)]
    loss = 0.5 * sum((worn(zi.tanh()) - yi) ** 2 for zi, yi in zip(z, y, strict=True))
    program = assert_agrees(loss, {"X": x, "Y": y}, {"W": W, "b": b})
    assert lines(program) == [
        "Z = W @ X + b",
        "A = np.tanh(Z)",
        "J = np.mean((A - Y) ** 2)",
        "dZ = (A - Y) * (1 - A ** 2)",
        "dW = dZ @ X.T / m",
        "db = np.sum(dZ, axis=1, keepdims=True) / m",
    ]


def test_a_doubled_value_may_lose_its_factor_again(leaf):
    x, w = leaf["x"], leaf["w"]
    h = w * x
    assert_agrees(((h + h) / 2 - 1) ** 2, {"x": x}, {"w": w})
    assert_agrees(tanh(w * x - (1 - (x + x))), {"x": x}, {"w": w})
    u = 3 * w - (w + w)
    assert_agrees(tanh(w * u * x), {"x": x}, {"w": w})


def test_what_is_written_twice_has_the_gradient_by_both(leaf):
    x, y, w, b = leaf.values()
    program = assert_agrees(
        softplus(w * x + b) - y * (b + x * w), {"x": x, "y": y}, {"w": w, "b": b}
    )
    assert lines(program) == [
        "Z = w * x + b",
        "A = softplus(Z)",
        "J = np.mean(A) - np.mean(Z * y)",
        "dZ = sigmoid(Z) - y",
        "dw = dZ @ x / m",
        "db = np.sum(dZ) / m",
    ]


def test_a_sum_and_a_part_of_another_may_be_the_same_weighted_sum(leaf):
    x, y, w, b = leaf.values()
    loss = (w * x + b - y) ** 2 + tanh(b + x * w)
    program = assert_agrees(loss, {"x": x, "y": y}, {"w": w, "b": b})
    assert lines(program)[-3:] == [
        "dZ = 1 - A ** 2 + 2 * (Z - y)",
        "dw = dZ @ x / m",
        "db = np.sum(dZ) / m",
    ]


def test_a_line_keeps_the_factor_that_makes_it_the_gradient(leaf):
    x, y, w, _ = leaf.values()
    program = assert_agrees((tanh(w * x) - y) ** 2, {"x": x, "y": y}, {"w": w})
    assert "dZ = 2 * (A - y) * (1 - A ** 2)" in lines(program)


@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("n_examples", [1, 2, 3])
def test_lists_mix_numbers_parameters_and_inputs(classes, n_examples):
    x, w, z = leaves(), leaves(), leaves(classes)
    lists = [
        [1.0, 0.0, 0.0],
        [x, w, 0.3],
        [w, 0.25, w],
        [0.5, x * w, x],
        [*z, 1.0, x][:3],
    ]
    for i, targets in enumerate(lists):
        for logits in [*lists[1:], z * 3][i:]:
            y = targets[:classes]
            loss = softmax_cross_entropy_with_logits(y, logits[:classes])
            loss = loss + x * w + logsumexp([*y, *z, 0.5])
            assert_agrees(loss, {"x": x, "z": z}, {"w": w}, n_examples=n_examples, low=0.1)


def test_fixed_targets_meet_as_many_examples_as_classes(leaf):
    x, w = leaf["x"], leaf["w"]
    loss = softmax_cross_entropy_with_logits([1, 0], [w * x, x])
    program = vectorize(loss, {"x": x}, {"w": w})
    program.parameters["w"] = 2.0
    for numbers in ([0.5], [0.5, 1.5], [0.5, 1.5, 2.5]):  # softplus(x − 2x)
        cost, _ = program(numbers)
        assert cost == pytest.approx(np.mean(np.log1p(np.exp(-np.array(numbers)))))
    assert "np.array([1.0, 0.0])[:, None]" in program.source


HINGES = {
    "hinge": lambda y, z: maximum(0, 1 - y * z),
    "hinge by relu": lambda y, z: relu(1 - y * z),
    "squared hinge": lambda y, z: relu(1 - y * z) ** 2,
    "perceptron": lambda y, z: relu(-y * z),
    "minus relu": lambda y, z: -relu(z) - relu(-z) * y,
    "steps": lambda y, z: step(z) * (y - z) - 2 * step(-z) * z + step(y) * step(z),
    "relu of a cosine": lambda y, z: relu(cos(z)) - relu(cos(y * z)),
    "relu of a quotient": lambda y, z: relu(3 / (z + 7 * y)) + relu(-1 / y),
}


@pytest.mark.parametrize("name", HINGES)
def test_conditions_stand_under_every_sign(name):
    x, y, w, b = leaves(2), leaves(), leaves(2), leaves()
    assert_agrees(HINGES[name](y, affine(w, x, b)), {"X": x, "Y": y}, {"w": w, "b": b}, low=0.1)
    u = leaves(3)
    loss = sum(HINGES[name](y, affine(w, x, b) * v) for v in u)
    assert_agrees(loss, {"X": x, "Y": y}, {"w": w, "b": b, "u": u}, low=0.1)
    if "relu" in name:
        assert_agrees(HINGES[name](w[0], w[1]), {}, {"w": w}, low=0.1)


@pytest.mark.parametrize("row", [step, Value.sign, lambda v: v**0])
def test_a_column_without_a_gradient_has_zeros(row):
    x, b = leaves(2), leaves(2)
    loss = sum(row(u + v) for u, v in zip(x, b, strict=True))
    program = assert_agrees(loss, {"X": x}, {"b": b})
    assert program([[1.0, 2.0], [3.0, 4.0]])[1]["b"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("n_inputs", [1, 2])
@pytest.mark.parametrize("n_parameters", [1, 2])
@pytest.mark.parametrize("n_examples", [1, 2, 3])
def test_lists_of_one_stand_beside_numbers(n_inputs, n_parameters, n_examples):
    x, w = leaves(n_inputs, low=0.1), leaves(n_parameters, low=0.1)
    for loss in (
        (x[0] - w[0]) / w[-1],
        w[0] / x[0],
        (x[0] + w[0]) ** 0 + w[-1],
        (x[-1] ** 1 + w[0]) ** 1 / (1 / w[-1]),
        x[0] ** w[0] - 1 / (x[0] * w[0]),
        softmax_cross_entropy_with_logits([1, 0], [w[0], x[0]]) / w[-1],
    ):
        assert_agrees(loss, {"X": x}, {"w": w}, n_examples=n_examples, low=0.1)


@pytest.mark.parametrize("levels", [False, True])
def test_a_derivative_may_be_an_infinite_constant(leaf, levels, monkeypatch):
    monkeypatch.setattr("autograd.vectorizer.candidates.shattered", lambda groups, forms: levels)
    x = leaf["x"]
    program = vectorize(x * 1e200 * 1e200, {"x": x}, with_respect_to="x")
    for function in (program.function, as_printed(program)):
        with np.errstate(over="ignore"):
            values, slopes = function(np.array([0.5, 0.0]))
        assert values.tolist() == [math.inf, 0.0]
        assert slopes.tolist() == [math.inf, math.inf]


def test_factors_that_would_overflow_together_stay_apart(leaf):
    x, w = leaf["x"], leaf["w"]
    loss = w * x * 1e200 * 1e200 + (w * x * 1e-200 * 1e-200) * 1e300 * 1e300
    program = vectorize(loss, {"x": x}, {"w": w})
    program.parameters["w"] = 1.0
    cost, _ = program([1e-250])
    assert cost == pytest.approx(1e150)


WITHOUT_A_VALUE = {
    "0 · nan": (lambda w, x: w * x[0] + 0 * x[1], math.nan),
    "0 · ∞": (lambda w, x: w * x[0] + 0 * x[1], math.inf),
    "nan − nan": (lambda w, x: w * x[0] + (x[1] - x[1]), math.nan),
    "∞ − ∞": (lambda w, x: w * x[0] - x[1] + x[1], math.inf),
    "0 · (wx)": (lambda w, x: x[0] + 0 * (w * x[1] + x[0]), math.nan),
    "0 · log(−1)": (lambda w, x: w * x[0] + 0 * log(x[1]), -1.0),
    "log(−1) · (1 − 1)": (lambda w, x: w * x[0] + log(x[1]) * (x[0] - x[0]), -1.0),
    "0 / 0": (lambda w, x: w * x[0] + 0 / x[1], 0.0),
    "step(nan)": (lambda w, x: w * x[0] + w * step(x[1]), math.nan),
    "relu(nan)": (lambda w, x: w * x[0] * relu(x[1]), math.nan),
}


@pytest.mark.parametrize("levels", [False, True])
@pytest.mark.parametrize("name", WITHOUT_A_VALUE)
def test_what_has_no_value_in_scalars_has_none_in_programs(name, levels, monkeypatch):
    make, number = WITHOUT_A_VALUE[name]
    monkeypatch.setattr("autograd.vectorizer.candidates.shattered", lambda groups, forms: levels)
    x, w = [Value(0.5), Value(0.25)], Value(2.0)
    program = vectorize(make(w, x), {"X": x}, {"w": w})
    with np.errstate(all="ignore"):
        cost, _ = program([[1.0, number]])
    assert math.isnan(cost)
    with pytest.raises(FloatingPointError, match=r"nan|inf"):
        program([[1.0, number]], check=True)


def test_derivatives_are_free_of_what_is_0():
    x, w = leaves(2), leaves(2)
    loss = sum((w[i] * x[i]).step() * w[i] ** 1 + 0 * x[i] for i in range(2))
    program = assert_agrees(loss, {"X": x}, {"w": w})
    assert "0 * np.sum(X)" in program.source
    formulas = [s.formula for s in program.statements if s.name != "J"]
    assert not any("** 0" in formula or "0 *" in formula for formula in formulas)


def test_the_cost_of_a_logit_far_out():
    x, y, w = Value(1.0), Value(1.0), Value(1.0)
    for loss in (
        binary_cross_entropy_with_logits(y, w * x),
        binary_cross_entropy(y, sigmoid(w * x)),
        softplus(-y * (w * x)),
        softmax_cross_entropy_with_logits([0, 1], [0, w * x]),
        logsumexp([0, -w * x]),
    ):
        program = vectorize(loss, {"x": x, "y": y}, {"w": w})
        for z in (-720.0, -800.0, -1000.0):
            assert program([z], [1.0])[0] == -z


def test_the_cost_of_a_probability_that_is_no_float_any_more():
    x, y, w = Value(1.0), Value(1.0), Value(1.0)
    loss = -y * log(sigmoid(w * x))
    assert vectorize(loss, {"x": x, "y": y}, {"w": w})([-800.0], [1.0])[0] == 800.0
    program = vectorize(loss, {"x": x, "y": y}, {"w": w}, as_written=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert program([-720.0], [1.0])[0] == pytest.approx(720)
        with pytest.raises(FloatingPointError):  # scalars: log(0) has no value
            program([-800.0], [1.0], check=True)


def test_dots_of_lists_of_one_and_of_the_same_list():
    x, w = leaves(1), leaves(1)
    assert_agrees(dot(w, x) ** 2 + dot(x, x) - dot(w, w) * x[0], {"X": x}, {"w": w})
