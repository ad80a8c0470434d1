"""predict: one vectorised call, of the model as it is now."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Conv1D, Dense, Dropout, Flatten, Module, Neuron, Sequential, prediction
from nn.prediction import _made


def by_scalars(model, X):
    return np.array([[a.data for a in model(x)] for x in X])


@pytest.mark.parametrize(
    "model",
    [
        MLP(3, [4, 2], seed=1),
        MLP(3, [4, 1], activation="tanh", output_activation="sigmoid", seed=1),
        Sequential([Dense(5, "relu"), Dropout(0.5), Dense(3, "softmax")], seed=1),
        Sequential([Conv1D(2, 2), Flatten(), Dense(2)], seed=1),
    ],
)
def test_each_row_is_what_the_model_makes_of_it(model):
    X = np.random.default_rng(0).normal(size=(7, 3))
    expected = by_scalars(model, X)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(model(X), model.predict(X))
    np.testing.assert_array_equal(model.predict(X.tolist()), model.predict(X))


def test_many_rows_are_computed_in_parts(monkeypatch):
    model = MLP(3, [4, 2], seed=1)
    X = np.random.default_rng(0).normal(size=(2 * prediction.PART + 7, 3))
    expected = by_scalars(model, X[[0, prediction.PART, -1]])
    found = model.predict(X)
    assert found.shape == (len(X), 2)
    np.testing.assert_allclose(found[[0, prediction.PART, -1]], expected, rtol=1e-12)


def test_a_program_is_made_once_and_sees_new_weights():
    model, X = MLP(2, [3, 1], seed=1), np.ones((2, 2))
    model.predict(X)
    program = _made[model][1]
    for parameter in model.parameters():
        parameter.data += 0.5
    np.testing.assert_allclose(model.predict(X), by_scalars(model, X), rtol=1e-12)
    assert _made[model][1] is program


def test_a_model_with_other_parts_gets_another_program():
    X = np.ones((2, 2))
    model = MLP(2, [3, 1], seed=1)
    model.predict(X)

    def expect(change):
        change()
        np.testing.assert_allclose(model.predict(X), by_scalars(model, X), rtol=1e-12)

    layer = model.layers[0]
    expect(lambda: setattr(layer, "activation", "tanh"))
    expect(lambda: layer.neurons.__setitem__(1, Neuron(2, activation="sigmoid", seed=5)))
    expect(lambda: layer.neurons[0].weights.__setitem__(0, Value(3.0)))
    expect(lambda: setattr(layer.neurons[2], "bias", Value(-1.0)))
    expect(lambda: model.layers.__setitem__(1, MLP(3, [2, 1], seed=3)))


class Own(Module):
    def __init__(self, held):
        self.w, self.held = Value(2.0), held

    def forward(self, x):
        factor = self.held.get("factor", 1.0) if isinstance(self.held, dict) else 1.0
        if isinstance(self.held, np.ndarray):
            factor = float(self.held.sum())
        if isinstance(self.held, Box):
            factor = self.held.factor
        return [factor * self.w * x[0]]


class Box:
    factor = 1.0


def test_what_a_model_of_ones_own_holds_takes_part():
    held = {"factor": 1.0, "list": [1, (2, None)], "function": len}
    model = Own(held)
    assert model.predict([[1.0]]).tolist() == [[2.0]]
    held["factor"] = 5.0
    assert model.predict([[1.0]]).tolist() == [[10.0]]
    array = np.ones(3)
    model = Own(array)
    assert model.predict([[1.0]]).tolist() == [[6.0]]
    array[0] = 2.0
    assert model.predict([[1.0]]).tolist() == [[8.0]]
    box = Box()  # what is in there cannot be told, so the program is made anew each time
    model = Own(box)
    assert model.predict([[1.0]]).tolist() == [[2.0]]
    box.factor = 3.0
    assert model.predict([[1.0]]).tolist() == [[6.0]]


class Slotted(Module):
    __slots__ = ("factor",)

    def forward(self, x):
        return [self.factor * x[0]]


def test_slots_take_part():
    model = Slotted()
    for factor in (2.0, 3.0):
        model.factor = factor
        assert model.predict([[1.0]]).tolist() == [[factor]]


def test_modules_that_know_each_other_predict():
    parent, child = Own({}), Own({})
    parent.child, child.parent = child, parent
    assert parent.predict([[1.0]]).tolist() == [[2.0]]
    assert parent.predict([[2.0]]).tolist() == [[4.0]]


def test_what_was_made_goes_with_the_model():
    model = MLP(2, [1], seed=1)
    model.predict([[1.0, 2.0]])
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


class Wrong(Module):
    def __init__(self, returned):
        self.w, self.returned = Value(1.0), returned

    def forward(self, x):
        return self.returned


def test_rows_of_outputs_keep_their_shape():
    model = Sequential([Conv1D(3, 4, strides=2, seed=1)])
    X = np.random.default_rng(0).normal(size=(5, 10))
    expected = [[[a.data for a in row] for row in model(x)] for x in X]
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12)
    assert model.predict(X).shape == (5, 4, 3)
    model.compile(loss="mse")
    with pytest.raises(TypeError, match=r"put Flatten\(\) at its end"):
        model.fit(X, np.ones((5, 4)), verbose=0)


def test_pictures_of_rows_and_columns():
    model = Sequential([Flatten(input_shape=(4, 4)), Dense(2)], seed=1)
    X = np.random.default_rng(0).normal(size=(5, 4, 4))
    np.testing.assert_allclose(model.predict(X), by_scalars(model, X), rtol=1e-12)
    model.compile(loss="mse")
    model.fit(X, np.ones((5, 2)), verbose=0)


@pytest.mark.parametrize("returned", [3.0, [], [1.0], "a", [[Value(1.0), 2]]])
def test_a_model_returns_values(returned):
    with pytest.raises(TypeError, match="Wrong returns a Value or a list of Values for one ex"):
        Wrong(returned).predict([[1.0]])


def test_data_that_cannot_be():
    model = MLP(3, [2], seed=1)
    with pytest.raises(ValueError, match=r"takes 3 inputs, not 5: X has shape \(3, 5\).*X.T"):
        model.predict(np.ones((3, 5)))
    with pytest.raises(ValueError, match=r"\[x\] for one example"):
        model.predict(np.ones(3))
    with pytest.raises(ValueError, match=r"X\[1, 2\] is inf"):
        model.predict([[1.0, 2.0, 3.0], [1.0, 2.0, np.inf]])
    assert model.predict(np.full((1, 3), 1e200)).shape == (1, 2)  # large, and finite
