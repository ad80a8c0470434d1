"""The oracle of the vectoriser's tests: forward() and backward(), one example at a time."""

from __future__ import annotations

import ast
import random
import re

import numpy as np

from autograd import Value, gradients, vectorize
from autograd.backprop import topological_order
from autograd.operations import compute

# Of the magnitude that went in: a few hundred roundings of 2⁻⁵³ each.
TOLERANCE = 1e-12

# -(-x), x * (-y), a + -b, 1 * x, x * 1
SUPERFLUOUS = re.compile(
    r"--|-\(-[^()+]*\)|(?<!\*)[*/] \(-(?:(?! ([+-]|>=?) )[^()])*\)(?!\[)|[+-] -"
    r"|(?<![\w.])1(\.0)? \* |\* 1(\.0)?\b(?!\.)"
)


def flat(nested):
    """The Values of nested lists, row by row."""
    return [nested] if isinstance(nested, Value) else [v for row in nested for v in flat(row)]


def shape_of(nested):
    return () if isinstance(nested, Value) else (len(nested), *shape_of(nested[0]))


def leaves(*sizes, seed=0, low=-1.0, high=1.0):
    """Nested lists of Values, drawn from [low, high]."""
    generator = random.Random(str((sizes, seed)))

    def draw(sizes):
        if not sizes:
            return Value(generator.uniform(low, high))
        return [draw(sizes[1:]) for _ in range(sizes[0])]

    return draw(sizes)


def magnitudes(order):
    """The numbers that went into each Value: its sums taken over absolute values.

    Where an input is off by a fraction ε of its magnitude, the output is off by ε times
    Σ |slope| · magnitude.
    """
    found = {}
    for v in order:
        sums = [abs(s) * found[x] for s, x in zip(v.partials, v.inputs, strict=True)]
        found[v] = max(abs(v.data), sum(sums))
    return found


def recompute(order):
    for v in order:
        if v.inputs:
            v.data, v.partials = compute(v.op, v.inputs)


class Oracle:
    """What the loss, the gradients and their magnitudes are, by scalar backpropagation."""

    def __init__(self, loss, inputs, by):
        self.loss, self.inputs, self.by = loss, inputs, flat(by)
        self.slopes = gradients(loss, self.by)
        self.order = topological_order(loss, *self.slopes)

    def example(self, *rows):
        """Loss, gradients and the magnitudes of both for one example."""
        for nested, row in zip(self.inputs, rows, strict=True):
            for leaf, number in zip(flat(nested), np.ravel(row), strict=True):
                leaf.data = float(number)
        recompute(self.order)
        for leaf in [*topological_order(self.loss), *self.by]:
            leaf.grad = 0.0
        self.loss.backward()
        found = magnitudes(self.order)
        return (
            [self.loss.data, *[leaf.grad for leaf in self.by]],
            [found[self.loss], *[found[slope] for slope in self.slopes]],
        )


def assert_agrees(loss, inputs, parameters, *, n_examples=3, seed=0, low=-1.0, high=1.0, rounds=2):
    """Vectorise, and compare with the scalar graph, also after the parameters have changed.

    Returns the program.
    """
    program = vectorize(loss, inputs, parameters)
    assert_tidy(program)
    generator = np.random.default_rng(seed)
    by = [leaf for nested in parameters.values() for leaf in flat(nested)]
    oracle = Oracle(loss, list(inputs.values()), by)
    for _ in range(rounds):
        arrays = [
            generator.uniform(low, high, (n_examples, *shape_of(nested)))
            for nested in inputs.values()
        ]
        examples = list(zip(*arrays, strict=True)) or [()]
        each = [oracle.example(*rows) for rows in examples]
        expected = np.mean([numbers for numbers, _ in each], axis=0)
        allowed = TOLERANCE * np.mean([sizes for _, sizes in each], axis=0) + 1e-300
        with np.errstate(all="ignore"):
            cost, grads = program(*arrays)
            assert_same_bits(
                (cost, grads), as_printed(program)(*arrays, *program.parameters.values())
            )
        assert list(grads) == list(parameters)
        assert [g.shape for g in grads.values()] == [shape_of(p) for p in parameters.values()]
        found = np.concatenate([[cost], *[np.ravel(g) for g in grads.values()]])
        wrong = np.abs(found - expected) > allowed
        assert not wrong.any(), (program.source, found[wrong], expected[wrong], allowed[wrong])
        for leaf in by:
            leaf.data = generator.uniform(low, high)
        for key, nested in parameters.items():
            numbers = [leaf.data for leaf in flat(nested)]
            program.parameters[key] = np.array(numbers).reshape(shape_of(nested))
    return program


def as_printed(program):
    """The function of ``program.source``, as it stands there."""
    scope = dict(program.tables)  # of large tables the source has only the shape
    exec(program.source, scope)
    return scope["cost_and_gradients"]


def assert_same_bits(found, expected):
    """What runs has shorter ways than what is printed, to the same numbers."""
    (cost, grads), (printed_cost, printed) = found, expected
    np.testing.assert_array_equal(cost, printed_cost)
    for name, grad in grads.items():
        np.testing.assert_array_equal(grad, printed[name])


def assert_tidy(program):
    """Nothing stands in the source that a person would leave out."""
    module = ast.parse(program.source)
    functions = {f.name: f for f in ast.walk(module) if isinstance(f, ast.FunctionDef)}
    read = [n.id for n in ast.walk(module) if isinstance(n, ast.Name) and type(n.ctx) is ast.Load]
    made = [n.id for n in ast.walk(module) if isinstance(n, ast.Name) and type(n.ctx) is ast.Store]
    unused = {*made, *functions} - {*read, "cost_and_gradients"}
    assert not unused, (unused, program.source)
    names = {argument.arg for argument in functions["cost_and_gradients"].args.args}
    names |= {*program.tables, *[statement.name for statement in program.statements]}
    for i, statement in enumerate(program.statements):
        assert not SUPERFLUOUS.search(statement.formula), statement
        found = {n.id for n in ast.walk(ast.parse(statement.formula)) if isinstance(n, ast.Name)}
        assert set(statement.operands) == found & names, statement
        others = [other for other in program.statements[:i] if other.target == statement.target]
        if statement.gathers:
            assert any(other.length for other in program.statements[:i])
        elif statement.loop is None:
            looped = [other.name for other in program.statements if other.loop]
            assert not others or statement.name in looped, statement
        else:  # a loop takes over the names of the round that is written out before it
            assert all(other.loop is not statement.loop for other in others), statement


def lines(program):
    """The statements of a program as text."""
    return [str(statement) for statement in program.statements]
