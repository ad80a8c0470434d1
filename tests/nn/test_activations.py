"""Activations: by name, by row, one's own, and those that are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import Value, gradcheck, sigmoid, softmax, tanh, vectorize
from autograd.primitives import TABLE, Primitive
from nn import MLP, Conv1D, Dense, Layer, Neuron
from nn.activations import activation_name


def swish(z: Value) -> Value:
    return z * sigmoid(z)


@pytest.fixture
def own_row():
    row = Primitive(
        "cubed",
        "The cube of x.",
        value=lambda x: x**3,
        slopes=lambda y, x: (3.0 * x * x,),
        notation="{0}^3",
        latex="#1^3",
        numpy="{0} ** 3",
        samples=((2.0,),),
    )
    yield row
    del TABLE["cubed"]


# Where an activation can be given, and the model of one unit with weight 2 and bias 0 made so.
PLACES = {
    "neuron": lambda g: Neuron.from_weights([2], 0, activation=g),
    "layer": lambda g: Layer.from_weights([[2]], [0], activation=g),
    "network": lambda g: MLP.from_weights([([[2]], [0])], output_activation=g),
    "list": lambda g: MLP.from_weights([([[2]], [0])], activation=[g]),
    "dense": lambda g: Dense.from_weights([[2]], [0], activation=g),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_row_of_ones_own_is_an_activation_wherever_a_name_is(place: str, own_row):
    for activation in (own_row, "cubed"):
        [a] = (
            [PLACES[place](activation)([1.5])]
            if place == "neuron"
            else PLACES[place](activation)([1.5])
        )
        assert (a.op, a.data) == (own_row, 27)


@pytest.mark.parametrize("place", PLACES)
def test_a_function_of_ones_own_is_an_activation(place: str):
    model = PLACES[place](swish)
    outputs = model([1.5])
    a = outputs if place == "neuron" else outputs[0]
    assert a.data == pytest.approx(3 / (1 + math.exp(-3)))
    assert a.label[0] == "a"
    assert "'swish'" in repr(model)
    a.backward()
    assert all(p.grad for p in model.parameters())


def test_a_function_of_ones_own_is_vectorised():
    layer = Layer(2, 3, activation=swish, seed=1)
    x = [Value(0.5), Value(-1.0)]
    loss = sum(a * a for a in layer(x))
    program = vectorize(loss, {"X": x}, layer.named_parameters())
    rows = np.random.default_rng(1).normal(size=(4, 2))
    expected = np.mean([sum(a.data**2 for a in layer(row)) for row in rows])
    assert program(rows)[0] == pytest.approx(expected)


def test_a_convolution_takes_a_function_too():
    conv = Conv1D(1, 2, activation=swish, seed=1)
    assert gradcheck(lambda x: conv([x, 1.0])[0][0], 0.5)


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        (None, "linear"),
        ("linear", "linear"),
        (softmax, "softmax"),
        (tanh, "tanh"),
        (np.tanh, "tanh"),  # of a Value it makes a Value
        (swish, "swish"),
        (lambda z: z, "<lambda>"),
        (lambda z: (z - 1).log(), "<lambda>"),  # has no value at the number that is tried
    ],
)
def test_names(activation, name: str):
    assert activation_name(activation) == name


@pytest.mark.parametrize(
    ("activation", "error", "words"),
    [
        ("sigmoyd", ValueError, r"choose one of linear, softmax, .*\(did you mean 'sigmoid'\?\)"),
        ("ReLU", ValueError, "did you mean 'relu'"),
        ("xyz", ValueError, r"abs, sign, step, sigmoid, tanh, .*, silu, gelu, elu"),
        (autograd.maximum, ValueError, "maximum is no function of one number"),
        (autograd.total, ValueError, "total is no function of one number"),
        ("log_or_nan", ValueError, "unknown activation 'log_or_nan'"),
        (math.tanh, TypeError, "a function from a Value to a Value"),
        (lambda z, w: z, TypeError, "a function from a Value to a Value"),
        (3, TypeError, r"not 3 \(int\)"),
    ],
)
@pytest.mark.parametrize("make", [lambda g: MLP(2, [1], activation=g), lambda g: Dense(2, g)])
def test_what_is_no_activation(make, activation, error, words: str):
    with pytest.raises(error, match=words):
        make(activation)


def test_an_activation_may_be_set_later():
    neuron = Neuron.from_weights([1], 0)
    neuron.activation = "tanh"
    assert neuron([0.5]).data == math.tanh(0.5)
    with pytest.raises(ValueError, match="unknown activation 'tanch'"):
        neuron.activation = "tanch"
    assert neuron.activation == "tanh"
