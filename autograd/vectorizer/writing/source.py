"""Source: the statements, with what goes before and after them, as Python text.

>>> from autograd.vectorizer.example import Layer
>>> layer = Layer()
>>> lines = layer.body.statements
>>> print(function_source(layer.leaves, layer.outputs, layer.body, lines), end="")
def cost_and_gradients(X, W):
    # One example per row outside; one per column here, as on the slides.
    X = X.T
    m = X.shape[-1]
    Z = W @ X
    A = np.tanh(Z)
    J = np.sum(A) / m
    dZ = 1 - A ** 2
    dW = dZ @ X.T / m
    return J, {"W": dW}
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cache
from typing import Any

from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.vectorizer.formulas.statements import Body, OutputArray, Statement, by_loss
from autograd.vectorizer.formulas.trees import Binary, Call, List, Number, Tree, Word, walk
from autograd.vectorizer.recording.leaves import LeafArray

FUNCTION = "cost_and_gradients"
FORWARD = "outputs"  # the function of a program that is forward only

# Tables with at most so many entries are printed.
PRINTED_TABLE = 40


def module_source(function: str, statements: Sequence[Statement], tables: Mapping[str, Any]) -> str:
    """The whole program: helper functions, index tables, and the function itself."""
    described = {name: f"# {name}: a table of shape {t.shape}\n" for name, t in tables.items()}
    called = helpers([statement.tree for statement in statements])
    parts = ["import numpy as np\n", *called, tables_source(tables, described), function]
    return "\n\n".join([part for part in parts if part])


def tables_source(tables: Mapping[str, Any], large: Mapping[str, str]) -> str:
    """The index tables, a line each.

    Args:
        tables: by their names.
        large: name to the line of a table that is too large to be printed.
    """
    return "".join(
        [
            f"{name} = np.array({_listed(table.tolist())})\n"
            if table.size <= PRINTED_TABLE
            else large[name]
            for name, table in tables.items()
        ]
    )


def _listed(entries: Any) -> Tree:
    if isinstance(entries, list):
        return List(tuple(map(_listed, entries)))
    return Number(entries)


def helpers(trees: Iterable[Tree]) -> list[str]:
    """The functions that formulas call and NumPy does not have, as source.

    >>> from autograd.vectorizer.formulas.trees import parsed
    >>> print(*helpers([parsed("relu(Z)")]), end="")
    def relu(z):
        return np.maximum(z, 0.0)
    """
    called = {each.function for tree in trees for each in walk(tree) if isinstance(each, Call)}
    return [NUMPY_HELPERS[name] for name in _with_theirs(called)]


def _with_theirs(called: Set[str]) -> list[str]:
    """The helpers among these functions, each after those that it calls itself."""
    found: dict[str, None] = {}
    for name in NUMPY_HELPERS:
        if name in called:
            found |= dict.fromkeys([*_with_theirs(_called_by(name)), name])
    return list(found)


@cache
def _called_by(helper: str) -> frozenset[str]:
    nodes = ast.walk(ast.parse(NUMPY_HELPERS[helper]))
    return frozenset([ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)])


def function_source(
    leaves: Sequence[LeafArray],
    outputs: Mapping[str, OutputArray],
    body: Body,
    lines: Sequence[Statement],
    *,
    forward_only: bool = False,
    behind: Callable[[int, Statement], str] | None = None,
) -> str:
    """The function from the arrays of leaves to the cost and the gradients, or to the outputs.

    Args:
        leaves: the arguments.
        outputs: what to return.
        body: the statements.
        lines: the statements as they are written here.
        forward_only: whether the first of the outputs is all there is.
        behind: what to write behind each statement, if anything.
    """
    written = [
        *_opening(leaves, body),
        *listing(lines, behind),
        _returning(outputs, body, forward_only),
    ]
    arguments = ", ".join([array.name for array in leaves])
    name = FORWARD if forward_only else FUNCTION
    return f"def {name}({arguments}):\n" + "".join([f"    {line}\n" for line in written])


def listing(
    statements: Iterable[Statement], behind: Callable[[int, Statement], str] | None = None
) -> list[str]:
    r"""The lines of statements: lists are made before they are filled, and loops are indented.

    >>> from autograd.vectorizer.formulas.statements import Loop
    >>> from autograd.vectorizer.formulas.trees import Word, parsed
    >>> loop, t = Loop("t", range(1, 3)), Word("t")
    >>> print(*listing([
    ...     Statement("A", parsed("X"), (), place=Number(0), length=3),
    ...     Statement("A", parsed("np.tanh(A[t - 1])"), (), loop=loop, place=t, length=3),
    ... ]), sep="\n")
    A = [None] * 3
    A[0] = X
    for t in range(1, 3):
        A[t] = np.tanh(A[t - 1])
    """
    found: list[str] = []
    lists: set[str] = set()
    loop = None
    statements = list(statements)
    for i, statement in enumerate(statements):
        if statement.loop is not loop:
            loop = statement.loop
            if loop is not None:
                made = [each for each in statements if each.loop is loop and each.length]
                found += [_list_of(each) for each in made if each.name not in lists]
                lists.update([each.name for each in made])
                found.append(loop.header)
        if statement.length and statement.name not in lists:
            lists.add(statement.name)
            found.append(_list_of(statement))
        indent = "    " * (loop is not None)
        found.append(f"{indent}{statement}")
        if behind is not None:
            found.append(f"{indent}{behind(i, statement)}")
    return found


def _list_of(statement: Statement) -> str:
    return f"{statement.name} = [None] * {statement.length}"


def compiled(
    source: str, trees: Iterable[Tree], namespace: Any, tables: Mapping[str, Any], **names: Any
) -> Callable[..., Any]:
    """The function of a source.

    Args:
        source: of the function.
        trees: its formulas, whose helpers are added.
        namespace: what is called ``np`` in it.
        tables: the index tables by their names.
        names: what else it may call.
    """
    arrays = {name: namespace.asarray(table) for name, table in tables.items()}
    scope = {"np": namespace, **arrays, **names}
    exec("\n".join([*helpers(trees), source]), scope)
    name, _ = source.removeprefix("def ").split("(", 1)
    return scope[name]  # type: ignore[no-any-return]


def _opening(leaves: Sequence[LeafArray], body: Body) -> list[str]:
    """From the arrays as users have them to the arrays of the slides."""
    read = {name for statement in body.statements for name in statement.operands}
    inputs = [array for array in leaves if array.per_example]
    turned = [array for array in inputs if array.shape and array.name in read]
    # A matrix product takes a transposed array as it is. For the rest, a copy puts the
    # numbers in the order in which the other arrays have theirs.
    multiplied = {
        name
        for statement in body.statements
        if any(map(_is_contraction, walk(statement.tree)))
        for name in statement.operands
    }
    lines = []
    if turned:
        lines.append("# One example per row outside; one per column here, as on the slides.")
    for array in turned:
        lines.append(f"{array.name} = {_turned(array, body, array.name in multiplied)}")
    columns = [array.name for array in leaves if array.name in body.columns]
    lines += [f"{name} = {name}[:, None]" for name in columns]
    examples = Word(body.examples)
    if inputs and any(examples in walk(line.tree) for line in body.statements):
        axis = -1 if inputs[0] in turned else 0
        lines.append(f"{body.examples} = {inputs[0].name}.shape[{axis}]")
    return lines


def _is_contraction(tree: Tree) -> bool:
    match tree:
        case Binary(sign="@") | Call(function="np.tensordot" | "np.einsum"):
            return True
    return False


def _turned(array: LeafArray, body: Body, multiplied: bool) -> str:
    if array.name in body.singles:
        return f"{array.name}[:, 0]"
    text = f"np.moveaxis({array.name}, 0, -1)" if len(array.shape) > 1 else f"{array.name}.T"
    return text if multiplied else f"{text}.copy()"


def _returning(outputs: Mapping[str, OutputArray], body: Body, forward_only: bool) -> str:
    """Back to arrays as users have them."""
    shapes = {statement.name: statement.shape for statement in body.statements}
    texts = []
    for name, output in outputs.items():
        text = body.results[name]
        if output.per_example and output.shape:
            text = f"np.moveaxis({text}, -1, 0)" if len(output.shape) > 1 else f"{text}.T"
        elif shapes.get(text) == (*output.shape, 1) and not output.per_example:
            text += "[:, 0]"
        texts.append(text)
    if any(output.loss for output in outputs.values()):
        costs, gradients = by_loss(outputs.values(), texts)
        each = [(loss, _dict(theirs.items())) for loss, theirs in gradients.items()]
        return f"return {_dict(costs.items())}, {_dict(each)}"
    if forward_only or any(output.per_example for output in outputs.values()):
        return f"return {', '.join(texts)}"
    keys = [output.key for output in outputs.values()]
    return f"return {texts[0]}, {_dict(zip(keys[1:], texts[1:], strict=True))}"


def _dict(entries: Iterable[tuple[str, str]]) -> str:
    """A dictionary, as text."""
    pairs = [f"{json.dumps(key, ensure_ascii=False)}: {text}" for key, text in entries]
    return f"{{{', '.join(pairs)}}}"
