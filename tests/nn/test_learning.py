"""What the lectures say of training, tried: classes, labels, symmetry, rates, optimizers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from autograd import Value
from nn import (
    L2,
    MLP,
    SGD,
    Adam,
    BinaryCrossentropy,
    Dense,
    DivergenceError,
    MeanSquaredError,
    Neuron,
    Sequential,
    SparseCategoricalCrossentropy,
    SquaredError,
)
from viz import plot_descent

BITS, XNOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([1, 0, 0, 1])


def test_digits_0_and_1_by_25_15_1_sigmoid_units():
    X, Y = load_digits(n_class=2, return_X_y=True)
    X, m = X / 16.0, 270
    model = Sequential(
        [
            Dense(units=25, activation="sigmoid"),
            Dense(units=15, activation="sigmoid"),
            Dense(units=1, activation="sigmoid"),
        ],
        seed=1,
    )
    model.compile(
        loss=BinaryCrossentropy(), optimizer=Adam(learning_rate=0.01), metrics=["accuracy"]
    )
    model.fit(X[:m], Y[:m], epochs=60, seed=1, verbose=0)
    assert len(model.parameters()) == 25 * 65 + 15 * 26 + 1 * 16
    assert model.evaluate(X[m:], Y[m:])["accuracy"] > 0.98


def test_three_labels_at_once():
    """A car, a bus, a pedestrian: each is there or not, whatever the others are."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(300, 4))
    Y = np.stack([X[:, 0] > 0, X[:, 1] + X[:, 2] > 0, X[:, 3] * X[:, 0] > 0], axis=1)
    model = MLP(4, [16, 3], activation="tanh", output_activation="sigmoid", seed=1)
    loss = BinaryCrossentropy(outputs="sum")
    model.compile(loss=loss, optimizer=Adam(learning_rate=0.03), metrics=["accuracy"])
    model.fit(X[:200], Y[:200], epochs=150, seed=1, verbose=0)
    assert model.evaluate(X[200:], Y[200:])["accuracy"] > 0.93
    assert model.predict_classes(X[:5]).shape == (5, 3)
    # The sum adds, over three outputs, to three times the mean.
    with_mean = MLP(4, [16, 3], activation="tanh", output_activation="sigmoid", seed=1)
    with_mean.compile(loss=BinaryCrossentropy())
    with_mean.from_vector(model.to_vector())
    mean = with_mean.evaluate(X, Y)["loss"]
    assert model.evaluate(X, Y)["loss"] == pytest.approx(3 * mean)


def test_xnor_is_learned_from_random_weights_and_by_no_single_unit():
    model = MLP(2, [4, 1], activation="tanh", output_activation="sigmoid", seed=1)
    unit = Neuron(2, activation="sigmoid", seed=1)
    for each in (model, unit):
        each.compile(
            loss=BinaryCrossentropy(), optimizer=Adam(learning_rate=0.1), metrics=["accuracy"]
        )
        each.fit(BITS, XNOR, epochs=300, verbose=0, seed=1)
    assert model.predict_classes(BITS).tolist() == XNOR.tolist()
    assert model.evaluate(BITS, XNOR)["loss"] < 0.01
    assert unit.evaluate(BITS, XNOR)["accuracy"] < 1.0
    assert unit.evaluate(BITS, XNOR)["loss"] == pytest.approx(np.log(2), abs=1e-3)


@pytest.mark.parametrize("initializer", ["zeros", lambda generator, n_inputs, n_units: 0.3])
def test_units_that_start_alike_stay_alike(initializer):
    """Zero is one case of it; then the hidden layer gets no gradient at all in the first step."""
    model = MLP(2, [3, 1], activation="sigmoid", initializer=initializer, seed=1)
    model.compile(loss="mse", optimizer=SGD(learning_rate=0.5))
    X = np.random.default_rng(0).normal(size=(20, 2))
    model.fit(X, X[:, 0], epochs=50, verbose=0, seed=1)
    W1 = np.array([[w.data for w in row] for row in model.named_parameters()["W1"]])
    assert np.abs(W1[0]).max() > 0.01  # it has learned something
    np.testing.assert_allclose(W1[1:], np.tile(W1[0], (2, 1)), rtol=1e-12)
    other = MLP(2, [3, 1], activation="sigmoid", seed=1)
    other.compile(loss="mse", optimizer=SGD(learning_rate=0.5))
    other.fit(X, X[:, 0], epochs=50, verbose=0, seed=1)
    W1 = np.array([[w.data for w in row] for row in other.named_parameters()["W1"]])
    assert np.abs(W1[1] - W1[0]).max() > 0.1


def test_linear_layers_collapse_to_one():
    """W′ = W[2]W[1] and b′ = W[2]b[1] + b[2], also after training."""
    X = np.random.default_rng(0).normal(size=(50, 3))
    model = MLP(3, [5, 2], activation="linear", seed=1)
    model.compile(loss="mse", optimizer=Adam(learning_rate=0.01))
    model.fit(X, X[:, :2] ** 2, epochs=100, seed=1, verbose=0)
    arrays = {
        name: np.array([[w.data for w in row] if isinstance(row, list) else row.data for row in p])
        for name, p in model.named_parameters().items()
    }
    W = arrays["W2"] @ arrays["W1"]
    b = arrays["W2"] @ arrays["b1"] + arrays["b2"]
    np.testing.assert_allclose(model.predict(X), X @ W.T + b, rtol=1e-9, atol=1e-12)


def test_linear_regression_finds_the_least_squares():
    """The model θᵀx with x₀ = 1: the bias is θ₀."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 2))
    y = X @ [2.0, -1.0] + 0.5 + generator.normal(0, 0.3, 60)
    expected = np.linalg.lstsq(np.column_stack([X, np.ones(60)]), y, rcond=None)[0]
    model = Sequential([Dense(1)], seed=1)
    model.compile(loss=MeanSquaredError(), optimizer=SGD(learning_rate=0.1))
    model.fit(X, y, epochs=300, batch_size=None, verbose=0)
    np.testing.assert_allclose(model.to_vector(), expected, rtol=1e-9)


def test_l2_makes_weights_small_as_the_normal_equations_say():
    """The minimum of ½m Σ (h − y)² + λ/2m Σ w², biases left alone."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(30, 2))
    y = X @ [2.0, -1.0] + 0.5
    design = np.column_stack([X, np.ones(30)])
    expected = np.linalg.solve(design.T @ design + np.diag([20.0, 20.0, 0.0]), design.T @ y)
    model = Sequential([Dense(1, kernel_regularizer=L2(20.0))], seed=1)
    model.compile(loss=SquaredError(), optimizer=SGD(learning_rate=0.3))
    model.fit(X, y, epochs=500, batch_size=None, verbose=0)
    np.testing.assert_allclose(model.to_vector(), expected, rtol=1e-9)


def test_a_small_rate_lets_the_cost_fall_and_a_large_one_lets_it_grow():
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = X @ [2.0, -1.0]
    costs = {}
    for rate in (0.1, 1.5):
        model = Sequential([Dense(1)], seed=1)
        model.compile(loss="mse", optimizer=SGD(learning_rate=rate))
        costs[rate] = model.fit(X, y, epochs=30, batch_size=None, verbose=0)["loss"]
    assert all(after < before for before, after in zip(costs[0.1], costs[0.1][1:], strict=False))
    assert costs[1.5][-1] > 100 * costs[1.5][0]
    model = Sequential([Dense(1)], seed=1)
    model.compile(loss="mse", optimizer=SGD(learning_rate=1.5))
    with pytest.raises(DivergenceError, match="a smaller learning_rate"):
        model.fit(X, y, epochs=3000, batch_size=None, verbose=0)


def test_adam_beside_gradient_descent_on_an_elongated_bowl():
    """J = ½(w₁² + 50w₂²): a rate that is right for w₂ is slow for w₁."""

    def bowl(w_1, w_2):
        return 0.5 * (w_1**2 + 50.0 * w_2**2)

    paths, ends = {}, {}
    for optimizer in (SGD(learning_rate=0.035), Adam(learning_rate=0.4)):
        w = [Value(-4.0, "w_1"), Value(1.0, "w_2")]
        optimizer.attach(w)
        path = [[v.data for v in w]]
        for _ in range(60):
            optimizer.zero_grad()
            bowl(*w).backward()
            optimizer.step()
            path.append([v.data for v in w])
        name = type(optimizer).__name__
        paths[name], ends[name] = path, bowl(*path[-1])
    assert ends["Adam"] < ends["SGD"] / 5
    # Gradient descent goes to and fro across the bowl: w₂ changes its sign in each step.
    signs = np.sign([w_2 for _, w_2 in paths["SGD"][:20]])
    assert (signs[1:] == -signs[:-1]).all()
    axes = plot_descent(bowl, paths, names=("w_1", "w_2"))
    assert axes.get_legend_handles_labels()[1] == ["SGD, 60 steps", "Adam, 60 steps"]


def test_digits_of_ten_classes_in_two_passes_of_the_vocabulary():
    """Softmax at the end, or logits and a loss from logits: the same training."""
    X, Y = load_digits(return_X_y=True)
    X, vectors = X[:300] / 16.0, []
    for activation, from_logits in (("softmax", False), ("linear", True)):
        model = Sequential([Dense(15, "relu"), Dense(10, activation)], seed=1)
        model.compile(loss=SparseCategoricalCrossentropy(from_logits=from_logits))
        model.fit(X, Y[:300], epochs=3, seed=1, verbose=0)
        vectors.append(model.to_vector())
    np.testing.assert_allclose(vectors[0], vectors[1], rtol=1e-12)
