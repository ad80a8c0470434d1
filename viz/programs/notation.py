"""Matrix notation: NumPy formulas as on a slide, W⁽²⁾ᵀ dZ⁽²⁾ ∗ (Z⁽¹⁾ > 0)."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from autograd import primitives as rows
from autograd.notation import number
from viz.layout.markup import escape, italic

# How tightly a text binds its parts. A matrix product stands without a sign and binds more
# tightly than ∗ and /; what stands behind Σ has to, or is put in parentheses. (−Σ A) ∗ B needs
# its parentheses and −A ∗ B does not.
CONDITION, SUM, NEGATIVE_PREFIX, NEGATIVE, PREFIX, PRODUCT, MATMUL, POWER, CALL = range(9)

# A line may break here, between terms or between factors. They take no width, and no name
# holds them.
BREAK, NARROW_BREAK = "\u200b", "\u200c"

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "−",
    ast.Mult: "∗",
    ast.Div: "/",
    ast.Gt: "&gt;",
    ast.GtE: "≥",
    ast.Lt: "&lt;",
    ast.LtE: "≤",
    ast.Eq: "=",
    ast.NotEq: "≠",
}

# These change no number, at most the shape, and the shapes stand on the wires.
_RESHAPING = ("broadcast_to", "copy", "ravel", "reshape", "stack")

# What functions of a program that are exact in corner cases are in the middle.
_IN_SHORT = {
    "binary_cross_entropy": "cross_entropy({}, {})",
    "binary_cross_entropy_with_logits": "cross_entropy({}, sigmoid({}))",
    "softmax_cross_entropy_with_logits": "cross_entropy({}, softmax({}))",
    "log_or_nan": "np.log({})",
    "power_or_nan": "({}) ** ({})",
    "xdivy": "({}) / ({})",
    "xlogy": "({}) * np.log({})",
}

# x, W1, x_1, and slopes such as dZ2: what stands beside another one without a sign.
_SYMBOL = re.compile(r"(?P<slope>d?)[^\W\d_](_?\d+)?")


# The level of a product that begins with a minus sign, with Σ, or with both.
_LEVELS = {
    (False, False): PRODUCT,
    (False, True): PREFIX,
    (True, False): NEGATIVE,
    (True, True): NEGATIVE_PREFIX,
}


class Piece(NamedTuple):
    """A written part of a formula, with what decides which signs around it can be left out."""

    text: str
    level: int = CALL
    starts: str = ""  # with a "symbol", a "slope" such as dZ, a "word", or something else
    ends: str = ""

    def within(self, level: int) -> str:
        """The text, in parentheses if it binds less tightly than ``level``."""
        return self.text if self.level >= level else f"({self.text})"


class MatrixNotation:
    """How the formulas of one program are written.

    A list of numbers is a column and a list with a number for each example is a row, so that
    the formulas are those of the slides also where NumPy does not tell the two apart.

    >>> shapes = {"W": (4, 3), "w": (3,), "X": (3, "m"), "Z": ("m",)}
    >>> notation = MatrixNotation({}, shapes)
    >>> for code in ("W @ X", "w @ X", "X @ Z / m", "sigmoid(Z) * (1 - Z ** 2)"):
    ...     print(plain(notation.write(code)))
    WX
    wᵀX
    XZᵀ / m
    σ(Z) ∗ (1 − Z2)

    Args:
        names: how names are written; others are typeset as they are.
        shapes: those of the arrays, where ``"m"`` is the number of examples.
    """

    def __init__(self, names: Mapping[str, str], shapes: Mapping[str, Sequence[int | str]]) -> None:
        self._names = names
        self._shapes = shapes

    def write(self, code: str) -> str:
        """A formula for an HTML-like label, with a ``BREAK`` where a line may break."""
        return self._parsed(code).text

    def name(self, name: str) -> str:
        """A name for an HTML-like label."""
        return self._names.get(name) or italic(name)

    def _parsed(self, code: str) -> Piece:
        return self._piece(ast.parse(code, mode="eval").body)

    def _piece(self, node: ast.expr) -> Piece:
        match node:
            case ast.Name(id=name):
                symbol = _SYMBOL.fullmatch(name)
                kind = "word" if symbol is None else "slope" if symbol["slope"] else "symbol"
                return Piece(self.name(name), CALL, kind, kind)
            case ast.Constant(value=int() | float() as data):
                return Piece(number(data))
            case ast.Attribute(value=ast.Name(id="np"), attr="inf" | "nan" as data):
                return Piece(number(float(data)))
            case ast.UnaryOp(op=ast.USub(), operand=x):
                inner = self._piece(x)
                level = NEGATIVE_PREFIX if inner.level == PREFIX else NEGATIVE
                return Piece(f"−{inner.within(PREFIX)}", level)
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                return self._matrix_product(left, right)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(left, right)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=right):
                first, second = self._piece(left), self._piece(right)
                written = f"{first.within(SUM)} {BREAK}{_SIGNS[type(sign)]} {second.within(PREFIX)}"
                return Piece(written, SUM)
            case ast.BinOp(left=left, op=sign, right=right):
                return self._product(left, sign, right)
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                texts = [self._piece(x).within(SUM) for x in (left, right)]
                return Piece(f" {_SIGNS[type(sign)]} ".join(texts), CONDITION)
            case ast.Attribute(value=x, attr="T"):
                inner = self._piece(x)
                return Piece(f"{inner.within(CALL)}ᵀ", CALL, inner.starts, inner.ends)
            case ast.Subscript(value=ast.Name(id=name) as x, slice=ast.Constant(value=0)) if (
                self._shapes.get(name, ())[:1] == (1,)
            ):
                return self._piece(x)  # its only row
            case ast.Subscript(value=x, slice=index):
                return self._indexed(self._piece(x), index)
            case ast.Call():
                return self._call(node)
        return Piece(escape(ast.unparse(node)))

    def _product(self, left: ast.expr, sign: ast.operator, right: ast.expr) -> Piece:
        first, second = self._piece(left), self._piece(right)
        times = isinstance(sign, ast.Mult)
        text = second.within(PREFIX)
        if times and _is_number(left) and not text[0].isdigit():  # 2(Z − Y)
            space = "" if second.starts or text.startswith("(") else " "
            prefix = second.level == PREFIX
            negative = first.level == NEGATIVE
            return Piece(f"{first.text}{space}{text}", _LEVELS[negative, prefix])
        # Σ Z / m is the same, whether one sums or divides first; Σ A ∗ B is not.
        by_number = not times and self._is_scalar(right)
        before = first.within(NEGATIVE_PREFIX)
        if not by_number and first.level in (NEGATIVE_PREFIX, PREFIX):
            before, first = f"({first.text})", Piece("")
        after = second.within(PRODUCT if times else MATMUL)
        level = first.level if NEGATIVE_PREFIX <= first.level <= PREFIX else PRODUCT
        broken = "" if by_number else NARROW_BREAK
        return Piece(f"{before} {broken}{_SIGNS[type(sign)]} {after}", level, first.starts)

    def _matrix_product(self, left: ast.expr, right: ast.expr) -> Piece:
        match left:  # a number comes first: 0.01(wᵀw)
            case ast.BinOp(left=times, op=ast.Mult(), right=matrix) if _is_number(times):
                product = ast.BinOp(matrix, ast.MatMult(), right)
                return self._piece(ast.BinOp(times, ast.Mult(), product))
            case ast.UnaryOp(op=ast.USub(), operand=matrix):
                return self._piece(ast.UnaryOp(ast.USub(), ast.BinOp(matrix, ast.MatMult(), right)))
        first, second = self._piece(left), self._piece(right)
        written = first.within(MATMUL) + "ᵀ" * self._is_list(left, of_examples=False)
        turned = second.within(POWER) + "ᵀ" * self._is_list(right, of_examples=True)
        kinds = {first.ends, second.starts}
        sign = "" if kinds == {"symbol"} else " · " if "word" in kinds else " "
        return Piece(f"{written}{sign}{turned}", MATMUL, first.starts, second.ends)

    def _is_list(self, node: ast.expr, *, of_examples: bool) -> bool:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            node = node.value  # a part of a list
        shape = self._shapes.get(node.id, ()) if isinstance(node, ast.Name) else ()
        return len(shape) == 1 and (shape[0] == "m") == of_examples

    def _is_scalar(self, node: ast.expr) -> bool:
        return _is_number(node) or (
            isinstance(node, ast.Name) and not self._shapes.get(node.id, ())
        )

    def _power(self, base: ast.expr, exponent: ast.expr) -> Piece:
        if ast.unparse(exponent) == "-1":  # of a matrix, X⁻¹ would be the inverse
            return self._product(ast.Constant(1), ast.Div(), base)
        inner = self._piece(base)
        text = inner.within(CALL)
        # The 2 is no part of the index of a layer, and not that of dx² either.
        if text.endswith("⁾</I>") or inner.ends == "slope":
            text = f"({text})"
        raised = _unbroken(self._piece(exponent).text)
        return Piece(f"{text}<SUP>{raised}</SUP>", POWER)

    def _indexed(self, array: Piece, index: ast.expr) -> Piece:
        axes = index.elts if isinstance(index, ast.Tuple) else [index]
        if all(ast.unparse(axis) in (":", "None") for axis in axes):
            return array
        texts = [
            self.name(axis.id) if isinstance(axis, ast.Name) else escape(ast.unparse(axis))
            for axis in axes
        ]
        return Piece(f"{array.within(CALL)}[{', '.join(texts)}]", CALL, array.starts)

    def _call(self, node: ast.Call) -> Piece:
        function = ast.unparse(node.func)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _RESHAPING:
            array = node.func.value
            if function != f"np.{node.func.attr}":  # X.reshape(2, -1)
                return self._piece(array)
        function = function.removeprefix("np.")
        match function, node.args:
            case _, arguments if function in _IN_SHORT:
                codes = [ast.unparse(x) for x in arguments]
                return self._parsed(_IN_SHORT[function].format(*codes))
            case _, [array, *_] if function in _RESHAPING:
                return self._piece(array)
            case "sum" | "mean", [x]:
                sign = {"sum": "Σ ", "mean": f"mean {BREAK}"}[function]
                return Piece(f"{sign}{self._piece(x).within(MATMUL)}", PREFIX)
            case "zeros" | "ones", _:
                return Piece("0" if function == "zeros" else "1")
            case "full", [_, x]:
                return self._piece(x)
            case ("concatenate", [ast.List(elts=parts)]) | ("broadcast_arrays", parts):
                return Piece(f"[{self._listed(parts, '; ')}]")
        texts = [self._piece(x).text for x in node.args]
        if function in _notations():
            notation, level = _notations()[function]
            return Piece(notation.format(*texts), level)
        texts += [f"{x.arg}={self._piece(x.value).text}" for x in node.keywords]
        name = escape(function.replace("cross_entropy", "cross-entropy"))
        return Piece(f"{name}({f', {BREAK}'.join(texts)})")

    def _listed(self, parts: Sequence[ast.expr], comma: str) -> str:
        return f"{comma}{BREAK}".join([self._piece(x).text for x in parts])


@cache
def _notations() -> dict[str, tuple[str, int]]:
    """The functions in programs whose notation parts their arguments by signs of its own."""
    found = {}
    levels = {
        rows.SUM: SUM,
        rows.QUOTIENT: PRODUCT,
        rows.PRODUCT: PRODUCT,
        rows.POWER: POWER,
        rows.CALL: CALL,
    }
    for row in rows.TABLE.values():
        function = row.numpy.partition("(")[0].removeprefix("np.")
        if isinstance(row.notation, str) and re.fullmatch(
            r"[^{}·^]*[(|]\{0\}(, \{1\})?[)|][^{}·^]*", row.notation
        ):
            found[function] = escape(row.notation), levels[row.binds]
    return found


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
    )


def plain(text: str) -> str:
    """HTML-like text without its markup: what a reader sees."""
    return _unbroken(html.unescape(re.sub("<[^>]*>", "", text)))


def in_lines(text: str, width: int) -> list[str]:
    """HTML-like text in lines of at most so many characters, where its breaks allow it.

    Breaks outside parentheses come first, and of these the ones between terms.
    """
    parts = re.split(f"([{BREAK}{NARROW_BREAK}])", text)
    if len(parts) == 1 or len(plain(text).rstrip()) <= width:
        return [_unbroken(text).rstrip()]
    depths = [
        (_depth("".join(parts[:i])), parts[i] == NARROW_BREAK) for i in range(1, len(parts), 2)
    ]
    pieces = parts[:1]
    for depth, sign, part in zip(depths, parts[1::2], parts[2::2], strict=True):
        if depth > min(depths):
            pieces[-1] += sign + part
        else:
            pieces.append(part)
    lines = pieces[:1]
    for piece in pieces[1:]:
        if len(plain(lines[-1] + piece).rstrip()) > width:
            lines.append(piece)
        else:
            lines[-1] += piece
    joined: list[str] = []
    for short in [short for line in lines for short in in_lines(line, width)]:
        if joined and len(plain(f"{joined[-1]} {short}")) <= width:
            joined[-1] += f" {short}"
        else:
            joined.append(short)
    return joined


def _depth(text: str) -> int:
    """How many parentheses and brackets are open where the text ends."""
    seen = plain(text)
    return sum([seen.count(c) for c in "(["]) - sum([seen.count(c) for c in ")]"])


def _unbroken(text: str) -> str:
    return text.replace(BREAK, "").replace(NARROW_BREAK, "")
