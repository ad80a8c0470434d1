"""Several losses of one graph: one program, with the gradients of each."""

from __future__ import annotations

import runpy

import numpy as np
import pytest
from vectorized import leaves, lines

from autograd import (
    Value,
    affine,
    binary_cross_entropy_with_logits,
    dot,
    sigmoid,
    softplus,
    tanh,
    vectorize,
)
from autograd.vectorizer import ProofError, ProofWarning, candidates
from nn import Adam
from viz import draw, explain
from viz.programs.sketch import wires_of


def network():
    """Three losses of a network 3-4-1: two of its output, and the size of its weights."""
    x, y, W, b, v = leaves(3), Value(0.25), leaves(4, 3), leaves(4), leaves(4)
    z = dot(v, [tanh(affine(row, x, one)) for row, one in zip(W, b, strict=True)])
    losses = {
        "J": (z - y) ** 2,
        "K": binary_cross_entropy_with_logits(y, z),
        "R": sum([w * w for row in W for w in row]),
    }
    return losses, {"X": x, "Y": y}, {"W": W, "b": b, "v": v}


def examples(m=5):
    generator = np.random.default_rng(0)
    return generator.normal(size=(m, 3)), generator.uniform(size=m)


@pytest.mark.parametrize("by_levels", [False, True])
def test_each_is_what_it_is_alone(by_levels, monkeypatch):
    if by_levels:
        monkeypatch.setattr(candidates, "shattered", lambda groups, forms: True)
    losses, inputs, parameters = network()
    costs, grads = vectorize(losses, inputs, parameters)(*examples())
    assert list(costs) == list(grads) == ["J", "K", "R"]
    for name, loss in losses.items():
        cost, alone = vectorize(loss, inputs, parameters)(*examples())
        assert costs[name] == pytest.approx(cost)
        assert list(grads[name]) == ["W", "b", "v"]
        for key, gradient in alone.items():
            np.testing.assert_allclose(grads[name][key], gradient, atol=1e-15)


def test_they_share_the_forward_pass():
    program = vectorize(*network())
    assert [line.split(" = ")[0] for line in lines(program)] == [
        *["Z1", "A1", "Z2", "A2", "J", "K", "R"],
        *["dK_dv", "dR_dW", "dR_db", "dR_dv", "U1", "dJ_dv", "U2", "dJ_dW", "dJ_db"],
        *["U3", "dK_dW", "dK_db"],
    ]
    assert program.costs == {"J": "J", "K": "K", "R": "R"}


def test_the_derivatives_may_be_those_by_an_input():
    losses, inputs, parameters = network()
    del losses["R"]
    program = vectorize(losses, inputs, parameters, with_respect_to="X")
    costs, grads = program(*examples())
    for name, loss in losses.items():
        each, slopes = vectorize(loss, inputs, parameters, with_respect_to="X")(*examples())
        np.testing.assert_allclose(costs[name], each)
        np.testing.assert_allclose(grads[name]["X"], slopes)


def test_what_is_written_twice_is_recorded_again_for_each():
    x, w = leaves(3), leaves(3)
    y = Value(1.0)

    def z():
        return dot(w, x)

    losses = {"first": softplus(z()) - y * z(), "second": sigmoid(z()) * z() + z()}
    program = vectorize(losses, {"X": x, "Y": y}, {"w": w})
    assert lines(program)[0] == "Z = w @ X"
    assert str(program).count("w @ X") == 1
    costs, grads = program([[1.0, 2.0, 3.0]], [1.0])
    for name, loss in losses.items():
        cost, alone = vectorize(loss, {"X": x, "Y": y}, {"w": w})([[1.0, 2.0, 3.0]], [1.0])
        assert costs[name] == pytest.approx(cost)
        np.testing.assert_allclose(grads[name]["w"], alone["w"])


def test_one_loss_by_its_name_is_still_a_dict():
    x, w = Value(2.0), Value(3.0)
    program = vectorize({"loss": w * x}, {"x": x}, {"w": w})
    assert program([2.0]) == ({"loss": 6.0}, {"loss": {"w": 2.0}})
    assert vectorize({"loss": x * x}, {"x": x})([2.0]) == ({"loss": 4.0}, {"loss": {}})


def test_names_are_made_python_names():
    x, w = Value(2.0), Value(3.0)
    program = vectorize({"a loss": w * x, "w": w * w}, {"x": x}, {"w": w})
    assert program.costs == {"a_loss": "a_loss", "w_": "w_"}
    assert list(program([2.0])[0]) == ["a loss", "w"]


def test_an_optimizer_steps_down_one_of_them():
    losses, inputs, parameters = network()
    program = vectorize(losses, inputs, parameters)
    before, grads = program(*examples())
    Adam(program, learning_rate=0.01).step(grads["J"])
    after, _ = program(*examples())
    assert after["J"] < before["J"]


def test_it_is_saved_and_says_what_it_is(tmp_path):
    losses, inputs, parameters = network()
    program = vectorize(losses, inputs, parameters)
    program.save(tmp_path / "step.py")
    saved = runpy.run_path(str(tmp_path / "step.py"))
    assert saved["__doc__"].splitlines()[:3] == [
        "cost_and_gradients(X, Y, W, b, v): the cost J, K, R, and its derivatives by W, b, v.",
        "",
        "- X: array of m × 3",
    ]
    costs, grads = saved["cost_and_gradients"](*examples(), *saved["parameters"].values())
    assert costs == program(*examples())[0]
    assert grads["K"]["W"].tolist() == program(*examples())[1]["K"]["W"].tolist()


def test_it_is_explained_and_drawn_with_all_costs_ahead():
    program = vectorize(*network())
    forward, backward = str(explain(program)).split("\n\n")
    assert [line[0] for line in forward.splitlines()][-3:] == ["J", "K", "R"]
    assert "dR_dW = 2W" in backward.splitlines()
    assert {"J", "K", "R"} <= {each.name for each in wires_of(program) if each.made}
    assert draw(program).pipe("svg").count(b"mean") >= 2


def test_a_wrong_gradient_of_the_second_is_seen(monkeypatch):
    right = candidates.record_gradients

    def wrong(loss, wanted):
        found = right(loss, wanted)
        return {value: 2.0 * slope for value, slope in found.items()} if loss.data == 9.0 else found

    x, w = Value(2.0), Value(3.0)
    losses = {"J": w * x, "K": w * w}
    vectorize(losses, {"x": x}, {"w": w})
    monkeypatch.setattr(candidates, "record_gradients", wrong)
    with pytest.raises(ProofError, match="dK_dw is"):
        vectorize(losses, {"x": x}, {"w": w})


def test_a_wrong_program_is_replaced(monkeypatch):
    monkeypatch.setattr(candidates, "write", lambda *_: 1 / 0)
    with pytest.warns(ProofWarning, match="ZeroDivisionError"):
        program = vectorize(*network())
    assert list(program(*examples())[0]) == ["J", "K", "R"]


def test_what_cannot_be_is_refused():
    x, w = Value(2.0), Value(3.0)
    with pytest.raises(ValueError, match="no loss is given: name at least one"):
        vectorize({}, {"x": x}, {"w": w})
    with pytest.raises(TypeError, match="the names of losses are strings, not 1"):
        vectorize({1: w * x}, {"x": x}, {"w": w})
    with pytest.raises(TypeError, match="the names of losses are strings, not ''"):
        vectorize({"": w * x}, {"x": x}, {"w": w})
    with pytest.raises(TypeError, match="a Value is needed, not 6"):
        vectorize({"J": 6.0}, {"x": x}, {"w": w})
    with pytest.raises(TypeError, match="the output is made of Values, or lists of them"):
        vectorize({"J": w * x}, {"x": x}, {"w": w}, forward_only=True)
    program = vectorize({"J": w * x, "K": w * w}, {"x": x}, {"w": w})
    with pytest.raises(TypeError, match="program of one loss, and this one has J, K"):
        program.check(lambda x, w: (0.0, {"w": 0.0}))


def test_every_output_keeps_its_zeros():
    x = leaves(3)
    program = vectorize([x[0], 0 * x[1] + x[2]], {"X": x})
    [[first, second]] = program([[1.0, np.nan, 2.0]])
    assert first == 1.0
    assert np.isnan(second)
