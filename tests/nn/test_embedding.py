"""Embedding: rows of a table, by class or by one-hot row."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value
from nn import Dense, Embedding, Flatten, Sequential, SparseCategoricalCrossentropy


def one_hot(n: int, k: int) -> list[Value]:
    return [Value(float(i == k)) for i in range(n)]


def model(seed: int = 1) -> Sequential:
    return Sequential(
        [Embedding(5, 2), Flatten(), Dense(4, "tanh"), Dense(5, "softmax")], seed=seed
    )


def test_a_class_is_its_row_and_trains_that_row_alone():
    embedding = Embedding(5, 3, seed=1)
    rows = embedding([4, 0, 4])
    assert rows == [embedding.table[4], embedding.table[0], embedding.table[4]]
    sum(v for row in rows for v in row).backward()
    assert [row[0].grad for row in embedding.table] == [1, 0, 0, 0, 2]


def test_one_hot_rows_give_the_same_numbers_and_slopes():
    by_class, by_row = Embedding(5, 3, seed=1), Embedding(5, 3, seed=1)
    first = by_class([4, 0])
    second = by_row([one_hot(5, 4), one_hot(5, 0)])
    assert [[v.data for v in row] for row in first] == [[v.data for v in row] for row in second]
    for rows in (first, second):
        sum(v * v for row in rows for v in row).backward()
    assert [p.grad for p in by_class.parameters()] == [p.grad for p in by_row.parameters()]
    assert [v.label for v in second[1]] == ["e_2,1", "e_2,2", "e_2,3"]
    [alone] = by_row(one_hot(5, 4))  # of one class
    assert [v.data for v in alone] == [v.data for v in second[0]]


def test_it_comes_first_in_a_model_of_classes():
    chars = model()
    assert chars.build(3) == 5
    assert list(chars.named_parameters()) == ["E1", "W2", "b2", "W3", "b3"]
    assert np.shape(chars.named_parameters()["E1"]) == (5, 2)
    assert chars.parameters()[1].label == "E[1]_1,2"
    X = np.array([[0, 1, 2], [4, 4, 4]])
    assert chars(X) == pytest.approx(np.array([[a.data for a in chars(x)] for x in X.tolist()]))
    assert str(chars).splitlines()[1] == "  1: Embedding(5, 2)"
    assert chars.summary().splitlines()[2].split() == ["1", "Embedding", "5", "2", "10"]


def test_fit_takes_the_classes():
    chars = model()
    chars.compile(optimizer="adam", loss=SparseCategoricalCrossentropy())
    X = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    history = chars.fit(X, [2, 3, 4, 0], epochs=300, seed=1, verbose=0)
    assert history["loss"][-1] < 0.5 * history["loss"][0]


def test_the_table_starts_where_its_seed_and_initializer_say():
    assert [p.data for p in Embedding(3, 2, seed=1).parameters()] == [
        p.data for p in Embedding(3, 2, seed=1).parameters()
    ]
    halves = Embedding(3, 2, initializer=lambda generator, n, width: 0.5)
    assert {p.data for p in halves.parameters()} == {0.5}


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        ([5], ValueError, "of 5 classes, counted from 0, there is no 5"),
        ([-1], ValueError, "there is no -1"),
        ([0.5], TypeError, "takes classes as whole numbers"),
        ([Value(1)], TypeError, "or as one-hot rows of 5 Values"),
        ([[Value(1), Value(0)]], ValueError, "the one-hot row of a class has 5 numbers, not 2"),
        (3, TypeError, "the classes of one example must be a list, not 3"),
        (["a"], TypeError, "takes classes as whole numbers"),
    ],
)
def test_what_is_no_class(x, error, words: str):
    with pytest.raises(error, match=words):
        Embedding(5, 2)(x)


@pytest.mark.parametrize("sizes", [(0, 2), (2, 0), (2.5, 1)])
def test_tables_that_cannot_be(sizes):
    with pytest.raises((TypeError, ValueError), match=r"n must|width must"):
        Embedding(*sizes)
