"""Numbers that differ by position are arrays, as a person would write them."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from vectorized import assert_agrees, lines

from autograd import (
    Value,
    affine,
    binary_cross_entropy_with_logits,
    dot,
    log,
    maximum,
    progress,
    sigmoid,
    softmax,
    tanh,
    vectorize,
)
from autograd.vectorizer.recording.constants import _arranged


def leaves(draw, *shape):
    """A Value, or nested lists of them."""
    if not shape:
        return Value(draw.gauss(0.0, 1.0))
    return [leaves(draw, *shape[1:]) for _ in range(shape[0])]


def test_features_are_standardised_by_their_means_and_scales():
    draw = random.Random(0)
    x, y, w, b = leaves(draw, 30), Value(1.0), leaves(draw, 30), Value(0.5)
    means = [draw.gauss(0.0, 1.0) for _ in x]
    scales = [draw.uniform(0.5, 2.0) for _ in x]
    z = affine(w, [(a - m) / s for a, m, s in zip(x, means, scales, strict=True)], b)
    loss = binary_cross_entropy_with_logits(y, z)
    program = assert_agrees(loss, {"X": x, "Y": y}, {"w": w, "b": b})
    assert lines(program) == [
        "U1 = (X - C1[:, None]) / C2[:, None]",
        "Z = w @ U1 + b",
        "A = sigmoid(Z)",
        "J = np.mean(binary_cross_entropy_with_logits(Y, Z))",
        "dZ = A - Y",
        "dw = U1 @ dZ / m",
        "db = np.sum(dZ) / m",
    ]
    assert program.tables["C1"].tolist() == means
    assert program.tables["C2"].tolist() == scales


def test_so_are_those_of_a_whole_batch_once():
    draw = random.Random(1)
    rows, w = leaves(draw, 6, 4), leaves(draw, 4)
    means = [draw.gauss(0.0, 1.0) for _ in w]
    loss = 0.0
    for row in rows:
        loss = loss + dot(w, [a - m for a, m in zip(row, means, strict=True)]) ** 2
    program = vectorize(loss, {"X": rows}, {"w": w}, whole_batch=True)
    assert [*program.tables] == ["C1"]
    assert program.tables["C1"].tolist() == means
    assert lines(program)[0] == "Z = (X - C1) @ w"
    assert program([[x.data for x in row] for row in rows])[0] == pytest.approx(loss.data)


@pytest.mark.parametrize("weights", [[0.2, 0.5, 0.3], [1.0, 0.5, 1.0], [0.0, 1.0, 2.0]])
def test_classes_have_weights(weights):
    draw = random.Random(2)
    x, y, W, b = leaves(draw, 4), leaves(draw, 3), leaves(draw, 3, 4), leaves(draw, 3)
    z = [affine(row, x, one) for row, one in zip(W, b, strict=True)]
    loss = sum([c * (tanh(u) - t) ** 2 for c, u, t in zip(weights, z, y, strict=True)])
    program = assert_agrees(loss, {"X": x, "Y": y}, {"W": W, "b": b})
    assert lines(program) == [
        "Z = W @ X + b",
        "A = np.tanh(Z)",
        "J = C1 @ np.sum((A - Y) ** 2, axis=1) / m",
        "dA = 2 * C1[:, None] * (A - Y)",
        "dZ = dA * (1 - A ** 2)",
        "dW = dZ @ X.T / m",
        "db = np.sum(dZ, axis=1, keepdims=True) / m",
    ]


def test_classes_of_a_softmax_have_weights():
    draw = random.Random(3)
    x, y, W = leaves(draw, 4), leaves(draw, 3), leaves(draw, 3, 4)
    a = softmax([dot(row, x) for row in W])
    weights = [0.2, 0.5, 0.3]
    loss = -sum([c * t * log(p) for c, t, p in zip(weights, y, a, strict=True)])
    program = assert_agrees(loss, {"X": x, "Y": y}, {"W": W})
    assert len(program.statements) == 7
    assert program.tables["C1"].tolist() == weights


@pytest.mark.parametrize("row_times_x", [dot, lambda row, x: sum(map(lambda a, b: a * b, row, x))])
def test_a_fixed_matrix_is_a_matrix(row_times_x):
    draw = random.Random(4)
    matrix = [[draw.gauss(0.0, 1.0) for _ in range(4)] for _ in range(5)]
    x, y, w = leaves(draw, 4), Value(1.0), leaves(draw, 5)
    loss = (dot(w, [sigmoid(row_times_x(row, x)) for row in matrix]) - y) ** 2
    program = assert_agrees(loss, {"X": x, "Y": y}, {"w": w})
    assert lines(program) == [
        "U1 = sigmoid(C1 @ X)",
        "Z = w @ U1",
        "J = np.mean((Z - Y) ** 2)",
        "dZ = 2 * (Z - Y)",
        "dw = U1 @ dZ / m",
    ]
    assert program.tables["C1"].tolist() == matrix


def test_the_same_numbers_are_one_array():
    draw = random.Random(5)
    x, y, w = leaves(draw, 5), leaves(draw, 5), leaves(draw, 5)
    means = [draw.gauss(0.0, 1.0) for _ in w]
    total = sum([c * tanh(a - m) - (b - m) for a, b, c, m in zip(x, y, w, means, strict=True)])
    program = assert_agrees(total**2, {"X": x, "Y": y}, {"w": w})
    assert [*program.tables] == ["C1"]


def test_bounds_of_a_kink_are_an_array():
    draw = random.Random(6)
    x, w = leaves(draw, 6), leaves(draw, 6)
    bounds = [draw.gauss(0.0, 1.0) for _ in w]
    loss = sum([maximum(a * b, bound) ** 2 for a, b, bound in zip(x, w, bounds, strict=True)])
    program = assert_agrees(loss, {"X": x}, {"w": w})
    assert program.tables["C1"].tolist() == bounds
    assert lines(program)[1] == "U1 = np.maximum(Z, C1[:, None])"


def test_a_driven_recurrence_is_a_loop_that_reads_a_number_in_each_round():
    def driven(steps):
        draw = random.Random(7)
        first, w = Value(0.5), Value(0.8)
        state = first
        for _ in range(steps):
            state = tanh(w * state * draw.uniform(0.5, 1.0) + draw.gauss(0.0, 1.0))
        return state**2, {"S0": first}, {"w": w}

    program = assert_agrees(*driven(4))
    assert "U1[t] = np.tanh(C1[t - 1] * Z + C2[t - 1])" in lines(program)
    longer = vectorize(*driven(50))
    assert len(longer.statements) == len(program.statements) == 10
    assert longer.tables["C1"].shape == (50,)


def test_few_numbers_stay_where_they_are():
    x, w = leaves(random.Random(8), 2), leaves(random.Random(9), 2)
    program = assert_agrees((3.0 * x[0] * w[0] + 5.0 * x[1] * w[1]) ** 2, {"X": x}, {"w": w})
    assert program.tables == {}
    assert "3" in lines(program)[0]


def test_numbers_far_from_1_stay_where_they_are():
    x, w = leaves(random.Random(15), 4), leaves(random.Random(16), 4)
    scales = [1e200, 1e-200, 2.0, math.inf]
    loss = sum([a * b * scale for a, b, scale in zip(x, w, scales, strict=True)])
    program = vectorize(loss, {"X": x}, {"w": w})
    assert program.tables == {}


def test_exponents_stay_where_they_are():
    x, w = leaves(random.Random(10), 4), leaves(random.Random(11), 4)
    powers = [2.0, 3.0, 4.0, 5.0]
    loss = sum([(a * b) ** n for a, b, n in zip(x, w, powers, strict=True)])
    program = assert_agrees(loss, {"X": x}, {"w": w})
    assert program.tables == {}


def test_arrays_that_make_it_no_shorter_are_not_made():
    # Sixty different formulas, each of which reads other numbers.
    draw = random.Random(12)
    x, w = leaves(draw, 60), leaves(draw, 60)
    rows = [tanh, sigmoid, abs, lambda a: a * a, lambda a: a]
    loss = Value.constant(0.0)
    for i in range(60):
        a = x[i]
        for k in range(4):
            a = rows[(i // 5**k) % 5](a * draw.uniform(0.5, 1.5) * w[i])
        loss = loss + a
    program = assert_agrees(loss, {"X": x}, {"w": w})
    assert "V1" in program.source  # level by level


def test_zeros_have_a_sign_and_nan_is_nan():
    assert _arranged([0.0, -0.0, 0.0], "xyz") == ((3,), [0, 1, 2])
    assert _arranged([math.nan, 1.0, math.nan, 1.0], "wxyz") == ((2,), [0, 1, 0, 1])


def test_a_saved_program_keeps_its_constants(tmp_path):
    draw = random.Random(13)
    x, w = leaves(draw, 40), leaves(draw, 40)
    means = [draw.gauss(0.0, 1.0) for _ in w]
    loss = dot(w, [a - m for a, m in zip(x, means, strict=True)]) ** 2
    program = vectorize(loss, {"X": x}, {"w": w})
    program.save(tmp_path / "step.py")
    assert np.array_equal(program.tables["C1"], means)


def test_what_takes_long_shows_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    x, w = leaves(random.Random(17), 9), leaves(random.Random(18), 9)
    vectorize(dot(w, [a - i**0.5 for i, a in enumerate(x)]) ** 2, {"X": x}, {"w": w})
    shown = capsys.readouterr().err
    assert "vectorize:" in shown
    assert "/8 [" in shown  # five steps, and three more with the numbers in an array


# --- what all examples share ---


def test_numbers_that_all_examples_share_are_arguments_without_a_gradient(tmp_path):
    draw = random.Random(14)
    x, y, w, rate = leaves(draw, 3), Value(1.0), leaves(draw, 3), Value(0.1)
    loss = (dot(w, x) - y) ** 2 + rate * sum([a * a for a in w])
    program = vectorize(loss, {"X": x, "Y": y}, {"w": w}, shared={"lambda": rate})
    assert lines(program) == [
        "Z = w @ X",
        "J = np.mean((Z - Y) ** 2) + w @ w * lambda_",
        "dZ = 2 * (Z - Y)",
        "dw = X @ dZ / m + 2 * w * lambda_",
    ]
    program.parameters["w"] = np.array([1.0, 2.0, 3.0])
    cost, grads = program([[1.0, 1.0, 1.0], [0.0, 0.0, 1.0]], [4.0, 3.0], 0.5)
    assert cost == pytest.approx((2.0**2 + 0.0**2) / 2 + 0.5 * 14.0)
    assert grads["w"].tolist() == pytest.approx([2.0 + 1.0, 2.0 + 2.0, 2.0 + 3.0])
    by_name = program(X=[[1.0, 1.0, 1.0]], Y=[4.0], **{"lambda": 0.0})
    assert by_name[0] == pytest.approx(4.0)
    program.save(tmp_path / "step.py")


def test_what_is_shared_has_no_rows_and_is_not_a_parameter_of_the_model():
    x, w, rate = [Value(1.0)], [Value(2.0)], Value(0.1)
    loss = (w[0] * x[0]) ** 2 + rate * w[0] ** 2
    program = vectorize(loss, {"X": x}, {"w": w}, shared={"rate": rate})
    assert [*program.parameters] == ["w"]
    with pytest.raises(ValueError, match=r"rate has shape \(2,\), but \(\) is needed"):
        program([[1.0], [2.0]], [0.1, 0.1])
    with pytest.raises(TypeError, match="rate is missing"):
        program([[1.0]])
    with pytest.raises(ValueError, match="rate is the name of two arrays"):
        vectorize(loss, {"X": x}, {"rate": w}, shared={"rate": rate})
    with pytest.raises(TypeError, match="shared must map names to Values, not be a Value"):
        vectorize(loss, {"X": x}, {"w": w}, shared=rate)
    with pytest.raises(ValueError, match="shared are leaves, which a graph starts from"):
        vectorize(loss, {"X": x}, {"w": w}, shared={"rate": rate * 2.0})


# --- what else may come for an array ---


class Table:
    """A data frame, as NumPy sees it."""

    def __init__(self, rows):
        self.rows = rows

    def __array__(self, dtype=None, copy=None):
        return np.array(self.rows, dtype)


class Tensor:
    """A tensor that records gradients, as NumPy sees it."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")


def test_data_frames_and_tensors_are_taken_as_numpy_takes_them():
    x, w = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    program = vectorize(dot(w, x) ** 2, {"X": x}, {"w": w})
    rows = [[1.0, 2.0], [0.0, 1.0]]
    assert program(Table(rows))[0] == program(rows)[0] == (11.0**2 + 4.0**2) / 2
    with pytest.raises(TypeError, match=r"X is made of numbers.* requires grad"):
        program(Tensor())
