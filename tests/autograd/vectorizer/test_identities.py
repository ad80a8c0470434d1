"""Losses that programs compute by another row of the table than they were written with."""

from __future__ import annotations

import math

import pytest
from vectorized import assert_agrees, lines

from autograd import (
    Value,
    affine,
    binary_cross_entropy,
    gradients,
    log,
    sigmoid,
    softmax,
    vectorize,
)
from autograd.backprop import topological_order
from autograd.vectorizer.recording.identities import simplified


def leaves():
    return Value(0.5, "x"), Value(1.0, "y"), Value(0.7, "w"), Value(0.2, "b")


@pytest.mark.parametrize(
    "loss",
    [
        lambda y, z: binary_cross_entropy(y, sigmoid(z)),
        lambda y, z: binary_cross_entropy(y, [sigmoid(z)]) ** 2,
        lambda y, z: binary_cross_entropy(1, sigmoid(z)) * y,
        lambda y, z: binary_cross_entropy(sigmoid(y), sigmoid(z)) + sigmoid(z) ** 2,
        lambda y, z: (a := sigmoid(z)) * binary_cross_entropy(y, a),
    ],
)
def test_the_cross_entropy_of_a_sigmoid_is_computed_from_its_logit(loss):
    x, y, w, b = leaves()
    program = assert_agrees(loss(y, w * x + b), {"x": x, "y": y}, {"w": w, "b": b}, low=0.1)
    assert "binary_cross_entropy_with_logits" in program.source
    assert "xdivy" not in program.source


def test_the_cross_entropy_of_any_other_probability_stays_as_it_is():
    x, y, w, b = leaves()
    loss = binary_cross_entropy(y, 0.5 * sigmoid(w * x + b))
    program = assert_agrees(loss, {"x": x, "y": y}, {"w": w, "b": b}, low=0.1)
    assert "J = np.mean(binary_cross_entropy(y, U1))" in lines(program)


def test_derivatives_by_the_target_and_outputs_are_those_of_the_logit():
    x, y, w, b = leaves()
    loss, inputs = binary_cross_entropy(y, sigmoid(w * x + b)), {"x": x, "y": y}
    by_target = vectorize(loss, inputs, {"w": w, "b": b}, with_respect_to="y")
    assert lines(by_target)[-1] == "dy = -Z"
    outputs = vectorize([loss, 2 * loss], inputs, {"w": w, "b": b}, forward_only=True)
    arrays = [-1200.0], [1.0]
    [cost], [slope] = by_target(*arrays)
    assert [cost, slope, outputs(*arrays)[0][0]] == pytest.approx([0.7 * 1200 - 0.2] * 3)


def test_the_recorded_graph_is_left_alone():
    x, y, w, b = leaves()
    a = sigmoid(w * x + b)
    loss = binary_cross_entropy(y, a)
    vectorize(loss, {"x": x, "y": y}, {"w": w, "b": b})
    assert loss.op is binary_cross_entropy
    assert loss.inputs == (y, a)


@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("logit", [-3.0, 0.0, 0.5, 2.0])
def test_an_identity_has_the_value_and_the_slopes_of_what_was_written(target, logit):
    y, z = Value(target), Value(logit)
    a = sigmoid(z)
    loss = binary_cross_entropy(y, a) * y
    simpler = simplified([y, z, a, loss.inputs[0], loss])[loss]
    assert simpler.data == pytest.approx(loss.data, rel=1e-14)
    for found, written in zip(gradients(simpler, [y, z]), gradients(loss, [y, z]), strict=True):
        assert found.data == pytest.approx(written.data, rel=1e-12, abs=1e-15)


def test_a_unit_that_saturates_is_no_reason_to_doubt_the_program():
    x, y, w, b = leaves()
    w.data, b.data = 60.0, 2.0
    program = vectorize(
        binary_cross_entropy(y, sigmoid(w * x + b)), {"x": x, "y": y}, {"w": w, "b": b}
    )
    assert program([0.5], [0.0])[0] == pytest.approx(32.0, rel=1e-12)


HAND = {
    "negated sum": lambda y, a: -(y * log(a) + (1 - y) * log(1 - a)),
    "difference": lambda y, a: -y * log(a) - (1 - y) * log(1 - a),
    "other order": lambda y, a: -(log(1 - a) * (1 - y)) - log(a) * y,
    "scaled": lambda y, a: -0.5 * (2 * y) * log(a) + (1 - y) * -log(1 - a),
}


@pytest.mark.parametrize("written", HAND.values(), ids=HAND)
def test_a_cross_entropy_with_two_logarithms_is_that_of_its_logit(written):
    x, y, w, b = leaves()
    loss = written(y, sigmoid(w * x + b))
    program = assert_agrees(loss, {"x": x, "y": y}, {"w": w, "b": b}, low=0.1)
    assert "dZ = A - y" in lines(program)
    z = -1200 * program.parameters["w"] + program.parameters["b"]
    assert program([-1200.0], [1.0])[0] == pytest.approx(-z)  # log σ(z) is z there
    as_derived = vectorize(loss, {"x": x, "y": y}, {"w": w, "b": b}, as_written=True)
    assert "dZ = A - y" not in lines(as_derived)


def test_k_cross_entropies_summed():
    x, w, b, y = Value(0.5), [Value(0.1), Value(-0.2)], Value(0.3), [Value(1), Value(0)]
    z = [affine([wk], [x], b) for wk in w]
    loss = sum(HAND["negated sum"](yk, sigmoid(zk)) for yk, zk in zip(y, z, strict=True))
    program = assert_agrees(loss, {"x": x, "Y": y}, {"w": w, "b": b}, low=0.1)
    assert "dZ = A - Y" in lines(program)


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        (lambda z: -log(sigmoid(z)), "J = np.mean(softplus(-Z))"),
        (lambda z: -log(1 - sigmoid(z)), "A = softplus(Z)"),
        (lambda z: -(log(sigmoid(z)) + 3 * log(1 - sigmoid(z))), "J = 4 * np.mean("),
    ],
)
def test_logarithms_of_sigmoids_and_targets_that_are_numbers(loss, line):
    x, _, w, b = leaves()
    program = assert_agrees(loss(w * x + b), {"x": x}, {"w": w, "b": b}, low=0.1)
    assert any(each.startswith(line) for each in lines(program))


@pytest.mark.parametrize(
    "loss",
    [
        lambda y, z, v: y * log(sigmoid(z)) - (1 - y) * log(1 - sigmoid(z)),  # of unequal signs
        lambda y, z, v: y * log(sigmoid(z)) + (1 - v) * log(1 - sigmoid(z)),  # of two targets
        lambda y, z, v: y * log(sigmoid(z)) + (1 - y) * log(1 - sigmoid(v)),  # of two logits
        lambda y, z, v: (1 + y) * log(sigmoid(z)) - y * log(1 - sigmoid(z)),  # y is no weight
        lambda y, z, v: -2 * log(sigmoid(z)) + log(1 - sigmoid(z)),  # −2 + 1: y would be 2
        lambda y, z, v: y * (y * log(sigmoid(z))) + log(1 - sigmoid(z)),  # y² is no weight
        lambda y, z, v: -y.exp() * log(sigmoid(z)) + log(1 - v * v * 0.1) + log(2 - sigmoid(z)),
        lambda y, z, v: y * log(sigmoid(z)) - y * log(1 - sigmoid(z)),  # z y: nothing is left
    ],
)
def test_what_only_looks_like_a_cross_entropy_is_none(loss):
    x, y, w, b = leaves()
    v = Value(0.4)
    L = loss(y, w * x + b, v)
    program = assert_agrees(L, {"x": x, "y": y, "v": v}, {"w": w, "b": b}, low=0.1)
    assert "cross_entropy" not in program.source


def test_the_logarithm_of_softmax_is_finite_where_its_probability_is_none():
    z, y = [Value(0.1), Value(0.2)], [Value(1.0), Value(0.0)]
    a = softmax([2 * each for each in z])
    loss = -sum(t * log(each) for t, each in zip(y, a, strict=True))
    program = vectorize(loss, {"Z": z, "Y": y}, {}, with_respect_to="Z")
    cost, gradient = program([[-1000.0, 0.0]], [[1.0, 0.0]])
    assert cost == [2000.0]
    assert gradient.tolist() == [[-2.0, 2.0]]
    assert simplified(topological_order(loss))[loss].data == pytest.approx(loss.data, rel=1e-14)


def test_a_target_with_many_signs_is_looked_for_in_vain():
    y, z = Value(0.25), Value(0.5)
    weight = y
    for _ in range(9):
        weight = -weight
    program = vectorize(
        weight * log(sigmoid(z)) - (1 - y) * log(1 - sigmoid(z)), {"Y": y}, {"z": z}
    )
    cost, _ = program([1.0])
    assert cost == pytest.approx(math.log1p(math.exp(-0.5)))
