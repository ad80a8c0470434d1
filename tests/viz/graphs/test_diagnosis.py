"""What is wrong with a graph is marked in its picture, where it is wrong."""

from __future__ import annotations

import math
import re

import pytest

import autograd
from autograd import GradientError, Value, gradcheck, log, relu, sigmoid, tanh
from autograd.backprop import forward, topological_order
from autograd.operations import is_fresh
from nn import MLP, MeanSquaredError
from viz import draw
from viz.graphs.diagnosis import examine, find_notes


def notes(drawing):
    """The marks in a picture, by the name or the formula of what they are at."""
    parts = {part.name: part for part in drawing.scene.parts}
    found = {}
    for name, part in parts.items():
        texts = " ".join([str(label) for label in part.labels if label.color == "alert"])
        if texts:
            box = parts.get(name.replace("w", "n"))
            at = str(box.labels[0] if box else part.labels[0]).split(" = ")
            found[" = ".join(at) if box else at[0]] = texts.removeprefix("⚠ ").split(" ⚠ ")
    return found


def failure(function, *arguments):
    """The error that a call raises."""
    try:
        function(*arguments)
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_healthy_graph_has_no_marks():
    w, x = Value(2, "w"), Value(-1, "x")
    J = sigmoid(w * x) + relu(w) + tanh(x)
    J.backward()
    assert notes(draw(J, parameters=[w, x])) == {}
    assert draw(J, parameters=[w, x]).source == draw(J).source


def test_a_saturated_sigmoid_is_marked_with_its_slope():
    z = Value(10, "z")
    a = sigmoid(z)
    assert notes(draw(a)) == {"a = σ(z)": ["saturated: slope 4.54×10⁻⁵"]}
    assert notes(draw(tanh(-z).exp())) == {"v = tanh(u)": ["saturated: slope 8.245×10⁻⁹"]}


@pytest.mark.parametrize(("z", "marked"), [(4.5, False), (4.7, True), (-4.7, True)])
def test_saturation_begins_where_the_slope_falls_below_one_percent(z, marked):
    assert bool(notes(draw(sigmoid(Value(z, "z"))))) is marked


def test_a_dead_relu_is_marked():
    z = Value(-1, "z")
    a = relu(z)
    assert notes(draw(a)) == {"a = ReLU(z)": ["dead: input below 0, slope 0"]}
    z.data = 0.0
    forward(a)
    assert notes(draw(a)) == {}  # at 0 the slope is 1


def network_cost(bias):
    model = MLP.from_weights([([[1.0]], [bias]), ([[1.0]], [0.0])])
    X = [[-1.0], [-2.0], [3.0]]
    return MeanSquaredError()([0, 0, 0], [model(x) for x in X])


def test_a_unit_is_dead_if_it_is_so_in_all_examples():
    alive, dead = network_cost(0.0), network_cost(-4.0)
    assert not find_notes(topological_order(alive), {}, {})
    texts = list(find_notes(topological_order(dead), {}, {}).values())
    assert texts == [["dead: input below 0 in all 3 examples, slope 0"]] * 3


def test_backward_twice_is_marked_at_the_leaves():
    w, x = Value(2, "w"), Value(3, "x")
    J = w * x
    J.backward()
    x.grad = 0.5  # not a multiple
    J.backward()
    J.backward()
    drawing = draw(J)
    assert notes(drawing) == {"w": ["as if backward() ran 3 times without zero_grad"]}
    assert "but x.grad is 4.5" in drawing.source
    w.grad = x.grad = 0.0
    J.backward()
    assert notes(draw(J)) == {}


def test_a_gradient_of_zero_is_no_multiple():
    w = Value(2, "w")
    J = w * 0
    J.backward()
    w.grad = 5.0
    assert notes(draw(J)) == {}


def test_a_parameter_that_nothing_reads_is_drawn_apart():
    w, b, nameless = Value(2, "w"), Value(3, "b"), [Value(4)]
    J = w * w
    J.backward()
    drawing = draw(J, parameters=[w, b, b, *nameless])
    assert notes(drawing) == {"b": ["nothing reads it"], "unread": ["nothing reads it"]}
    assert b"nothing reads it" in drawing.pipe("svg")
    assert "dJ/db = 0" in re.sub("<.*?>", "", drawing.source)
    with pytest.raises(TypeError, match="a Value is needed"):
        draw(J, parameters=[3])


# --- gradcheck ----------------------------------------------------------------------------


def test_a_disagreement_is_marked_with_the_digits_that_agree():
    """math.exp hides a factor x·eˣ from the recording: 2e in truth, e by backward()."""
    x, y = Value(1, "x"), Value(2, "y")
    error = failure(gradcheck, lambda x, y: x * math.exp(x) + 3 * y, x, y)
    assert isinstance(error, GradientError)
    drawing = draw(error)
    assert notes(drawing) == {"x": ["backward() says 2.718, nudges 5.437: no digits agree"]}
    assert "dJ/dx = 2.718" in re.sub("<.*?>", "", drawing.source).replace("≈", "=")
    marked = r"^\t([nw]\d)\S* -> .*color=\"#9B0073\""
    assert re.findall(marked, drawing.source, re.M) == ["n0", "w0"]  # x and its way to x·eˣ
    parts = drawing.scene.parts
    assert [p.name for p in parts if p.shapes and p.shapes[0].stroke == "alert"] == ["u3", "w0"]
    assert x.grad == y.grad == 0.0


def test_a_hidden_input_is_drawn_though_nothing_reads_it():
    error = failure(gradcheck, lambda x, y: math.exp(x) + y, Value(0, "x"), Value(2, "y"))
    assert notes(draw(error)) == {
        "x": ["nothing reads it", "backward() says 0, nudges 1: no digits agree"]
    }


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (1 + 1 / 2000, "backward() says −6.003, nudges −6: 3 digits agree"),
        (0.9, "backward() says −5.4, nudges −6: 1 digit agrees"),
    ],
)
def test_a_wrong_rule_shows_its_digits(factor, text, monkeypatch):
    monkeypatch.setattr(autograd.primitives.negative, "slopes", lambda y, x: (-factor,))
    error = failure(gradcheck, lambda x: -x * 6, Value(1, "x"))
    assert notes(draw(error)) == {"x": [text]}


def test_a_kink_is_marked_with_both_slopes():
    error = failure(gradcheck, relu, Value(0, "z"))
    assert notes(draw(error)) == {"z": ["no slope here: 0 left, 1 right"]}


# --- operations without a value -----------------------------------------------------------


def test_the_graph_up_to_a_failing_operation_can_be_drawn():
    a, b = Value(2, "a"), Value(3, "b")
    error = failure(lambda: log(a * a - b * b) + a)
    assert isinstance(error, ValueError)
    drawing = draw(error)
    assert list(notes(drawing)) == ["J = log(w)"]
    [[text]] = notes(drawing).values()
    assert text.startswith("log(-5.0): ")
    assert "no value" in drawing.source
    assert "out of date" not in drawing.source
    assert "w = u − v" in re.sub("<.*?>", "", drawing.source)
    assert 'penwidth="2.5"' in drawing.source or "penwidth=2.5" in drawing.source


@pytest.mark.parametrize(
    ("function", "kind", "name"),
    [
        (lambda x: 1 / (x - 2), ZeroDivisionError, "divide"),
        (lambda x: (500 * x).exp(), OverflowError, "exp"),
        (lambda x: (x - 3) ** 0.5, ValueError, "power_constant"),
        (lambda x: forward_after(x, -1.0), ValueError, "log"),
    ],
)
def test_every_kind_of_failure(function, kind, name):
    x = Value(2, "x")
    error = failure(function, x)
    assert type(error) is kind
    [[text]] = notes(draw(error)).values()
    assert text.startswith(f"{name}(")


def forward_after(x, data):
    """A recorded graph that is recomputed where log has no value."""
    y = log(x)
    x.data = data
    forward(y)


def test_circuits_mark_too():
    drawing = draw(sigmoid(Value(10, "z")), theme="circuit")
    assert notes(drawing) == {"σ": ["saturated: slope 4.54×10⁻⁵"]}


def test_an_error_that_is_not_about_a_graph():
    with pytest.raises(TypeError, match="this KeyError is not about a graph"):
        draw(KeyError("x"))


def test_the_words_for_a_screen_reader_have_the_marks():
    assert "; saturated: slope" in draw(sigmoid(Value(10, "z"))).description


def test_labels_in_messages_only_print():
    x = Value(-1, "<img onerror=x>")
    drawing = draw(failure(log, x))
    assert b"<img" not in drawing.pipe("svg")


def test_examining_changes_nothing():
    w = Value(2, "w")
    J = w * w
    J.backward()
    J.backward()
    state = [(node.data, node.grad) for node in topological_order(J)]
    examine(J, [w])
    draw(J)
    assert [(node.data, node.grad) for node in topological_order(J)] == state


def test_nan_that_came_in_is_up_to_date():
    x = Value(math.nan)
    assert is_fresh(x + 1)
    y = log(Value(2))
    y.inputs[0].data = -1.0
    assert not is_fresh(y)
