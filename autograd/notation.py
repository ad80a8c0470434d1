"""How names, numbers and formulas are written, from the notations of the table."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from autograd import primitives as rows
from autograd.primitives import CALL, POWER, PRODUCT, QUOTIENT, SUM
from autograd.value import Value

# Names for Values that have none, as on the slide of J = 3(a + bc): u = bc, v = a + u.
LETTERS = "uvwpqrst"

_SUPERSCRIPTS = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_ONE_SYMBOL = re.compile(r"[^\W\d_](\d*|_[\d,]+|\[\d+\](_[\d,]+)?)(′+|′\d+)?")
MOST_PRIMES = 3  # of a name; then they are counted


def number(x: float) -> str:
    """A number with four significant digits and a true minus sign; integers have no point.

    >>> number(33.0), number(-0.19661193324148185), number(1.5e-07)
    ('33', '−0.1966', '1.5×10⁻⁷')
    >>> with decimals(2):  # as on many slides
    ...     number(33.0), number(-0.19661193324148185), number(1.5e-07)
    ('33', '−0.20', '1.5×10⁻⁷')
    """
    mantissa, _, exponent = _digits(x).partition("e")
    if exponent:
        mantissa += "×10" + str(int(exponent)).translate(_SUPERSCRIPTS)
    return mantissa.replace("-", "−").replace("inf", "∞")


def is_rounded(x: float) -> bool:
    """Whether ``number(x)`` leaves digits out, so that ≈ is written before it.

    >>> is_rounded(0.25), is_rounded(1 / 3)
    (False, True)
    """
    return float(_digits(x)) != x and not math.isnan(x)


def _digits(x: float) -> str:
    if math.isfinite(x) and (x == int(x) or abs(x) >= 1e4) and abs(x) < 1e7:
        return str(round(x))
    places = _decimals.get()
    if places is None or not abs(x) < 1e7:
        return f"{x:.4g}"
    written = f"{x:.{places}f}"
    if float(written):
        return written
    mantissa, _, exponent = f"{x:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{exponent}"


_decimals: ContextVar[int | None] = ContextVar("decimals", default=None)


@contextmanager
def decimals(places: int | None) -> Iterator[None]:
    """Write numbers with so many decimals; None: with four significant digits.

    Numbers that would be 0 then are written with two significant digits.

    Raises:
        ValueError: places are not an integer from 0 to 15.
    """
    if places is not None and not (isinstance(places, int) and 0 <= places <= 15):
        raise ValueError(f"digits={places!r} is a number of decimals, from 0 to 15")
    before = _decimals.set(places)
    try:
        yield
    finally:
        _decimals.reset(before)


def name_values(
    order: Iterable[Value], given: Mapping[Value, str] | None = None
) -> dict[Value, str]:
    """A name for each Value of a graph: its label, or else the given name, or else a letter.

    An output without a name is called J. Of equal names all but the first have primes.

    Args:
        order: the Values in topological order, the output last.
        given: names from elsewhere, such as the variables of a program.
    """
    order = [node for node in order if node.op is not rows.constant]
    names = {node: node.label or (given or {}).get(node, "") for node in order}
    taken = set(names.values())
    unused = (letter for letter in letters() if letter not in taken)
    if order and not names[order[-1]] and "J" not in taken:
        names[order[-1]] = "J"
    return tell_apart({node: name or next(unused) for node, name in names.items()})


def tell_apart(names: Mapping[Value, str], shown: Callable[[str], str] = str) -> dict[Value, str]:
    """The names with a prime at each that is shown as an earlier one is.

    >>> a, b, c = Value(1), Value(2), Value(3)
    >>> list(tell_apart({a: "x", b: "x", c: "y"}).values())
    ['x', 'x′', 'y']

    Args:
        shown: what becomes of a name where it is read.
    """
    taken = set(map(shown, names.values()))
    met: set[str] = set()
    counts: dict[str, int] = {}
    distinct = {}
    for node, name in names.items():
        start, own = shown(name), name
        while shown(own) in (met if own is name else taken):
            counts[start] = k = counts.get(start, 0) + 1
            own = name + ("′" * k if k <= MOST_PRIMES else f"′{k}")
        taken.add(shown(own))
        met.add(shown(own))
        distinct[node] = own
    return distinct


def letters() -> Iterator[str]:
    """Names for Values without one: u, v, …, then u1, u2, …."""
    yield from LETTERS
    i = 1
    while True:
        yield f"u{i}"
        i += 1


class Text(NamedTuple):
    """A written expression, with what decides which signs around it can be left out."""

    written: str
    binds: int = CALL
    starts: str = "word"  # with a "number", one "symbol", a "word", "(" or "−"
    ends: str = "word"


class Style(NamedTuple):
    """How a medium writes names, other text, and powers of a written base."""

    name: Callable[[str], str]
    plain: Callable[[str], str]
    power: Callable[[str], str]


def _plain_power(exponent: str) -> str:
    if set(exponent) <= set("0123456789−"):
        return exponent.translate(_SUPERSCRIPTS)
    return f"^{exponent}" if exponent.isalnum() else f"^({exponent})"


PLAIN = Style(name=str, plain=str, power=_plain_power)


def operand(x: Value, names: Mapping[Value, str], style: Style = PLAIN) -> Text:
    """A Value as written in a formula: a constant by its number, others by their names."""
    if x.op is rows.constant:
        starts = "−" if x.data < 0.0 else "number"
        return Text(style.plain(number(x.data)), CALL, starts, "number")
    kind = "symbol" if _ONE_SYMBOL.fullmatch(names[x]) else "word"
    return Text(style.name(names[x]), CALL, kind, kind)


def formula(node: Value, names: Mapping[Value, str], style: Style = PLAIN) -> str:
    """The operation that made a Value, with the names of its inputs.

    >>> b, c = Value(3, "b"), Value(2, "c")
    >>> formula(b * c, {b: "b", c: "c"})
    'bc'
    """
    return _fill(node, lambda x: operand(x, names, style), style).written


def expression(node: Value, names: Mapping[Value, str], style: Style = PLAIN) -> str:
    """A Value written out in its leaves. It recurses, so it is meant for small graphs.

    >>> a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    >>> expression(3 * (a + b * c), {a: "a", b: "b", c: "c"})
    '3(a + bc)'
    """

    def text(x: Value) -> Text:
        return _fill(x, text, style) if x.inputs else operand(x, names, style)

    return text(node).written


def _notation(node: Value) -> str:
    assert node.op is not None
    notation = node.op.notation
    return notation if isinstance(notation, str) else notation(len(node.inputs))


def _fill(node: Value, text: Callable[[Value], Text], style: Style) -> Text:
    """The notation of the operation that made the node, with the texts of its inputs put in."""
    assert node.op is not None
    tokens = [token for token in re.split(r"(\{\d+\}|·|\^)", _notation(node)) if token]
    pieces: list[Text] = []
    for i, token in enumerate(tokens):
        left, right = "".join(tokens[i - 1 : i]), "".join(tokens[i + 1 : i + 2])
        if not token.startswith("{"):
            kind = {"(": "(", ")": ")"}
            pieces.append(
                Text(style.plain(token), CALL, kind.get(token[0], "word"), kind.get(token[-1], ""))
            )
        elif left == "^":
            exponent = text(node.inputs[int(token[1:-1])])
            pieces[-1] = Text(style.power(exponent.written))
        else:
            x = node.inputs[int(token[1:-1])]
            piece = text(x)
            if x.op is rows.logsumexp and left.endswith("exp(") and piece.written.endswith(")"):
                # exp(log(exp(a) + exp(b))), where it is written out, is exp(a) + exp(b).
                pieces[-1] = pieces[-1]._replace(
                    written=style.plain(left.removesuffix("exp(") + "(")
                )
                piece = piece._replace(written=piece.written[len(style.plain("log(")) : -1])
            enclosed = left[-1:] in "(|" and right[:1] in ")|"
            if piece.binds < _required(left, right) or (
                piece.starts == "−" and (i > 0 or right == "^") and not enclosed
            ):
                piece = Text(f"({piece.written})", CALL, "(", ")")
            pieces.append(piece)
    written = ""
    for i, token in enumerate(tokens[: len(pieces)]):
        if token == "·":
            written += style.plain(_times(pieces[i - 1], pieces[i + 1], tokens[i + 1]))
        else:
            written += pieces[i].written
    starts = "−" if tokens[0].startswith("−") else pieces[0].starts
    return Text(written, node.op.binds, starts, pieces[-1].ends)


def _required(left: str, right: str) -> int:
    """How tightly an operand must bind between these two texts to need no parentheses."""
    if left.endswith(("(", "|", ", ")) and right.startswith((")", "|", ", ")):
        return 0
    if right == "^" or left.endswith("log "):
        return CALL
    if left.endswith("/ "):
        return POWER
    if "·" in (left, right) or right.startswith(" /"):
        return PRODUCT
    return QUOTIENT if left.endswith(("− ", "−")) else SUM


def _times(left: Text, right: Text, token: str) -> str:
    """The sign between two factors: none in 3v, bc and 3(a + b), a space before a function."""
    if not token.startswith("{"):
        return " "
    if right.starts == "symbol" and left.ends in ("number", "symbol", ")"):
        return "·" if left == right else ""
    return "" if right.starts == "(" and left.ends == "number" else "·"
