"""The program as NumPy runs it: helpers written out in place, and nothing computed twice."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.vectorizer.formulas.building import called
from autograd.vectorizer.formulas.statements import Loop, Names, Statement
from autograd.vectorizer.formulas.trees import (
    LEVELS,
    PRODUCT,
    SUM,
    Attribute,
    Binary,
    Call,
    Index,
    Name,
    Number,
    Tree,
    Word,
    changed,
    from_python,
    names,
    parsed,
    replaced,
    walk,
)

_REDUCTIONS = {
    "np.sum": "np.add.reduce",
    "np.max": "np.maximum.reduce",
    "np.min": "np.minimum.reduce",
}

# What helpers do for infinite logits, and for several that are the largest; and what is as good
# where there are none. To look costs less.
_USUALLY = {
    parsed(long): parsed(f"{short} else {long}")
    for long, short in {
        "np.maximum(np.minimum(top, high), -high)": "top if usual",
        "np.minimum(z, low)": "z if usual",
        "np.where(y == 0, 0.0, inside)": "inside if usual",
        "np.where(distance >= high, np.inf, distance)": "distance if usual",
        "np.sum(largest, axis=axis) - 1.0": (
            "0.0 if usual and np.count_nonzero(largest) == top.size"
        ),
    }.items()
}
_USUAL = "usual", parsed("np.max(top) < np.inf and np.min(z) > -np.inf")

Line = tuple[str, Tree]  # a name, and its formula


class Helper(NamedTuple):
    """A function of formulas: its lines, and what it returns."""

    arguments: tuple[str, ...]
    defaults: Mapping[str, Tree]
    lines: tuple[Line, ...]
    value: Tree


def direct(statements: Iterable[Statement], taken: Iterable[str]) -> list[Statement]:
    """The same lines by shorter ways, which count where arrays are small.

    - Helpers are written out where they are called. What two of them begin with alike is
      computed once: softmax and its cross-entropy share an exponential, as σ and softplus do.
    - ``np.sum``, ``np.max`` and ``np.mean`` first look whether their argument brings a method
      of that name, which costs more than to add up a few hundred numbers. Their ufuncs do not.
    - Windows that the forward pass has gathered serve the backward pass, too.
    - NumPy takes longer to put an integer to floats than a float.
    - Infinite logits are looked for once, and not at every step.

    The results are the same, bit for bit.

    >>> formulas = {"A": "sigmoid(Z)", "B": "softplus(Z)", "J": "1 - np.sum(Z)"}
    >>> lines = [Statement(name, parsed(formula), ()) for name, formula in formulas.items()]
    >>> for line in direct(lines, formulas):
    ...     print(line)
    e = np.exp(-np.abs(Z))
    A = np.where(Z >= 0.0, 1.0, e) / (1.0 + e)
    B = np.maximum(Z, 0.0) + np.log1p(e)
    J = 1.0 - np.add.reduce(Z, None, None, None, False)

    Args:
        statements: the lines.
        taken: names that a new line may not have.
    """
    used = {name for each in statements for name in (each.name, *names(each.tree))}
    lines = _Lines(Names({*used, *taken}))
    for statement in statements:
        lines.add(statement)
    return lines.written


@cache
def _helper(name: str) -> Helper | None:
    """A helper as trees; None for other functions, and for helpers that define functions."""
    if name not in NUMPY_HELPERS:
        return None
    [function] = ast.parse(NUMPY_HELPERS[name]).body
    assert isinstance(function, ast.FunctionDef)
    lines: list[Line] = []
    for line in function.body[:-1]:
        if not isinstance(line, ast.Assign):
            return None
        target = ast.unparse(line.targets[0])
        if target == "high":
            lines.append(_USUAL)
        lines.append((target, _usually(from_python(line.value))))
    last = function.body[-1]
    assert isinstance(last, ast.Return)
    assert last.value is not None
    arguments = tuple([each.arg for each in function.args.args])
    defaults = list(map(from_python, function.args.defaults))
    with_default = arguments[len(arguments) - len(defaults) :]
    value = _usually(from_python(last.value))
    return Helper(arguments, dict(zip(with_default, defaults, strict=True)), tuple(lines), value)


def _usually(tree: Tree) -> Tree:
    """A formula of a helper that takes the longer way only where it has to."""
    return _USUALLY.get(tree) or changed(tree, _usually)


class _Lines:
    """The lines so far."""

    def __init__(self, taken: Names) -> None:
        self.written: list[Statement] = []
        self._names = taken
        self._held: dict[str, Name] = {}
        self._made: set[str] = set()
        self._loop: Loop | None = None

    def add(self, statement: Statement) -> None:
        """Add a statement, by shorter ways."""
        if statement.loop is not self._loop:
            self._loop = statement.loop
            self._held.clear()
        tree = self.shorter(statement.tree, {})
        if statement.target in self._made:  # what was computed from it may be another number
            self._held.clear()
        self._made.add(statement.target)
        self.written.append(replace(statement, tree=tree))

    def held(self, value: Tree, name: str) -> Tree:
        """The name of the line that computes the value, which is added if there is none."""
        if isinstance(value, (Name, Number, Word)):
            return value
        text = str(value)
        if text not in self._held:
            self._held[text] = Name(self._names.fresh(name))
            self.written.append(Statement(self._held[text].name, value, (), loop=self._loop))
        return self._held[text]

    def shorter(self, tree: Tree, meanings: Mapping[str, Tree]) -> Tree:
        """A formula by shorter ways; names of a helper's variables have meanings outside."""
        if isinstance(tree, Name):
            return meanings.get(tree.name, tree)
        if isinstance(tree, Index):  # indices stay integers
            axes = tuple([replaced(axis, meanings) for axis in tree.axes])
            tree = Index(self.shorter(tree.array, meanings), axes)
            return self.held(tree, "windows") if _has_windows(tree) else tree
        tree = changed(tree, lambda part: self.shorter(part, meanings))
        match tree:
            case Binary(sign=sign, left=left, right=right) if LEVELS[sign] <= PRODUCT:
                compared = LEVELS[sign] < SUM
                return Binary(sign, left if compared else _as_float(left), _as_float(right))
            case Call(function=function, arguments=arguments, options=options):
                helper = _helper(function)
                if helper is not None:
                    return self._written_out(helper, tree)
                given = dict(options)
                if function in _REDUCTIONS:
                    axis, keepdims = given.get("axis", _NONE), given.get("keepdims", Word("False"))
                    return called(_REDUCTIONS[function], *arguments, axis, _NONE, _NONE, keepdims)
                if function == "np.mean" and not options:
                    each = self.held(arguments[0], "each")
                    total = called("np.add.reduce", each, _NONE)
                    return Binary("/", total, Attribute(each, "size"))
        return tree

    def _written_out(self, helper: Helper, call: Call) -> Tree:
        meanings = dict(helper.defaults)
        meanings |= dict(zip(helper.arguments, call.arguments, strict=False))
        meanings |= dict(call.options)
        meanings = {name: self.held(value, name) for name, value in meanings.items()}
        for name, tree in helper.lines:
            meanings[name] = self.held(self.shorter(tree, meanings), name)
        return self.shorter(helper.value, meanings)


def _has_windows(tree: Tree) -> bool:
    """Whether an index of an array is computed, and no table."""
    return any(isinstance(part, Call) and part.function == "np.arange" for part in walk(tree))


_NONE = Word("None")


def _as_float(tree: Tree) -> Tree:
    return Number(float(tree.data)) if isinstance(tree, Number) else tree
