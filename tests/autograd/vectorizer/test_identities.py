"""Losses that programs compute by another row of the table than they were written with."""

from __future__ import annotations

import pytest
from vectorized import assert_agrees, lines

from autograd import Value, binary_cross_entropy, gradients, sigmoid, vectorize
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
