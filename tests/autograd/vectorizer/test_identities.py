"""Losses that programs compute by another row of the table than they were written with."""

from __future__ import annotations

import pytest
from vectorized import assert_agrees, lines

from autograd import Value, binary_cross_entropy, sigmoid, vectorize
from autograd.primitives import binary_cross_entropy_with_logits
from autograd.vectorizer import pipeline
from autograd.vectorizer.identities import simplified
from autograd.vectorizer.proof import ProofWarning


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


def test_a_wrong_identity_is_found_and_the_graph_written_as_it_was_recorded(monkeypatch):
    def wrong(order):
        return {
            v: simple * 1.5 if simple.op is binary_cross_entropy_with_logits else simple
            for v, simple in simplified(order).items()
        }

    monkeypatch.setattr(pipeline, "simplified", wrong)
    x, y, w, b = leaves()
    loss = binary_cross_entropy(y, sigmoid(w * x + b))
    with pytest.warns(ProofWarning, match="as the graph was recorded"):
        program = vectorize(loss, {"x": x, "y": y}, {"w": w, "b": b})
    assert "binary_cross_entropy(" in program.source
    assert program([0.5], [1.0])[0] == pytest.approx(loss.data, rel=1e-14)
