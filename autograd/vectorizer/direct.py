"""The program as NumPy runs it: helpers written out in place, and nothing computed twice."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy

from autograd.vectorizer.source import helpers
from autograd.vectorizer.statements import Names, words

_REDUCTIONS = {
    "np.sum": "np.add.reduce",
    "np.max": "np.maximum.reduce",
    "np.min": "np.minimum.reduce",
}

# What helpers do for infinite logits, and for several that are the largest; and what is as good
# where there are none. To look costs less.
_USUALLY = {
    "np.maximum(np.minimum(top, high), -high)": "top if usual else {}",
    "np.minimum(z, low)": "z if usual else {}",
    "np.where(y == 0, 0.0, inside)": "inside if usual else {}",
    "np.where(distance >= high, np.inf, distance)": "distance if usual else {}",
    "np.sum(largest, axis=axis) - 1.0": (
        "0.0 if usual and np.count_nonzero(largest) == top.size else {}"
    ),
}
_USUAL = "    usual = np.max(top) < np.inf and np.min(z) > -np.inf\n    high = "


def direct(source: str) -> str:
    """The same function by shorter ways, which count where arrays are small.

    - Helpers are written out where they are called. What two of them begin with alike is
      computed once: softmax and its cross-entropy share an exponential, as σ and softplus do.
    - ``np.sum``, ``np.max`` and ``np.mean`` first look whether their argument brings a method
      of that name, which costs more than to add up a few hundred numbers. Their ufuncs do not.
    - NumPy takes longer to put an integer to floats than a float.
    - Infinite logits are looked for once, and not at every step.

    The results are the same, bit for bit.

    >>> print(direct('''
    ... def f(Z):
    ...     a = sigmoid(Z)
    ...     b = softplus(Z)
    ...     return a, b, 1 - np.sum(Z)'''))
    def f(Z):
        e = np.exp(-np.abs(Z))
        a = np.where(Z >= 0.0, 1.0, e) / (1.0 + e)
        b = np.maximum(Z, 0.0) + np.log1p(e)
        return (a, b, 1.0 - np.add.reduce(Z, None, None, None, False))
    """
    shorter = [_usually(helper) for helper in helpers(source)]
    *helpers_of_it, function = ast.parse("\n".join([*shorter, source])).body
    assert isinstance(function, ast.FunctionDef)
    lines = _Lines(
        {each.name: each for each in helpers_of_it if isinstance(each, ast.FunctionDef)},
        Names(words(source)),
    )
    for line in function.body:
        assert isinstance(line, (ast.Assign, ast.Expr, ast.Return))
        assert line.value is not None
        line.value = _Direct(lines, {}).visit(line.value)
        lines.written.append(line)
    function.body = lines.written
    return ast.unparse(ast.fix_missing_locations(function))


def _usually(helper: str) -> str:
    """A helper that takes the longer way only where it has to."""
    if "    high = " in helper:
        helper = helper.replace("    high = ", _USUAL)
        for long, short in _USUALLY.items():
            helper = helper.replace(long, f"({short.format(long)})")
    return helper


class _Lines:
    """The lines of the function so far."""

    def __init__(self, helpers_of_it: Mapping[str, ast.FunctionDef], names: Names) -> None:
        self.helpers = {
            name: helper
            for name, helper in helpers_of_it.items()
            if isinstance(helper.body[-1], ast.Return)
            and all(isinstance(line, ast.Assign) for line in helper.body[:-1])
        }
        self.written: list[ast.stmt] = []
        self._names = names
        self._held: dict[str, str] = {}

    def held(self, value: ast.expr, name: str) -> ast.expr:
        """A name for the value, by a line of its own where there is none yet."""
        if isinstance(value, (ast.Name, ast.Constant)):
            return value
        text = ast.unparse(value)
        if text not in self._held:
            self._held[text] = self._names.fresh(name)
            target = ast.Name(self._held[text], ast.Store())
            self.written.append(ast.Assign([target], value))
        return ast.Name(self._held[text], ast.Load())


class _Direct(ast.NodeTransformer):
    """Expressions; the names of a helper's arguments and variables have meanings outside."""

    def __init__(self, lines: _Lines, meanings: dict[str, ast.expr]) -> None:
        self._lines = lines
        self._meanings = meanings

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._meanings.get(node.id, node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)):
            node.left, node.right = _as_float(node.left), _as_float(node.right)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        node.comparators = [_as_float(each) for each in node.comparators]
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        function = ast.unparse(node.func)
        if function in self._lines.helpers:
            return self._written_out(self._lines.helpers[function], node)
        options = {each.arg: each.value for each in node.keywords}
        if function in _REDUCTIONS:
            [array] = node.args
            axis = options.get("axis", _constant(None))
            keepdims = options.get("keepdims", _constant(False))
            ufunc = ast.parse(_REDUCTIONS[function], mode="eval").body
            return ast.Call(ufunc, [array, axis, _constant(None), _constant(None), keepdims], [])
        if function == "np.mean" and not options:
            array = self._lines.held(node.args[0], "each")
            text = ast.unparse(array)
            return ast.parse(f"np.add.reduce({text}, None) / {text}.size", mode="eval").body
        return node

    def _written_out(self, helper: ast.FunctionDef, call: ast.Call) -> ast.expr:
        arguments = [each.arg for each in helper.args.args]
        defaults = helper.args.defaults
        meanings = dict(zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True))
        meanings |= dict(zip(arguments, call.args, strict=False))
        meanings |= {each.arg: each.value for each in call.keywords if each.arg}
        meanings = {name: self._lines.held(value, name) for name, value in meanings.items()}
        inside = _Direct(self._lines, meanings)
        *lines, last = deepcopy(helper.body)
        for line in lines:
            assert isinstance(line, ast.Assign)
            [name] = line.targets
            assert isinstance(name, ast.Name)
            meanings[name.id] = self._lines.held(inside.visit(line.value), name.id)
        assert isinstance(last, ast.Return)
        value: ast.expr = inside.visit(last.value)  # type: ignore[arg-type]
        return value


def _as_float(node: ast.expr) -> ast.expr:
    match node:
        case ast.Constant(value=int(number)):
            return _constant(float(number))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return ast.UnaryOp(ast.USub(), _constant(float(number)))
    return node


def _constant(value: float | None) -> ast.expr:
    return ast.Constant(value)
