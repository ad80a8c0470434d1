"""A new operation is one row in one place: everything else in glassgrad finds it there."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value, abs, gradcheck, vectorize
from autograd.primitives import TABLE, Primitive
from nn import MLP, Dense
from viz import draw, explain, plot_activation, step_through


@pytest.fixture
def softsign():
    yield Primitive(
        "softsign",
        "x / (1 + |x|), between −1 and 1.",
        family="activation",
        value=lambda x: x / (1.0 + (x if x > 0.0 else -x)),
        slopes=lambda y, x: ((1.0 + abs(x)) ** -2.0,),
        numpy="{0} / (1 + np.abs({0}))",
        javascript="x => x / (1 + Math.abs(x))",
        samples=((1.5,), (-2.0,)),
    )
    del TABLE["softsign"]


def neuron(activation):
    """The loss of one example, a = softsign(2 · 0.5) = 0.5, and its model."""
    model = MLP.from_weights([([[2.0]], [0.0]), ([[3.0]], [0.0])], activation=activation)
    [x] = [Value(0.5, "x")]
    [a] = model([x])
    return (a - 1.0) ** 2, x, model


def test_it_is_an_activation_by_row_and_by_name(softsign):
    for activation in (softsign, "softsign"):
        assert Dense(2, activation).activation == "softsign"
        loss, _, _ = neuron(activation)
        assert loss.data == (3 * 0.5 - 1) ** 2


def test_it_passes_gradcheck(softsign):
    for (x,) in softsign.samples:
        gradcheck(softsign, x)


def test_it_is_drawn_explained_and_plotted(softsign):
    J = softsign(Value(1.0, "z"))
    J.label = "J"
    assert "softsign" in draw(J).pipe("svg").decode()
    assert "softsign(z)" in str(explain(J))
    assert "softsign" in plot_activation(softsign).get_title()


def test_programs_call_its_array_a_as_on_the_slides(softsign):
    loss, x, model = neuron(softsign)
    program = vectorize(loss, {"X": [x]}, model)
    assert "A1 = Z1 / (1 + np.abs(Z1))" in program.source
    cost, grads = program(np.array([[0.5]]))
    loss.backward()
    assert cost == loss.data
    assert grads["W1"].tolist() == [[p.grad for p in row] for row in model.named_parameters()["W1"]]


def test_it_is_live_in_the_page(softsign):
    page = step_through(softsign(Value(1.0, "z")))._repr_html_()
    assert "const softsign = x => x / (1 + Math.abs(x));" in page


def test_the_table_is_all_that_it_is_in(softsign):
    """Its columns are those of other activations, and none is left out that they need."""
    needed = {"value", "slopes", "notation", "latex", "javascript", "numpy", "samples", "family"}
    assert all(getattr(softsign, column) for column in needed)
    assert softsign.notation == "softsign({0})"
    assert softsign.latex == r"\mathrm{softsign}\left(#1\right)"
