"""Faults planted in each stage of the vectoriser, to see that none gets through its proof.

``python tests/planting.py 2000`` plants so many, one after the other, in programs drawn at
random, and prints what became of them.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
import warnings
from collections import Counter
from unittest import mock

import numpy as np
from vectorized import TOLERANCE, Oracle, flat, leaves, shape_of

from autograd import (
    Value,
    affine,
    binary_cross_entropy_with_logits,
    dot,
    logsumexp,
    maximum,
    softmax,
    softmax_cross_entropy_with_logits,
    total,
    vectorize,
)
from autograd.vectorizer import ProofError, ProofWarning, candidates
from autograd.vectorizer.contraction.expressions import Expressions
from autograd.vectorizer.contraction.products import Factor
from autograd.vectorizer.formulas.trees import Attribute, Binary, Call, Number, Word, changed, walk
from autograd.vectorizer.grouping import layout
from autograd.vectorizer.merging.weighted_sums import WeightedSums
from autograd.vectorizer.running import program
from autograd.vectorizer.running.arguments import Arguments
from autograd.vectorizer.writing import levels, source
from autograd.vectorizer.writing import writer as writing

# --- losses ---


def network(draw):
    sizes = [draw.randint(1, 4) for _ in range(draw.randint(2, 3))]
    activation = draw.choice([Value.sigmoid, Value.tanh, Value.relu, Value.softplus])
    x, y, parameters = leaves(sizes[0], seed=draw.random()), leaves(sizes[-1]), {}
    a = x
    for i, (n, units) in enumerate(itertools.pairwise(sizes), start=1):
        W, b = leaves(units, n, seed=draw.random()), leaves(units, seed=draw.random())
        parameters |= {f"W{i}": W, f"b{i}": b}
        z = [affine(row, a, each) for row, each in zip(W, b, strict=True)]
        a = [activation(each) for each in z]
    if draw.random() < 0.5:
        return softmax_cross_entropy_with_logits(y, z), {"X": x, "Y": y}, parameters
    loss = sum((ak - yk) ** 2 for ak, yk in zip(a, y, strict=True))
    return loss, {"X": x, "Y": y}, parameters


def attention(draw):
    tokens, size = draw.randint(2, 3), draw.randint(1, 3)
    x, v = leaves(tokens, 2, seed=draw.random()), leaves(size)
    parameters = {name: leaves(size, 2, seed=draw.random()) for name in "QKV"}
    q, k, u = [[[dot(w, token) for w in W] for token in x] for W in parameters.values()]
    weights = [softmax([dot(each, other) for other in k]) for each in q]
    out = [total([w * dot(v, row) for w, row in zip(each, u, strict=True)]) for each in weights]
    return total(out) ** 2, {"X": x}, parameters | {"v": v}


def elementwise(draw):
    n = draw.randint(1, 4)
    x, w, b = leaves(n, seed=draw.random()), leaves(n), leaves(seed=draw.random())
    functions = [Value.tanh, Value.relu, lambda v: v**2, lambda v: maximum(v, 0.1), Value.sin]
    f, g = draw.choice(functions), draw.choice(functions)
    terms = [f(wi * xi - b) - 0.5 * g(xi) for wi, xi in zip(w, x, strict=True)]
    loss = draw.choice([total, logsumexp, lambda each: dot(each, x)])(terms)
    return loss, {"X": x}, {"w": w, "b": b}


def logistic(draw):
    x, y, w, b = leaves(draw.randint(1, 4)), leaves(low=0.1), leaves(), leaves()
    w = leaves(len(x), seed=draw.random())
    loss = binary_cross_entropy_with_logits(y, affine(w, x, b)) + 0.1 * total([v * v for v in w])
    return loss, {"X": x, "Y": y}, {"w": w, "b": b}


LOSSES = [network, network, attention, elementwise, logistic]

# --- faults: what a function returns, or takes, made wrong at one of its calls ---


def scaled(draw):
    """A formula of another number."""
    factor = Number(draw.choice([-1.0, 1.001, 2.0]))
    return lambda tree: Binary("*", tree, factor)


def slip(tree):
    """What somebody may have written in place of a part of a formula; None for no idea."""
    signs = {"-": "+", "+": "-", "*": "+"}
    functions = {
        "np.sum": "np.mean",
        "np.mean": "np.sum",
        "np.tanh": "np.sinh",
        "np.exp": "np.expm1",
        "np.add.reduce": "np.multiply.reduce",
    }
    match tree:
        case Binary(sign="/", left=left, right=Word()):
            return left
        case Binary(sign=sign, left=left, right=right) if sign in signs:
            return Binary(signs[sign], left, right)
        case Attribute(array=array, name="T"):
            return array
        case Call(options=(("axis", Number(data=1)), *others)):
            return Call(tree.function, tree.arguments, (("axis", Number(0)), *others))
        case Call(function=function) if function in functions:
            return Call(functions[function], tree.arguments, tree.options)
        case Number(data=1.0):
            return Number(1.01)
    return None


def reworded(draw):
    """A formula with a slip in one of its parts."""

    def change(tree):
        places = [part for part in walk(tree) if slip(part) is not None]
        if not places:
            return tree
        place = draw.choice(places)

        def put(part):
            return slip(part) if part is place else changed(part, put)

        return put(tree)

    return change


def turned(draw):
    """An array with its entries in another order."""
    start, step = draw.choice([(0, -1), (1, 1)])
    return lambda array: np.roll(array[::step], start, axis=0)


def in_formula(function, change):
    def other(*arguments, **options):
        made = function(*arguments, **options)
        return made._replace(tree=change(made.tree)) if isinstance(made, Factor) else change(made)

    return other


def in_argument(function, place, change):
    def changed(*arguments, **options):
        arguments = list(arguments)
        arguments[place] = change(arguments[place])
        return function(*arguments, **options)

    return changed


def in_result(function, change):
    return lambda *arguments, **options: change(function(*arguments, **options))


def groups(draw):
    """Two groups trade a member, or one is said to be the same for all examples, or not."""

    def change(made):
        first, second = draw.choice(made), draw.choice(made)
        if draw.random() < 0.5:
            first.per_example = not first.per_example
        else:
            i, j = draw.randrange(len(first.members)), draw.randrange(len(second.members))
            mine, others = first.members, second.members
            mine[i], others[j] = others[j], mine[i]
        return made

    return in_result(candidates.group_nodes, change)


def coefficient(draw):
    """A coefficient in one of the sums, or all that go with one of the nodes."""

    def change(forms):
        sums = [form.terms for form in forms.values() if getattr(form, "terms", None)]
        factor = draw.choice([-1.0, 1.001, 0.5])
        node = draw.choice(list(draw.choice(sums)))[1]
        for terms in draw.choice([sums, [draw.choice(sums)]]):
            terms.update({pair: c * factor for pair, c in terms.items() if node in pair})
        return forms

    return change


def lines_left_out(draw):
    def change(lines):
        at = draw.randrange(len(lines)) if lines else 0
        return [*lines[:at], *lines[at + 1 :]]

    return in_result(source._opening, change)


def returned(draw):
    change = draw.choice(
        [
            lambda text: text.replace("return ", "return 1.001 * ", 1),
            lambda text: text.replace(": ", ": -", 1),
            lambda text: text.replace(".T", ""),
            lambda text: re.sub(r"(\w+)}", r"\1 * 2}", text),
        ]
    )
    return in_result(source._returning, change)


def line(draw):
    """A program of which one line has a slip."""
    change = reworded(draw)

    def other(lines):
        at = draw.randrange(len(lines))
        name, tree = lines[at]
        return [*lines[:at], (name, change(tree)), *lines[at + 1 :]]

    return in_result(program.direct, other)


def arrays(draw):
    """Lists of arrays, one of them in another order."""
    change = turned(draw)

    def changed(made):
        large = [i for i, array in enumerate(made) if np.size(array) > 1]
        if large:
            i = draw.choice(large)
            made[i] = np.array(change(made[i]))
        return made

    return changed


# Stage: where the fault goes, and what is there instead.
FAULTS = {
    "normal form": (
        candidates,
        "group_nodes",
        lambda draw: in_argument(candidates.group_nodes, 0, coefficient(draw)),
    ),
    "weighted sums": (
        WeightedSums,
        "split_off",
        lambda draw: in_result(WeightedSums.split_off, coefficient(draw)),
    ),
    "grouping": (candidates, "group_nodes", groups),
    "layout": (layout, "_entries", lambda draw: in_result(layout._entries, turned(draw))),
    "index maps": (
        layout,
        "read_map",
        lambda draw: in_argument(layout.read_map, 0, turned(draw)),
    ),
    "contraction": (
        sys.modules[Expressions.__module__],
        "contract",
        lambda draw: in_formula(
            sys.modules[Expressions.__module__].contract, draw.choice([scaled, reworded])(draw)
        ),
    ),
    "expressions": (
        Expressions,
        "of",
        lambda draw: in_formula(Expressions.of, draw.choice([scaled, reworded])(draw)),
    ),
    "writing": (
        writing,
        "Statement",
        lambda draw: in_argument(writing.Statement, 1, draw.choice([scaled, reworded])(draw)),
    ),
    "levels": (
        levels.LevelWriter,
        "_gather",
        lambda draw: in_argument(levels.LevelWriter._gather, 1, turned(draw)),
    ),
    "direct": (program, "direct", line),
    "source": (source, "_returning", returned),
    "turning": (source, "_opening", lines_left_out),
    "inputs": (
        Arguments,
        "inputs",
        lambda draw: in_result(Arguments.inputs, arrays(draw)),
    ),
    "parameters": (
        Arguments,
        "parameters",
        lambda draw: in_result(Arguments.parameters, arrays(draw)),
    ),
    "numbers": (
        program,
        "_numbers",
        lambda draw: in_result(program._numbers, lambda array: array + 0.01),
    ),
}


class Once:
    """A function that is wrong at one of its calls, or at all."""

    def __init__(self, right, wrong, call):
        self.right, self.wrong, self.call, self.calls = right, wrong, call, 0

    def __get__(self, instance, owner=None):
        return self if instance is None else lambda *a, **k: self(instance, *a, **k)

    def __call__(self, *arguments, **options):
        self.calls += 1
        wrong = self.call is None or self.calls == self.call
        return (self.wrong if wrong else self.right)(*arguments, **options)


def plant(stage, seed):
    """Vectorise a random loss with a fault in a stage, and say what became of it.

    "unmoved" (the fault changed no number), "replaced" (by the program level by level),
    "refused" (by an error), "got through".
    """
    draw = random.Random(f"{stage} {seed}")
    loss, inputs, parameters = draw.choice(LOSSES)(draw)
    options = draw.choice([{}, {}, {"with_respect_to": "X"}, {"whole_batch": True}])
    owner, name, fault = FAULTS[stage]
    right = getattr(owner, name)
    function = Once(right, fault(draw), draw.choice([None, 1, 1, 2, 3, 5, 8]))
    by_levels = stage == "levels"
    shattered = mock.Mock(return_value=True) if by_levels else candidates.shattered
    with (
        mock.patch.object(owner, name, function),
        mock.patch.object(candidates, "shattered", shattered),
        warnings.catch_warnings(record=True) as notices,
    ):
        warnings.simplefilter("always")
        try:
            made = vectorize(loss, inputs, parameters, **options)
        except ProofError:
            return "refused"
        function.calls = -(10**6)  # what is planted in calls, such as of Arguments, stays
        if not agrees(made, loss, inputs, parameters, options):
            return "got through"
    fell = any(issubclass(notice.category, ProofWarning) for notice in notices)
    return "replaced" if fell else "unmoved"


def agrees(made, loss, inputs, parameters, options):
    """Whether a program returns what scalar backpropagation does, at new numbers."""
    by_input = "with_respect_to" in options
    asked = [inputs["X"]] if by_input else parameters.values()
    oracle = Oracle(
        loss, list(inputs.values()), [leaf for nested in asked for leaf in flat(nested)]
    )
    generator = np.random.default_rng(0)
    for m in [1] if "whole_batch" in options else [1, 2, 3, 4]:
        given = [generator.uniform(-1, 1, (m, *shape_of(nested))) for nested in inputs.values()]
        each = [oracle.example(*rows) for rows in zip(*given, strict=True)]
        expected = np.array([numbers for numbers, _ in each])
        allowed = TOLERANCE * np.array([sizes for _, sizes in each]) + 1e-300
        rows = m if by_input else 1
        if not by_input:
            expected, allowed = expected.mean(axis=0)[None], allowed.mean(axis=0)[None]
        cost, grads = made(*[a[0] for a in given] if "whole_batch" in options else given)
        results = [cost, *(grads.values() if isinstance(grads, dict) else [grads])]
        found = np.concatenate([np.reshape(array, (rows, -1)) for array in results], axis=1)
        if not (np.abs(found - expected) <= allowed).all():
            return False
    return True


if __name__ == "__main__":
    for each in FAULTS:
        counts = Counter(plant(each, seed) for seed in range(int(sys.argv[1]) // len(FAULTS)))
        print(f"{each:14}", *[f"{n} {outcome}" for outcome, n in sorted(counts.items())], sep="  ")
