"""Programs as C return what they return in NumPy."""

from __future__ import annotations

import numpy as np

from autograd import binary_cross_entropy_with_logits, dot, vectorize
from vectorized import leaves


def logistic_regression(features=30):
    x, w = leaves(features), leaves(features, seed=1)
    b, y = leaves(), leaves(seed=2)
    loss = binary_cross_entropy_with_logits(y, dot(w, x) + b)
    return vectorize(loss, {"x": x, "y": y}, {"w": w, "b": b})


def test_logistic_regression():
    program = logistic_regression()
    compiled = program.compiled()
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(569, 30)), generator.integers(0, 2, 569) * 1.0
    cost, gradients = compiled(X, y)
    expected_cost, expected = program(X, y)
    np.testing.assert_allclose(cost, expected_cost, rtol=1e-12)
    for name, gradient in expected.items():
        np.testing.assert_allclose(gradients[name], gradient, rtol=1e-12, atol=1e-13)
