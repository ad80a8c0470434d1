"""Initializers: the range or the spread of what they draw."""

from __future__ import annotations

import math
import statistics

import pytest

from nn import Layer
from nn.initializers import normal, uniform


def drawn(initializer, n_inputs: int = 40, n_units: int = 50) -> list[float]:
    layer = Layer(n_inputs, n_units, initializer=initializer, seed=3)
    return [w.data for neuron in layer.neurons for w in neuron.weights]


@pytest.mark.parametrize(
    ("initializer", "epsilon"),
    [("uniform", 0.1), (uniform(2), 2.0), ("glorot", math.sqrt(6 / 90))],
)
def test_uniform_fills_its_range(initializer, epsilon: float):
    weights = drawn(initializer)
    # Of 2,000 draws the outermost is within 1 % of the end, but for a chance of e^-10.
    assert 0.99 * epsilon < max(weights) <= epsilon
    assert -epsilon <= min(weights) < -0.99 * epsilon
    assert abs(statistics.mean(weights)) < 0.1 * epsilon


@pytest.mark.parametrize(
    ("initializer", "deviation"),
    [("normal", 0.01), (normal(1.5), 1.5), ("he", math.sqrt(2 / 40))],
)
def test_normal_has_its_deviation(initializer, deviation: float):
    weights = drawn(initializer)
    # The standard error of 2,000 draws is 1.6 % of the deviation, that of the mean 2.2 %.
    assert statistics.stdev(weights) == pytest.approx(deviation, rel=0.06)
    assert abs(statistics.mean(weights)) < 0.08 * deviation
    assert max(map(abs, weights)) > 2.5 * deviation  # no uniform range


def test_zeros():
    assert set(drawn("zeros")) == {0.0}


def test_an_initializer_of_ones_own():
    assert set(drawn(lambda generator, n_inputs, n_units: n_inputs / n_units)) == {0.8}


@pytest.mark.parametrize("make", [uniform, normal])
def test_widths_that_cannot_be(make):
    with pytest.raises(ValueError, match="must be at least 0 and finite, not -1"):
        make(-1)
    with pytest.raises(TypeError, match="must be a number, not 'wide'"):
        make("wide")
