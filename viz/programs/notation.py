"""Matrix notation: the formulas of a program as on a slide, W⁽²⁾ᵀ dZ⁽²⁾ ∗ (Z⁽¹⁾ > 0)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from autograd import primitives as rows
from autograd.notation import number
from autograd.primitives import Primitive
from autograd.vectorizer.formulas.trees import (
    NEW_AXIS,
    WHOLE_AXIS,
    Attribute,
    Binary,
    Call,
    Index,
    List,
    Method,
    Name,
    Number,
    Slice,
    Tree,
    Unary,
    Word,
    parsed,
    replaced,
)
from viz.layout.markup import escape, italic
from viz.names import latex, latex_number, shown

# How tightly a text binds its parts. A matrix product stands without a sign and binds more
# tightly than ∗ and /; what stands behind Σ has to, or is put in parentheses. (−Σ A) ∗ B needs
# its parentheses and −A ∗ B does not.
CONDITION, SUM, NEGATIVE_PREFIX, NEGATIVE, PREFIX, PRODUCT, MATMUL, POWER, CALL = range(9)

# A line may break here, between terms or between factors. They take no width, and no name
# holds them.
BREAK, NARROW_BREAK = "\u200b", "\u200c"

_SIGNS = {"-": "−", "*": "∗", ">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}
_LATEX_SIGNS = {"*": r"\ast", "·": r"\cdot", ">=": r"\ge", "<=": r"\le", "==": "=", "!=": r"\ne"}


class Style(NamedTuple):
    """How what formulas consist of is written in one medium.

    Attributes:
        name: of an array, such as W[1].
        plain: any other text.
        power: of a base and an exponent.
        raised: whether a name ends with something high, beside which an exponent is misread.
        transposed: the sign behind an array.
        signs: of operators, where they differ from Python's.
        total, mean: the signs of sums and means over examples.
        breaks: where a line may break between terms, and between factors.
        number: a number.
        row: the notation of a row of one or two inputs, ``{0}`` and ``{1}``.
    """

    name: Callable[[str], str]
    plain: Callable[[str], str]
    power: Callable[[str, str], str]
    raised: Callable[[str], bool]
    transposed: str
    signs: Mapping[str, str]
    total: str
    mean: str
    breaks: tuple[str, str]
    number: Callable[[float], str]
    row: Callable[[Primitive], str]


def _text_power(base: str, exponent: str) -> str:
    high = exponent.translate(str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
    simple = exponent.lstrip("−").isdecimal()
    return f"{base}{high}" if simple else f"{base}^({exponent})"


def _latex_row(row: Primitive) -> str:
    assert isinstance(row.latex, str)
    doubled = row.latex.replace("{", "{{").replace("}", "}}")
    return doubled.replace("#1", "{0}").replace("#2", "{1}")


# In HTML-like labels of pictures, in text, and in LaTeX.
HTML = Style(
    name=italic,
    plain=escape,
    power=lambda base, exponent: f"{base}<SUP>{exponent}</SUP>",
    raised=lambda text: text.endswith("⁾</I>"),
    transposed="ᵀ",
    signs=_SIGNS | {">": "&gt;", "<": "&lt;", "<=": "≤"},
    total="Σ ",
    mean=f"mean {BREAK}",
    breaks=(BREAK, NARROW_BREAK),
    number=number,
    row=lambda row: escape(str(row.notation)),
)
TEXT = Style(
    name=shown,
    plain=str,
    power=_text_power,
    raised=lambda text: text.endswith("⁾"),
    transposed="ᵀ",
    signs=_SIGNS,
    total="Σ ",
    mean="mean ",
    breaks=("", ""),
    number=number,
    row=lambda row: str(row.notation),
)
LATEX = Style(
    name=latex,
    plain=lambda text: rf"\text{{{text}}}".replace("_", r"\_"),
    power=lambda base, exponent: f"{base}^{{{exponent}}}",
    raised=lambda text: "^" in text,
    transposed=r"^\top",
    signs=_LATEX_SIGNS,
    total=r"\sum ",
    mean=r"\operatorname{mean} ",
    breaks=("", ""),
    number=latex_number,
    row=_latex_row,
)

# These change no number, at most the shape, and the shapes stand on the wires.
_RESHAPING = ("np.broadcast_to", "np.ravel", "np.stack")

# What functions of a program that are exact in corner cases are in the middle.
_IN_SHORT = {
    "binary_cross_entropy": "cross_entropy(_0, _1)",
    "binary_cross_entropy_with_logits": "cross_entropy(_0, sigmoid(_1))",
    "softmax_cross_entropy_with_logits": "cross_entropy(_0, softmax(_1))",
    "log_or_nan": "np.log(_0)",
    "power_or_nan": "_0 ** _1",
    "xdivy": "_0 / _1",
    "xlogy": "_0 * np.log(_1)",
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
    ...     print(plain(notation.write(parsed(code))))
    WX
    wᵀX
    XZᵀ / m
    σ(Z) ∗ (1 − Z2)

    Args:
        names: how names are written; others are typeset as they are.
        shapes: those of the arrays, where ``"m"`` is the number of examples.
        style: the medium.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        shapes: Mapping[str, Sequence[int | str]],
        style: Style = HTML,
    ) -> None:
        self._names = names
        self._shapes = shapes
        self._style = style

    def write(self, tree: Tree) -> str:
        """A formula; in an HTML-like label, there is a ``BREAK`` where a line may break."""
        return self._piece(tree).text

    def name(self, name: str) -> str:
        """The name of an array."""
        return self._names.get(name) or self._style.name(name)

    def _sign(self, sign: str) -> str:
        return self._style.signs.get(sign, sign)

    def _piece(self, tree: Tree) -> Piece:
        match tree:
            case Name(name=name) | Word(word=name):
                symbol = _SYMBOL.fullmatch(name)
                kind = "word" if symbol is None else "slope" if symbol["slope"] else "symbol"
                return Piece(self.name(name), CALL, kind, kind)
            case Number(data=data) if data < 0:
                return Piece(f"{self._sign('-')}{self._style.number(-data)}", NEGATIVE)
            case Number(data=data):
                return Piece(self._style.number(data))
            case Unary(sign="-", operand=x):
                inner = self._piece(x)
                level = NEGATIVE_PREFIX if inner.level == PREFIX else NEGATIVE
                return Piece(f"{self._sign('-')}{inner.within(PREFIX)}", level)
            case Binary(sign="@", left=left, right=right):
                return self._matrix_product(left, right)
            case Binary(sign="**", left=left, right=right):
                return self._power(left, right)
            case Binary(sign="+" | "-" as sign, left=left, right=right):
                first, second = self._piece(left), self._piece(right)
                sign = f"{self._style.breaks[0]}{self._sign(sign)}"
                return Piece(f"{first.within(SUM)} {sign} {second.within(PREFIX)}", SUM)
            case Binary(sign="*" | "/"):
                return self._product(tree)
            case Binary(sign=sign, left=left, right=right):
                texts = [self._piece(x).within(SUM) for x in (left, right)]
                return Piece(f" {self._sign(sign)} ".join(texts), CONDITION)
            case Attribute(array=x, name="T"):
                inner = self._piece(x)
                return Piece(self._turned(inner.within(CALL)), CALL, inner.starts, inner.ends)
            case Index(array=Name(name=name) as x, axes=(Number(data=0),)) if self._shapes.get(
                name, ()
            )[:1] == (1,):
                return self._piece(x)  # its only row
            case Index(array=x, axes=axes):
                return self._indexed(self._piece(x), axes)
            case Method(array=x, name="reshape" | "copy"):
                return self._piece(x)
            case Call():
                return self._call(tree)
        return Piece(self._style.plain(str(tree)))

    def _turned(self, text: str) -> str:
        raised = self._style is LATEX and self._style.raised(text)  # no two superscripts there
        return (f"{{{text}}}" if raised else text) + self._style.transposed

    def _product(self, tree: Binary) -> Piece:
        left, right, times = tree.left, tree.right, tree.sign == "*"
        first, second = self._piece(left), self._piece(right)
        text = second.within(PREFIX)
        if times and isinstance(left, Number) and not text[0].isdigit():  # 2(Z − Y)
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
        broken = "" if by_number else self._style.breaks[1]
        return Piece(f"{before} {broken}{self._sign(tree.sign)} {after}", level, first.starts)

    def _matrix_product(self, left: Tree, right: Tree) -> Piece:
        match left:  # a number comes first: 0.01(wᵀw)
            case Binary(sign="*", left=Number() as factor, right=matrix):
                return self._piece(Binary("*", factor, Binary("@", matrix, right)))
            case Unary(sign="-", operand=matrix):
                return self._piece(Unary("-", Binary("@", matrix, right)))
        first, second = self._piece(left), self._piece(right)
        one, other = first.within(MATMUL), second.within(POWER)
        if self._is_list(left, of_examples=False):
            one = self._turned(one)
        if self._is_list(right, of_examples=True):
            other = self._turned(other)
        kinds = {first.ends, second.starts}
        sign = "" if kinds == {"symbol"} else f" {self._sign('·')} " if "word" in kinds else " "
        return Piece(f"{one}{sign}{other}", MATMUL, first.starts, second.ends)

    def _is_list(self, tree: Tree, *, of_examples: bool) -> bool:
        if isinstance(tree, Index) and len(tree.axes) == 1 and isinstance(tree.axes[0], Slice):
            tree = tree.array  # a part of a list
        shape = self._shapes.get(tree.name, ()) if isinstance(tree, Name) else ()
        return len(shape) == 1 and (shape[0] == "m") == of_examples

    def _is_scalar(self, tree: Tree) -> bool:
        match tree:
            case Number() | Word():
                return True
            case Name(name=name):
                return not self._shapes.get(name, ())
        return False

    def _power(self, base: Tree, exponent: Tree) -> Piece:
        if exponent == Number(-1):  # of a matrix, X⁻¹ would be the inverse
            return self._product(Binary("/", Number(1), base))
        inner = self._piece(base)
        text = inner.within(CALL)
        # The 2 is no part of the index of a layer, and not that of dx² either.
        if self._style.raised(text) or inner.ends == "slope":
            text = f"({text})"
        return Piece(self._style.power(text, _unbroken(self._piece(exponent).text)), POWER)

    def _indexed(self, array: Piece, axes: Sequence[Tree]) -> Piece:
        if all(axis in (WHOLE_AXIS, NEW_AXIS) for axis in axes):
            return array
        texts = [
            self._style.plain(str(axis)) if isinstance(axis, Slice) else self._piece(axis).text
            for axis in axes
        ]
        return Piece(f"{array.within(CALL)}[{', '.join(texts)}]", CALL, array.starts)

    def _call(self, tree: Call) -> Piece:
        match tree.function, tree.arguments:
            case function, arguments if function in _IN_SHORT:
                places = {f"_{i}": argument for i, argument in enumerate(arguments)}
                return self._piece(replaced(parsed(_IN_SHORT[function]), places))
            case function, [array, *_] if function in _RESHAPING:
                return self._piece(array)
            case "np.sum" | "np.mean" as function, [x]:
                sign = self._style.total if function == "np.sum" else self._style.mean
                return Piece(f"{sign}{self._piece(x).within(MATMUL)}", PREFIX)
            case "np.tensordot", [a, b, over] if over == _ROUNDS_AND_EXAMPLES:
                inside = self._matrix_product(a, Attribute(b, "T"))  # of each round
                return Piece(f"{self._style.total}{inside.within(MATMUL)}", PREFIX)
            case "np.zeros", _:
                return Piece("0")
            case "np.ones", _:
                return Piece("1")
            case "np.full", [_, x]:
                return self._piece(x)
            case ("np.concatenate", [List(items=parts)]) | ("np.broadcast_arrays", parts):
                listed = f"; {self._style.breaks[0]}".join([self._piece(x).text for x in parts])
                return Piece(f"[{listed}]")
        texts = [self._piece(x).text for x in tree.arguments]
        function = tree.function.removeprefix("np.")
        if function in _rows():
            row = _rows()[function]
            return Piece(self._style.row(row).format(*texts), _ROW_LEVELS[row.binds])
        texts += [f"{name}={self._piece(option).text}" for name, option in tree.options]
        name = self._style.plain(function.replace("cross_entropy", "cross-entropy"))
        return Piece(f"{name}({f', {self._style.breaks[0]}'.join(texts)})")


# A sum over the rounds of a loop of matrix products, such as Σ dZ[t] X[t]ᵀ.
_ROUNDS_AND_EXAMPLES = parsed("((0, 2), (0, 2))")

_ROW_LEVELS = {
    rows.SUM: SUM,
    rows.QUOTIENT: PRODUCT,
    rows.PRODUCT: PRODUCT,
    rows.POWER: POWER,
    rows.CALL: CALL,
}


@cache
def _rows() -> dict[str, Primitive]:
    """The functions of programs whose notation encloses their arguments."""
    return {
        row.numpy.partition("(")[0].removeprefix("np."): row
        for row in rows.TABLE.values()
        if isinstance(row.notation, str)
        and re.fullmatch(r"[^{}·^]*[(|]\{0\}(, \{1\})?[)|][^{}·^]*", row.notation)
    }


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
