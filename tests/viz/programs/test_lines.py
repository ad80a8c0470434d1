"""explain of a program: its lines in matrix notation, as text, LaTeX and files."""

from __future__ import annotations

import pytest

from autograd import Value, vectorize
from nn import MLP
from viz import explain


@pytest.fixture(scope="module")
def program():
    model = MLP(2, [3, 1], activation=["relu", "linear"], seed=1)
    x, y = [Value(0.5), Value(-1.0)], Value(1.0)
    return vectorize((model(x)[0] - y) ** 2, {"X": x, "Y": y}, model)


def test_forward_and_backward_lines_of_the_slide(program):
    assert (
        str(explain(program))
        == """\
Z⁽¹⁾ = W⁽¹⁾X + b⁽¹⁾
A⁽¹⁾ = ReLU(Z⁽¹⁾)
Z⁽²⁾ = W⁽²⁾A⁽¹⁾ + b⁽²⁾
J = mean (Z⁽²⁾ − Y)²

dZ⁽²⁾ = 2(Z⁽²⁾ − Y)
dW⁽²⁾ = dZ⁽²⁾ A⁽¹⁾ᵀ / m
db⁽²⁾ = Σ dZ⁽²⁾ / m
dZ⁽¹⁾ = W⁽²⁾ᵀ dZ⁽²⁾ ∗ (Z⁽¹⁾ > 0)
dW⁽¹⁾ = dZ⁽¹⁾ Xᵀ / m
db⁽¹⁾ = Σ dZ⁽¹⁾ / m"""
    )


def test_in_latex_they_are_aligned(program, tmp_path):
    lines = explain(program)
    assert r"dW^{(1)} &= dZ^{(1)} X^\top / m" in lines.latex
    assert lines.latex.count(r"\begin{align*}") == 2
    lines.save(tmp_path / "program.tex")
    assert (tmp_path / "program.tex").read_text().rstrip() == lines.latex


def test_a_program_of_outputs_has_no_backward_lines():
    w, x = Value(2.0), Value(1.0)
    program = vectorize([w * x], {"x": x}, {"w": w}, forward_only=True)
    assert str(explain(program)) == "Z = w ∗ x\nY_hat = Z"


def test_why_a_gradient_is_a_matrix_product(program):
    assert (
        str(explain(program, "dW1"))
        == """\
dw₁₂⁽¹⁾ = Σᵢ dz₁ᵢ⁽¹⁾ x₂ᵢ / m
i is summed over the examples; the same for each row and column

dW⁽¹⁾ = dZ⁽¹⁾ Xᵀ / m
3 × m times m × 2 gives 3 × 2"""
    )
    latex = explain(program, "dW1").latex
    assert r"dw_{12}^{(1)} &= \sum_{i} dz_{1i}^{(1)} x_{2i} / m" in latex
    assert r"3 \times m \text{ times } m \times 2 \text{ gives } 3 \times 2" in latex


def test_a_formula_that_is_no_sum_of_products_is_shown_alone(program):
    assert str(explain(program, "J")) == "J = mean (Z⁽²⁾ − Y)²"


def test_what_is_no_line_of_a_program_is_refused(program):
    with pytest.raises(ValueError, match="no line 'dW7': choose one of Z1, A1, Z2, J, dZ2"):
        explain(program, "dW7")
    with pytest.raises(TypeError, match=r"name the line to be explained: 'dW', not Value"):
        explain(program, Value(1))
