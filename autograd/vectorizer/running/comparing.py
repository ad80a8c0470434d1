"""A reader's own cost_and_gradients against a program, line by line."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.checks.calls import bare
from autograd.checks.patterns import FITS, grouped, misfit, patterns, sizes_of
from autograd.checks.report import ArrayCheck, Explanation, Report
from autograd.vectorizer.formulas.building import negated
from autograd.vectorizer.formulas.trees import (
    SUM,
    Attribute,
    Binary,
    Call,
    Name,
    Number,
    Tree,
    changed,
    walk,
)

if TYPE_CHECKING:
    from autograd.vectorizer.running.program import Program

EXAMPLES = 5
SAME = 1e-6  # relative

# How arrays may lie in the reader's function: examples in rows or columns, weights as they
# are or transposed, vectors as they are, as columns or as rows.
_TURNED: tuple[Callable[[Any], Any], ...] = (lambda x: x, lambda x: x.T)
_VECTORS: tuple[Callable[[Any], Any], ...] = (
    lambda x: x,
    lambda x: x[:, None],
    lambda x: x[None, :],
)


def compare(
    program: Program, function: Callable[..., Any], inputs: Sequence[Any], seed: int, hints: bool
) -> Report:
    """The report of :meth:`autograd.vectorizer.Program.check`."""
    if len(program.costs) > 1:
        raise TypeError(
            f"check compares a function with the program of one loss, and this one has "
            f"{', '.join(program.costs)}: make a program of each with vectorize"
        )
    arrays = list(inputs) or _examples(program, seed)
    ours = _run(program, arrays)
    keys = [leaf.key for leaf in program.leaves if leaf.parameter]
    report = Report(hints=hints)
    report.says, report.reference = "yours says", "the program"
    theirs, beside, cost, turned = _call(program, function, arrays, ours["return"][0])
    if not abs(cost - float(ours["return"][0])) <= SAME * max(1.0, abs(cost)):
        report.problems["cost"] = (
            f"your cost is {cost:.10g}, that of the program {float(ours['return'][0]):.10g}"
        )
    for key in keys:
        right = np.asarray(ours["return"][1][key])
        if key not in theirs:
            report.arrays.append(ArrayCheck.missing(f"d{key}", right.shape))
            continue
        report.arrays.append(_check(f"d{key}", theirs[key], right, turned))
    for name, array in beside.items():
        if name in ours and isinstance(ours[name], np.ndarray):
            its = ours[name]
            array = np.asarray(array, float)
            if array.shape != its.shape and array.shape == its.shape[::-1]:
                array = array.T
            if array.size == its.size and array.shape != its.shape:
                array = array.reshape(its.shape)
            if name.startswith("d") and misfit(array * len(arrays[0]), its) <= SAME:
                array = array * len(arrays[0])  # theirs has the 1/m that ours gets at the end
            report.arrays.append(_check(name, array, its))
    wrong = [check for check in report.arrays if not check.right]
    if wrong:
        order = [statement.name for statement in program.statements]
        report.first = min(
            wrong, key=lambda c: order.index(c.name) if c.name in order else 999
        ).name
    if hints and wrong:
        explanations = _explained(program, arrays, theirs, wrong, ours)
        report.explanations = sorted(explanations, key=lambda e: e.rank)
    return report


def _examples(program: Program, seed: int) -> list[Any]:
    """Numbers for the inputs, like the ones that were recorded: zeros and ones stay such."""
    generator = np.random.default_rng(seed)
    arrays: list[Any] = []
    for leaf in program.leaves:
        if leaf.parameter:
            continue
        recorded = np.array([value.data for value in leaf.values], float).reshape(leaf.shape)
        shape = (EXAMPLES, *leaf.shape) if leaf.per_example else leaf.shape
        if set(np.unique(recorded)) <= {0.0, 1.0}:
            if recorded.ndim == 1 and recorded.size > 1 and recorded.sum() == 1.0:
                arrays.append(
                    np.eye(recorded.size)[generator.integers(recorded.size, size=EXAMPLES)]
                )
            else:
                arrays.append(generator.integers(0, 2, shape) * 1.0)
        else:
            arrays.append(recorded + generator.normal(size=shape))
    return arrays


def _run(
    program: Program, inputs: Sequence[Any], replaced: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """All arrays of the program by their names, and what it returns, with some lines replaced."""
    lines: list[str] = []
    inside = False
    for line in program.source.splitlines():
        text = line.strip()
        new = (replaced or {}).get(text)
        inside = inside or line.startswith(f"def {_NAME}(")
        if inside and text.startswith("return "):
            lines.append(f"    return dict(locals()), ({text.removeprefix('return ')})")
        else:
            lines.append(line if new is None else line.replace(text, new))
    scope: dict[str, Any] = dict(program.tables)
    exec("\n".join(lines), scope)
    parameters = [program.parameters[leaf.key] for leaf in program.leaves if leaf.parameter]
    with np.errstate(all="ignore"):
        arrays, result = scope[_NAME](*[np.asarray(x, float) for x in inputs], *parameters)
    return {**arrays, "return": result}


_NAME = "cost_and_gradients"


def _call(
    program: Program, function: Callable[..., Any], inputs: Sequence[Any], cost: Any
) -> tuple[Any, ...]:
    """Their gradients, turned to lie as ours, other arrays by name, the cost, whether turned."""
    leaves = list(program.leaves)
    values = [*inputs, *[program.parameters[leaf.key] for leaf in leaves if leaf.parameter]]
    answers = []
    trouble: Exception | None = None
    for turn, weights, vectors in itertools.product(_TURNED, _TURNED, _VECTORS):
        if turn is _TURNED[1] and weights is _TURNED[1] and vectors is _VECTORS[0]:
            continue  # with plain vectors, not both are transposed
        laid = []
        for leaf, array in zip(leaves, values, strict=True):
            array = np.asarray(array, float)
            if not leaf.parameter:
                laid.append(_as_input(turn, array).copy())
            elif array.ndim == 2:
                laid.append(weights(array).copy())
            else:
                laid.append(vectors(array).copy() if array.ndim == 1 else array.copy())
        try:
            with np.errstate(all="ignore"):
                result = _called(function, [leaf.key for leaf in leaves], laid)
            its_cost, gradients, beside = _split(result, [a.key for a in leaves if a.parameter])
            found, fitting = {}, 0
            for leaf, array in zip(leaves, laid, strict=True):
                if leaf.parameter and leaf.key in gradients:
                    part = np.asarray(gradients[leaf.key], float)
                    if part.shape != array.shape and part.size == array.size == 1:
                        part = part.reshape(array.shape)
                    shape = np.shape(program.parameters[leaf.key])
                    fitting += part.shape == array.shape
                    if weights is _TURNED[1] and len(shape) == 2:
                        part = part.T
                    elif part.shape == array.shape:
                        part = part.reshape(shape)
                    found[leaf.key] = part
            same = abs(its_cost - float(cost)) <= SAME * max(1.0, abs(its_cost))
            turned = weights is _TURNED[1]
            answers.append((same, fitting, found, beside, its_cost, turned))
        except (ValueError, IndexError, ArithmeticError) as error:
            trouble = error
    if not answers:
        raise TypeError(
            "your function cannot be called with "
            f"({', '.join(leaf.key for leaf in leaves)}) in any orientation: {trouble}"
        )
    _, _, *answer = max(answers, key=lambda a: (a[0], a[1]))
    return tuple(answer)


def _as_input(turn: Callable[[Any], Any], array: Any) -> Any:
    if turn is _TURNED[1] and array.ndim == 1:
        return array[None, :]
    return turn(array)


def _called(function: Callable[..., Any], names: Sequence[str], arrays: Sequence[Any]) -> Any:
    parameters = list(inspect.signature(function).parameters)
    if set(names) <= set(parameters):
        return function(**dict(zip(names, arrays, strict=True)))
    return function(*arrays)


def _split(result: Any, keys: Sequence[str]) -> tuple[float, dict[str, Any], dict[str, Any]]:
    if not isinstance(result, tuple) or len(result) < 2:
        raise TypeError("your function returns (cost, gradients), or (cost, gradients, arrays)")
    cost, *rest = result
    gradients: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    for part in rest:
        if isinstance(part, Mapping):
            for name, array in part.items():
                key = next((k for k in keys if name in (k, f"d{k}") or bare(str(name)) == k), None)
                if key is not None and (str(name) != key or key not in gradients):
                    gradients[key] = array
                else:
                    beside[str(name)] = array
    plain = [p for p in rest if not isinstance(p, Mapping)]
    if not gradients:
        if len(plain) == 1 and isinstance(plain[0], (tuple, list)):
            plain = list(plain[0])
        gradients = dict(zip(keys, plain, strict=False))
    return float(np.asarray(cost).reshape(())), gradients, beside


def _check(name: str, theirs: Any, right: Any, turned: bool = False) -> ArrayCheck:
    check = ArrayCheck(name, np.shape(right))
    check.claimed, check.numeric = np.asarray(theirs, float), np.asarray(right, float)
    if check.claimed.shape != check.shape:
        way = -1 if turned and len(check.shape) == 2 else 1  # as the reader sees it
        check.trouble = f"it has shape {check.claimed.shape[::way]}, not {check.shape[::way]}"
        return check
    scale = float(np.sqrt(np.mean(check.numeric**2))) if check.numeric.size else 0.0
    check.nudged = np.ones(check.shape, bool)
    check.wrong = ~(
        np.abs(check.claimed - check.numeric)
        <= SAME * np.maximum(np.abs(check.claimed), np.abs(check.numeric)) + 1e-9 * scale
    )
    return check


def _explained(
    program: Program,
    inputs: Sequence[Any],
    theirs: Mapping[str, Any],
    wrong: Sequence[ArrayCheck],
    ours: Mapping[str, Any],
) -> Iterator[Explanation]:
    keys = {check.name[1:] for check in wrong} & set(theirs)
    for text, line, new in _variants(program):
        try:
            result = _run(program, inputs, {line: new})
        except (ValueError, NameError, IndexError):
            continue
        off, changed = 0.0, []
        for key, array in theirs.items():
            its = np.asarray(result["return"][1][key], float)
            moved = misfit(its, ours["return"][1][key]) > 1e-9
            if np.shape(array) != its.shape:
                if not moved:
                    continue  # that is another mistake
                its = np.asarray(result[f"d{key}"], float).reshape(-1)
                array = np.ravel(array)
            off = max(off, misfit(array, its))
            if moved and key in keys:
                changed.append(f"d{key}")
        if off <= FITS and changed:
            if len(changed) > 1:
                text = text.replace("lacks", "lack", 1).replace("has", "have", 1)
            yield Explanation(f"your {', '.join(changed)} {text}", off, tuple(changed))
    sizes = sizes_of([(a.key, x) for a, x in zip(program.leaves, inputs, strict=False)])
    gradients = {f"d{k}": np.asarray(ours["return"][1][k]) for k in theirs}
    found = []
    for check in wrong:
        if check.name in gradients:
            rest = {n: g for n, g in gradients.items() if n != check.name}
            value = program.parameters[check.name[1:]]
            every = patterns(check.name, check.claimed, check.numeric, value, rest, sizes)
            found.append((check.name, check.claimed, check.numeric, value, every))
    for each in grouped(found):
        yield Explanation(f"your {each.text}", each.misfit, each.arrays)


def _variants(program: Program) -> Iterator[tuple[str, str, str]]:
    """The program with one slip in one line: what to say, the line, and the line with the slip."""
    names = {statement.name for statement in program.statements}
    for statement in program.statements:
        for what, tree in _slips(statement.tree, names):
            yield f"{what} the line {statement}", str(statement), f"{statement.name} = {tree}"


def _slips(tree: Tree, names: set[str]) -> Iterator[tuple[str, Tree]]:
    """What may be wrong with a formula, and the formula that is wrong so."""
    factors = _factors(tree)
    for i in range(len(factors)):
        for j in range(i + 1, len(factors) + 1):
            rest = factors[:i] + factors[j:]
            if rest and any(sign == "*" for sign, _ in rest):
                yield f"lacks the factor {_product(factors[i:j])} in", _product(rest)
    yield "has the wrong sign in", negated(tree)
    for part in walk(tree):
        match part:
            case Attribute(array=inner, name="T"):
                yield f"has {inner} where {part} is due, in", _with(tree, part, inner)
            case Call(function=function, arguments=arguments, options=options):
                if ("axis", Number(1)) in options:
                    other = [(n, Number(0) if n == "axis" else option) for n, option in options]
                    summed = Call(function, arguments, tuple(other))
                    yield "is summed over the wrong axis in", _with(tree, part, summed)
    for old, new in _exchanged(tree, names):
        yield f"has {new} where {old} is due, in", _with(tree, old, new)
    if isinstance(tree, Binary) and tree.level == SUM:
        for kept, lost in ((tree.left, tree.right), (tree.right, tree.left)):
            yield f"lacks the term {lost} in", kept


def _with(tree: Tree, old: Tree, new: Tree) -> Tree:
    """The tree with a part replaced wherever it stands."""
    return new if tree == old else changed(tree, lambda part: _with(part, old, new))


def _exchanged(tree: Tree, names: set[str]) -> Iterator[tuple[Tree, Tree]]:
    """What people write for something else: A1 for its square, Z1 for A1 and A1 for Z1."""
    for part in dict.fromkeys(walk(tree)):
        match part:
            case Binary(sign="**", left=Name() as base, right=Number(data=2)) if base.name in names:
                yield part, base
            case Name(name=name) if name in names:
                other = {"A": "Z", "Z": "A"}.get(name[0], "") + name[1:]
                if other in names and other != name:
                    yield part, Name(other)


def _factors(tree: Tree) -> list[tuple[str, Tree]]:
    """The factors of a product, each with the sign before it: * or /."""
    match tree:
        case Binary(sign="*" | "/" as sign, left=left, right=right):
            return [*_factors(left), (sign, right)]
    return [("*", tree)]


def _product(factors: Sequence[tuple[str, Tree]]) -> Tree:
    (sign, found), *others = factors
    if sign == "/":
        found = Binary("/", Number(1), found)
    for sign, factor in others:
        found = Binary(sign, found, factor)
    return found
