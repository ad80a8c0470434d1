"""Pictures of vectorised programs: what stands where, and that nothing gets lost."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from graphs import logistic_program, network_program, softmax_program
from vectorized import leaves

from autograd import Value, affine, dot, exp, relu, sigmoid, tanh, total, vectorize
from autograd.vectorizer import candidates
from viz import Drawing, draw
from viz.programs.sketch import sketch_program, wires_of
from viz.style import THEMES

GOLDEN = Path(__file__).parents[1] / "golden"


def texts(drawing: Drawing) -> list[str]:
    """What stands in boxes and on wires, a line each."""
    dot_source = re.sub(r' (TITLE|tooltip)="[^"]*"', "", drawing.source)
    return re.split("[<>]+", re.sub(r"</?(I|FONT|SUP)\b[^>]*>", "", dot_source))


def recurrence():
    """H ← tanh(Wx + Rh + b), three times: parameters that several steps share."""
    W, R, b, v = leaves(4, 2), leaves(4, 4), leaves(4), leaves(4)
    X, h = leaves(3, 2), [0.0] * 4
    for x in X:
        h = [tanh(dot(w, x) + dot(r, h) + c) for w, r, c in zip(W, R, b, strict=True)]
    return vectorize((dot(v, h) - 1) ** 2, {"X": X}, {"W": W, "R": R, "b": b, "v": v})


def attention():
    """Each of four positions takes the mean of the others, weighed by softmax."""
    Q, X, v = leaves(3, 2), leaves(4, 2), leaves(3)
    q = [[dot(row, x) for row in Q] for x in X]
    mixed = []
    for a in q:
        weights = [exp(dot(a, c)) for c in q]
        mixed.append([dot(weights, [c[k] for c in q]) / total(weights) for k in range(3)])
    loss = dot(v, [total([z[k] for z in mixed]) for k in range(3)]) ** 2
    return vectorize(loss, {"X": X}, {"Q": Q, "v": v})


def one_list():
    """All parameters in one list, as an advanced optimiser has them."""
    theta, x = leaves(13), leaves(2)
    h = [tanh(affine(theta[3 * i : 3 * i + 2], x, theta[3 * i + 2])) for i in range(3)]
    return vectorize(affine(theta[9:12], h, theta[12]) ** 2, {"X": x}, {"theta": theta})


def irregular():
    """The recurrence by the fallback for graphs of no structure: level by level."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "shattered", lambda *_: True)
        return recurrence()


def held_elsewhere():
    """L = Σ exp(x): the slope is exp(x) itself, and has no line of its own."""
    x = leaves(3)
    return vectorize(total([exp(v) for v in x]), {"X": x}, with_respect_to="X")


def two_losses():
    """A loss of each example and weight decay, and leaves that neither of them reads."""
    w, x = leaves(3), leaves(3)
    loss = relu(dot(w, x)) + 0.5 * dot(w, w)
    return vectorize(loss, {"X": x, "E": leaves(2)}, {"w": w, "c": leaves()})


def constant():
    """J = 3, whatever w is."""
    x = leaves()
    return vectorize(0 * x + 3, {"X": x}, {"w": leaves()})


def with_respect_to_an_input():
    return network_program(with_respect_to="X")


PROGRAMS = [
    logistic_program,
    network_program,
    softmax_program,
    recurrence,
    attention,
    one_list,
    irregular,
    held_elsewhere,
    two_losses,
    constant,
    with_respect_to_an_input,
]


@pytest.mark.parametrize(
    "make",
    [logistic_program, network_program, softmax_program, with_respect_to_an_input, irregular],
    ids=lambda make: make.__name__.replace("_", "-"),
)
def test_golden(make):
    name = make.__name__.replace("_", "-")
    golden = GOLDEN / f"matrices-{name}.dot"
    assert draw(make()).source == golden.read_text("utf-8"), (
        f"the picture changed: look at it, and if it is better, write it to {golden}"
    )


@pytest.mark.parametrize("make", PROGRAMS)
def test_every_statement_and_leaf_stands_in_the_picture_once(make):
    """Of what a loop makes, the statement of one round."""
    program = make()
    rounds = {each.name for each in program.statements if each.loop}
    expected = [x for x in program.statements if x.loop or x.name not in rounds]
    wires = wires_of(program)
    made = [each.made for each in wires if each.made]
    below = [statement for each in wires for statement in each.backward]
    stated = [x for x in [*made, *below] if x in program.statements]
    assert sorted(map(str, stated)) == sorted(map(str, expected))
    leaves = [each.name for each in wires if not each.made]
    assert sorted(leaves) == sorted(leaf.name for leaf in program.leaves)
    for each in wires:  # what a box reads stands to its left
        before = {x.name for x in wires[: wires.index(each)]} | rounds
        operands = each.made.operands if each.made else ()
        assert all(x in before or x in program.tables for x in operands)


@pytest.mark.parametrize("make", PROGRAMS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_program_draws(make, theme):
    svg = draw(make(), theme=theme).pipe("svg")
    assert svg.startswith(b"<svg")
    assert THEMES[theme].gradient.lower().encode() in svg.lower()


def test_same_program_same_bytes():
    for form in ("svg", "png", "pdf"):
        assert draw(network_program()).pipe(form) == draw(network_program()).pipe(form)


# --- what stands there --------------------------------------------------------------------


def test_logistic_regression_as_on_the_slide():
    drawn = texts(draw(logistic_program()))
    for text in (
        "Z = wᵀX + b", "A = σ(Z)", "J = mean", "cross-entropy(Y, σ(Z))",
        "X: 3 × m", "w: 3 × 1", "b: a number", "Z: 1 × m", "A: 1 × m", "Y: 1 × m", "J: a number",
        "dZ = A − Y", "dw = X dZᵀ / m", "db = Σ dZ / m",
        "m examples, one per column",
    ):  # fmt: skip
        assert any(text in line for line in drawn), text


def test_the_slide_of_a_neural_network():
    drawn = texts(draw(network_program()))
    for text in (
        "Z⁽¹⁾ = W⁽¹⁾X + b⁽¹⁾", "A⁽¹⁾ = σ(Z⁽¹⁾)", "Z⁽²⁾ = W⁽²⁾A⁽¹⁾ + b⁽²⁾", "A⁽²⁾ = σ(Z⁽²⁾)",
        "W⁽¹⁾: 4 × 3", "X: 3 × m", "b⁽¹⁾: 4 × 1", "A⁽¹⁾: 4 × m", "b⁽²⁾: 1 × 1",
        "dZ⁽²⁾ = A⁽²⁾ − Y", "dW⁽²⁾ = dZ⁽²⁾ A⁽¹⁾ᵀ / m", "db⁽²⁾ = Σ dZ⁽²⁾ / m",
        "dZ⁽¹⁾ = W⁽²⁾ᵀ dZ⁽²⁾", "∗ A⁽¹⁾ ∗ (1 − A⁽¹⁾)",
        "dW⁽¹⁾ = dZ⁽¹⁾ Xᵀ / m", "db⁽¹⁾ = Σ dZ⁽¹⁾ / m",
    ):  # fmt: skip
        assert text in drawn, text


def place_of(program):
    """The name of each statement below a wire, to that wire."""
    return {line.name: each.name for each in wires_of(program) for line in each.backward}


def test_gradients_stand_below_what_they_are_the_gradient_of():
    assert place_of(network_program()) == {
        "dZ2": "Z2", "dW2": "W2", "db2": "b2", "dZ1": "Z1", "dW1": "W1", "db1": "b1",
    }  # fmt: skip
    assert place_of(network_program(with_respect_to="X")) == {"dZ2": "Z2", "dZ1": "Z1", "dX": "X"}


def test_what_is_on_the_way_to_a_gradient_stands_with_it():
    places = place_of(one_list())
    pieces = [name for name in places if re.fullmatch(r"dtheta(_\d)?", name)]
    assert len(pieces) == 5
    assert {places[name] for name in pieces} == {"theta"}
    below = next(x.backward for x in wires_of(one_list()) if x.name == "theta")
    assert below[-1].name == "dtheta"  # in the order of the program
    assert {"dθ₄ = Σ dZ⁽²⁾ / m", "dθ = [dθ₁; dθ₂; dθ₃;", "dθ₄][I₁]"} <= set(texts(draw(one_list())))


def test_a_gradient_that_another_array_holds():
    program = held_elsewhere()
    assert program.results == {"L": "L", "dX": "U1"}
    assert "dX = U₁" in texts(draw(program))


def test_a_cost_that_another_array_holds():
    x = Value(1)
    program = vectorize(exp(x), {"X": x}, with_respect_to="X")
    assert program.results == {"L": "U1", "dX": "dX"}
    drawn = texts(draw(program))
    assert "U₁ = exp(X)" in drawn
    assert "L = U₁: 1 × m" in drawn
    assert "dX = U₁" in drawn


def test_a_cost_that_is_a_leaf():
    x = Value(1)
    program = vectorize(x, {"X": x}, with_respect_to="X")
    drawn = texts(draw(program))
    assert "L = X" in drawn
    assert "dX = 1" in drawn


def test_what_only_the_backward_pass_reads_ends_in_an_arrow_as_the_cost_does():
    wires = wires_of(network_program())
    source = draw(network_program()).source
    ends = [wires[int(i)].name for i in re.findall(r"w(\d+):p:e -> e\1", source)]
    assert ends == ["A2", "J"]


def test_leaves_that_nothing_reads_are_drawn():
    assert {"E: 2 × m", "c: a number", "dc = 0"} <= set(texts(draw(two_losses())))


def test_numbers_are_layers_only_where_a_z_has_them():
    x1, x2, w1, w2, y = (Value(i) for i in range(5))
    one = vectorize(
        (w1 * x1 + w2 * x2 - y) ** 2, {"x1": x1, "x2": x2, "Y": y}, {"w1": w1, "w2": w2}
    )
    assert "Z = w₁ ∗ x₁ + w₂ ∗ x₂" in texts(draw(one))
    # Counted from 0, the weights of Z1 are W0: a raised number would be that of another layer.
    x, W0, W1 = leaves(2), leaves(3, 2), leaves(3)
    loss = dot(W1, [sigmoid(dot(w, x)) for w in W0]) ** 2
    two = texts(draw(vectorize(loss, {"X1": x}, {"W0": W0, "W1": W1})))
    assert {"Z⁽¹⁾ = W₀X₁", "Z⁽²⁾ = W₁ᵀA⁽¹⁾"} <= set(two)


def test_the_name_of_the_number_of_examples_may_be_taken():
    x, m = leaves(2), leaves(2)
    drawn = texts(draw(vectorize(dot(m, x) ** 2, {"X": x}, {"m": m})))
    assert "m_ examples, one per column" in drawn
    assert "m: 2 × 1" in drawn
    assert "X: 2 × m_" in drawn


def test_without_examples_there_is_no_word_of_them():
    w = leaves(3)
    drawing = draw(vectorize(dot(w, w), {}, {"w": w}))
    assert "examples" not in drawing.source
    assert {"J = wᵀw", "dw = 2w"} <= set(texts(drawing))


def test_a_long_formula_becomes_f_of_its_operands():
    """Eight terms of one kind each: longer than three lines."""
    x = [Value(i) for i in range(8)]
    rows = [exp, sigmoid, tanh, relu, exp, sigmoid, tanh, relu]
    loss = total(
        [row(v) * row(2 * v) * (k + 1) for k, (row, v) in enumerate(zip(rows, x, strict=True))]
    )
    names = {f"x{k}": v for k, v in enumerate(x)}
    program = vectorize(loss, names, with_respect_to="x0")
    assert "L = f(x₁, U₁, U₂, x₂, x₃, …)" in texts(draw(program))
    statement = next(x for x in program.statements if x.name == "L")
    assert str(statement)[:100] in draw(program).source  # in the tooltip


def test_tooltips_hold_the_code():
    source = draw(network_program()).source
    for code in (
        "Z1 = W1 @ X + b1, shape (4, m); dZ1 = W2.T @ dZ2 * A1 * (1 - A1)",
        "W1, shape (4, 3); dW1 = dZ1 @ X.T / m",
        "db1 = np.sum(dZ1, axis=1, keepdims=True) / m",
        "J = np.mean(binary_cross_entropy_with_logits(Y, Z2)), shape ()",
    ):
        assert source.count(code) >= 2  # on the box and on the wire


def test_the_picture_in_words():
    told = draw(network_program()).description
    assert told.startswith("Computation graph of a program on matrices. Z1 = W1 @ X + b1. A1")
    assert draw(network_program())._repr_mimebundle_()["text/plain"] == told


def test_names_are_shown_and_do_nothing():
    x, w = leaves(2), leaves(2)
    evil = '"]; evil [label="<img onerror=x>\\N{|}'
    drawing = draw(vectorize(dot(w, x) ** 2, {"</script>": x}, {evil: w, "e" * 60: Value(0)}))
    svg = drawing.pipe("svg", encoding="utf-8")
    for markup in ("<script", "<img", "evil [", "]; evil"):
        assert markup not in drawing.source
        assert markup not in svg
    assert "__script_" in svg
    assert "e" * 39 + "…" in svg  # clipped, as in all pictures


# --- options and limits -------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "dot", "html"])
def test_writes_files(ending, tmp_path):
    path = tmp_path / f"network.{ending}"
    drawing = draw(network_program(), path)
    assert path.read_bytes() == drawing.pipe(ending)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"theme": "circuit"}, 'theme="circuit" is for graphs of numbers.*draw the loss'),
        ({"detail": "layers"}, "detail is for graphs of numbers"),
        ({"parameters": [Value(1)]}, "parameters is for graphs of numbers"),
        ({"theme": "neon"}, "no theme 'neon'"),
        ({"path": "network.gif"}, "unknown format 'gif': choose one of svg, png, pdf, dot"),
    ],
)
def test_options_that_a_program_does_not_have(options, told):
    with pytest.raises(ValueError, match=told):
        draw(network_program(), **options)


def sum_of_squares(n):
    """A program of n leaves and a cost."""
    w = {f"w{k}": Value(k) for k in range(n)}
    return vectorize(total([v * v for v in w.values()]), {}, w)


def test_limits_of_size():
    assert sketch_program(sum_of_squares(100), THEMES["light"]).pipe("svg")
    with pytest.raises(ValueError, match=r"303 arrays.*up to 300: read it as text.*smaller model"):
        draw(sum_of_squares(300))


def test_pictures_of_numbers_need_no_numpy():
    script = (
        "import sys; from autograd import Value; from viz import draw; draw(Value(1, 'x') * 2)\n"
        "assert 'numpy' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8")
    assert not done.returncode, done.stderr
