"""explain: every printed line is re-evaluated at full precision, and its rounding checked."""

from __future__ import annotations

import functools
import html
import math
import random
import re
from fractions import Fraction
from itertools import chain
from pathlib import Path

import pytest
from matplotlib.mathtext import MathTextParser

import autograd
from autograd import (
    Value,
    affine,
    binary_cross_entropy,
    exp,
    sigmoid,
    softmax_cross_entropy_with_logits,
    sqrt,
)
from autograd.backprop import forward, topological_order
from autograd.derivatives import gradients
from autograd.notation import name_values
from autograd.primitives import TABLE, constant
from viz import names as naming
from viz.explaining import Derivation, Equation, Explanation, Written, explain

GOLDEN = Path(__file__).parent / "golden"


def slide():
    a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    return 3 * (a + b * c), (a, b, c)


def sigmoid_circuit():
    w0, x0, w1, x1, w2 = leaves = [
        Value(x, name)
        for x, name in zip([2, -1, -3, -2, -3], ["w0", "x0", "w1", "x1", "w2"], strict=True)
    ]
    f = 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2)))
    f.label = "f"
    return f, leaves


def told(_output: Value, *_value: Value) -> Explanation:
    """The explanation, where no variable gives a Value its name."""
    return explain(_output, *_value)


# --- the checker --------------------------------------------------------------------------

FUNCTIONS = {
    **{name: getattr(autograd, name) for name in ("log", "sin", "cos", "tanh", "sign", "step")},
    **{"where": autograd.where, r"\mathrm{where}": autograd.where},
    **{"stop": autograd.stop_gradient, r"\mathrm{stop}": autograd.stop_gradient},
    **{"exp": exp, "e^": exp, "σ": sigmoid, r"\sigma": sigmoid, "√": sqrt, r"\sqrt": sqrt},
    **{"ReLU": autograd.relu, "softplus": autograd.softplus, "max": max, "min": min},
    **{rf"\{name}": getattr(autograd, name) for name in ("log", "sin", "cos")},
    **{rf"\mathrm{{{name}}}": getattr(autograd, name.lower()) for name in ("ReLU", "step")},
    **{r"\max": max, r"\tanh": autograd.tanh},
}
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SIGNS = {"−": "-", "·": "*", "×": "*", r"\cdot": "*", r"\times": "*", r"\left|": "|"} | {
    r"\right|": "|",
    r"\left(": "(",
    r"\right)": ")",
}
LITERAL = re.compile(r"(?:\(|\\left\()?([−-]?[\d.]+(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?)(?:\)|\\right\))?")


def literal(text: str) -> Fraction | None:
    """The number that a text is, or None if it is more than a number."""
    match = LITERAL.fullmatch(text)
    if match is None:
        return None
    mantissa = match[1].partition("×10")[0].replace("−", "-")
    return Fraction(mantissa) * Fraction(10) ** int((match[2] or "0").translate(SUPERSCRIPTS))


def rounds_to(x: float, shown: Fraction) -> bool:
    """Whether a number is what x is written as: x itself, or x to four significant digits."""
    if shown == Fraction(repr(x)):
        return True
    digit = Fraction(10) ** (math.floor(math.log10(abs(x))) - 3)
    return abs(Fraction(x) - shown) <= digit / 2 and shown % (digit / 10) == 0


class Checker:
    """Re-evaluates what is printed about the graph of an output."""

    def __init__(self, output: Value) -> None:
        order = [node for node in topological_order(output) if node.op is not constant]
        self.names = {name: node for node, name in name_values(order).items()}
        latex = {naming.latex(name): node for name, node in self.names.items()}
        self.operands = {**self.names, **latex}
        for slope, both in (("{0}{1}/{0}{2}", self.names), (r"\frac{{{0}{1}}}{{{0}{2}}}", latex)):
            for of, y in both.items():
                for by, x in both.items():
                    self.operands[slope.format("d", of, by)] = (y, x, "d")
                    d = "∂" if both is self.names else r"\partial "
                    self.operands[slope.format(d, of, by)] = (y, x, "∂")
        words = sorted([*self.operands, *FUNCTIONS, *SIGNS], key=len, reverse=True)
        self.token = re.compile(
            rf"\s*({'|'.join(map(re.escape, words))}"
            r"|\d+\.?\d*|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|\\frac|[-+/^|,(){}>])"
        )

    def check(self, explanation: Explanation) -> None:
        printed = str(explanation)
        for each in [*explanation.values, *explanation.derivations]:
            assert str(each) in printed
            assert each.latex in explanation.latex
            assert each.latex in explanation.markdown
            self.check_derivation(each)

    def check_derivation(self, told: Derivation) -> None:
        """Each line follows from the one before, and its sign is the right one."""
        before = [[self.evaluate(told.left.text)]]
        rounded_before, shown_before = False, None
        for line in told.lines:
            texts = [term.text.split(" × ") for term in line.terms]
            before = self.expected(before, texts)
            rounded = False
            for text, x in zip(chain(*texts), chain(*before), strict=True):
                shown = literal(text)
                if shown is not None:
                    assert rounds_to(x, shown), f"{text} is no rounding of {x!r}"
                    rounded |= shown != Fraction(repr(x))
                else:  # a formula is only ever off by a rounded constant in it
                    y = self.evaluate(text)
                    off = not math.isclose(y, x, rel_tol=1e-9, abs_tol=1e-12)
                    assert not off or math.isclose(y, x, rel_tol=1e-3), f"{text} is not {x!r}"
                    rounded |= off
            assert (line.sign == "≈") == (rounded or rounded_before), f"{line.sign} in {told}"
            shown_line = self.shown(texts)
            if line.sign == "=" and None not in (shown_line, shown_before):
                assert shown_line == shown_before, f"{line} is not exact"
            rounded_before, shown_before = rounded, shown_line
            for term in line.terms:
                if "…" not in term.text:
                    assert math.isclose(
                        self.evaluate(term.latex), self.evaluate(term.text), rel_tol=1e-12
                    ), f"{term.latex} is not {term.text}"
        assert literal(told.lines[-1].terms[0].text) is not None, "the last line is a number"

    def expected(self, before: list[list[float]], texts: list[list[str]]) -> list[list[float]]:
        """What each factor has to be, by the line before."""
        products = [math.prod(factors) for factors in before]
        if list(map(len, texts)) == list(map(len, before)):
            return before
        if list(map(len, texts)) == [1] * len(before):
            return [[x] for x in products]
        if list(map(len, texts)) == [1]:
            return [[math.fsum(products)]]
        values = [[self.evaluate(text) for text in factors] for factors in texts]
        assert math.isclose(
            math.fsum(map(math.prod, values)), math.fsum(products), rel_tol=1e-9, abs_tol=1e-12
        ), f"{texts} is not {math.fsum(products)}"
        return values

    @staticmethod
    def shown(texts: list[list[str]]) -> Fraction | None:
        numbers = [[literal(text) for text in factors] for factors in texts]
        if any(x is None for factors in numbers for x in factors):
            return None
        return sum((math.prod(factors) for factors in numbers), Fraction(0))

    # A reader of formulas, in text and in LaTeX alike: sum, product, power, atom.

    def evaluate(self, text: str) -> float:
        text = self.without_ellipsis(text)
        self.tokens, at = [], 0
        while at < len(text):
            token = self.token.match(text, at)
            assert token, f"{text[at:]!r} cannot be read"
            self.tokens.append(SIGNS.get(token[1], token[1]))
            at = token.end()
        value = self.sum()
        assert not self.tokens, f"{self.tokens} is left over of {text}"
        return value

    def without_ellipsis(self, text: str) -> str:
        """A sum in full: the numbers in the names of its terms go up by one."""
        match = re.search(r"([^+(]+(?:\([^()]*\))?) \+ … \+ ([^+(]+(?:\([^()]*\))?)", text)
        if match is None:
            return text
        terms = [match[1].strip()]
        while terms[-1] != match[2]:
            following = re.sub(r"\d+", lambda digits: str(int(digits[0]) + 1), terms[-1])
            named = all(name in self.names for name in re.findall(r"[a-z]\d+", following))
            terms.append(following if named else match[2])
        return text.replace(match[0].strip(), " + ".join(terms))

    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def sum(self) -> float:
        value = self.product()
        while self.next() in ("+", "-"):
            value += self.product() if self.next() == "-" or self.tokens.pop(0) else 0.0
        if self.next() == ">":
            self.tokens.pop(0)
            return float(value > self.sum())
        return value

    def product(self) -> float:
        if self.next() == "-":
            self.tokens.pop(0)
            return -self.product()
        value = self.power()
        while self.tokens and self.next() not in tuple("+-,)}|>"):
            if self.next() == "/":
                self.tokens.pop(0)
                value /= self.power()
            else:
                if self.next() == "*":
                    self.tokens.pop(0)
                value *= self.power()
        return value

    def power(self) -> float:
        value = self.atom()
        while self.next()[:1] in tuple("^⁻⁰¹²³⁴⁵⁶⁷⁸⁹"):
            token = self.tokens.pop(0)
            value **= self.atom() if token == "^" else int(token.translate(SUPERSCRIPTS))
        return value

    def atom(self) -> float:
        token = self.tokens.pop(0)
        if token in FUNCTIONS:
            if self.next() not in ("(", "{"):
                return FUNCTIONS[token](self.atom())
            self.tokens.pop(0)
            arguments = [self.sum()]
            while self.next() == ",":
                self.tokens.pop(0)
                arguments.append(self.sum())
            self.tokens.pop(0)
            return FUNCTIONS[token](*arguments)
        if token in ("(", "{", "|"):
            value = self.sum()
            self.tokens.pop(0)
            return abs(value) if token == "|" else value
        if token == r"\frac":
            return self.atom() / self.atom()
        if token in self.operands:
            operand = self.operands[token]
            return operand.data if isinstance(operand, Value) else slope(*operand)
        return float(token)


@functools.cache
def slope(y: Value, x: Value, d: str) -> float:
    """The derivative of y by x; with ∂ along the wires between them alone."""
    if d == "∂":
        slopes = y.op.slopes(y.data, *[each.data for each in y.inputs])
        return math.fsum(s for s, each in zip(slopes, y.inputs, strict=True) if each is x)
    [derivative] = gradients(y, [x])
    if not x.inputs:  # a nudge of the leaf says the same as the table
        before, sides = x.data, []
        for nudge in (1e-6, -1e-6, 0.0):
            x.data = before + nudge
            sides.append(forward(y) if y.inputs else x.data)
        nudged = (sides[0] - sides[1]) / 2e-6
        assert math.isclose(derivative.data, nudged, rel_tol=1e-4, abs_tol=1e-6), (y, x)
    return derivative.data


# --- what is checked ----------------------------------------------------------------------


def shared():
    x, y = Value(2, "x"), Value(3, "y")
    u = x * x
    return (u * y + x) * x - 0.5 * u, (x, y)


def neuron():
    w = [Value(x, f"w{i}") for i, x in enumerate([0.5, -0.25, 1.5, 2.0, 0.125], 1)]
    x = [Value(x, f"x{i}") for i, x in enumerate([1.0, 0.3, -0.7, 0.2, 4.0], 1)]
    b = Value(-0.5, "b")
    a = sigmoid(affine(w, x, b))
    a.label = "a"
    # A target between 0 and 1, so that both terms of the slope count.
    return binary_cross_entropy(Value(0.75, "y"), a), (w[1], x[2], b)


def every_function():
    x, y = Value(0.75, "x"), Value(-1.5, "y")
    parts = [x.log(), x.sin() * y.cos(), abs(y), x.sqrt(), y.tanh(), autograd.maximum(x, y)]
    parts += [x.log1p(), y.expm1(), y.tan(), x.arctan(), y.relu(), x.leaky_relu(), y.softplus()]
    parts += [x ** Value(3, "n"), y**3, (x - y) ** 2 / 3, autograd.minimum(x, y), -x / y]
    return autograd.total(parts), (x, y)


def quadratic_tower():
    z = Value(0.1, "x")
    for _ in range(5):
        z = z * z + z
    return z, ()


GRAPHS = [slide, sigmoid_circuit, shared, neuron, quadratic_tower]


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_line_about_all_leaves_is_right(graph):
    output, _ = graph()
    Checker(output).check(told(output))


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_line_about_one_value_is_right(graph):
    output, _ = graph()
    for node in topological_order(output):
        if node.op is not constant:
            Checker(output).check(told(output, node))


def test_random_graphs_are_explained_rightly():
    rng = random.Random(4)
    names = ["add", "subtract", "multiply", "negative", "exp", "sigmoid", "tanh", "relu", "sin"]
    names += ["divide", "divide"]
    for _ in range(40):
        nodes = [Value(rng.choice([-2.0, -0.5, 0.3, 1.0, 1.234567]), f"x{i}") for i in range(3)]
        for _ in range(rng.randint(2, 9)):
            op = TABLE[rng.choice([*names, "maximum", "power_constant"])]
            inputs = [rng.choice(nodes) for _ in op.samples[0]]
            if op.name == "power_constant":
                inputs[1] = Value.constant(rng.choice([0.0, 1.0, 2.0, 3.0]))
            large = op.name == "exp" and inputs[0].data >= 3.0
            if not large and not (op.name == "divide" and inputs[1].data == 0.0):
                nodes.append(Value.record(op, inputs))
        if nodes[-1].inputs:
            Checker(nodes[-1]).check(told(nodes[-1]))


@pytest.mark.parametrize("graph", [slide, sigmoid_circuit])
@pytest.mark.parametrize("ending", ["txt", "tex", "md"])
def test_golden_files(graph, ending, tmp_path):
    output, _ = graph()
    written = told(output).save(tmp_path / f"derivation.{ending}").read_text("utf-8")
    golden = GOLDEN / f"explain_{graph.__name__}.{ending}"
    assert written == golden.read_text("utf-8")


@pytest.mark.parametrize("graph", [slide, sigmoid_circuit, every_function])
def test_latex_renders_in_matplotlib(graph):
    output, _ = graph()
    mathtext = MathTextParser("path")
    explanation = told(output)
    for each in [*explanation.values, *explanation.derivations]:
        for row in each.latex.split("\\\\\n"):
            mathtext.parse(f"${row.replace('&', '').strip()}$")


COMMANDS = {
    *("frac", "partial", "cdot", "cdots", "times", "approx", "left", "right", "quad", "infty"),
    *("log", "sin", "cos", "tan", "tanh", "arctan", "max", "min", "sqrt", "sigma", "mathrm"),
    *("begin", "end", "backslash", "wedge", "sim"),
}


def assert_valid_latex(text: str) -> None:
    """Known commands, braces and delimiters in pairs, at most one superscript on a base."""
    assert set(re.findall(r"\\([a-zA-Z]+)", text)) <= COMMANDS
    for row in text.split("\\\\\n"):
        bare = re.sub(r"\\[{}]", "", row)
        assert bare.count("{") == bare.count("}")
        assert bare.count(r"\left") == bare.count(r"\right")
        assert not re.search(r"\^(\{[^{}]*\}|\w)\^", bare)
    assert len(re.findall(r"(?<!\\)&", text)) >= 1


@pytest.mark.parametrize("graph", [*GRAPHS, every_function])
def test_latex_is_valid(graph):
    assert_valid_latex(told(graph()[0]).markdown)


EVIL = [
    "</script>",
    '"]; evil [',
    "<img onerror=x>",
    "a\\b",
    "\u202eleft",
    "😀",
    "50% of_$x^2~{#&}",
]


@pytest.mark.parametrize("label", EVIL)
def test_a_label_only_prints(label):
    x = Value(3, label)
    explanation = told(x * x)
    assert_valid_latex(explanation.markdown)
    assert "<" not in explanation.markdown.replace("{<}", "")
    assert naming.printable(label) in str(explanation)
    assert str(explanation).count("\n") == 4


def test_two_values_of_the_same_name_are_told_apart():
    inner, outer = Value(2, "w"), Value(3, "w")
    assert str(told(inner * outer, outer)).splitlines()[-2:] == ["dJ/dw′ = w", "       = 2"]


# --- the checker sees what is wrong -------------------------------------------------------


def planted(explanation: Explanation, before: str, after: str) -> Explanation:
    """The explanation with an error in one of its terms."""
    found = False

    def plant(told: Derivation) -> Derivation:
        nonlocal found
        lines = []
        for line in told.lines:
            sign, terms = line
            if before in "=≈" and not found and sign == before and told in explanation.derivations:
                sign, found = after, True
            for i, term in enumerate(terms):
                if before in term.text and not found:
                    terms = [*terms[:i], term._replace(text=term.text.replace(before, after))]
                    terms, found = [*terms, *line.terms[i + 1 :]], True
            lines.append(Equation(sign, terms))
        return Derivation(told.left, lines, told.one_line)

    wrong = Explanation(explanation.values, [plant(each) for each in explanation.derivations])
    assert found, f"{before} is nowhere in it"
    return wrong


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0.3679", "0.3678"),  # the last digit
        ("0.1966", "0.19661"),  # a digit too many
        ("−f / s", "f / s"),
        ("x0", "w0"),
        ("dr/dq", "dq/dr"),
        ("≈", "="),
        ("=", "≈"),
        ("−0.1966", "0.1966"),
        ("× r ×", "× s ×"),
    ],
)
def test_an_error_in_the_text_is_seen(before, after):
    f, leaves = sigmoid_circuit()
    with pytest.raises((AssertionError, ValueError)):
        Checker(f).check(planted(told(f, leaves[0]), before, after))


def test_an_error_in_the_latex_is_seen():
    J, (_, b, _) = slide()
    explanation = told(J, b)
    [derivation] = explanation.derivations
    wrong = derivation.lines[1]._replace(terms=[Written("3 × 1 × c", r"3 \cdot 1 \cdot b")])
    derivation.lines[1] = wrong
    with pytest.raises(AssertionError, match="is not 3 × 1 × c"):
        Checker(J).check(explanation)


def test_a_wrong_rule_in_the_table_is_seen(monkeypatch):
    monkeypatch.setattr(TABLE["tanh"], "slopes", lambda y, x: (1.0 - 0.9995 * y * y,))
    x = Value(0.5, "x")
    y = 3 * x.tanh()
    with pytest.raises(AssertionError):
        Checker(y).check(told(y))


# --- words --------------------------------------------------------------------------------


def test_the_derivation_of_the_slide():
    J, (_, b, c) = slide()
    lines = str(told(J, b)).splitlines()
    assert lines[-4:] == [
        "dJ/db = dJ/dv × dv/du × du/db",
        "      = 3 × c",
        "      = 3 × 2",
        "      = 6",
    ]
    assert str(told(J, c)).endswith("= 3 × b\n      = 3 × 3\n      = 9")


def test_all_leaves_are_explained_in_the_order_of_the_graph():
    J, _ = slide()
    found = [each.left.text for each in told(J).derivations]
    assert found == ["dJ/dv", "dJ/du", "dJ/da", "dJ/db", "dJ/dc"]  # each once, the leaves last


def test_a_layer_returns_a_list_of_one():
    J, (a, _, _) = slide()
    assert str(told([J], [a])) == str(told(J, a))


def test_the_slope_along_one_wire_is_partial_where_there_are_other_ways():
    x = Value(2, "x")
    u = x * x
    J = u * x
    assert str(told(J, x)).splitlines()[-5:] == [
        "dJ/dx = ∂J/∂x + dJ/du × du/dx",
        "      = u + x × (x + x)",
        "      = 4 + 2 × 4",
        "      = 4 + 8",
        "      = 12",
    ]


def test_beyond_twelve_paths_it_goes_node_by_node():
    def doubled(times: int) -> Value:
        z = Value(0.5, "x")
        for _ in range(times):
            z = z * z + z
        return z

    assert len(told(doubled(3)).derivations) == 1  # 8 paths
    many = told(doubled(4))  # 16
    assert len(many.derivations) == 8
    assert "dJ/dx = dJ/du × ∂u" not in str(many)
    assert str(many).splitlines()[-1].startswith("      ")


def test_a_long_sum_has_one_term_on_a_line():
    x = Value(2, "x")
    for _ in range(3):
        x = x.sin() + x.cos()
    text = str(told(x, topological_order(x)[0]))
    assert max(map(len, text.splitlines())) <= 90
    assert "\n      + " in text


def test_a_rounded_constant_is_not_equal():
    x = Value(3, "x")
    lines = str(told(0.123456 * x)).splitlines()
    assert lines == ["x = 3", "J ≈ 0.1235x ≈ 0.3704", "", "dJ/dx ≈ 0.1235"]


def test_the_derivative_of_a_value_by_itself():
    x = Value(3, "x")
    assert str(told(x)) == "x = 3\n\ndx/dx = 1"
    J = x * x
    assert str(told(J, J)).endswith("dJ/dJ = 1")


def test_nothing_is_changed():
    J, _ = slide()
    J.backward()
    before = [(node.data, node.grad, node.label) for node in topological_order(J)]
    told(J)
    assert [(node.data, node.grad, node.label) for node in topological_order(J)] == before


def test_names_come_from_the_callers_variables():
    weight = Value(3)
    assert str(explain(weight * weight)).startswith("weight = 3")


def test_softmax_cross_entropy_shows_the_formula_of_its_slope():
    z = [Value(float(i), f"z{i}") for i in range(1, 6)]
    loss = softmax_cross_entropy_with_logits([0, 1, 0, 0, 0], z)
    loss.label = "L"
    explanation = told(loss, z[1])
    [derivation] = explanation.derivations
    formula = "exp(z2) / (exp(z1) + exp(z2) + … + exp(z5)) − 1"
    assert derivation.lines[0].terms[0].text == formula
    Checker(loss).check_derivation(derivation)
    assert r"\frac{e^{z_{2}}}{e^{z_{1}} + e^{z_{2}} + \cdots + e^{z_{5}}} - 1" in derivation.latex


def test_a_sum_of_thousands_is_explained_in_seconds():
    terms = [Value(float(i), f"x{i}") for i in range(3000)]
    explanation = told(autograd.total(terms))
    assert len(explanation.derivations) == 3000
    assert str(explanation).endswith("dJ/dx2999 = 1")


def test_small_and_infinite_numbers():
    x = Value(1.5e-7, "x")
    explanation = told(x * x)
    assert r"1.5 \times 10^{-7}" in explanation.latex
    Checker(x * x).check(explanation)
    y = Value(math.inf, "y")
    assert r"\infty" in told(y + 1).latex


def test_a_notebook_gets_mathematics():
    J, _ = slide()
    shown = told(J)._repr_latex_()
    assert shown.startswith("$$\n\\begin{aligned}\n")
    assert shown.endswith("\\end{aligned}\n$$")


def test_repr_is_the_text():
    J, _ = slide()
    assert repr(told(J)) == str(told(J))


def test_an_unknown_file_ending(tmp_path):
    J, _ = slide()
    with pytest.raises(ValueError, match="unknown format 'rtf': choose one of txt, md, tex, html"):
        told(J).save(tmp_path / "b.rtf")


def test_a_page_says_what_the_text_does(tmp_path):
    explanation = told(3 * Value(2, "<b>"))
    page = explanation.save(tmp_path / "b.html").read_text("utf-8")
    assert html.escape(str(explanation)) in page
    assert "<b>" not in page


def test_what_the_output_does_not_depend_on():
    J, _ = slide()
    with pytest.raises(ValueError, match="J does not depend on Value"):
        told(J, Value(1, "elsewhere"))


def test_no_value():
    with pytest.raises(TypeError, match="a Value is needed"):
        told(3.0)


def test_a_graph_that_is_out_of_date():
    J, (a, _, _) = slide()
    a.data = 6.0
    with pytest.raises(ValueError, match=r"call J.forward\(\) first"):
        told(J)
    forward(J)
    Checker(J).check(told(J))


def test_a_slope_that_does_not_exist():
    x = Value(0, "x")
    with pytest.raises(ValueError, match="no slope"):
        told(sqrt(x), x)


def test_a_value_is_given_by_its_name():
    a, b = Value(2, "a"), Value(3, "b")
    v = a * b
    J = v + a
    assert str(explain(J, "b")) == str(explain(J, b))
    assert str(explain(J, "v")) == str(explain(J, v))  # the name of the variable


@pytest.mark.parametrize(
    ("names", "asked", "said"),
    [
        (("a", "b"), "c", "no Value is called 'c' here: a, b, J"),
        (("a", "a"), "a", "2 Values are called 'a' here: a, a′, J"),
    ],
)
def test_a_name_of_no_value_or_of_several_is_refused(names, asked, said):
    J = Value(2, names[0]) * Value(3, names[1])
    with pytest.raises(ValueError, match=f"^{said}$"):
        explain(J, asked)


def test_what_cancels_behind_a_sigmoid_is_shown_once():
    z, y = Value(-1.4, "z"), Value(1.0, "y")
    a = sigmoid(z)
    a.label = "a"
    L = binary_cross_entropy(y, a)
    L.label = "L"
    assert str(told(L, z)).splitlines()[-4:] == [
        "dL/dz = dL/da × da/dz",
        "      = ((1 − y) / (1 − a) − y / a) × a·(1 − a)",
        "      = a − y",
        "      ≈ −0.8022",
    ]
    assert "dL/dz = dL/da × da/dz" in str(told(L))
    assert "= a − y" in str(explain(L))


@pytest.mark.parametrize(
    "make",
    [
        lambda y, z, a: 2.0 * binary_cross_entropy(y, a),
        lambda y, z, a: binary_cross_entropy(y, a) + a,
        lambda y, z, a: binary_cross_entropy(a, y),
        lambda y, z, a: binary_cross_entropy(y, a) * z,
    ],
)
def test_where_there_is_more_nothing_cancels(make):
    z, y = Value(-0.4, "z"), Value(0.5, "y")
    assert "= a − y" not in str(explain(make(y, z, sigmoid(z)), z))


def test_a_target_that_is_a_number_cancels_too():
    z = Value(-1.4, "z")
    a = sigmoid(z)
    a.label = "a"
    assert "= a − 1\n" in str(explain(binary_cross_entropy(1.0, a), z))
