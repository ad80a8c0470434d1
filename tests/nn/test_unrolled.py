"""Unrolled parameters: one vector and back, and SciPy's optimizers that take it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from autograd import Value, vectorize
from nn import MLP, BinaryCrossentropy, Conv1D, Dense, Flatten, Sequential


def test_the_network_of_lecture_9_has_231_numbers():
    model = MLP(10, [10, 10, 1], seed=1)
    vector = model.to_vector()
    assert vector.shape == (231,)  # 10 × 11 + 10 × 11 + 1 × 11
    W1 = model.named_parameters()["W1"]
    assert vector[:10].tolist() == [w.data for w in W1[0]]
    assert vector[100:110].tolist() == [b.data for b in model.named_parameters()["b1"]]
    model.from_vector(np.arange(231))
    assert W1[1][2].data == 12.0
    assert all(type(p.data) is float for p in model.parameters())
    assert model.to_vector().tolist() == list(range(231))


def test_there_and_back_is_the_same_model():
    X = np.random.default_rng(0).normal(size=(5, 9))
    model = Sequential([Conv1D(2, 3, 2, activation="tanh"), Flatten(), Dense(2)], seed=1)
    expected = model.predict(X)
    model.from_vector(model.to_vector())
    np.testing.assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize(
    ("vector", "error", "words"),
    [
        (np.zeros(8), ValueError, r"the model has 9 parameters, the vector has shape \(8,\)"),
        (np.zeros((9, 1)), ValueError, r"has shape \(9, 1\)"),
        ([0.0, np.nan] + [0.0] * 7, ValueError, "entry 1 of the vector is nan: no parameter was"),
        (["a"] * 9, TypeError, "contain real numbers, not <U1"),
        ([1j] * 9, TypeError, "contain real numbers, not complex128"),
    ],
)
def test_vectors_that_do_not_fit_change_nothing(vector, error, words):
    model = MLP(2, [2, 1], seed=1)
    before = model.to_vector()
    with pytest.raises(error, match=words):
        model.from_vector(vector)
    np.testing.assert_array_equal(model.to_vector(), before)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B"])
def test_scipy_minimises_through_the_unrolled_parameters(method: str):
    """As in the guide: XNOR from random weights, to a cost that gradient descent takes long for."""
    X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([1, 0, 0, 1])
    model = MLP(2, [4, 1], activation="tanh", output_activation="sigmoid", seed=1)
    x, y = [Value(0.0), Value(0.0)], Value(1.0)
    loss = BinaryCrossentropy()(y, model(x))
    program = vectorize(loss, {"X": x, "Y": y}, parameters=model)

    def cost(vector):
        model.from_vector(vector)
        program.read(model)
        J, grads = program(X, Y)
        return J, np.concatenate([grad.ravel() for grad in grads.values()])

    start, _ = cost(model.to_vector())
    found = minimize(cost, model.to_vector(), jac=True, method=method)
    model.from_vector(found.x)
    assert found.fun < 1e-4 < 0.5 < start
    assert found.nfev < 200
    assert [round(a) for [a] in model.predict(X)] == [1, 0, 0, 1]
