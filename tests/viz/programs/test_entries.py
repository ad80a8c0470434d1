"""Entries of arrays: what is written is computed, from what is written alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autograd import Value, affine, softmax, total, vectorize
from autograd.vectorizer.formulas.trees import parsed
from nn import MLP
from viz import explain
from viz.programs.entries import Entries, UnknownEntryError

DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₙₚ‚⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789ijklnp,0123456789")
M = 3  # examples


def network(activation):
    model = MLP(2, [3, 2], activation=[activation, "linear"], seed=1)
    x, y = [Value(0.5), Value(-1.0)], [Value(1.0), Value(0.0)]
    a = model(x)
    loss = sum((each - t) ** 2 for each, t in zip(a, y, strict=True))
    weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.weights]
    return vectorize(loss + 0.1 * total([w * w for w in weights]), {"X": x, "Y": y}, model)


def logistic():
    x, w, b = [Value(0.5), Value(-1.0)], [Value(0.1), Value(0.2)], Value(0.3)
    return vectorize(-affine(w, x, b).sigmoid().log(), {"X": x}, {"w": w, "b": b})


def attention():
    q, k = [Value(0.1), Value(0.4)], [[Value(0.3), Value(-0.2)], [Value(0.5), Value(0.7)]]
    a = softmax([total([p * r for p, r in zip(q, row, strict=True)]) for row in k])
    return vectorize(total([each**3 for each in a]), {"k": k}, {"q": q})


def arrays_of(program):
    """Every array by its name as in an entry, w1 of W⁽¹⁾, at random examples."""
    generator = np.random.default_rng(0)
    held = {}
    given = []
    for leaf in program.leaves:
        if leaf.parameter:
            given.append(generator.normal(size=leaf.shape))
            held[leaf.name] = given[-1]
        else:
            given.append(generator.normal(size=(M, *leaf.shape)))
            held[leaf.name] = np.moveaxis(given[-1], 0, -1)
    watched = program.watched(
        lambda i, array: held.__setitem__(program.statements[i].name, np.array(array))
    )
    watched(*given)
    return held


TOKEN = re.compile(
    r"\s*(?P<sum>Σ[ᵢⱼₖₗₙₚ])|\s*(?P<function>σ|ReLU|tanh|log|softplus)(?=\()|\s*(?P<number>\d+(\.\d+)?)"
    r"|\s*(?P<d>d(?=[a-zA-Z]))?(?P<letter>[a-zA-Z])(?P<low>[₀-₉ᵢⱼₖₗₙₚ‚]*)(⁽(?P<layer>[¹²³])⁾)?"
    r"|\s*(?P<power>[²³])|\s*(?P<sign>[−+/()>≥])"
)
FUNCTIONS = {
    "σ": lambda z: 1 / (1 + np.exp(-z)),
    "ReLU": lambda z: max(z, 0.0),
    "tanh": np.tanh,
    "softplus": lambda z: np.log1p(np.exp(z)),
}


class Reader:
    """Computes an entry from its text: sums of products, read with their usual precedence."""

    def __init__(self, text, held, sizes):
        self.tokens = [match.groupdict() for match in TOKEN.finditer(text)]
        assert "".join(match[0] for match in TOKEN.finditer(text)) == text
        self.held, self.sizes, self.at = held, sizes, 0

    def sign(self):
        return self.tokens[self.at]["sign"] if self.at < len(self.tokens) else None

    def expression(self):
        found = self.term()
        while self.sign() in ("+", "−", ">", "≥"):
            sign, left = self.sign(), found
            self.at += 1
            right = self.term()
            operation = {"+": np.add, "−": np.subtract, ">": np.greater, "≥": np.greater_equal}
            found = self.combined(operation[sign], left, right)
        return found

    def combined(self, operation, left, right):
        return lambda at: operation(left(at) * 1.0, right(at) * 1.0)

    def term(self):
        if self.sign() == "−":
            self.at += 1
            inner = self.term()
            return lambda at: -inner(at)
        found = self.factor()
        while self.at < len(self.tokens) and self.sign() not in ("+", "−", ")", ">", "≥"):
            over = self.sign() == "/"
            self.at += over
            found = self.combined(np.divide if over else np.multiply, found, self.factor())
        return found

    def factor(self):
        token = self.tokens[self.at]
        self.at += 1
        if token["sum"]:
            index, size = token["sum"][1].translate(DIGITS), self.sizes.pop(0)
            inner = self.term()
            return lambda at: sum(inner({**at, index: k}) for k in range(size))
        if token["number"]:
            found = self.number(float(token["number"]))
        elif token["function"]:
            function, inner = FUNCTIONS[token["function"]], self.factor()
            found = lambda at: function(inner(at))  # noqa: E731
        elif token["letter"]:
            found = self.array(token)
        else:
            assert token["sign"] == "("
            found = self.expression()
            assert self.sign() == ")"
            self.at += 1
        if self.at < len(self.tokens) and (power := self.tokens[self.at]["power"]):
            self.at += 1
            base = found
            return lambda at: base(at) ** int(power.translate(DIGITS))
        return found

    def number(self, x):
        return lambda at: x

    def array(self, token):
        name = (token["d"] or "") + token["letter"] + (token["layer"] or "").translate(DIGITS)
        if name == "m":
            return self.number(M)
        array = np.squeeze(next(x for its, x in self.held.items() if its.lower() == name.lower()))
        low = token["low"].translate(DIGITS)
        indices = low.split(",") if "," in low else [*low]
        return lambda at: array[tuple([at[i] if i in at else int(i) - 1 for i in indices])]


@pytest.mark.parametrize(
    "make", [lambda: network("relu"), lambda: network("tanh"), logistic], ids=["relu", "tanh", "1"]
)
def test_each_entry_is_that_of_the_array(make):
    program = make()
    held, tried = arrays_of(program), 0
    for statement in program.statements:
        lines = explain(program, statement.name).values
        if not lines:
            continue
        text = lines[0].lines[0].terms[0].text
        told = str(lines[1]) if len(lines) > 1 else ""
        counted = re.findall(r"summed over (?:1 to (\d+)|the examples)", told)
        sizes = [int(size or M) for size in counted]
        shape = held[statement.name].shape
        place = [0] * len(shape)
        if len(shape) == 2 and statement.shape[1] != "m" and shape[1] > 1:
            place[1] = 1
        found = Reader(text, held, sizes).expression()({"i": 0})
        assert found == pytest.approx(held[statement.name][tuple(place)]), text
        tried += 1
    assert tried >= 4


def test_arrays_that_are_read_in_other_ways_have_no_entries():
    program = attention()
    assert all(str(explain(program, line.name)) for line in program.statements)


MANY = " + ".join(["np.sum(W)"] * 3)  # six sums, for which there are no letters
SHAPES = {"W": (3, 2), "V": (3, 2, 2), "x": (2,), "Z": (3, "m"), "b": (3,), "X20": (20, 30)}


@pytest.mark.parametrize(
    ("code", "indices", "text"),
    [
        ("b[:, None] + Z", "1i", "b₁ + z₁ᵢ"),
        ("np.tanh(b[:, None]) * Z", "1i", "tanh(b₁) z₁ᵢ"),
        ("-Z.T", "i1", "−z₁ᵢ"),
        ("W @ x", "1", "Σₖ w₁ₖ xₖ"),
        ("(-W) @ x - 2", "1", "Σₖ −w₁ₖ xₖ − 2"),
        ("np.sum(Z * (1 - Z), axis=1)", "1", "Σᵢ z₁ᵢ (1 − z₁ᵢ)"),
        ("np.sum(Z.T @ b[:, None])", "", "Σᵢ Σₖ zₖᵢ bₖ"),
        ("np.sum(W, axis=0) * x", "2", "Σₖ wₖ₂ x₂"),
        ("np.sum(W) + np.sum(b)", "", "Σₖ Σⱼ wₖⱼ + Σₗ bₗ"),
        ("X20[:, :]", ("12", "7"), "X20₁₂‚₇"),
    ],
)
def test_entries_of_formulas(code, indices, text):
    entries = Entries({name: name for name in SHAPES}, SHAPES)
    assert entries.entry(parsed(code), tuple(indices)).text == text


@pytest.mark.parametrize(
    "code",
    ["Z[0]", "np.sum(Z, axis=(0, 1))", "np.add(Z, Z)", "V @ x", "np.sort(x)", "x[0] + x", MANY],
)
def test_other_formulas_have_none(code):
    with pytest.raises(UnknownEntryError):
        Entries({name: name for name in SHAPES}, SHAPES).entry(parsed(code), ("1", "i"))


def test_a_scalar_without_a_sum_needs_no_indices():
    x, w = Value(0.5), Value(2.0)
    program = vectorize(w * x, {"x": x}, {"w": w}, whole_batch=True)
    assert str(explain(program, "J")) == "J = w x\n\nJ = w ∗ x"
