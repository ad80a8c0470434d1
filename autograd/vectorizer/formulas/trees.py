"""Trees: the formulas of a program as data, and the one place that writes them as Python."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

# How tightly an operator binds, as in Python.
CHOICE, BOTH, CONDITION, OR, AND, SUM, PRODUCT, NEGATIVE, POWER, CALL = range(10)

LEVELS = {
    "and": BOTH,
    **dict.fromkeys((">", ">=", "<", "<=", "==", "!="), CONDITION),
    "|": OR,
    "&": AND,
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys(("*", "/", "//", "@"), PRODUCT),
    "**": POWER,
}


class Tree:
    """A formula, or a part of one. ``str`` writes it as Python, with the parentheses it needs.

    >>> Z, Y = Name("Z"), Name("Y")
    >>> str(Binary("*", Call("np.exp", (Unary("-", Z),)), Binary("-", Z, Y)))
    'np.exp(-Z) * (Z - Y)'
    """

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    @property
    def level(self) -> int:
        """How tightly it binds."""
        return CALL

    def within(self, level: int) -> str:
        """Its text, in parentheses if it binds less tightly than ``level``."""
        return str(self) if self.level >= level else f"({self})"


@dataclass(frozen=True, slots=True)
class Name(Tree):
    """An array, by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Word(Tree):
    """What is written by a word and is no array: the number of examples m, None, True."""

    word: str

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class String(Tree):
    """A string, such as the axes of ``np.einsum``."""

    string: str

    def __str__(self) -> str:
        return f'"{self.string}"'


@dataclass(frozen=True, slots=True)
class Number(Tree):
    """A number; an integer is written without a point."""

    data: float

    @property
    def level(self) -> int:
        return NEGATIVE if self.data < 0 else CALL

    def __str__(self) -> str:
        if math.isfinite(self.data):
            return repr(self.data)
        return "np.nan" if math.isnan(self.data) else "np.inf" if self.data > 0 else "-np.inf"


@dataclass(frozen=True, slots=True)
class Unary(Tree):
    """``-a``, or ``~a`` for conditions."""

    sign: str
    operand: Tree

    @property
    def level(self) -> int:
        return NEGATIVE

    def __str__(self) -> str:
        return f"{self.sign}{self.operand.within(POWER)}"


@dataclass(frozen=True, slots=True)
class Binary(Tree):
    """``left sign right``: arithmetic, a matrix product, a comparison, or two conditions."""

    sign: str
    left: Tree
    right: Tree

    @property
    def level(self) -> int:
        return LEVELS[self.sign]

    def __str__(self) -> str:
        left, right = self.level, self.level + 1
        if self.sign == "@":
            left, right = self._before_matrix(), CALL
        elif self.sign == "**":
            left, right = CALL, NEGATIVE if isinstance(self.right, Number) else CALL
        elif self.level == CONDITION:
            left = OR
        elif self.level == PRODUCT:
            right = POWER
        return f"{self.left.within(left)} {self.sign} {self.right.within(right)}"

    def _before_matrix(self) -> int:
        """In front of @ only a sign and a number need no parentheses: a * b @ c is (a * b) @ c."""
        match self.left:
            case Binary(sign="*", left=Number() | Binary(left=Number(), right=Number())):
                return PRODUCT
        return NEGATIVE if is_negative(self.left) else CALL


@dataclass(frozen=True, slots=True)
class Choice(Tree):
    """``chosen if condition else other``."""

    chosen: Tree
    condition: Tree
    other: Tree

    @property
    def level(self) -> int:
        return CHOICE

    def __str__(self) -> str:
        return f"{self.chosen.within(BOTH)} if {self.condition.within(BOTH)} else {self.other}"


@dataclass(frozen=True, slots=True)
class Call(Tree):
    """A call of a function by its name, such as ``np.sum(Z, axis=1)``."""

    function: str
    arguments: tuple[Tree, ...]
    options: tuple[tuple[str, Tree], ...] = ()

    def __str__(self) -> str:
        options = [f"{name}={option}" for name, option in self.options]
        return f"{self.function}({', '.join([*map(str, self.arguments), *options])})"


@dataclass(frozen=True, slots=True)
class Method(Tree):
    """A call of a method of an array, such as ``X.reshape(2, -1)``."""

    array: Tree
    name: str
    arguments: tuple[Tree, ...] = ()

    def __str__(self) -> str:
        return f"{self.array.within(CALL)}.{self.name}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Attribute(Tree):
    """An attribute of an array, such as ``X.T``."""

    array: Tree
    name: str

    def __str__(self) -> str:
        return f"{self.array.within(CALL)}.{self.name}"


@dataclass(frozen=True, slots=True)
class Index(Tree):
    """Parts of an array: for each axis a slice, a number, None for a new axis, or a table."""

    array: Tree
    axes: tuple[Tree, ...]

    def __str__(self) -> str:
        return f"{self.array.within(CALL)}[{', '.join(map(str, self.axes))}]"


@dataclass(frozen=True, slots=True)
class Slice(Tree):
    """``start:stop:step`` within an index; without numbers, the whole axis."""

    start: int | None = None
    stop: int | None = None
    step: int | None = None

    def __str__(self) -> str:
        start, stop = ["" if x is None else str(x) for x in (self.start, self.stop)]
        return f"{start}:{stop}" + (f":{self.step}" if self.step is not None else "")


@dataclass(frozen=True, slots=True)
class List(Tree):
    """A list."""

    items: tuple[Tree, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True, slots=True)
class Tuple(Tree):
    """A tuple, such as a shape."""

    items: tuple[Tree, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))}{',' if len(self.items) == 1 else ''})"


NEW_AXIS = Word("None")
WHOLE_AXIS = Slice()


def is_negative(tree: Tree) -> bool:
    """Whether its text begins with a minus sign."""
    match tree:
        case Unary(sign="-"):
            return True
        case Number(data=data):
            return data < 0
        case Binary(sign=sign, left=left) if sign != "**":
            return left.level >= tree.level and is_negative(left)
    return False


# --- walking and replacing ---


def parts(tree: Tree) -> Iterator[Tree]:
    """The parts that a tree consists of, in the order in which they are written."""
    return _trees_in(_fields(tree))


def _trees_in(things: Iterable[object]) -> Iterator[Tree]:
    for thing in things:
        if isinstance(thing, Tree):
            yield thing
        elif isinstance(thing, tuple):
            yield from _trees_in(thing)


def _fields(tree: Tree) -> list[object]:
    return [getattr(tree, name) for name in type(tree).__match_args__]


def walk(tree: Tree) -> Iterator[Tree]:
    """The tree and all that is in it, in the order in which it is written."""
    yield tree
    for part in parts(tree):
        yield from walk(part)


def names(tree: Tree) -> tuple[str, ...]:
    """The arrays in a formula, each once.

    >>> names(parsed("np.sum(axis * dZ, axis=1) + np.einsum('k,m->m', k, X.T)"))
    ('axis', 'dZ', 'k', 'X')
    """
    return tuple(dict.fromkeys([each.name for each in walk(tree) if isinstance(each, Name)]))


def changed(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """The tree with each of its parts changed, the tree itself apart.

    >>> str(changed(parsed("a + b"), lambda part: Name(f"{part}1")))
    'a1 + b1'
    """

    def new(thing: Any) -> Any:
        if isinstance(thing, tuple):
            return tuple(map(new, thing))
        return change(thing) if isinstance(thing, Tree) else thing

    return type(tree)(*map(new, _fields(tree)))


def replaced(tree: Tree, new: Mapping[str, Tree]) -> Tree:
    """The tree with other trees in the place of names.

    >>> str(replaced(parsed("a * np.exp(b)"), {"a": parsed("1 - y"), "b": parsed("-z")}))
    '(1 - y) * np.exp(-z)'
    """
    if isinstance(tree, Name):
        return new.get(tree.name, tree)
    return changed(tree, lambda part: replaced(part, new))


# --- reading the NumPy of a row of the table ---

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.USub: "-",
    ast.Invert: "~",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


@cache
def parsed(text: str) -> Tree:
    """The tree of a formula in NumPy, such as a row of the table of primitives has.

    >>> str(parsed("np.where(z>=0, 1.0, -np.inf)"))
    'np.where(z >= 0, 1.0, -np.inf)'
    """
    return from_python(ast.parse(text, mode="eval").body)


def from_python(node: ast.expr) -> Tree:
    """The tree of a formula that Python has parsed.

    Raises:
        ValueError: it is more than a formula of arrays.
    """
    match node:
        case ast.Attribute(value=ast.Name(id="np"), attr="inf" | "nan" as data):
            return Number(float(data))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as data)):
            return Number(-data)
        case ast.Constant(value=str() as string):
            return String(string)
        case ast.Constant(value=bool() | None as value):
            return Word(str(value))
        case ast.Constant(value=int() | float() as data):
            return Number(data)
        case ast.Name(id=name):
            return Name(name)
        case ast.UnaryOp(op=sign, operand=operand):
            return Unary(_SIGNS[type(sign)], from_python(operand))
        case ast.BinOp(left=left, op=sign, right=right):
            return Binary(_SIGNS[type(sign)], from_python(left), from_python(right))
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return Binary(_SIGNS[type(sign)], from_python(left), from_python(right))
        case ast.BoolOp(op=ast.And(), values=[left, right]):
            return Binary("and", from_python(left), from_python(right))
        case ast.IfExp(test=condition, body=chosen, orelse=other):
            return Choice(*map(from_python, (chosen, condition, other)))
        case ast.Call(func=ast.Name() | ast.Attribute(value=ast.Name(id="np"))):
            options = [(str(each.arg), from_python(each.value)) for each in node.keywords]
            arguments = tuple(map(from_python, node.args))
            return Call(ast.unparse(node.func), arguments, tuple(options))
        case ast.Call(func=ast.Attribute(value=array, attr=name), args=items, keywords=[]):
            return Method(from_python(array), name, tuple(map(from_python, items)))
        case ast.Attribute(value=array, attr=name):
            return Attribute(from_python(array), name)
        case ast.Subscript(value=array, slice=index):
            axes = index.elts if isinstance(index, ast.Tuple) else [index]
            return Index(from_python(array), tuple(map(from_python, axes)))
        case ast.Slice(lower=lower, upper=upper, step=step):
            return Slice(*map(_limit, (lower, upper, step)))
        case ast.List(elts=items):
            return List(tuple(map(from_python, items)))
        case ast.Tuple(elts=items):
            return Tuple(tuple(map(from_python, items)))
    raise ValueError(f"{ast.unparse(node)} is more than a formula of arrays")


def _limit(node: ast.expr | None) -> int | None:
    return None if node is None else int(ast.literal_eval(node))
