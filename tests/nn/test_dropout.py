"""Dropout: inverted, random in training alone, seeded, said in print."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value, vectorize
from autograd.backprop import topological_order
from nn import Dense, Dropout, Sequential, SquaredError


def test_in_prediction_the_inputs_go_through():
    x = [Value(1), Value(2)]
    dropout = Dropout(0.5, seed=1)
    assert dropout(x) == x
    assert dropout.mask == []
    assert [v.data for v in dropout([3, 4])] == [3, 4]


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9])
def test_in_training_a_share_is_dropped_and_the_others_grow(rate: float):
    dropout = Dropout(rate, seed=3)
    with dropout.in_training():
        outputs = [a.data for a in dropout([1.0] * 4000)]
    assert set(outputs) <= {0.0, 1 / (1 - rate)}
    # Within five standard deviations of 4000 drawings.
    assert abs(outputs.count(0.0) / 4000 - rate) <= 5 * (rate * (1 - rate) / 4000) ** 0.5
    assert np.mean(outputs) == pytest.approx(1.0, abs=0.25)


def test_each_call_draws_another_mask_and_all_of_them_are_kept():
    dropout = Dropout(0.5, seed=1)
    with dropout.in_training():
        first, second = dropout([1.0] * 20), dropout([1.0] * 20)
        masks = [v.data for v in dropout.mask]
    assert [a.data for a in first + second] == masks
    assert masks[:20] != masks[20:]
    with dropout.in_training():
        assert dropout.mask == []
        dropout([1.0])
        with dropout.in_training():  # once more changes nothing
            assert len(dropout.mask) == 1
        assert dropout.training


def test_the_same_seed_drops_the_same():
    def masks(**seed) -> list[float]:
        model = Sequential([Dense(30), Dropout(0.5)], seed=5)
        alone = Dropout(0.5, **seed) if seed else model.layers[1]
        with alone.in_training():
            return [a.data for a in alone([1.0] * 30)]

    assert masks(seed=4) == masks(seed=4)
    assert masks(seed=4) != masks(seed=5)
    assert masks() == masks()  # from the seed of the model
    assert masks(seed=None) != masks(seed=None)


def test_it_is_multiplied_by_leaves_that_a_program_takes_as_inputs():
    model = Sequential([Dense(3, "tanh"), Dropout(0.5), Dense(1)], seed=1)
    x, y = [Value(0.5), Value(-1.0)], [Value(1.0)]
    with model.in_training():
        loss = SquaredError().of_example(y, model(x))
    mask = model.layers[1].mask
    assert [v.label for v in mask] == ["mask[1]_1", "mask[1]_2", "mask[1]_3"]
    assert {*mask} <= {*topological_order(loss)}
    program = vectorize(loss, {"X": x, "Y": y, "D": mask}, model.named_parameters())
    cost, _ = program([[0.5, -1.0]], [[1.0]], [[v.data for v in mask]])
    assert cost == pytest.approx(loss.data)
    assert any("A1 * D" in str(line) or "D * A1" in str(line) for line in program.statements)


def test_rows_and_values_without_a_name_are_dropped_too():
    dropout = Dropout(0.5, seed=1)
    with dropout.in_training():
        rows = dropout([[Value(1), Value(2)], [Value(3), Value(4)]])
    assert [len(row) for row in rows] == [2, 2]
    assert [a.label for row in rows for a in row] == [f"dropped_{i}" for i in range(1, 5)]


def test_a_mask_is_no_parameter():
    model = Sequential([Dense(3), Dropout(0.5), Dense(1)], seed=1)
    with model.in_training():
        model([1.0, 2.0])
    assert len(model.parameters()) == 9 + 4


def test_print_says_whether_it_is_on():
    dropout = Dropout(0.25)
    assert str(dropout) == "Dropout(0.25), off except in training"
    with dropout.in_training():
        assert str(dropout) == "Dropout(0.25), on"
    assert dropout.summary().splitlines()[2].split() == ["Dropout(0.25)", "0"]
    assert dropout.build((3, 4)) == (3, 4)


@pytest.mark.parametrize("rate", [1.0, -0.1, 1.5, "0.5", float("nan")])
def test_rates_that_are_none(rate):
    with pytest.raises((TypeError, ValueError), match="the rate of Dropout must be"):
        Dropout(rate)
