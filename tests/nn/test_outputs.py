"""Outputs: a list in all that lists can, and answers to first guesses."""

from __future__ import annotations

import copy
import operator
import pickle

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Dense, Sequential
from nn.outputs import Outputs

ONE = MLP(2, [3, 1], seed=1)([1, 2])
TWO = Sequential([Dense(2)], seed=1)([1, 2])


@pytest.mark.parametrize(
    ("guess", "words"),
    [
        (lambda a: a > 0.5, "so > means nothing: write model(x)[0] > 0.5"),
        (lambda a: a > 0.5, "write model(x)[0] > 0.5"),
        (lambda a: a <= 1, "write model(x)[0] <= 1"),
        (lambda a: 1 + a, "so + means nothing: write 1 + model(x)[0]"),
        (lambda a: a + 1, "write model(x)[0] + 1"),
        (lambda a: a - 1.5, "write model(x)[0] - 1.5"),
        (lambda a: 1 - a, "write 1 - model(x)[0]"),
        (lambda a: 2 * a, "write 2 * model(x)[0]"),
        (lambda a: a * 2, "write model(x)[0] * 2"),
        (lambda a: a / 2, "write model(x)[0] / 2"),
        (lambda a: a**2, "write model(x)[0] ** 2"),
        (lambda a: a - Value(1), "write model(x)[0] - …"),
        (lambda a: float(a), "write float(model(x)[0])"),
        (lambda a: int(a), "write int(model(x)[0].data)"),
        (lambda a: -a, "write -model(x)[0]"),
        (lambda a: abs(a), "write abs(model(x)[0])"),
    ],
)
def test_first_guesses_are_told_what_to_write(guess, words: str):
    for outputs, count in ((ONE, "1 Value"), (TWO, "2 Values")):
        with pytest.raises(TypeError) as caught:
            guess(outputs)
        assert words in str(caught.value)
        assert f"a list of {count}" in str(caught.value)
    if "not a number" not in str(caught.value):
        assert "for a in model(x)]" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("data", r"has no data: write model\(x\)\[0\].data"),
        ("grad", r"write model\(x\)\[0\].grad"),
        ("backward", r"write model\(x\)\[0\].backward\(\)"),
        ("sigmoid", r"write model\(x\)\[0\].sigmoid\(\)"),
        ("shape", "a list of 1 Value has no shape$"),
        ("_hidden", "has no _hidden$"),
    ],
)
def test_attributes_of_a_value_are_those_of_its_entries(name: str, words: str):
    with pytest.raises(AttributeError, match=words):
        getattr(ONE, name)


def test_attributes_of_several_are_asked_for_one_by_one():
    with pytest.raises(AttributeError, match=r"or \[a.data for a in model\(x\)\]"):
        _ = TWO.data


def test_it_is_a_list():
    assert isinstance(TWO, list)
    first, second = TWO
    assert [*TWO] == TWO == [first, second]
    assert operator.add(TWO, [first]) == [first, second, first]
    assert operator.add([first], TWO) == [first, first, second]
    assert ([first] > TWO, TWO[:1]) == ([first, second] < [first], [first])
    assert np.array(TWO).shape == (2,)
    assert np.sum(np.array(TWO)) is not None
    assert repr(TWO) == repr([first, second])
    assert sum(TWO).data == first.data + second.data


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies(copied):
    twin = copied(TWO)
    assert type(twin) is Outputs
    assert [a.data for a in twin] == [a.data for a in TWO]
