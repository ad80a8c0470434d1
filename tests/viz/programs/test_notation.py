"""Matrix notation: what NumPy text becomes on a slide, and where its lines break."""

from __future__ import annotations

import pytest

from autograd.vectorizer.formulas.trees import parsed
from viz.programs.notation import (
    BREAK,
    LATEX,
    NARROW_BREAK,
    TEXT,
    MatrixNotation,
    in_lines,
    plain,
)

SHAPES = {
    "R": (1, "m"),
    "w": (3,),
    "W": (4, 3),
    "X": (3, "m"),
    "Z": ("m",),
    "dZ": ("m",),
    "A": (4, "m"),
    "B": (4, "m"),
    "b": (),
}
NAMES = {"A1": "<I>A⁽¹⁾</I>", "dZ2": "d<I>Z⁽²⁾</I>"}


def written(code):
    """A formula as a reader sees it, a power with the sign ^."""
    return plain(MatrixNotation(NAMES, SHAPES).write(parsed(code)).replace("<SUP>", "^"))


@pytest.mark.parametrize(
    ("code", "slide"),
    [
        # A matrix product has no sign; lists of numbers are columns, those of examples rows.
        ("W @ X", "WX"),
        ("W.T @ dZ2 * A1 * (1 - A1)", "Wᵀ dZ⁽²⁾ ∗ A⁽¹⁾ ∗ (1 − A⁽¹⁾)"),
        ("w @ X + b", "wᵀX + b"),
        ("X @ dZ / m + 0.02 * w", "X dZᵀ / m + 0.02w"),
        ("w[1:] @ X", "w[1:]ᵀ X"),
        ("0.01 * w @ w", "0.01wᵀw"),
        ("-A @ B", "−AB"),
        ("A @ B @ W", "ABW"),
        ("A @ (B @ W)", "A(BW)"),
        ("(A * B) @ W", "(A ∗ B) W"),
        ("weights @ inputs", "weights · inputs"),
        # Σ reaches as far as the next sign, but for a number that divides all of it.
        ("np.sum(dZ2, axis=1, keepdims=True) / m", "Σ dZ⁽²⁾ / m"),
        ("np.sum(A) * B", "(Σ A) ∗ B"),
        ("np.sum(A) / B", "(Σ A) / B"),
        ("np.sum(A) / m * B", "(Σ A / m) ∗ B"),
        ("-np.sum(A) * B", "(−Σ A) ∗ B"),
        ("-np.sum(A * B) / 2", "−Σ (A ∗ B) / 2"),
        ("-2 * np.sum(A) * B", "(−2 Σ A) ∗ B"),
        ("2 * np.sum(A) * B", "(2 Σ A) ∗ B"),
        ("np.sum(A, axis=0) ** 2", "(Σ A)^2"),
        ("np.mean((A - B) ** 2) / 2", "mean (A − B)^2 / 2"),
        # Signs
        ("2 * (A - B) * Z", "2(A − B) ∗ Z"),
        ("-2 * A * B", "−2A ∗ B"),
        ("2 * (A / B)", "2A / B"),
        ("2 * 3 ** A", "2 ∗ 3^A"),
        ("A * 2", "A ∗ 2"),
        ("-A * (1 - A)", "−A ∗ (1 − A)"),
        ("A - (B - Z)", "A − (B − Z)"),
        ("A - -2 * B", "A − (−2B)"),
        ("-(A - B)", "−(A − B)"),
        ("A / (B * Z)", "A / (B ∗ Z)"),
        ("(A >= 0) * (B < 0)", "(A ≥ 0) ∗ (B < 0)"),
        # Powers; of a matrix, X⁻¹ would be the inverse
        ("1 - A1 ** 2", "1 − (A⁽¹⁾)^2"),
        ("dZ ** 2", "(dZ)^2"),
        ("A ** (B + 1)", "A^B + 1"),
        ("X ** (-1)", "1 / X"),
        # Numbers
        ("0.5773502691896258 * A", "0.5774A"),
        ("-np.inf", "−∞"),
        ("np.full((2, m), 1.0)", "1"),
        ("np.zeros((2,)) + np.ones((2,))", "0 + 1"),
        # What only changes the shape is left out, what picks entries is not.
        ("W[:, None] + A[0][None, :]", "W + A[0]"),
        ("R[0]", "R"),  # it has one row
        ("A.reshape(4, -1)[I1]", "A[I₁]"),
        ("theta[4:19:5, 1]", "θ[4:19:5, 1]"),
        ("(-A)[:, None] * B", "−A ∗ B"),
        ("np.broadcast_to(A, (4, m))", "A"),
        ("A.copy()", "A"),
        ("np.concatenate([np.ravel(dw_1), A + B])", "[dw₁; A + B]"),
        ("logsumexp(np.stack(np.broadcast_arrays(A, B)))", "logsumexp([A; B])"),
        # Functions as in the table, corner cases and logits written out
        ("sigmoid(Z) + np.abs(A - 1)", "σ(Z) + |A − 1|"),
        ("np.expm1(A) * B", "(exp(A) − 1) ∗ B"),
        ("np.maximum(A, B)", "max(A, B)"),
        ("binary_cross_entropy(Y, A)", "cross-entropy(Y, A)"),
        ("binary_cross_entropy_with_logits(Y, Z)", "cross-entropy(Y, σ(Z))"),
        ("softmax_cross_entropy_with_logits(Y, Z)", "cross-entropy(Y, softmax(Z))"),
        ("xdivy(1 - Y, 1 - A) - xdivy(Y, A)", "(1 − Y) / (1 − A) − Y / A"),
        ("xlogy(A, B)", "A ∗ log(B)"),
        ("log_or_nan(A)", "log(A)"),
        ("power_or_nan(A, B)", "A^B"),
        # The rest is NumPy
        ('np.einsum("kim,kjm->ijm", Z, A)', 'einsum("kim,kjm->ijm", Z, A)'),
        ("np.tensordot(W, A, (1, 0))", "tensordot(W, A, (1, 0))"),
        ("np.flip(A, axis=0)", "flip(A, axis=0)"),
        ("A.searchsorted(B)", "A.searchsorted(B)"),
    ],
)
def test_written_as_on_a_slide(code, slide):
    assert written(code) == slide


@pytest.mark.parametrize(
    ("code", "text", "latex"),
    [
        ("W @ X", "WX", "WX"),
        ("w @ X + b", "wᵀX + b", r"w^\topX + b"),
        ("dZ2 @ A1.T / m", "dZ⁽²⁾ A⁽¹⁾ᵀ / m", r"dZ^{(2)} {A^{(1)}}^\top / m"),
        ("1 - A1 ** 2", "1 − (A⁽¹⁾)²", r"1 - (A^{(1)})^{2}"),
        ("A ** (B + 1)", "A^(B + 1)", "A^{B + 1}"),
        ("A * (B >= 0)", "A ∗ (B ≥ 0)", r"A \ast (B \ge 0)"),
        ("-2e-7 * np.sum(A)", "−2×10⁻⁷ Σ A", r"-2 \times 10^{-7} \sum A"),
        ("np.mean(sigmoid(Z))", "mean σ(Z)", r"\operatorname{mean} \sigma\left(Z\right)"),
        ("weights @ inputs", "weights · inputs", r"\mathrm{weights} \cdot \mathrm{inputs}"),
        ("f(A, axis=0)[I_1]", "f(A, axis=0)[I₁]", r"\text{f}(A, axis=0)[I_{1}]"),
        ("A[1:]", "A[1:]", r"A[\text{1:}]"),
    ],
)
def test_written_as_text_and_as_latex(code, text, latex):
    names = {"A1": "A[1]", "dZ2": "dZ[2]"}
    typeset = {name: TEXT.name(of) for name, of in names.items()}
    assert MatrixNotation(typeset, SHAPES, TEXT).write(parsed(code)) == text
    typeset = {"A1": LATEX.name("A[1]"), "dZ2": "d" + LATEX.name("Z[2]")}
    assert MatrixNotation(typeset, SHAPES, LATEX).write(parsed(code)) == latex


def test_names_are_slanted_and_signs_of_markup_disarmed():
    notation = MatrixNotation({}, {})
    assert notation.write(parsed("A < theta")) == "<I>A</I> &lt; <I>θ</I>"
    assert notation.write(parsed("f('<b>')")) == "f(&quot;&lt;b&gt;&quot;)"


def test_lines_break_between_terms_then_factors_then_in_parentheses():
    text = MatrixNotation({}, SHAPES).write(parsed("A * (B - A * B) + X @ Z / m"))
    assert text.count(BREAK) == 2
    assert text.count(NARROW_BREAK) == 2

    def lines(width):
        return [plain(line) for line in in_lines(text, width)]

    assert lines(40) == ["A ∗ (B − A ∗ B) + XZᵀ / m"]
    assert lines(20) == ["A ∗ (B − A ∗ B)", "+ XZᵀ / m"]
    assert lines(14) == ["A", "∗ (B − A ∗ B)", "+ XZᵀ / m"]
    assert lines(9) == ["A ∗ (B", "− A ∗ B)", "+ XZᵀ / m"]
    assert BREAK not in "".join(in_lines(text, 9))
    assert NARROW_BREAK not in "".join(in_lines(text, 9))
