"""Regularisers: λ/2m Σ w² over weights and not biases, in the graph and in a program."""

from __future__ import annotations

import pytest

from autograd import Value, total, vectorize
from nn import L2, MLP, Conv1D, Dense, Flatten, Layer, Module, Sequential, SquaredError


def test_l2_is_lambda_over_2m_times_the_squares():
    w = [Value(3), Value(-1)]
    penalty = L2(0.5)(w, m=4)
    assert penalty.data == 0.5 / 8 * 10
    penalty.backward()
    assert [v.grad for v in w] == [0.5 / 4 * 3, -0.5 / 4]  # (λ/m) w


def test_l2_as_keras_computes_it_knows_no_m():
    assert L2(0.5, per_example=False)([Value(3)], m=4).data == 4.5
    assert (repr(L2(0.5)), repr(L2(1, per_example=False))) == (
        "L2(0.5)",
        "L2(1, per_example=False)",
    )


def test_the_penalty_of_a_model_takes_weights_and_not_biases():
    model = Sequential(
        [
            Dense(2, "tanh", kernel_regularizer=L2(1.0)),
            Dense(2),
            Dense(1, kernel_regularizer=L2(4.0)),
        ],
        seed=1,
    )
    model.build(3)
    named = model.named_parameters()
    for bias in (*named["b1"], *named["b3"]):
        bias.data = 100.0
    squares = [sum(w.data**2 for row in named[W] for w in row) for W in ("W1", "W3")]
    assert model.penalty(10).data == pytest.approx((squares[0] + 4 * squares[1]) / 20)
    model.penalty(10).backward()
    assert named["W3"][0][1].grad == pytest.approx(4 / 10 * named["W3"][0][1].data)
    assert {p.grad for W in ("b1", "W2", "b3") for p in _flat(named[W])} == {0.0}


def _flat(nested):
    return [v for row in nested for v in (row if isinstance(row, list) else [row])]


def test_no_regulariser_is_no_penalty():
    assert MLP(2, [2, 1], seed=1).penalty(10) is None


def test_a_shared_layer_pays_once():
    layer = Layer(2, 2, kernel_regularizer=L2(2.0), seed=1)
    once = sum(w.data**2 for neuron in layer.neurons for w in neuron.weights)
    assert Sequential([layer, layer]).penalty(1).data == pytest.approx(once)


def test_a_convolution_pays_for_its_kernel_once():
    model = Sequential([Conv1D(1, 3, kernel_regularizer=L2(2.0)), Flatten(), Dense(1)], seed=1)
    model.build(9)
    [kernel] = model.named_parameters()["W1"]
    assert model.penalty(1).data == pytest.approx(sum(w.data**2 for w in kernel))


def test_a_regulariser_of_ones_own_on_a_module_of_ones_own():
    class Line(Module):
        def __init__(self) -> None:
            self.w = Value(-2)
            self.kernel_regularizer = lambda weights, m: total([w.abs() for w in weights]) / m

    assert Line().penalty(4).data == 0.5


def test_the_program_shows_it_as_on_the_slide():
    model = Sequential([Dense(2, "tanh", kernel_regularizer=L2(0.5)), Dense(1)], seed=1)
    x, y = [Value(1.0), Value(2.0)], [Value(0.5)]
    loss = SquaredError().of_example(y, model(x)) + model.penalty(10)
    program = vectorize(loss, {"X": x, "Y": y}, model.named_parameters())
    lines = [str(line) for line in program.statements]
    assert any("0.025 * np.sum(W1 ** 2)" in line for line in lines)  # λ/2m = 0.5/20
    assert "dW1 = dZ1 @ X.T / m + 0.05 * W1" in lines  # λ/m = 0.5/10


@pytest.mark.parametrize("rate", [-0.1, float("inf"), float("nan"), "0.1"])
def test_rates_that_are_none(rate):
    with pytest.raises((TypeError, ValueError), match="the rate of L2 must be"):
        L2(rate)


@pytest.mark.parametrize("given", [0.1, "l2", L2])
def test_what_is_no_regulariser_is_refused_where_the_layer_is_made(given):
    for make in (lambda **it: Dense(2, **it), lambda **it: Conv1D(1, 2, **it)):
        with pytest.raises(TypeError, match=r"kernel_regularizer is a function .*nn.L2\(0.1\)"):
            make(kernel_regularizer=given)
