"""explain: the derivation of a gradient, first with symbols, then with numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from autograd.backprop import topological_order
from autograd.derivatives import gradients
from autograd.notation import decimals, formula, is_rounded, name_values, number
from autograd.operations import is_fresh, single
from autograd.primitives import (
    CALL,
    LEVEL,
    PRODUCT,
    QUOTIENT,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    constant,
    sigmoid,
)
from autograd.symbolic import fill, operation_formula, slope_formulas, written
from autograd.tracing import trace
from autograd.value import Value
from viz import names as naming
from viz.callers import callers_variables
from viz.derivations import Derivation, Equation, Explanation, Written
from viz.names import distinct, printable
from viz.programs import is_program

if TYPE_CHECKING:
    from autograd.operations import Output
    from autograd.vectorizer.running.program import Program

MOST_PATHS = 12  # with more, the derivation goes node by node


class Factor(NamedTuple):
    """One factor of a chain rule: as du/db, as the formula c, and as the number 2."""

    symbol: Written
    formula: Written
    number: float
    exact: bool = True  # whether the formula has no rounded number in it
    closed: bool = False  # whether nothing passes: the slope to a branch that is not taken


def explain(
    output: Output | Program, value: Output | str | None = None, *, digits: int | None = None
) -> Explanation:
    """The derivation of d output / d value along every path, or of the gradients of all leaves.

    It starts with symbols, with the local derivatives from the table of operations; then numbers
    are substituted; then follows the result. The gradients of all leaves are derived as
    backpropagation computes them: that of each Value once, from those of its readers.

    >>> a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    >>> print(explain(3 * (a + b * c), b))
    a = 5
    b = 3
    c = 2
    u = bc = 6
    v = a + u = 11
    J = 3v = 33
    <BLANKLINE>
    dJ/db = dJ/dv × dv/du × du/db
          = 3 × c
          = 3 × 2
          = 6

    The sign ≈ marks numbers that are rounded to four digits, and ∂J/∂x is the derivative along
    one wire where J depends on x in other ways too. With more than twelve paths, the derivation
    goes node by node, with a sum wherever a Value is read twice.
    Names come from labels, or else from the caller's variables, or else they are letters. The
    graph is not changed, and ``backward()`` need not have been called.

    Of a program that ``vectorize`` made, its lines follow in matrix notation, as on a slide; of one
    of its lines, why it is what it is: one entry as a formula of scalars, then the matrices.

    Args:
        output: the Value to differentiate, or the list of one that a layer returns; or a program.
        value: the Value to differentiate with respect to, or its name; by default every leaf of
            the graph. Of a program, the name of a line, such as "dW1".
        digits: the decimals of numbers; slides often have 2. By default four significant digits.

    Raises:
        TypeError: one of the two is not a Value.
        ValueError: the output does not depend on the value; no Value or several have that name;
            an operation has no slope where one is needed; or the graph is out of date.
    """
    if is_program(output):
        from viz.programs.lines import explain_line, explain_program  # imports NumPy

        if value is None:
            return explain_program(output)
        if not isinstance(value, str):
            raise TypeError(f"of a program, name the line to be explained: 'dW', not {value!r:.60}")
        return explain_line(output, value)
    output = single(output)
    order = [node for node in topological_order(output) if node.op is not constant]
    names = {
        node: printable(name)
        for node, name in distinct(name_values(order, callers_variables())).items()
    }
    J = names.get(output, "the output")
    if value is None:
        targets = [node for node in order if not node.inputs]
    else:
        targets = [_named(value, names) if isinstance(value, str) else single(value)]
    for target in targets:
        if target not in names:
            raise ValueError(
                f"{J} does not depend on {target!r}, so there is no derivative to explain: "
                "give a Value that it was computed from"
            )
    for node in order:
        if node.inputs and not is_fresh(node):
            raise ValueError(
                f"{names[node]} was computed from other numbers than its inputs have now: "
                f"call {J}.forward() first"
            )
    gradients(output, targets)  # raises where a slope is missing
    with decimals(digits):
        return _Explainer(output, order, names).explain(targets)


def _named(name: str, names: Mapping[Value, str]) -> Value:
    """The one Value of that name."""
    found = [node for node, its in names.items() if name in (node.label, its)]
    if len(found) != 1:
        there = ", ".join(names.values())
        which = "no Value is" if not found else f"{len(found)} Values are"
        raise ValueError(f"{which} called {name!r} here: {there:.200}")
    return found[0]


class _Explainer:
    """Writes the derivations in one graph.

    Attributes:
        order: the Values in topological order, without constants.
        readers: what each Value is read by, each once, from the output on.
        gradients: of the output, by each Value.
    """

    def __init__(self, output: Value, order: Sequence[Value], names: Mapping[Value, str]) -> None:
        self.output = output
        self.order = order
        self.names = names
        self.gradients = trace(output, names).gradients
        self.readers: dict[Value, list[Value]] = {node: [] for node in order}
        for node in reversed(order):
            for x in dict.fromkeys(node.inputs):
                if x.op is not constant:
                    self.readers[x].append(node)
        self._place = {node: i for i, node in enumerate(order)}
        self._dependents: dict[Value, set[Value]] = {}
        self._slopes: dict[Value, tuple[Value, ...]] = {}
        self._slots: dict[Value, dict[Value, list[int]]] = {}  # where each input stands
        self._last: dict[Value, int] = {}  # the place of the input that is computed last
        self._named = {name: node for node, name in names.items()}
        self._needed: set[Value] = set()  # what the formulas of slopes are written in

    def explain(self, targets: Sequence[Value]) -> Explanation:
        between = self._between(targets)
        paths = self._count_paths()
        if len(targets) == 1 and paths[targets[0]] <= MOST_PATHS:
            told = [self._derivation(target, self._along_paths(target)) for target in targets]
        else:
            inner = [node for node in reversed(self.order) if node.inputs and node in between]
            leaves = [node for node in self.order if not node.inputs and node in between]
            told = [
                self._derivation(node, self._from_readers(node))
                for node in [*inner, *leaves]
                if node is not self.output or node in targets
            ]
        shown = between | self._needed
        for node in between:
            if node.inputs and "…" not in formula(node, self.names):
                shown.update(node.inputs)
        return Explanation([self._value(node) for node in self.order if node in shown], told)

    def _count_paths(self) -> dict[Value, int]:
        """How many ways lead from the output to each Value."""
        paths = {self.output: 1}
        for node in reversed(self.order):
            if node is not self.output:
                paths[node] = sum(paths[reader] for reader in self.readers[node])
        return paths

    def _between(self, targets: Iterable[Value]) -> set[Value]:
        """The targets, and what lies between them and the output."""
        between = set(targets)
        for node in self.order:
            if not between.isdisjoint(node.inputs):
                between.add(node)
        return between

    def _along_paths(self, target: Value) -> list[list[Factor]]:
        """One product for each path, from the output to the target."""
        products: list[list[Factor]] = []
        unfinished: list[tuple[Value, list[Factor]]] = [(target, [])]
        while unfinished:
            node, factors = unfinished.pop()
            if node is self.output:
                products.append(factors)
            for reader in reversed(self.readers[node]):
                unfinished.append((reader, [self._local(reader, node), *factors]))
        return products

    def _from_readers(self, target: Value) -> list[list[Factor]]:
        """One product for each reader of the target: its gradient times the local slope."""
        products = []
        for reader in self.readers[target]:
            local = self._local(reader, target)
            symbol = self._slope(self.output, reader)
            upstream = Factor(symbol, symbol, self.gradients[reader])
            products.append([local] if reader is self.output else [upstream, local])
        return products or [[]]

    def _local(self, node: Value, x: Value) -> Factor:
        """The slope of a Value along one of its inputs, which it may read several times."""
        assert node.op is not None
        if node not in self._slopes:
            operands = self._operands(node)
            self._slopes[node] = slope_formulas(node.op, operands, self.names[node])
            self._slots[node] = {each: [] for each in node.inputs}
            for i, each in enumerate(node.inputs):
                self._slots[node][each].append(i)
            computed = [self._place[each] for each in self._slots[node] if each.inputs]
            self._last[node] = max(computed, default=0)
        slopes, inputs = self._slopes[node], self._slots[node]
        slots = inputs[x]
        # Only what is computed after x can depend on it: most often that is nothing.
        alone = self._place[x] >= self._last[node] or (
            all(each is x or each not in inputs for each in self._depend(x))
        )
        symbol = self._slope(node, x, "d" if alone else "∂")
        slope = slopes[slots[0]]
        for i in slots[1:]:
            slope = slope + slopes[i]
        read = {leaf.label for leaf in topological_order(slope) if leaf.op is None}
        self._needed.update(self._named[name] for name in read)
        numbers = [leaf.data for leaf in topological_order(slope) if leaf.op is constant]
        partial = math.fsum(node.partials[i] for i in slots)
        closed = partial == 0.0 and node.op in LEVEL
        return Factor(symbol, _written(slope), partial, not any(map(is_rounded, numbers)), closed)

    def _depend(self, x: Value) -> set[Value]:
        if x not in self._dependents:
            self._dependents[x] = self._between([x])
        return self._dependents[x]

    def _operands(self, node: Value) -> list[str | float]:
        return [x.data if x.op is constant else self.names[x] for x in node.inputs]

    def _slope(self, of: Value, by: Value, d: str = "d") -> Written:
        """The derivative of one Value by another as a symbol."""
        y, x = self.names[of], self.names[by]
        sign = r"\partial " if d == "∂" else d
        return Written(
            f"{d}{y}/{d}{x}", rf"\frac{{{sign}{naming.latex(y)}}}{{{sign}{naming.latex(x)}}}"
        )

    def _derivation(self, target: Value, products: Sequence[Sequence[Factor]]) -> Derivation:
        left = self._slope(self.output, target)
        if (canceled := self._canceled(target)) is not None:
            return Derivation(left, canceled)
        told = [_without_ones(product) for product in products]
        total = self.gradients[target]
        factors = [factor for product in products for factor in product]
        numbers = [factor.number for factor in factors]
        parts = [
            0.0
            if any(factor.closed for factor in product)
            else math.prod(f.number for f in product)
            for product in products
        ]
        return Derivation(
            left,
            _equations(
                left,
                (False, _sum([f.symbol for f in product] for product in products)),
                (not all(f.exact for f in factors), _sum([f.formula for f in p] for p in told)),
                (
                    any(map(is_rounded, numbers)),
                    _sum(([_number(f.number) for f in p] for p in told), r" \times "),
                ),
                (any(map(is_rounded, parts)), _sum([_number(part)] for part in parts)),
                (is_rounded(total), [_number(total)]),
            ),
        )

    def _canceled(self, z: Value) -> list[Equation] | None:
        """dL/dz = a − y, where L is the cross-entropy of a = σ(z): what cancels is shown once."""
        loss = self.output
        a = self.readers[z][0] if len(self.readers[z]) == 1 else None
        if a is None or a.op is not sigmoid or self.readers[a] != [loss]:
            return None
        if loss.op is not binary_cross_entropy or loss.inputs[1] is not a or loss.inputs[0] is z:
            return None
        y, _ = self._operands(loss)
        _, slope = slope_formulas(binary_cross_entropy_with_logits, [y, self.names[z]])
        assert slope.inputs[0].op is sigmoid
        factors = [self._local(loss, a), self._local(a, z)]
        found = Value(math.nan, self.names[a]) - slope.inputs[1]
        total = self.gradients[z]
        return _equations(
            self._slope(loss, z),
            (False, _sum([[factor.symbol for factor in factors]])),
            (not all(factor.exact for factor in factors), _sum([[f.formula for f in factors]])),
            (False, [_written(found)]),
            (is_rounded(total), [_number(total)]),
        )

    def _value(self, node: Value) -> Derivation:
        """A Value with the operation that made it, and its number."""
        name = Written(self.names[node], naming.latex(self.names[node]))
        number = (is_rounded(node.data), [_number(node.data)])
        if not node.inputs:
            return Derivation(name, _equations(name, number), one_line=True)
        assert node.op is not None
        recorded = operation_formula(node.op, self._operands(node))
        text = Written(formula(node, self.names), _written(recorded).latex)
        rounded = any(is_rounded(x.data) for x in node.inputs if x.op is constant)
        return Derivation(name, _equations(name, (rounded, [text]), number), one_line=True)


def _without_ones(product: Sequence[Factor]) -> Sequence[Factor]:
    """A product without the factors that are written 1, unless nothing is left."""
    return [factor for factor in product if factor.formula.text != "1"] or product[:1]


def _equations(left: Written, *sides: tuple[bool, list[Written]]) -> list[Equation]:
    """A chain of equations, without what would stand there twice.

    Args:
        left: what the chain starts from.
        sides: sums of terms, each with whether a number in it is rounded.
    """
    equations: list[Equation] = []
    before, rounded_before = [left.text], False
    for rounded, terms in sides:
        texts = [term.text for term in terms]
        if texts != before and all(texts):
            equations.append(Equation("≈" if rounded or rounded_before else "=", terms))
            rounded_before = rounded
        before = texts
    return equations


def _written(formula: Value) -> Written:
    binds = formula.op.binds if formula.inputs and formula.op else CALL
    latex = fill(formula, lambda op: op.latex, _operand)
    # A quotient is a fraction in LaTeX, which holds together by itself.
    return Written(written(formula), latex, binds < PRODUCT, binds < QUOTIENT)


def _sum(products: Iterable[Sequence[Written]], times: str = r" \cdot ") -> list[Written]:
    """The terms of a sum of products."""
    terms = []
    for i, product in enumerate(products):
        factors = [
            factor.placed(alone=len(product) == 1, first=i == j == 0)
            for j, factor in enumerate(product)
        ]
        terms.append(
            Written(
                " × ".join(f.text for f in factors),
                times.join(f.latex for f in factors),
                factors=tuple(factors),
                latex_times=times,
            )
        )
    return terms


def _number(x: float) -> Written:
    return Written(number(x), naming.latex_number(x))


def _operand(x: Value) -> str:
    return naming.latex_number(x.data) if x.op is constant else naming.latex(x.label)
