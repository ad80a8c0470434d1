"""Files of weights: what comes back, what is refused, and what is left alone."""

from __future__ import annotations

import os
import pickle
import zipfile

import numpy as np
import pytest

import nn
from autograd import Value
from nn import (
    L2,
    MLP,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    Module,
    Sequential,
)

MODELS = {
    "mlp": lambda: MLP(3, [4, 2], activation="tanh", output_activation="softmax", seed=1),
    "mlp without biases": lambda: MLP(3, [4, 2], use_bias=False, seed=1),
    "mlp of several": lambda: MLP(3, [4, 2], activation=["relu", "sigmoid"], seed=1),
    "dense": lambda: Sequential(
        [Dense(4, "relu", kernel_regularizer=L2(0.1)), Dropout(0.3), Dense(2, "softmax")], seed=1
    ),
    "conv": lambda: Sequential(
        [Conv1D(2, 3, strides=2, activation="tanh"), Flatten(), Dense(1, "sigmoid")], seed=1
    ),
    "embedding": lambda: Sequential([Embedding(5, 2), Flatten(), Dense(5)], seed=1),
    "nested": lambda: Sequential([Layer(3, 4, activation="relu", seed=1), MLP(4, [2], seed=2)]),
}


def examples_for(name):
    if name == "conv":
        return np.random.default_rng(0).normal(size=(4, 9))
    if name == "embedding":
        return np.array([[0, 1], [4, 4], [2, 3]])
    return np.random.default_rng(0).normal(size=(4, 3))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back_from_its_file(name: str, tmp_path):
    model, X = MODELS[name](), examples_for(name)
    expected = model.predict(X)
    model.save(tmp_path / "m.npz")
    again = nn.load_model(tmp_path / "m.npz")
    assert type(again) is type(model)
    np.testing.assert_array_equal(again.predict(X), expected)
    assert list(again.named_parameters()) == list(model.named_parameters())
    penalty, other = model.penalty(10), again.penalty(10)
    assert (penalty is None) == (other is None)
    assert penalty is None or penalty.data == pytest.approx(other.data)
    twin = MODELS[name]()
    twin.predict(X)
    twin.from_vector(2 * twin.to_vector())
    twin.load_weights(tmp_path / "m.npz")
    np.testing.assert_array_equal(twin.predict(X), expected)


def test_what_cannot_be_rebuilt_is_loaded_into_what_is_there(tmp_path):
    class Own(Module):
        def __init__(self):
            self.w, self.table = Value(1.0), [Value(2.0), Value(3.0)]

        def forward(self, x):
            return self.w * x[0]

    def swish(z):
        return z * z.sigmoid()

    shared = MLP.from_weights([([[1, 2], [3, 4]], 0.5)])
    odd = Sequential([Dense(2, swish, input_shape=2)])
    for model in (Own(), odd, Sequential([Own()]), shared, Layer(2, 2)):
        model.save(tmp_path / "own.npz")
        with pytest.raises(ValueError, match=r"a custom model.*build it, then call its load_"):
            nn.load_model(tmp_path / "own.npz")
        vector = model.to_vector()
        model.from_vector(0 * vector)
        model.load_weights(tmp_path / "own.npz")
        np.testing.assert_array_equal(model.to_vector(), vector)


def test_the_file_is_numpy_s_and_holds_no_pickle(tmp_path):
    model = MODELS["dense"]()
    model.build(3)
    model.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        assert file["W1"].shape == (4, 3)
        assert set(file) == {*model.named_parameters(), "glassgrad.model"}


def test_other_files_leave_the_model_as_it_was(tmp_path):
    model = MODELS["mlp"]()
    before = model.to_vector()
    path = tmp_path / "m.npz"
    model.save(path)
    whole = path.read_bytes()

    def refused(words, error=ValueError):
        for load in (model.load_weights, nn.load_model):
            with pytest.raises(error, match=words):
                load(path)
        np.testing.assert_array_equal(model.to_vector(), before)

    for length in (0, 10, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        refused("m.npz is damaged, or no file of weights: it is not a .npz file")
    path.write_bytes(whole[:400] + bytes([whole[400] ^ 255]) + whole[401:])
    refused("m.npz is damaged, or no file of weights")
    path.write_bytes(pickle.dumps({"W1": 1.0}))
    refused("m.npz is damaged, or no file of weights")
    np.savez(path, allow_pickle=True, W1=np.array([object()]))
    refused("m.npz is damaged, or no file of weights")
    np.savez(path, W1=np.array([[np.nan, 1.0, 2.0]]))
    refused("m.npz is damaged: W1 holds what is no number")
    np.savez(path, W1=np.array(["a"]))
    refused("m.npz is damaged: W1 holds what is no number")
    np.savez(path)
    refused("m.npz is no file of weights")
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    refused("m.npz is damaged, or no file of weights: it is not a .npz file")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("W1.npy", "no array")
    refused("m.npz is damaged")
    path.unlink()
    refused("m.npz", error=FileNotFoundError)


def test_a_file_with_one_other_byte_is_refused_or_gives_the_same_weights(tmp_path):
    path = tmp_path / "m.npz"
    model = MLP(2, [1], seed=1)
    model.save(path)
    whole, weights = path.read_bytes(), model.to_vector()
    refused = set()
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 255]) + whole[i + 1 :])
        other = MLP(2, [1], seed=2)
        before = other.to_vector()
        try:
            other.load_weights(path)
        except ValueError as error:
            refused.add(str(error.__context__.__class__.__name__))
            np.testing.assert_array_equal(other.to_vector(), before)
        else:
            np.testing.assert_array_equal(other.to_vector(), weights)
    assert {"BadZipFile", "NotImplementedError"} <= refused  # a version that no one wrote


def test_names_and_shapes_that_are_not_those_of_the_model_change_nothing(tmp_path):
    path = tmp_path / "m.npz"
    MODELS["mlp"]().save(path)
    for other, words in (
        (
            MLP(3, [4, 2, 1], seed=1),
            "m.npz has no W3, b3: it holds W1, b1, W2, b2, the model needs",
        ),
        (MLP(3, [4], seed=1), "m.npz holds W2, b2, which the model does not have"),
        (MLP(2, [4, 2], seed=1), r"W1 has shape \(4, 3\) in m.npz, and \(4, 2\) in the model"),
    ):
        before = other.to_vector()
        with pytest.raises(ValueError, match=words):
            other.load_weights(path)
        np.testing.assert_array_equal(other.to_vector(), before)


def test_what_a_file_says_of_the_model_may_be_damaged_too(tmp_path):
    path = tmp_path / "m.npz"
    for text in ("{", '{"kind": "Tree"}', '{"kind": "Dense", "wings": 2}'):
        np.savez(path, W1=np.ones((1, 1)), **{"glassgrad.model": np.array(text)})
        with pytest.raises(ValueError, match="what the file says about the model is damaged"):
            nn.load_model(path)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    model = MODELS["mlp"]()
    path = tmp_path / "m.npz"
    model.save(path)
    whole = path.read_bytes()
    model.parameters()[0].data = float("inf")
    with pytest.raises(ValueError, match="W1 holds inf: nothing was saved"):
        model.save(path)
    model.parameters()[0].data = 1.0

    def full(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        model.save(path)
    assert path.read_bytes() == whole
    assert [each.name for each in tmp_path.iterdir()] == ["m.npz"]
    with pytest.raises(ValueError, match=r"a file that ends in \.npz, not 'm.h5'"):
        model.save(tmp_path / "m.h5")
