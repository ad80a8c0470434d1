"""Numbers with as many decimals as a slide has."""

from __future__ import annotations

import re

import pytest
from graphs import logistic_program, mazur, sigmoid_circuit

from autograd import Value
from autograd.notation import decimals, is_rounded, number
from viz import draw, draw_network, explain, step_through


def test_numbers_have_so_many_decimals():
    with decimals(2):
        assert [number(x) for x in (0.731, -1.0, 0.196611, 2.5, 1 / 3)] == [
            *["0.73", "−1", "0.20", "2.50", "0.33"]
        ]
        assert number(0.0004) == "4×10⁻⁴"  # which would be 0
        assert number(123456.7) == "123457"
        assert number(float("nan")) == "nan"
        assert number(float("-inf")) == "−∞"
        assert is_rounded(0.731)
        assert not is_rounded(0.73)
    assert number(0.196611) == "0.1966"
    with decimals(0):
        assert number(0.731) == "1"


@pytest.mark.parametrize("digits", [-1, 16, 2.0, "2"])
def test_what_is_no_number_of_decimals_is_refused(digits):
    with pytest.raises(ValueError, match="is a number of decimals, from 0 to 15"):
        draw(Value(1.0) * 2, digits=digits)


def labels(drawing):
    return {str(label) for part in drawing.scene.parts for label in part.labels}


def test_the_circuit_of_the_deck_has_the_numbers_of_the_deck():
    f = sigmoid_circuit()
    f.backward()
    drawn = labels(draw(f, theme="circuit", digits=2))
    assert {"0.37", "1.37", "−0.53", "−0.20", "0.39", "−0.39", "−0.59", "0.20"} <= drawn
    assert "0.1966" not in drawn
    assert "0.1966" in labels(draw(f, theme="circuit"))


def test_pages_explanations_and_walks_have_them_too():
    f = sigmoid_circuit()
    f.backward()
    page = draw(f, digits=2).pipe("html", encoding="utf-8")
    assert "0.1966" not in re.sub("<title>.*?</title>|aria-label=.[^>]*", "", page)
    told = str(explain(f, "w0", digits=2))
    assert "≈ −0.20" in told
    assert "0.1966" not in told
    walk = step_through(f, digits=2)
    assert any("≈ 0.39" in caption for caption in walk.captions)
    assert '"digits":2' in walk._repr_html_()
    assert '"digits"' not in step_through(f)._repr_html_()


def test_networks_have_them_and_so_has_their_walk():
    drawing = draw_network(mazur(), [0.05, 0.1], [0.01, 0.99], digits=3)
    assert any("0.593" in label for label in labels(drawing))
    assert not any("0.5933" in label for label in labels(drawing))
    walk = step_through(drawing)
    assert any("0.593" in caption for caption in walk.captions)
    assert not any("0.5933" in caption for caption in walk.captions)
    with pytest.raises(TypeError, match="digits=2 is for graphs: give it to draw_network"):
        step_through(drawing, digits=2)


def test_programs_have_no_numbers_to_be_written_so():
    with pytest.raises(ValueError, match="digits is for graphs of numbers"):
        draw(logistic_program(), digits=2)
