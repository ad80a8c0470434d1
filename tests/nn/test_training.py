"""compile, fit, evaluate, predict and predict_classes: the same by every way of computing them."""

from __future__ import annotations

import copy
import io
import multiprocessing
import pickle
import signal
import sys
import threading

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import nn
from autograd import Value, sigmoid, vectorize
from nn import (
    L2,
    MLP,
    SGD,
    Adam,
    AdamW,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Dense,
    Dropout,
    EarlyStopping,
    Embedding,
    Flatten,
    Layer,
    Loss,
    MeanSquaredError,
    Module,
    Neuron,
    Sequential,
    SparseCategoricalCrossentropy,
    SquaredError,
)
from nn.schedules import halving


def data(m=40, n=4, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(m, n)), generator.integers(0, 3, m)


def yes_or_no(seed=1, **options):
    model = MLP(2, [3, 1], activation="tanh", output_activation="sigmoid", seed=seed)
    model.compile(loss=BinaryCrossentropy(), **options)
    X = np.random.default_rng(0).normal(size=(30, 2))
    return model, X, (X[:, 0] * X[:, 1] > 0) * 1


# --- the engines ---


def regularised():
    layers = [
        Dense(6, "relu", kernel_regularizer=L2(0.3)),
        Dropout(0.3, seed=4),
        Dense(5, "tanh", kernel_regularizer=L2(0.3)),
        Dropout(0.2),
        Dense(3, "softmax"),
    ]
    model = Sequential(layers, seed=3)
    model.compile(
        optimizer=Adam(learning_rate=0.01),
        loss=SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    return model


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_all_engines_give_the_same_weights_after_50_steps(reduction: str):
    """With dropout, minibatches, L2 and Adam; the last batch is smaller than the others."""
    X, Y = data(m=37)
    models = {"numpy": regularised(), "scalar": regularised(), "c": regularised()}
    histories = {}
    for engine, model in models.items():
        model.compiled.loss.reduction = reduction
        histories[engine] = model.fit(
            X, Y, epochs=10, batch_size=8, seed=5, verbose=0, engine=engine
        )
    assert histories["numpy"].steps_per_epoch == 5
    start = regularised()
    start.build(4)
    vectors = {engine: model.to_vector() for engine, model in models.items()}
    assert np.abs(vectors["numpy"] - start.to_vector()).max() > 0.1  # they have moved
    for engine in ("scalar", "c"):
        np.testing.assert_allclose(vectors[engine], vectors["numpy"], rtol=1e-9, atol=1e-12)
        for name, numbers in histories["numpy"].items():
            assert histories[engine][name] == pytest.approx(numbers, rel=1e-9)


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW])
def test_fit_is_the_loop_that_is_written_by_hand(optimizer):
    """For scalars and for a program, all examples in one step."""
    model, X, Y = yes_or_no(optimizer=optimizer(learning_rate=0.05))
    history = model.fit(X, Y, epochs=20, batch_size=None, shuffle=False, verbose=0)
    by_scalars, _, _ = yes_or_no()
    loss, by_hand = BinaryCrossentropy(), optimizer(by_scalars.parameters(), learning_rate=0.05)
    costs = []
    for _ in range(20):
        J = loss(Y, [by_scalars(x) for x in X])
        by_hand.zero_grad()
        J.backward()
        by_hand.step()
        costs.append(J.data)
    by_program, _, _ = yes_or_no()
    x, y = [Value(0.1), Value(0.2)], Value(1.0)
    program = vectorize(loss(y, by_program(x)), {"X": x, "Y": y}, parameters=by_program)
    by_hand = optimizer(program, learning_rate=0.05)
    for _ in range(20):
        _, grads = program(X, Y)
        by_hand.step(grads)
    program.write(by_program)
    np.testing.assert_allclose(model.to_vector(), by_scalars.to_vector(), rtol=1e-9)
    np.testing.assert_allclose(model.to_vector(), by_program.to_vector(), rtol=1e-9)
    assert history["loss"] == pytest.approx(costs, rel=1e-9)
    assert (history.epochs, history.steps_per_epoch) == (20, 1)


def test_a_listing_trains_on_the_slides_own_lines_where_the_sigmoid_is_saturated():
    """A sigmoid layer with BinaryCrossentropy(): trained on and on it never ends in nan."""
    X, Y = np.array([[-40.0], [-1.0], [1.0], [40.0]]), np.array([0, 0, 1, 1])
    model = Sequential([Dense(1, activation="sigmoid")], seed=1)
    model.compile(loss=BinaryCrossentropy(), optimizer=SGD(learning_rate=50.0))
    history = model.fit(X, Y, epochs=200, verbose=0)
    assert 0.0 <= history["loss"][-1] < 1e-6
    assert model.predict_classes(X).tolist() == [0, 0, 1, 1]


def test_a_bias_that_units_share_is_trained_as_one():
    """The network of Mazur's example, where each layer has one bias."""

    def network():
        return MLP.from_weights(
            [([[0.15, 0.2], [0.25, 0.3]], 0.35), ([[0.4, 0.45], [0.5, 0.55]], 0.6)],
            activation="sigmoid",
            output_activation="sigmoid",
        )

    model, by_hand = network(), network()
    model.compile(loss=SquaredError(), optimizer=SGD(learning_rate=0.5))
    model.fit([[0.05, 0.1]], [[0.01, 0.99]], verbose=0)
    SquaredError()([0.01, 0.99], by_hand([0.05, 0.1])).backward()
    SGD(by_hand.parameters(), learning_rate=0.5).step()
    assert model.to_vector().shape == (10,)
    np.testing.assert_allclose(model.to_vector(), by_hand.to_vector(), rtol=1e-12)
    assert model.layers[0].neurons[0].weights[0].data == pytest.approx(0.149780716, abs=1e-9)


def test_the_sum_over_examples_takes_a_rate_smaller_by_as_many():
    X, Y = data()
    models = []
    for reduction, rate in (("mean", 0.4), ("sum", 0.4 / 40)):
        model = MLP(4, [3], output_activation="softmax", seed=1)
        loss = SparseCategoricalCrossentropy(reduction=reduction)
        model.compile(loss=loss, optimizer=SGD(learning_rate=rate))
        history = model.fit(X, Y, epochs=5, batch_size=None, verbose=0)
        models.append((model, history, model.evaluate(X, Y)["loss"]))
    (mean, history, cost), (total, totals, sum_of_costs) = models
    np.testing.assert_allclose(mean.to_vector(), total.to_vector(), rtol=1e-9)
    assert totals["loss"] == pytest.approx([40 * x for x in history["loss"]])
    assert sum_of_costs == pytest.approx(40 * cost)


def test_an_embedding_takes_the_integers():
    generator = np.random.default_rng(0)
    X, Y = generator.integers(0, 5, (60, 2)), generator.integers(0, 5, 60)
    Y[:] = X[:, 1]
    model = Sequential([Embedding(5, 3), Flatten(), Dense(5, activation="softmax")], seed=1)
    model.compile(
        loss=SparseCategoricalCrossentropy(),
        optimizer=Adam(learning_rate=0.05),
        metrics=["accuracy"],
    )
    history = model.fit(X, Y, epochs=40, seed=1, verbose=0, validation_data=(X, Y))
    assert history["accuracy"][-1] == 1.0
    expected = [[a.data for a in model(x.tolist())] for x in X[:3]]
    np.testing.assert_allclose(model.predict(X[:3]), expected, rtol=1e-12)
    for wrong in (5, -1, 1.5):
        X_wrong = X.astype(float)
        X_wrong[7, 1] = wrong
        with pytest.raises(ValueError, match=rf"X\[7, 1\] is {wrong}, but the classes of Embed"):
            model.predict(X_wrong)


class Autoencoder(Module):
    """A model of one's own: two networks, and what it knows of compile and fit is nothing."""

    def __init__(self):
        self.encoder = MLP(3, [2], activation=["tanh"], seed=1)
        self.decoder = MLP(2, [3], seed=2)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def test_a_model_of_ones_own_has_all_methods(tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 3)) * [1.0, 1.0, 0.1]
    model = Autoencoder()
    model.compile(loss="mse", optimizer="adam", metrics=["mae", "r2"])
    history = model.fit(X, X, epochs=300, seed=1, verbose=0)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    found = model.evaluate(X, X)
    errors = model.predict(X) - X
    assert found["loss"] == pytest.approx(np.mean(errors**2))
    assert found["mae"] == pytest.approx(np.mean(np.abs(errors)))
    assert found["r2"] == pytest.approx(1 - np.sum(errors**2) / np.sum((X - X.mean(0)) ** 2))
    model.save(tmp_path / "own.npz")
    twin = Autoencoder()
    twin.load_weights(tmp_path / "own.npz")
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    assert nn.gradcheck(model, X[:5], X[:5])


def test_a_single_neuron_is_a_model():
    X = [[0.0], [1.0], [2.0], [3.0]]
    neuron = Neuron(1, activation="sigmoid", seed=1)
    neuron.compile(Adam(learning_rate=0.1), BinaryCrossentropy(), metrics="accuracy")
    history = neuron.fit(X, [False, False, True, True], epochs=200, verbose=0)
    assert history["accuracy"][-1] == 1.0
    assert neuron.predict(X).shape == (4, 1)


class LogCosh(Loss):
    def of_output(self, y, a, unit):
        d = a - y
        return ((d.exp() + (-d).exp()) / 2).log()


def test_a_loss_and_an_activation_of_ones_own_are_trained():
    def swish(z):
        return z * sigmoid(z)

    X = np.linspace(-2, 2, 40)[:, None]
    model = Sequential([Dense(8, swish), Dense(1)], seed=1)
    model.compile(loss=LogCosh(), optimizer=Adam(learning_rate=0.03))
    history = model.fit(X, X[:, 0] ** 2, epochs=200, seed=1, verbose=0)
    assert history["loss"][-1] < 0.05 < history["loss"][0]


class Tied(Module):
    """Weights that stand in two places, and one that is called as the inputs are."""

    def __init__(self):
        self.X = [Value(0.5), Value(-0.5)]
        self.again = self.X
        self.bias = Value(0.0)

    def forward(self, x):
        return [self.X[0] * x[0] + self.again[1] * x[1] + self.bias]


@pytest.mark.parametrize("engine", ["numpy", "scalar"])
def test_names_may_be_those_of_the_data_and_weights_may_be_shared(engine: str):
    model = Tied()
    model.compile(loss="mse", optimizer=Adam(learning_rate=0.1))
    X = np.random.default_rng(0).normal(size=(30, 2))
    model.fit(X, X @ [2.0, -3.0] + 1.0, epochs=300, seed=1, verbose=0, engine=engine)
    np.testing.assert_allclose(model.to_vector(), [2.0, -3.0, 1.0], atol=1e-3)


# --- what is measured ---


def test_the_loss_of_an_epoch_is_the_mean_of_what_its_examples_cost_in_their_steps():
    """With a rate of 0 nothing moves: batches of 32, 32 and 6 make the mean over 70."""
    X, Y = data(m=70)
    model = MLP(4, [3], output_activation="softmax", seed=1)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=SGD(learning_rate=0.0))
    history = model.fit(X, Y, epochs=2, verbose=0)
    assert history.steps_per_epoch == 3
    expected = np.mean([-np.log(a[k]) for a, k in zip(model.predict(X), Y, strict=True)])
    assert history["loss"] == pytest.approx([expected, expected])


def test_the_penalty_is_in_the_cost_and_in_no_measure():
    """J = L + λ/2m Σ w², m the size of the training set, not of a batch."""
    X, Y = data(m=20)
    model = Sequential([Dense(1, kernel_regularizer=L2(5.0))], seed=1)
    model.compile(loss="mse", optimizer=SGD(learning_rate=0.0))
    history = model.fit(X, Y, batch_size=7, verbose=0, validation_data=(X, Y))
    weights = model.to_vector()[:-1]
    data_loss = np.mean((model.predict(X)[:, 0] - Y) ** 2)
    assert history["loss"] == pytest.approx([data_loss + 5.0 / 40 * np.sum(weights**2)])
    assert history["val_loss"] == pytest.approx([data_loss])
    assert model.evaluate(X, Y) == {"loss": pytest.approx(data_loss)}


def test_dropout_is_off_where_is_measured_and_predicted():
    X, Y = data()
    model = regularised()
    model.compiled.optimizer.learning_rate = 0.0
    history = model.fit(X, Y, epochs=3, seed=1, verbose=0, validation_data=(X, Y))
    assert len(set(history["loss"])) == 3  # another mask each time
    assert len(set(history["val_loss"])) == 1
    np.testing.assert_allclose(
        model.predict(X[:2]), [[a.data for a in model(x)] for x in X[:2]], rtol=1e-12
    )


def test_evaluate_prints_a_line_where_it_is_asked_and_predict_takes_the_word(capsys):
    model, X, Y = yes_or_no(metrics=["accuracy"])
    found = model.evaluate(X, Y)
    assert capsys.readouterr().out == ""
    assert model.evaluate(X, Y, verbose=2) == found
    assert capsys.readouterr().out == (
        f"{len(X)} examples: loss {found['loss']:.4g}, accuracy {found['accuracy']:.4g}\n"
    )
    np.testing.assert_array_equal(model.predict(X, verbose=0), model.predict(X))


def test_no_callbacks_and_no_metrics_may_be_none():
    model, X, Y = yes_or_no(metrics=None)
    assert list(model.fit(X, Y, callbacks=None, verbose=0)) == ["loss"]


def test_a_loss_has_a_name_in_small_or_capital_letters():
    model = MLP(2, [1], seed=1)
    model.compile(loss="MSE")
    assert type(model.compiled.loss) is MeanSquaredError


def test_what_counts_as_right_goes_by_the_loss():
    X = np.array([[-3.0], [-0.2], [0.2], [3.0]])
    unit = Layer.from_weights([[1.0]], [0.0])
    probability = Layer.from_weights([[1.0]], [0.0], activation="sigmoid")
    for model, loss in (
        (unit, BinaryCrossentropy(from_logits=True)),
        (probability, BinaryCrossentropy()),
    ):
        model.compile(loss=loss, metrics=["accuracy"])
        assert model.predict_classes(X).tolist() == [0, 0, 1, 1]
        assert model.predict_classes(X, threshold=0.9).tolist() == [0, 0, 0, 1]
        assert model.evaluate(X, [0, 1, 1, 1])["accuracy"] == 0.75
    classes = Layer.from_weights([[1.0], [-1.0], [0.0]], [0.0, 0.0, 1.0])
    classes.compile(loss=CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    assert classes.predict_classes(X).tolist() == [1, 2, 2, 0]
    assert classes.evaluate(X, np.eye(3)[[1, 2, 2, 1]])["accuracy"] == 0.75
    labels = Layer.from_weights([[1.0], [-1.0]], [0.0, 0.0], activation="sigmoid")
    labels.compile(loss=BinaryCrossentropy(), metrics=["accuracy"])
    assert labels.predict_classes(X).tolist() == [[0, 1], [0, 1], [1, 0], [1, 0]]
    assert labels.evaluate(X, [[0, 1], [1, 1], [1, 1], [1, 1]])["accuracy"] == 5 / 8


def test_validation_split_takes_the_last_examples():
    X, Y = data(m=10)
    seen = []

    def spread(y_true, y_pred):
        seen.append(len(y_true))
        return 0.0

    model = MLP(4, [1], seed=1)
    model.compile(loss="mse", metrics=[spread])
    history = model.fit(X, Y, validation_split=0.3, verbose=0)
    assert seen == [7, 3]
    assert set(history) == {"loss", "spread", "val_loss", "val_spread"}
    last = np.mean((model.predict(X[7:])[:, 0] - Y[7:]) ** 2)
    assert history["val_loss"] == pytest.approx([last])
    assert set(model.fit(X, Y, validation_split=0.01, verbose=0)) == {"loss", "spread"}


def test_the_same_seed_trains_the_same():
    results = []
    for seed in (1, 1, 2):
        X, Y = data()
        model = regularised()
        model.fit(X, Y, epochs=2, seed=seed, verbose=0)
        results.append(model.to_vector())
    np.testing.assert_array_equal(results[0], results[1])
    assert (results[0] != results[2]).any()


def test_data_come_as_they_are_known():
    expected = None
    X, _ = data()
    Y = X[:, 0] > 0
    for inputs, targets in (
        (X, Y),
        (X.tolist(), Y.tolist()),
        (np.asfortranarray(X), Y[:, None]),
        (X, Y.astype("int8")),
        (X, Y.astype("float32").reshape(-1, 1)),
    ):
        model = MLP(4, [1], output_activation="sigmoid", seed=1)
        model.compile(loss=BinaryCrossentropy())
        model.fit(inputs, targets, epochs=2, seed=0, verbose=0)
        expected = model.to_vector() if expected is None else expected
        np.testing.assert_array_equal(model.to_vector(), expected)


# --- compile ---


def test_without_an_optimizer_it_is_adam_with_a_rate_of_a_thousandth():
    model = Neuron(2)
    model.compile(loss=MeanSquaredError())
    assert isinstance(model.compiled.optimizer, Adam)
    assert model.compiled.optimizer.learning_rate == 1e-3
    model.compile("sgd", "mse")
    assert isinstance(model.compiled.optimizer, SGD)


def test_the_optimizer_goes_on_where_the_last_fit_ended():
    once, X, Y = yes_or_no(optimizer=Adam(learning_rate=halving(0.1, 3)))
    twice, _, _ = yes_or_no(optimizer=Adam(learning_rate=halving(0.1, 3)))
    once.fit(X, Y, epochs=10, batch_size=None, shuffle=False, verbose=0)
    for _ in range(2):
        twice.fit(X, Y, epochs=5, batch_size=None, shuffle=False, verbose=0)
    np.testing.assert_allclose(twice.to_vector(), once.to_vector(), rtol=1e-12)
    assert twice.compiled.optimizer.steps == 10
    assert len(twice.compiled.optimizer.state["m"]) == len(twice.parameters())


def test_one_optimizer_for_several_models_begins_anew_with_each():
    optimizer, vectors = Adam(learning_rate=0.1), []
    for _ in range(2):
        model, X, Y = yes_or_no(optimizer=optimizer)
        model.fit(X, Y, epochs=3, seed=1, verbose=0)
        vectors.append(model.to_vector())
    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_an_optimizer_with_parameters_is_that_of_the_model():
    model, X, Y = yes_or_no()
    model.compile(optimizer=Adam(model.parameters()), loss=BinaryCrossentropy())
    model.fit(X, Y, verbose=0)
    model.compile(optimizer=model.compiled.optimizer, loss="mse")
    frozen = Adam(model.layers[1].parameters())
    with pytest.raises(ValueError, match=r"moves other parameters.*such as Adam\(learning_rate="):
        model.compile(optimizer=frozen, loss="mse")


def test_what_a_schedule_raises_is_no_divergence():
    model, X, Y = yes_or_no(optimizer=SGD(learning_rate=lambda step: 0.1 - step))
    for engine in ("numpy", "scalar"):
        with pytest.raises(
            ValueError, match="learning_rate at step 1 must be at least 0 and finite"
        ):
            model.fit(X, Y, epochs=5, verbose=0, engine=engine)


def test_a_model_without_parameters_has_nothing_to_fit():
    model = Sequential([Flatten()])
    model.compile(loss="mse")
    with pytest.raises(
        ValueError, match="Sequential has no parameters, so there is nothing to fit"
    ):
        model.fit([[1.0]], [1.0], verbose=0)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, TypeError, r"compile needs a loss, such as compile\(loss=nn.MeanSquaredError"),
        ({"loss": "entropy"}, ValueError, "unknown loss 'entropy': choose one of binary_cross"),
        ({"loss": BinaryCrossentropy}, TypeError, r"a loss is an object: write BinaryCrossent"),
        ({"loss": SGD()}, TypeError, "the optimizer comes first"),
        ({"loss": 3}, TypeError, "a loss is a name or a Loss, not 3"),
        ({"optimizer": BinaryCrossentropy()}, TypeError, r"write compile\(loss=…\)"),
        ({"optimizer": "adagrad"}, ValueError, "unknown optimizer 'adagrad': choose one of sgd"),
        ({"optimizer": SGD}, TypeError, r"an optimizer is an object: write SGD\(\)"),
        ({"optimizer": 0.1}, TypeError, "an optimizer is a name or an Optimizer, not 0.1"),
        ({"loss": "mse", "metrics": ["accuracy"]}, ValueError, "accuracy counts classes"),
        ({"loss": "mse", "metrics": ["f1"]}, ValueError, "unknown metric 'f1': choose one of"),
        ({"loss": "mse", "metrics": [3]}, TypeError, "a metric must be a name or a function"),
        ({"loss": "mse", "metrics": ["mae", "mae"]}, ValueError, "mae is measured already"),
        ({"loss": "mse", "metric": ["mae"]}, TypeError, "compile has no metric: write metrics"),
    ],
)
def test_compile_says_what_to_write(options, error, words):
    with pytest.raises(error, match=words):
        Neuron(2).compile(**options)


# --- what is refused, before anything has changed ---

X_2, Y_2 = np.ones((4, 2)), np.array([0, 1, 1, 0])
WRONG = [
    ((np.ones((2, 4)), Y_2), {}, r"X has shape \(2, 4\), features × examples.*write X.T"),
    ((np.ones((2, 4)), Y_2[None]), {}, r"features × examples.*so write X.T, Y.T"),
    ((np.ones((3, 2)), Y_2), {}, "X has 3 rows and Y has 4: one row per example"),
    ((np.ones((4, 3)), Y_2), {}, "MLP takes 2 inputs, not 3"),
    ((np.ones(4), Y_2), {}, r"X.reshape\(-1, 1\) for 4 examples of one number"),
    (([], []), {}, "X has no examples"),
    (([[1, np.nan]] * 4, Y_2), {}, r"X\[0, 1\] is nan, and 3 more"),
    ((X_2, [0, np.inf, 1, 0]), {}, r"Y\[1\] is inf: leave out such examples"),
    ((X_2, [0, 2, 1, 0]), {}, r"Y\[1\] is 2, but a target of cross-entropy is in \[0, 1\]"),
    ((X_2, [[0], [1], [-1], [0]]), {}, r"Y\[2, 0\] is -1"),
    ((X_2, np.ones((4, 2))), {}, r"Y has shape \(4, 2\), but the model has 1 output: \(4,\) or"),
    ((X_2, Y_2), {"epochs": 0}, "epochs must be at least 1"),
    ((X_2, Y_2), {"batch_size": 0}, "batch_size must be at least 1"),
    ((X_2, Y_2), {"engine": "gpu"}, "unknown engine 'gpu': choose one of numpy, c, scalar"),
    ((X_2, Y_2), {"validation_split": 1.0}, "validation_split must be at least 0 and less than 1"),
    ((X_2, Y_2), {"validation_split": 0.9}, "validation_split=0.9 leaves no example"),
    ((X_2, Y_2), {"validation_split": 0.5, "validation_data": (X_2, Y_2)}, "not both"),
    ((X_2, Y_2), {"validation_data": (np.ones((4, 3)), Y_2)}, r"one of X \(2,\): validate on"),
    ((X_2, Y_2), {"validation_data": (X_2, [0, 1, 1, 5])}, r"Y_val\[3\] is 5"),
    ((X_2, Y_2), {"validation_data": (X_2[:3], Y_2)}, "X_val has 3 rows and Y_val has 4"),
]


@pytest.mark.parametrize(("given", "options", "words"), WRONG)
def test_wrong_data_are_refused_before_anything_has_changed(given, options, words):
    model, _, _ = yes_or_no(metrics=["accuracy"])
    before = model.to_vector()
    with pytest.raises(ValueError, match=words):
        model.fit(*given, **options, verbose=0)
    np.testing.assert_array_equal(model.to_vector(), before)
    assert model.compiled.optimizer.steps == 0


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (([["a"]] * 4, Y_2), {}, "X is made of real numbers, not of <U1"),
        (([[1, 2], [3]], Y_2[:2]), {}, "X is made of numbers, in rows of one length"),
        (([[object()]] * 4, Y_2), {}, "X is made of numbers, in rows of one length"),
        ((3.0, Y_2), {}, "X holds the examples, one per row, not 3.0"),
        ((X_2, Y_2), {"seed": 3.5}, "seed is a whole number of at least 0, or None, not 3.5"),
        ((X_2, Y_2), {"seed": -1}, "seed is a whole number of at least 0, or None, not -1"),
        ((csr_matrix(X_2), Y_2), {}, r"X is a sparse matrix: write X.toarray\(\)"),
        (([[10**400, 1]] * 4, Y_2), {}, "X is made of numbers, in rows of one length: int too"),
        ((X_2, None), {}, "Y is made of numbers, one row per example, not None"),
        ((X_2, Y_2), {"validation_data": X_2}, r"validation_data is a pair \(X_val, Y_val\)"),
        ((X_2, Y_2), {"callbacks": [3]}, "a callback is a function, not 3"),
        ((X_2, Y_2), {"epoch": 3}, "fit has no epoch: write epochs; it takes epochs, batch_size"),
        ((X_2, Y_2), {"learning_rate": 1}, r"write optimizer=Adam\(learning_rate=…\) in compile"),
        ((X_2, Y_2), {"wheels": 4}, "fit has no wheels; it takes epochs"),
    ],
)
def test_arguments_that_are_none(given, options, words):
    model, _, _ = yes_or_no()
    with pytest.raises(TypeError, match=words):
        model.fit(*given, **options, verbose=0)


def test_labels_of_classes_are_refused_by_position():
    X, Y = data()
    model = MLP(4, [3], output_activation="softmax", seed=1)
    model.compile(loss=SparseCategoricalCrossentropy())
    for wrong in (3, -1, 0.5):
        labels = Y.astype(float)
        labels[17] = wrong
        with pytest.raises(ValueError, match=rf"Y\[17\] is {wrong}, but classes count from 0: t"):
            model.fit(X, labels)
    with pytest.raises(ValueError, match="write CategoricalCrossentropy for rows that are 1"):
        model.fit(X, np.eye(3)[Y])
    with pytest.raises(ValueError, match=r"one class per example is needed: \(40,\)"):
        model.fit(X, np.stack([Y, Y], axis=1))
    model.compile(loss=CategoricalCrossentropy())
    with pytest.raises(ValueError, match="for the numbers of classes, write SparseCat"):
        model.fit(X, Y)


def test_a_model_without_widths_learns_none_from_refused_data():
    X, Y = data()
    model = Sequential([Dense(3, activation="softmax")], seed=1)
    model.compile(loss=SparseCategoricalCrossentropy())
    with pytest.raises(ValueError, match="classes count from 0"):
        model.fit(X, Y + 1)
    assert model.n_inputs is None
    model.fit(X[:, :2], Y, verbose=0)
    assert model.n_inputs == 2


def test_what_was_not_compiled_says_so():
    X, Y = data()
    for call in (
        lambda: Neuron(4).fit(X, Y),
        lambda: Neuron(4).evaluate(X, Y),
        lambda: Neuron(4).predict_classes(X),
    ):
        with pytest.raises(ValueError, match=r"write model.compile\(loss=…\)"):
            call()
    neuron = Neuron(4)
    neuron.compile(loss="mse")
    with pytest.raises(ValueError, match="MeanSquaredError is a loss of numbers, not of classes"):
        neuron.predict_classes(X)
    neuron.compile(loss=BinaryCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="threshold is a probability between 0 and 1, not 1"):
        neuron.predict_classes(X, threshold=1)


# --- callbacks, Ctrl-C, copies ---


def test_a_callback_sees_the_model_with_the_weights_of_its_epoch():
    model, X, Y = yes_or_no(metrics=["accuracy"])
    seen = []

    def record(model, epoch, metrics):
        seen.append((epoch, dict(metrics), model.evaluate(X, Y)["accuracy"]))

    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[record])
    assert [epoch for epoch, _, _ in seen] == [1, 2, 3]
    assert [metrics["loss"] for _, metrics, _ in seen] == history["loss"]
    assert [accuracy for _, _, accuracy in seen] == history["accuracy"]


@pytest.mark.parametrize("engine", ["numpy", "scalar"])
def test_a_callback_may_change_the_weights(engine: str):
    model, X, Y = yes_or_no(optimizer=SGD(learning_rate=0.0))

    def halve(model, epoch, metrics):
        model.from_vector(model.to_vector() / 2)

    before = model.to_vector()
    model.fit(X, Y, epochs=3, verbose=0, callbacks=halve, engine=engine)
    np.testing.assert_allclose(model.to_vector(), before / 8)


def test_a_callback_stops_the_training():
    model, X, Y = yes_or_no()
    seen = []

    def stop(model, epoch, metrics):
        if epoch == 2:
            raise StopIteration("enough")

    def stop_silently(model, epoch, metrics):
        seen.append(epoch)
        if epoch == 2:
            raise StopIteration

    history = model.fit(X, Y, epochs=5, verbose=0, callbacks=[stop, stop_silently])
    assert (history.epochs, history.stopped, seen) == (2, "enough", [1, 2])
    history = model.fit(X, Y, epochs=5, verbose=0, callbacks=[stop_silently])
    assert history.stopped == "a callback asked for it"

    def fail(model, epoch, metrics):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        model.fit(X, Y, verbose=0, callbacks=[fail])


def test_early_stopping_in_fit_gives_back_the_best_weights():
    X, Y = data(m=30, n=10, seed=3)
    model = MLP(10, [30, 3], output_activation="softmax", seed=1)
    model.compile(loss=SparseCategoricalCrossentropy(), optimizer=Adam(learning_rate=0.05))
    stopping = EarlyStopping(patience=4)
    history = model.fit(
        X, Y, epochs=200, seed=1, verbose=0, validation_split=0.4, callbacks=stopping
    )
    best = int(np.argmin(history["val_loss"]))
    assert history.epochs == best + 1 + 4 < 200
    assert "val_loss has not become better" in history.stopped
    assert model.evaluate(X[18:], Y[18:])["loss"] == pytest.approx(history["val_loss"][best])


@pytest.mark.parametrize("engine", ["numpy", "scalar"])
def test_ctrl_c_gives_back_the_history_and_leaves_consistent_weights(engine: str, monkeypatch):
    """The signal comes in the middle of the third epoch, in a step that is not taken."""
    model, X, Y = yes_or_no(optimizer=SGD(learning_rate=0.1))
    twin, _, _ = yes_or_no(optimizer=SGD(learning_rate=0.1))
    steps = []

    class Interrupted(SGD):
        def direction(self, w, g, state):
            steps.append(1)
            if len(steps) == 8:
                signal.raise_signal(signal.SIGINT)
            return super().direction(w, g, state)

    model.compile(loss=BinaryCrossentropy(), optimizer=Interrupted(learning_rate=0.1))
    options = {"batch_size": 10, "shuffle": False, "verbose": 0, "engine": engine}
    history = model.fit(X, Y, epochs=50, **options)
    assert (history.epochs, history.stopped) == (2, "Ctrl-C")
    # Two epochs of three steps, and one more step.
    twin.fit(X, Y, epochs=2, **options)
    twin.fit(X[:10], Y[:10], epochs=1, **options)
    np.testing.assert_allclose(model.to_vector(), twin.to_vector(), rtol=1e-9)


def test_ctrl_c_before_the_first_step_changes_nothing(monkeypatch, capsys):
    from nn import engines

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(engines, "training_program", interrupted)
    model, X, Y = yes_or_no()
    before = model.to_vector()
    history = model.fit(X, Y, epochs=3)
    assert (history.epochs, history.stopped) == (0, "Ctrl-C")
    np.testing.assert_array_equal(model.to_vector(), before)
    assert "stopped: Ctrl-C" in capsys.readouterr().err


def test_ctrl_c_while_the_weights_are_written_back_changes_nothing():
    from nn.training import _whatever_happens

    done = []

    def action():
        done.append(1)
        if len(done) == 1:
            raise KeyboardInterrupt

    _whatever_happens(action)
    assert len(done) == 2


def test_fit_starts_no_thread_and_no_process(monkeypatch):
    """Nor does the bar in a terminal, which tqdm would watch from a thread."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    model, X, Y = yes_or_no()
    seen = []

    def count(model, epoch, metrics):
        seen.append((set(threading.enumerate()), multiprocessing.active_children()))

    before = set(threading.enumerate()), multiprocessing.active_children()
    model.fit(X, Y, epochs=3, callbacks=count)
    assert seen == [before] * 3
    assert "epoch 3/3" in sys.stderr.getvalue()


def test_a_trained_model_is_copied_and_pickled_and_goes_on():
    model, X, Y = yes_or_no(metrics=["accuracy"])
    model.fit(X, Y, epochs=3, verbose=0)
    model.predict(X)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin.predict(X), model.predict(X))
        assert twin.compiled.optimizer.steps == 3
        twin.fit(X, Y, epochs=2, verbose=0)
        assert twin.compiled.optimizer.steps == 5
        assert model.compiled.optimizer.steps == 3
        assert (twin.to_vector() != model.to_vector()).any()


def test_any_example_is_recorded_with_the_trained_weights_afterwards():
    model, X, Y = yes_or_no()
    model.fit(X, Y, epochs=3, verbose=0)
    for x, row in zip(X[:5], model.predict(X[:5]), strict=True):
        assert model(x)[0].data == pytest.approx(row[0], rel=1e-12)
