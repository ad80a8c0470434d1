"""Conv1D and Flatten: windows and strides, channels, names, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value, gradcheck
from autograd.backprop import topological_order
from nn import BinaryCrossentropy, Conv1D, Dense, Flatten, Sequential


def test_the_lectures_convolution_has_9_then_3_then_1_units():
    model = Sequential(
        [
            Conv1D(1, 20, 10, activation="relu"),
            Conv1D(filters=1, kernel_size=5, strides=2, activation="relu"),
            Flatten(),
            Dense(1, activation="sigmoid"),
        ],
        seed=1,
    )
    x = [0.01 * i for i in range(100)]
    [a] = model(x)
    units = [v.label for v in topological_order(a) if v.label.startswith("a[")]
    assert units.count("a[3]_1") == 1
    assert sum(label.startswith("a[1]_") for label in units) == 9
    assert sum(label.startswith("a[2]_") for label in units) == 3
    assert len(model.parameters()) == 21 + 6 + 4
    assert list(model.named_parameters()) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert [line.split() for line in model.summary().splitlines()[2:6]] == [
        ["1", "Conv1D", "20", "×", "1", "1", "relu", "21"],
        ["2", "Conv1D", "5", "×", "1", "1", "relu", "6"],
        ["Flatten", "0"],
        ["3", "3", "1", "sigmoid", "4"],
    ]


@pytest.mark.parametrize(("channels", "filters", "strides"), [(1, 1, 1), (1, 2, 3), (3, 2, 2)])
def test_each_step_is_the_sum_over_its_window(channels: int, filters: int, strides: int):
    generator = np.random.default_rng(1)
    signal = generator.normal(size=(11, channels))
    conv = Conv1D(filters, 4, strides, seed=1)
    rows = conv([[Value(x) for x in row] for row in signal])
    W = np.array([[w.data for w in neuron.weights] for neuron in conv.neurons])
    steps = (11 - 4) // strides + 1
    expected = [
        [W[k] @ signal[t * strides : t * strides + 4].ravel() for k in range(filters)]
        for t in range(steps)
    ]
    assert [[a.data for a in row] for row in rows] == [pytest.approx(row) for row in expected]


def test_labels_say_step_and_filter():
    conv = Conv1D(2, 2, activation="tanh", seed=1)
    assert [[a.label for a in row] for row in conv([1, 2, 3])] == [
        ["a_1,1", "a_1,2"],
        ["a_2,1", "a_2,2"],
    ]
    assert [p.label for p in conv.parameters()][:3] == ["W_1,1", "W_1,2", "b_1"]
    assert [p.label for p in Sequential([conv]).parameters()][:3] == [
        "W[1]_1,1",
        "W[1]_1,2",
        "b[1]_1",
    ]


def test_softmax_compares_the_filters_of_a_step():
    conv = Conv1D(3, 2, activation="softmax", seed=1)
    for t, row in enumerate(conv([1, 2, 3]), 1):
        assert sum(a.data for a in row) == pytest.approx(1)
        assert [a.label for a in row] == [f"a_{t},{k}" for k in (1, 2, 3)]
    with pytest.raises(ValueError, match="softmax over one unit"):
        Conv1D(1, 2, activation="softmax")


def test_slopes_are_those_of_nudges():
    model = Sequential([Conv1D(2, 3, 2, activation="tanh"), Flatten(), Dense(1)], seed=1)
    assert gradcheck(lambda *x: model(list(x))[0], *[0.1 * i for i in range(7)])


def test_its_outputs_are_one_example_though_they_share_a_filter():
    conv = Sequential([Conv1D(1, 2, activation="sigmoid"), Flatten()], seed=1)
    assert BinaryCrossentropy()([1, 0], conv([1.0, -2.0, 3.0])).label == "L"


@pytest.mark.parametrize(
    ("conv", "shape"),
    [
        (Conv1D(1, 3, seed=1), (4, 5)),
        (Conv1D(2, 3, input_shape=(5, 2), seed=1), (4, 5, 2)),
        (Conv1D(2, 3, input_shape=5, seed=1), (4, 5)),
    ],
)
def test_batches_have_one_dimension_more(conv, shape):
    model = Sequential([conv, Flatten(), Dense(2)], seed=1)
    X = np.random.default_rng(1).normal(size=shape)
    predicted = model(X)
    assert predicted == pytest.approx(np.array([[a.data for a in model(x)] for x in X]))
    rows = model([[*map(Value, x)] for x in X] if len(shape) == 2 else X.tolist())
    assert len(rows) == 4


def test_a_signal_of_several_channels_is_one_example_once_they_are_known():
    conv = Conv1D(1, 2, seed=1)
    conv.build((5, 2))
    assert len(conv([[1, 2], [3, 4], [5, 6]])) == 2
    assert conv.channels == 2


def test_an_input_shape_is_enough_to_have_weights():
    assert len(Conv1D(2, 3, input_shape=(9, 2)).parameters()) == 2 * 7
    model = Sequential([Conv1D(2, 3, input_shape=(9, 2)), Flatten(), Dense(1)])
    assert len(model.parameters()) == 2 * 7 + 14 + 1


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Conv1D(0, 3), ValueError, "filters must be at least 1"),
        (lambda: Conv1D(1, 3, 0), ValueError, "strides must be at least 1"),
        (lambda: Conv1D(1, (3, 3)), TypeError, "kernel_size must be a whole number"),
        (lambda: Conv1D(1, 3)([1, 2]), ValueError, "looks at 3 steps at a time: a signal of 2"),
        (lambda: Conv1D(1, 3)([]), ValueError, "steps must be at least 1"),
        (lambda: Conv1D(1, 2)([[Value(1)], [Value(2), Value(3)]]), ValueError, "all as many"),
        (lambda: Conv1D(1, 2, input_shape=(1, 2, 3)), ValueError, r"\(steps, channels\), not"),
        (lambda: Conv1D(1, 2).parameters(), ValueError, "how many channels it takes"),
        (
            lambda: Conv1D(1, 2, input_shape=(5, 2)).build((5, 3)) and Conv1D(1, 2).build((5, 1)),
            None,
            "",
        ),
        (lambda: Conv1D(1, 2)("ab"), TypeError, "the argument must be a list, not 'ab'"),
    ],
)
def test_signals_that_do_not_fit(make, error, words: str):
    if error is None:
        assert make()
        return
    with pytest.raises(error, match=words):
        make()


def test_another_number_of_channels_is_refused():
    conv = Conv1D(1, 2, seed=1)
    conv([1, 2, 3])
    with pytest.raises(ValueError, match="takes signals of 1 channels, not 2"):
        conv.build((5, 2))


def test_keras_writes_sizes_as_tuples_too():
    assert repr(Conv1D(1, (3,), (2,))) == "Conv1D(1, 3, strides=2, activation='linear')"


def test_dense_behind_a_convolution_needs_flatten():
    with pytest.raises(TypeError, match=r"Flatten\(\) makes one list"):
        Sequential([Conv1D(2, 2), Dense(1)])([1.0, 2.0, 3.0])


def test_flatten_puts_rows_behind_one_another():
    flatten = Flatten()
    assert [v.data for v in flatten([[1, 2], [3, 4]])] == [1, 2, 3, 4]
    assert [v.data for v in flatten([1, 2])] == [1, 2]
    assert (flatten.build((28, 28)), flatten.build(3)) == (784, 3)
    assert (repr(flatten), flatten.parameters()) == ("Flatten()", [])
    model = Sequential([Flatten(input_shape=(2, 2)), Dense(1)], seed=1)
    images = np.arange(12.0).reshape(3, 2, 2)
    assert len(model.parameters()) == 5
    assert model(images) == pytest.approx(np.array([[model(x)[0].data] for x in images]))
    assert Flatten()(images.tolist()) == pytest.approx(images.reshape(3, 4))
