"""A part of the search of ``tests/random_programs.py``, and that the search finds faults."""

import pytest
from random_programs import Graph, random_expression, random_vectors, search, tried
from vectorized import assert_agrees

from autograd import Value, affine, relu, softmax, softplus, step
from autograd.primitives import xdivy, xlogy
from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.vectorizer import candidates
from autograd.vectorizer.contraction import expressions
from autograd.vectorizer.merging.normal_form import NormalForm


def found(make, seeds):
    """What was reported, and how many programs were tried."""
    reports = []
    counts = search(make, seeds, reports.append)
    return reports, counts


@pytest.mark.parametrize("first", [0, 200, 400])
def test_random_expressions_are_right_and_come_out_as_matrices(first):
    reports, counts = found(random_expression, range(first, first + 200))
    assert not reports
    assert counts["tried"] > 190
    assert not counts["level by level"]


def test_random_programs_of_vectors_are_right_and_come_out_as_matrices():
    reports, counts = found(random_vectors, range(250))
    assert not reports
    assert counts["tried"] > 240
    assert not counts["level by level"]


def test_random_graphs_are_right_level_by_level(monkeypatch):
    monkeypatch.setattr(candidates, "shattered", lambda groups, forms: True)
    for make, n in ((random_expression, 80), (random_vectors, 30)):
        reports, counts = found(make, range(n))
        assert not reports
        assert counts["level by level"] == counts["tried"] > 0.9 * n


def test_the_same_sum_may_come_from_several_places_at_once():
    x, y, v, w = Value(0.3), Value(0.6), Value(0.4), Value(0.7)
    inputs, parameters = {"x": x, "y": y}, {"v": v, "w": w}
    h, g = 3 * (2 * w / 2), 3 * w
    minus = w - 2 * w  # −w, some of whose readers take the −1
    t = x * x
    n = -affine([v], [x], w)
    for loss in (
        affine([h, g, g.tanh()], [0.1, 0.1, x], h) + v,
        xdivy(x * x + 0.5, t + 0.5) + ((t / 2 + x * x / 2) ** 2 + v) / (w * w + t),
        softmax([minus, v])[0] / 2 + minus * minus * x + relu(minus) * y,
        xlogy(minus * minus + 0.5, x * minus + 3) * (y - minus),
        sum([v * x + w, w + x * v]) * y + (v * x + w + 2 * y) ** 2 + (v * x + w).sin(),
        step(n) * (y - n) - step(-n) * n + (0 - (-n)).exp(),
        (x.log1p() + (w - w) - v) ** 2 + x.log1p() * v,
        0 - (-(v * x)) * y - (0 - (-(w * y + v))).exp() * 2 / 2,
    ):
        for seed in (0, 4):  # by the parameters, and by x
            graph = Graph(loss, {"X": x, "y": y}, parameters)
            outcome = tried(graph, seed)
            assert outcome.failure == "", outcome.source
            assert outcome.claims == [], outcome.source
        assert_agrees(loss, inputs, parameters, low=0.1)


def test_the_search_finds_lists_that_meet_the_wrong_axis(monkeypatch):
    monkeypatch.setattr(expressions, "_rank", lambda entry, array: len(array.all_axes))
    assert found(random_expression, range(100))[0]


def test_the_search_finds_a_helper_that_is_wrong_near_a_kink(monkeypatch):
    helper = "def relu(z):\n    return np.maximum(z, 1e-3)\n"
    monkeypatch.setitem(NUMPY_HELPERS, "relu", helper)
    assert found(random_vectors, range(40))[0]


def test_the_search_finds_a_line_that_is_not_the_gradient_it_is_called(monkeypatch):
    w, x = Value(0.5), Value(0.7)
    loss = softplus(w * x) - 3 * (x * w)
    graph = Graph(loss, {"x": x}, {"w": w})
    assert tried(graph).claims == []
    make = NormalForm.make

    def careless(self, *arguments):
        make(self, *arguments)
        self.written_twice, self.altered = False, set()

    monkeypatch.setattr(NormalForm, "make", careless)
    assert tried(graph).claims


def test_the_search_finds_a_program_that_raises(monkeypatch):
    monkeypatch.setattr(expressions.Expressions, "_is_factor", lambda self, read: True)
    assert any("raises" in report for report in found(random_vectors, range(250))[0])


def test_a_gradient_that_is_a_line_of_one_number_for_all_is_an_array_of_its_own():
    graph = random_expression(5551754)  # dX is 3y, which the loss reads as well
    outcome = tried(graph, 5551754)
    assert outcome.failure == ""
    assert not outcome.by_level
