"""The table: one row per operation, with its value, its slopes and the ways to write it.

Everything else in glassgrad is derived from this table. Evaluated on floats, the slopes give
``backward()``; evaluated on Values, they give derivatives that can be differentiated again; the
notations become formulas in pictures. A new operation is one new row.

The rules of the table:

1. ``slopes(y, *inputs)`` returns one partial derivative per input; ``y`` is the output.
2. Slopes are written with operators and rows of this table, never with ``math``. So they
   run on floats and on Values alike, and the table is closed under differentiation. Where
   a branch on data would be needed they use rows that branch, such as ``step`` and ``where``.
3. What would be inaccurate when composed has its own row: a(1 − a) is 0 where σ has
   rounded to 1, ``sigmoid_slope`` is not. ``textbook`` keeps what lectures write.
4. ``value`` takes and returns floats and raises what Python raises: ``log(0)`` is a
   ValueError, ``1 / 0`` a ZeroDivisionError, ``exp(1000)`` an OverflowError. A nan among the
   inputs gives nan, except for ``x ** 0`` and ``1 ** x``, which Python defines as 1 even for nan,
   and for the branch that ``where`` does not take.
5. Where a value exists but a slope does not (``sqrt`` at 0), ``slopes`` raises or gives nan.

Rows whose names are long sums (``total``, ``dot``, ``affine``, the cross-entropies) are one
node in a graph, as on a slide. Their inputs are stored flat, in the order of the arguments.
"""

from __future__ import annotations

import math
import operator
import sys
from numbers import Real

from autograd.compiled import assigned

# Importing typing takes longer than all of autograd does: it is left to type checkers.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    # A notation for a fixed number of inputs, or a function from that number to a notation.
    Notation = str | Callable[[int], str]

TABLE: dict[str, Primitive] = {}
BUILT_IN: dict[str, Primitive] = {}  # the rows below, whatever is added to the table later

# How tightly a notation binds its operands: tells where parentheses are needed.
SUM, QUOTIENT, PRODUCT, POWER, CALL = 1, 2, 3, 4, 5


def _one_by_one(*inputs: Any) -> tuple[Any, ...]:
    # A layer returns a list, so a list of one Value stands for that Value.
    return tuple([x[0] if isinstance(x, list) and _is_one(x) else x for x in inputs])


def _is_one(items: list[Any]) -> bool:
    return len(items) == 1 and not isinstance(items[0], list)


class Primitive:
    """One row of the table, which is also the function that users call.

    On numbers it returns a float; when an argument is a Value, it returns a Value that
    remembers the operation and its inputs.

    >>> sqrt(9)
    3.0
    >>> sqrt.slopes(3.0, 9.0)  # dy/dx = 1 / 2y
    (0.16666666666666666,)

    Columns:
        name, doc: the operation's name and what it is, in one line.
        value: floats to float.
        slopes: ``(y, *inputs)`` to the partial derivatives, one per input. The same for floats
            alone, quicker, is ``slopes_of_floats``.
        textbook: the same as lectures write it, where ``slopes`` has another form to be accurate.
            Formulas of slopes and compiled programs show this one; by default ``slopes``.
        notation: plain text as on a slide; ``{0}`` is the first input, ``·`` a product and
            ``^`` a superscript. Where the number of inputs varies, a function of that number.
        symbol: what a gate in a circuit shows; by default the name.
        latex: the notation in LaTeX, where ``#1`` is the first input.
        javascript: the value as a function in JavaScript, for the live picture. It may call
            other rows and the helpers of ``viz/player/graph.mjs``; ``checked(y, ...inputs)``
            refuses where ``value`` raises.
        samples: points at which the tests check the slopes to second order. Their length is the
            number of inputs, ``n_inputs``, which is None where it varies.
        binds: how tightly the notation binds.
        flatten: the arguments as users write them, to the flat inputs of the node.
        arguments: the inverse of ``flatten``: regroups the flat inputs by argument, lists as
            tuples.
        terms: for a row that is a sum of products, ``inputs`` to its terms: a coefficient
            and one or two factors each.
        unfolded: for a loss, ``inputs`` to the same loss in elementary operations.
        numpy: for every other row, NumPy text. ``{0}`` is the array of the first argument; a
            list comes as one array with the list along ``axis``, which is 0 unless given.
            Functions that NumPy lacks are in ``NUMPY_HELPERS``.

    Raises:
        TypeError: an argument is neither a number nor a Value, or there are too many or too few.
        ValueError, ZeroDivisionError, OverflowError: as Python raises them for floats.
    """

    # Whether rows made from now on are checked when they are used: the rows of a user's own are,
    # those of this table by the tests.
    checks = False

    slopes_of_floats: Callable[..., tuple[float, ...]]

    def __init__(
        self,
        name: str,
        doc: str,
        *,
        value: Callable[..., float],
        slopes: Callable[..., tuple[Any, ...]],
        notation: Notation,
        latex: Notation,
        samples: Sequence[tuple[float, ...]],
        symbol: str = "",
        javascript: str = "",
        textbook: Callable[..., tuple[Any, ...]] | None = None,
        binds: int = CALL,
        flatten: Callable[..., tuple[Any, ...]] = _one_by_one,
        arguments: Callable[..., tuple[Any, ...]] = lambda *inputs: inputs,
        terms: Callable[..., list[tuple[Any, ...]]] | None = None,
        unfolded: Callable[..., Any] | None = None,
        numpy: str = "",
    ) -> None:
        self.name = name
        self.__doc__ = doc
        self.value = value
        self.slopes = slopes
        self.textbook = textbook
        self.notation = notation
        self.symbol = symbol or name
        self.latex = latex
        self.javascript = javascript
        self.samples = samples
        self.n_inputs = len(samples[0]) if samples and isinstance(notation, str) else None
        self.binds = binds
        self.flatten = flatten
        self.arguments = arguments
        self.terms = terms
        self.unfolded = unfolded
        self.numpy = numpy
        if Primitive.checks:
            self.value = _checked_value(name, value)
            self.slopes = _checked_slopes(name, slopes)
        TABLE[name] = self

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) == self.n_inputs == 1 and arguments[0].__class__ is float:
            return self.value(arguments[0])  # slopes are made of such calls
        try:
            inputs = self.flatten(*arguments)
        except TypeError as error:  # not a list where there should be one
            raise self._refusal(arguments, *error.args[1:]) from None
        if self.n_inputs is not None and len(inputs) != self.n_inputs:
            raise self._refusal(arguments)
        for x in inputs:
            if hasattr(x, "record"):  # a Value: it records what is done to it
                return x.record(self, inputs)
            if not isinstance(x, Real):
                if self.n_inputs == 1 and hasattr(x, "__array__"):
                    return self._of_array(x)
                if self.n_inputs == 1 and isinstance(x, list):  # what a layer returns
                    return self._of_list(x)
                kind = type(x).__name__
                raise TypeError(f"{self.name} takes numbers and Values, not {x!r:.60} ({kind})")
        return self.value(*[x if x.__class__ in FLOATS else float(x) for x in inputs])

    def _of_array(self, array: Any) -> Any:
        """The row applied to each entry of an array of numbers or of Values."""
        np = sys.modules["numpy"]  # it is there, since there is an array
        entries = np.asarray(array)
        found = np.asarray(np.frompyfunc(self, 1, 1)(entries))
        return found if entries.dtype == object else found.astype(float)

    def _of_list(self, items: list[Any]) -> list[Any]:
        """The row applied to each number and Value in a list, or in a list of rows."""
        return [self._of_list(x) if isinstance(x, list) else self(x) for x in items]

    def _refusal(self, arguments: tuple[Any, ...], remedy: str = "") -> TypeError:
        given = ", ".join([f"{x!r:.60}" for x in arguments])
        return TypeError(f"{self.name} cannot take ({given}){remedy}. {self.name}: {self.__doc__}")

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __copy__(self) -> Primitive:
        return self  # a copied graph refers to the same rows

    def __deepcopy__(self, memo: object) -> Primitive:
        return self

    def __reduce__(self) -> tuple[Any, tuple[str, bool]]:
        built_in = BUILT_IN.get(self.name) is self
        if not built_in and TABLE.get(self.name) is not self:
            raise TypeError(
                f"the row {self.name} is no longer in the table, so what was recorded with it "
                "cannot be pickled: it would be read with another row. Give each row a name of "
                "its own"
            )
        return _row, (self.name, built_in)


def _row(name: str, built_in: bool) -> Primitive:
    return (BUILT_IN if built_in else TABLE)[name]


def _checked_value(name: str, value: Callable[..., float]) -> Callable[..., float]:
    """The value of a row of a user's own, which must be a number."""

    def checked(*inputs: float) -> float:
        y = value(*inputs)
        if not isinstance(y, Real):
            raise TypeError(f"the value of the row {name} must be a number, not {y!r:.60}")
        return float(y)

    return checked


def _checked_slopes(
    name: str, slopes: Callable[..., tuple[Any, ...]]
) -> Callable[..., tuple[Any, ...]]:
    """The slopes of a row of a user's own, of which there must be one per input."""

    def checked(y: Any, *inputs: Any) -> tuple[Any, ...]:
        found = slopes(y, *inputs)
        if not isinstance(found, (tuple, list)) or len(found) != len(inputs):
            raise TypeError(
                f"the slopes of the row {name} must be a tuple with one slope per input, "
                f"here {len(inputs)}, not {found!r:.60}"
            )
        for slope in found:
            if not (isinstance(slope, Real) or hasattr(slope, "record")):
                raise TypeError(f"a slope of the row {name} must be a number, not {slope!r:.60}")
        return tuple([float(x) if isinstance(x, Real) else x for x in found])

    return checked


# --- arithmetic: the operators of Value ---------------------------------------------------

add = Primitive(
    "add",
    "The sum a + b.",
    value=operator.add,
    slopes=lambda y, a, b: (1.0, 1.0),
    symbol="+",
    javascript="(a, b) => a + b",
    notation="{0} + {1}",
    latex="#1 + #2",
    terms=lambda a, b: [(1.0, a), (1.0, b)],
    samples=((2.0, 3.0), (-1.5, 0.25)),
    binds=SUM,
)
subtract = Primitive(
    "subtract",
    "The difference a − b.",
    value=operator.sub,
    slopes=lambda y, a, b: (1.0, -1.0),
    symbol="−",
    javascript="(a, b) => a - b",
    notation="{0} − {1}",
    latex="#1 - #2",
    terms=lambda a, b: [(1.0, a), (-1.0, b)],
    samples=((2.0, 3.0), (-1.5, 0.25)),
    binds=SUM,
)
negative = Primitive(
    "negative",
    "The negative −x.",
    value=operator.neg,
    slopes=lambda y, x: (-1.0,),
    symbol="×(−1)",
    javascript="x => -x",
    notation="−{0}",
    latex="-#1",
    terms=lambda x: [(-1.0, x)],
    samples=((2.0,), (-0.5,)),
    binds=PRODUCT,
)
multiply = Primitive(
    "multiply",
    "The product ab.",
    value=operator.mul,
    slopes=lambda y, a, b: (b, a),
    symbol="×",
    javascript="(a, b) => a * b",
    notation="{0}·{1}",
    latex=r"#1 \cdot #2",
    terms=lambda a, b: [(1.0, a, b)],
    samples=((2.0, 3.0), (-1.5, 0.25), (0.0, 4.0)),
    binds=PRODUCT,
)
divide = Primitive(
    "divide",
    "The quotient a / b.",
    value=operator.truediv,
    slopes=lambda y, a, b: (1.0 / b, -y / b),
    symbol="/",
    javascript="(a, b) => checked(a / b, a, b)",
    notation="{0} / {1}",
    latex=r"\frac{#1}{#2}",
    numpy="{0} / {1}",
    samples=((2.0, 3.0), (-1.5, 0.25), (0.0, -4.0)),
    binds=QUOTIENT,
)


def _power(a: float, b: float) -> float:
    y: float | complex = a**b
    if isinstance(y, complex):
        raise ValueError("a negative number has no real power with a fractional exponent")
    return y


def _power_slopes(y: Any, x: Any, exponent: float) -> tuple[Any, float]:
    # The exponent is a constant, so a branch on it is not a branch on data.
    # x ** 0 is 1 everywhere, so its slope is 0, also at x = 0; the slope of x ** 2 is 2x.
    if exponent == 0.0:
        return 0.0, 0.0
    return exponent * (x if exponent == 2.0 else x ** (exponent - 1.0)), 0.0


power_constant = Primitive(
    "power_constant",
    "The power xⁿ with a constant exponent n.",
    value=_power,
    slopes=_power_slopes,
    symbol="xⁿ",
    javascript="(x, n) => checked(x ** n, x, n)",
    notation="{0}^{1}",
    latex="#1^{#2}",
    numpy="{0} ** {1}",
    samples=((2.0, 3.0), (-1.5, 2.0), (0.7, -1.0), (2.0, 0.5), (-3.0, 1.0), (0.0, 0.0)),
    binds=POWER,
)


def _variable_power_slopes(y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    # Recorded for the number 0 as the base: 0ᵇ is 0 all along b > 0, and so are its slopes.
    nothing = a.__class__ is float and a == 0.0 and y.__class__ is not float
    return b * power_or_nan(a, b - 1.0), 0.0 if nothing else xlogy(y, a)


power = Primitive(
    "power",
    "The power aᵇ with a variable exponent, along which it has no slope where a < 0.",
    value=_power,
    slopes=_variable_power_slopes,
    symbol="aᵇ",
    javascript="(a, b) => checked(a ** b, a, b)",
    notation="{0}^{1}",
    latex="#1^{#2}",
    numpy="{0} ** {1}",
    samples=((2.0, 3.0), (0.5, -1.5), (1.0, 0.0)),
    binds=POWER,
)


def _power_or_nan(a: float, b: float) -> float:
    try:
        return _power(a, b)
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan


power_or_nan: Primitive = Primitive(
    "power_or_nan",
    "The power aᵇ, nan where it does not exist: the slope of aᵇ is made of it.",
    value=_power_or_nan,
    slopes=_variable_power_slopes,
    symbol="aᵇ",
    javascript="(a, b) => (Number.isFinite(a ** b) ? a ** b : NaN)",
    notation="{0}^{1}",
    latex="#1^{#2}",
    numpy="power_or_nan({0}, {1})",
    samples=((2.0, 3.0), (0.5, -1.5)),
    binds=POWER,
)


def _xlogy(x: float, a: float) -> float:
    if a > 0.0:
        return x * math.log(a)
    return 0.0 if a == x == 0.0 else math.nan


xlogy: Primitive = Primitive(
    "xlogy",
    "The product x log a, 0 at x = a = 0, nan where log a does not exist.",
    value=_xlogy,
    slopes=lambda y, x, a: (log_or_nan(a), xdivy(x, a)),
    symbol="x log a",
    javascript="(x, a) => (a > 0 ? x * Math.log(a) : a === 0 && x === 0 ? 0 : NaN)",
    notation="{0}·log({1})",
    latex=r"#1 \log #2",
    numpy="xlogy({0}, {1})",
    samples=((2.0, 3.0), (-1.5, 0.25)),
    binds=PRODUCT,
)

xdivy: Primitive = Primitive(
    "xdivy",
    "The quotient x / a, 0 at x = a = 0: the slope of x log a along a.",
    value=lambda x, a: 0.0 if x == a == 0.0 else x / a,
    slopes=lambda y, x, a: (1.0 / a, -y / a),
    javascript="(x, a) => (x === 0 && a === 0 ? 0 : checked(x / a, x, a))",
    notation="{0} / {1}",
    latex=r"\frac{#1}{#2}",
    numpy="xdivy({0}, {1})",
    samples=((2.0, 3.0), (-1.5, 0.25)),
    binds=QUOTIENT,
)
log_or_nan: Primitive = Primitive(
    "log_or_nan",
    "log x, nan where it does not exist: the slope of x log a along x.",
    value=lambda x: math.log(x) if x > 0.0 else math.nan,
    slopes=lambda y, x: (1.0 / x,),
    javascript="(x) => (x > 0 ? Math.log(x) : NaN)",
    notation="log({0})",
    latex=r"\log\left(#1\right)",
    numpy="log_or_nan({0})",
    samples=((1.0,), (0.25,), (8.0,)),
)

# --- elementary functions -----------------------------------------------------------------

exp = Primitive(
    "exp",
    "The exponential eˣ.",
    value=math.exp,
    slopes=lambda y, x: (y,),
    javascript="x => checked(Math.exp(x), x)",
    notation="exp({0})",
    latex="e^{#1}",
    numpy="np.exp({0})",
    samples=((0.0,), (-1.5,), (2.0,)),
)
log: Primitive = Primitive(
    "log",
    "The natural logarithm log x, for x > 0.",
    value=math.log,
    slopes=lambda y, x: (1.0 / x,),
    javascript="x => checked(Math.log(x), x)",
    notation="log({0})",
    latex=r"\log\left(#1\right)",
    numpy="np.log({0})",
    samples=((1.0,), (0.25,), (8.0,)),
)
log1p = Primitive(
    "log1p",
    "log(1 + x), accurate for small x, for x > −1.",
    value=math.log1p,
    slopes=lambda y, x: (1.0 / (1.0 + x),),
    symbol="log(1 + x)",
    javascript="x => checked(Math.log1p(x), x)",
    notation="log(1 + {0})",
    latex=r"\log\left(1 + #1\right)",
    numpy="np.log1p({0})",
    samples=((0.0,), (-0.5,), (8.0,)),
)
expm1 = Primitive(
    "expm1",
    "eˣ − 1, accurate for small x.",
    value=math.expm1,
    slopes=lambda y, x: (exp(x),),  # y + 1 would round a small eˣ away
    symbol="eˣ − 1",
    javascript="x => checked(Math.expm1(x), x)",
    notation="exp({0}) − 1",
    latex="e^{#1} - 1",
    numpy="np.expm1({0})",
    samples=((0.0,), (-1.5,), (2.0,)),
    binds=SUM,
)
sqrt = Primitive(
    "sqrt",
    "The square root √x, for x ≥ 0; it has no slope at 0.",
    value=math.sqrt,
    slopes=lambda y, x: (0.5 / y,),
    symbol="√",
    javascript="x => checked(Math.sqrt(x), x)",
    notation="√({0})",
    latex=r"\sqrt{#1}",
    numpy="np.sqrt({0})",
    samples=((4.0,), (0.25,)),
)
sin = Primitive(
    "sin",
    "The sine of x, in radians.",
    value=math.sin,
    slopes=lambda y, x: (cos(x),),
    javascript="x => Math.sin(x)",
    notation="sin({0})",
    latex=r"\sin\left(#1\right)",
    numpy="np.sin({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)
cos: Primitive = Primitive(
    "cos",
    "The cosine of x, in radians.",
    value=math.cos,
    slopes=lambda y, x: (-sin(x),),
    javascript="x => Math.cos(x)",
    notation="cos({0})",
    latex=r"\cos\left(#1\right)",
    numpy="np.cos({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)
tan = Primitive(
    "tan",
    "The tangent of x, in radians.",
    value=math.tan,
    slopes=lambda y, x: (1.0 + y * y,),
    javascript="x => Math.tan(x)",
    notation="tan({0})",
    latex=r"\tan\left(#1\right)",
    numpy="np.tan({0})",
    samples=((0.0,), (1.0,), (-0.5,)),
)
arctan = Primitive(
    "arctan",
    "The inverse tangent of x, in radians.",
    value=math.atan,
    slopes=lambda y, x: (1.0 / (1.0 + x * x),),
    javascript="x => Math.atan(x)",
    notation="arctan({0})",
    latex=r"\arctan\left(#1\right)",
    numpy="np.arctan({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)

# --- activation functions -----------------------------------------------------------------


def _sigmoid(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)  # the same number, without overflow for very negative x
    return e / (1.0 + e)


# A smaller difference of numbers around 1 has lost more than 12 of its 53 bits, and is computed
# in another way. A larger one is what a person gets who computes a(1 − a), to the last bit.
_CANCELLED = 2.0**-12


def _sigmoid_slope(a: float, x: float) -> float:
    rest = 1.0 - a
    return a * (rest if rest > _CANCELLED else _sigmoid(-x))


def _tanh_slope(a: float, x: float) -> float:
    slope = 1.0 - a * a
    if slope > _CANCELLED:
        return slope
    e = math.exp(-2.0 * math.fabs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


sigmoid: Primitive = Primitive(
    "sigmoid",
    "The logistic function σ(x) = 1 / (1 + e⁻ˣ).",
    value=_sigmoid,
    # For floats the same at once: y is there already.
    slopes=lambda y, x: (_sigmoid_slope(y, x) if y.__class__ is float else sigmoid_slope(x),),
    textbook=lambda y, x: (y * (1.0 - y),),
    symbol="σ",
    javascript="x => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))",
    notation="σ({0})",
    latex=r"\sigma\left(#1\right)",
    numpy="sigmoid({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)


sigmoid_slope: Primitive = Primitive(
    "sigmoid_slope",
    "The slope σ′(x) = σ(x)(1 − σ(x)), accurate where σ(x) is near 1.",
    value=lambda x: _sigmoid_slope(_sigmoid(x), x),
    slopes=lambda y, x: (-y * tanh(0.5 * x),),  # 1 − 2σ(x), accurate near x = 0
    textbook=lambda y, x: (y * (1.0 - 2.0 * sigmoid(x)),),
    symbol="σ′",
    javascript="x => sigmoid(x) * sigmoid(-x)",
    notation="σ′({0})",
    latex=r"\sigma'\left(#1\right)",
    numpy="sigmoid_slope({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)
tanh: Primitive = Primitive(
    "tanh",
    "The hyperbolic tangent of x.",
    value=math.tanh,
    slopes=lambda y, x: (_tanh_slope(y, x) if y.__class__ is float else tanh_slope(x),),
    textbook=lambda y, x: (1.0 - y * y,),
    javascript="x => Math.tanh(x)",
    notation="tanh({0})",
    latex=r"\tanh\left(#1\right)",
    numpy="np.tanh({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)
tanh_slope: Primitive = Primitive(
    "tanh_slope",
    "The slope tanh′(x) = 1 − tanh² x, accurate where tanh x is near ±1.",
    value=lambda x: _tanh_slope(math.tanh(x), x),
    slopes=lambda y, x: (-2.0 * tanh(x) * y,),
    symbol="tanh′",
    javascript="x => 4 * sigmoid(2 * x) * sigmoid(-2 * x)",
    notation="tanh′({0})",
    latex=r"\tanh'\left(#1\right)",
    numpy="tanh_slope({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)
relu = Primitive(
    "relu",
    "max(0, x). Slope 0 at 0.",
    value=lambda x: 0.0 if x < 0.0 else x,
    slopes=lambda y, x: (is_positive(x),),
    symbol="ReLU",
    javascript="x => (x < 0 ? 0 : x)",
    notation="ReLU({0})",
    latex=r"\mathrm{ReLU}\left(#1\right)",
    numpy="relu({0})",
    samples=((1.5,), (-2.0,)),
)
leaky_relu = Primitive(
    "leaky_relu",
    "max(0.01x, x). Slope 0.01 at 0.",
    value=lambda x: 0.01 * x if x < 0.0 else x,
    slopes=lambda y, x: (0.01 + 0.99 * is_positive(x),),
    symbol="leaky ReLU",
    javascript="x => (x < 0 ? 0.01 * x : x)",
    notation="leakyReLU({0})",
    latex=r"\mathrm{leakyReLU}\left(#1\right)",
    numpy="leaky_relu({0})",
    samples=((1.5,), (-2.0,)),
)


def _softplus(x: float) -> float:
    return (0.0 if x < 0.0 else x) + math.log1p(math.exp(-math.fabs(x)))


softplus = Primitive(
    "softplus",
    "log(1 + eˣ), accurate at both ends.",
    value=_softplus,
    slopes=lambda y, x: (sigmoid(x),),
    javascript="x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))",
    notation="softplus({0})",
    latex=r"\mathrm{softplus}\left(#1\right)",
    numpy="softplus({0})",
    samples=((0.0,), (1.0,), (-2.0,)),
)

# --- kinks and steps ----------------------------------------------------------------------

abs = Primitive(
    "abs",
    "The absolute value |x|. Slope 0 at 0.",
    value=math.fabs,
    slopes=lambda y, x: (sign(x),),
    symbol="|x|",
    javascript="x => Math.abs(x)",
    notation="|{0}|",
    latex=r"\left|#1\right|",
    numpy="np.abs({0})",
    samples=((1.5,), (-2.0,)),
)
sign: Primitive = Primitive(
    "sign",
    "−1, 0 or 1. Slope 0 everywhere.",
    value=lambda x: x if math.isnan(x) else float((x > 0.0) - (x < 0.0)),
    slopes=lambda y, x: (0.0,),
    javascript="x => Math.sign(x)",
    notation="sign({0})",
    latex=r"\mathrm{sign}\left(#1\right)",
    numpy="np.sign({0})",
    samples=((1.5,), (-2.0,)),
)
step: Primitive = Primitive(
    "step",
    "The threshold unit: 1 where x ≥ 0, else 0. Slope 0: it cannot be trained by gradients.",
    value=lambda x: 1.0 if x >= 0.0 else 0.0 if x < 0.0 else x,  # the last x is nan
    slopes=lambda y, x: (0.0,),
    javascript="x => (x !== x ? x : x >= 0 ? 1 : 0)",
    notation="step({0})",
    latex=r"\mathrm{step}\left(#1\right)",
    numpy="step({0})",
    samples=((1.5,), (-2.0,)),
)
is_positive: Primitive = Primitive(
    "is_positive",
    "1 where x > 0, else 0: the slope of ReLU. Slope 0 everywhere.",
    value=lambda x: 1.0 if x > 0.0 else 0.0 if x <= 0.0 else x,  # the last x is nan
    slopes=lambda y, x: (0.0,),
    symbol="> 0",
    javascript="x => (x !== x ? x : x > 0 ? 1 : 0)",
    notation="({0} > 0)",
    latex=r"\left(#1 > 0\right)",
    numpy="is_positive({0})",
    samples=((1.5,), (-2.0,)),
)
where: Primitive = Primitive(
    "where",
    "where(condition, a, b): a where the condition is not 0, else b, whose slopes do not count.",
    value=lambda condition, a, b: a if condition != 0.0 else b,
    slopes=lambda y, condition, a, b: (
        0.0,
        where(condition, 1.0, 0.0),
        where(condition, 0.0, 1.0),
    ),
    javascript="(condition, a, b) => (condition !== 0 ? a : b)",
    notation="where({0}, {1}, {2})",
    latex=r"\mathrm{where}\left(#1, #2, #3\right)",
    numpy="np.where({0}, {1}, {2})",
    samples=((1.0, 2.0, 3.0), (-2.0, 1.5, -0.5)),
)
stop_gradient = Primitive(
    "stop_gradient",
    "x itself, taken for a constant: slope 0.",
    value=lambda x: x,
    slopes=lambda y, x: (0.0,),
    symbol="stop",
    javascript="x => x",
    notation="stop({0})",
    latex=r"\mathrm{stop}\left(#1\right)",
    numpy="stop_gradient({0})",
    samples=((1.5,), (-2.0,)),
)
# What cannot change with an input, however the slopes beyond it are: backward passes nothing
# through a slope of 0 of these, not even 0 · nan.
LEVEL = frozenset((sign, step, is_positive, where, stop_gradient))
maximum = Primitive(
    "maximum",
    "The larger of a and b. At a tie the slope goes to a.",
    value=lambda a, b: a if a >= b or math.isnan(a) else b,
    slopes=lambda y, a, b: (step(a - b), 1.0 - step(a - b)),
    symbol="max",
    javascript="(a, b) => (a >= b || a !== a ? a : b)",
    notation="max({0}, {1})",
    latex=r"\max\left(#1, #2\right)",
    numpy="np.maximum({0}, {1})",
    samples=((2.0, 3.0), (1.5, -0.25)),
)
minimum = Primitive(
    "minimum",
    "The smaller of a and b. At a tie the slope goes to a.",
    value=lambda a, b: a if a <= b or math.isnan(a) else b,
    slopes=lambda y, a, b: (step(b - a), 1.0 - step(b - a)),
    symbol="min",
    javascript="(a, b) => (a <= b || a !== a ? a : b)",
    notation="min({0}, {1})",
    latex=r"\min\left(#1, #2\right)",
    numpy="np.minimum({0}, {1})",
    samples=((2.0, 3.0), (1.5, -0.25)),
)

# --- sums over lists: one node each -------------------------------------------------------


def _inputs(first: int, last: int, placeholder: str) -> list[str]:
    return [placeholder % i for i in range(first, last)]


def _sum_text(terms: list[str]) -> str:
    return " + ".join(terms) if terms else "0"


def _products(n: int, placeholder: str, times: str, first: int = 0) -> list[str]:
    left = _inputs(first, first + n, placeholder)
    right = _inputs(first + n, first + 2 * n, placeholder)
    return [a + times + b for a, b in zip(left, right, strict=True)]


def _product_terms(inputs: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    n = len(inputs) // 2
    return [(1.0, a, b) for a, b in zip(inputs[:n], inputs[n:], strict=True)]


def _paired(name: str, first: Iterable[Any], second: Iterable[Any]) -> tuple[Any, ...]:
    first, second = tuple(first), tuple(second)
    if len(first) != len(second):
        raise ValueError(
            f"{name} takes two lists of the same length, not {len(first)} and {len(second)} numbers"
        )
    return (*first, *second)


total = Primitive(
    "total",
    "The sum of a list of numbers, as one node.",
    value=lambda *terms: sum(terms, 0.0),
    slopes=lambda y, *terms: (1.0,) * len(terms),
    symbol="Σ",
    javascript="(...terms) => sum(terms)",
    notation=lambda n: _sum_text(_inputs(0, n, "{%d}")),
    latex=lambda n: _sum_text(_inputs(1, n + 1, "#%d")),
    terms=lambda *terms: [(1.0, x) for x in terms],
    samples=((2.0, 3.0, -1.0), (4.0,)),
    binds=SUM,
    flatten=lambda terms: tuple(terms),
)


def _dot(*inputs: float) -> float:
    n = len(inputs) // 2
    return sum(map(operator.mul, inputs[:n], inputs[n:]), 0.0)


def _dot_slopes(y: Any, *inputs: Any) -> tuple[Any, ...]:
    n = len(inputs) // 2
    return inputs[n:] + inputs[:n]


dot = Primitive(
    "dot",
    "The dot product of two lists of the same length.",
    value=_dot,
    slopes=_dot_slopes,
    symbol="wᵀx",
    javascript="(...x) => sum(products(x))",
    notation=lambda n: _sum_text(_products(n // 2, "{%d}", "·")),
    latex=lambda n: _sum_text(_products(n // 2, "#%d", r" \cdot ", first=1)),
    terms=lambda *inputs: _product_terms(inputs),
    samples=((2.0, 3.0), (1.0, 2.0, 3.0, -1.0, 0.5, 4.0)),
    binds=SUM,
    flatten=lambda a, b: _paired("dot", a, b),
)


def _affine(*inputs: float) -> float:
    n = len(inputs) // 2
    return sum(map(operator.mul, inputs, inputs[n:-1]), 0.0) + inputs[-1]


def _affine_slopes(y: Any, *inputs: Any) -> tuple[Any, ...]:
    n = len(inputs) // 2
    return inputs[n:-1] + inputs[:n] + (1.0,)


affine = Primitive(
    "affine",
    "The weighted sum plus bias of a neuron, wᵀx + b: affine(weights, inputs, bias).",
    value=_affine,
    slopes=_affine_slopes,
    symbol="wᵀx + b",
    javascript="(...x) => sum(products(x)) + x.at(-1)",
    notation=lambda n: _sum_text([*_products(n // 2, "{%d}", "·"), f"{{{n - 1}}}"]),
    latex=lambda n: _sum_text([*_products(n // 2, "#%d", r" \cdot ", first=1), f"#{n}"]),
    terms=lambda *inputs: [*_product_terms(inputs[:-1]), (1.0, inputs[-1])],
    samples=((2.0, 3.0, 1.0), (1.0, 2.0, -1.0, 0.5, 4.0)),
    binds=SUM,
    flatten=lambda weights, inputs, bias: (*_paired("affine", weights, inputs), bias),
)


class _LogSumExp(float):
    """A logsumexp that keeps what a float rounds away: the largest z, and Σ exp(z − largest).

    The sum runs over all but one largest. From these, softmax is accurate at logits like 10¹⁵
    and where they are infinite.
    """

    __slots__ = ("largest", "rest")

    largest: float
    rest: float


FLOATS = (float, _LogSumExp)


def _over(z: float, largest: float) -> float:
    # A logit of ∞ is a certain answer: its distance to the largest is 0. Where all are −∞ there
    # is no answer, and −∞ − (−∞) is nan.
    return 1.0 if z == largest > -math.inf else math.exp(z - largest)


def _at_least_one(name: str, logits: Iterable[Any]) -> tuple[Any, ...]:
    try:
        logits = tuple(logits)
    except TypeError:
        raise TypeError(f"{name} takes a list of numbers, not {logits!r:.60}") from None
    if not logits:
        raise ValueError(f"{name} takes at least one number")
    return logits


def _logsumexp(*logits: float) -> float:
    if any(map(math.isnan, logits)):
        return math.nan
    largest = max(logits)
    k = logits.index(largest)
    rest = sum([_over(z, largest) for z in logits[:k] + logits[k + 1 :]])
    y = _LogSumExp(largest + math.log1p(rest) if largest > -math.inf else largest)
    y.largest, y.rest = largest, rest
    return y


logsumexp = Primitive(
    "logsumexp",
    "log Σ exp(zᵢ) of a list of numbers, without overflow.",
    value=_logsumexp,
    slopes=lambda y, *logits: tuple([softmax_unit(z, y) for z in logits]),
    javascript="(...z) => Math.max(...z) + Math.log1p(rest(z))",
    notation=lambda n: f"log({_sum_text(_inputs(0, n, 'exp({%d})'))})",
    latex=lambda n: rf"\log\left({_sum_text(_inputs(1, n + 1, 'e^{#%d}'))}\right)",
    numpy="logsumexp({0})",
    arguments=lambda *logits: (logits,),
    samples=((2.0, 3.0, -1.0), (4.0,)),
    flatten=lambda logits: _at_least_one("logsumexp", logits),
)


def _softmax_unit(z: float, normalizer: float) -> float:
    if not isinstance(normalizer, _LogSumExp):
        return _over(z, normalizer)
    return _over(z, normalizer.largest) / (1.0 + normalizer.rest)


softmax_unit: Primitive = Primitive(
    "softmax_unit",
    "One output of softmax, exp(z) / Σ exp(zⱼ): softmax_unit(z, logsumexp of all zⱼ).",
    value=_softmax_unit,
    slopes=lambda y, z, normalizer: (y, -y),
    symbol="softmax",
    javascript="(z, total) => (z === total ? 1 : Math.exp(z - total))",
    notation="exp({0}) / exp({1})",
    latex=r"\frac{e^{#1}}{e^{#2}}",
    numpy="softmax_unit({0}, {1})",
    samples=((2.0, 3.5), (0.5, 0.25)),
    binds=QUOTIENT,
)


def _softmax_error(y: float, z: float, normalizer: float) -> float:
    s = _softmax_unit(z, normalizer)
    if math.fabs(s - y) > _CANCELLED:
        return s - y
    # The same as (1 − y)s − y(1 − s); where s is near 1, 1 − s is the share of the others.
    if isinstance(normalizer, _LogSumExp) and z == normalizer.largest:
        others = normalizer.rest / (1.0 + normalizer.rest)
    else:
        others = 1.0 - s
    return (1.0 - y) * s - y * others


softmax_error: Primitive = Primitive(
    "softmax_error",
    "The slope s − y of the cross-entropy of softmax: softmax_error(y, z, logsumexp of all zⱼ).",
    value=_softmax_error,
    slopes=lambda error, y, z, normalizer: (
        -1.0,
        softmax_unit(z, normalizer),
        -softmax_unit(z, normalizer),
    ),
    symbol="softmax − y",
    javascript="(y, z, total) => softmax_unit(z, total) - y",
    notation="exp({1}) / exp({2}) − {0}",
    latex=r"\frac{e^{#2}}{e^{#3}} - #1",
    numpy="softmax_error({0}, {1}, {2})",
    samples=((1.0, 2.0, 3.5), (0.3, 0.5, 0.25)),
    binds=SUM,
)


def softmax(logits: Iterable[Any]) -> Any:
    """The probabilities exp(zᵢ) / Σ exp(zⱼ) of n classes, as a list that sums to 1.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]

    Of an array of numbers or of Values it is an array, along the last axis; of a list of rows, a
    list with the probabilities of each. A logit of −∞ is a class that is ruled out, and one of ∞ is
    certain; where all are ruled out, the outputs are nan.

    Raises:
        ValueError: the list is empty.
    """
    if hasattr(logits, "__array__"):
        np = sys.modules["numpy"]
        array = np.asarray(logits)
        if array.ndim:
            units = [softmax(z) for z in array] if array.ndim > 1 else softmax(array.tolist())
            kind = object if array.dtype == object else float
            return np.array(units, dtype=kind).reshape(array.shape)
    logits = _at_least_one("softmax", logits)
    if isinstance(logits[0], list):
        return [softmax(row) for row in logits]
    normalizer = logsumexp(logits)
    return [softmax_unit(z, normalizer) for z in logits]


# --- cross-entropies ----------------------------------------------------------------------


def _target_first(
    name: str, flatten: Callable[..., tuple[Any, ...]] = _one_by_one
) -> Callable[..., tuple[Any, ...]]:
    """The flat inputs of a loss; targets that come second, as they do in PyTorch, are refused."""

    def flattened(targets: Any, predictions: Any) -> tuple[Any, ...]:
        inputs = flatten(targets, predictions)
        half = len(inputs) // 2
        # A target is a number, or a leaf that holds 0 or 1: other leaves may be predictions.
        computed = any(getattr(x, "inputs", ()) for x in inputs[:half])
        if computed and all(_is_target(x) for x in inputs[half:]):
            raise ValueError(
                f"{name} takes the target first and the prediction second: here the first was "
                "computed and the second was not, as if they were swapped"
            )
        return inputs

    return flattened


def _is_target(x: Any) -> bool:
    return isinstance(x, Real) or (not getattr(x, "inputs", True) and x.data in (0.0, 1.0))


binary_cross_entropy = Primitive(
    "binary_cross_entropy",
    "−y log a − (1 − y) log(1 − a) of a target y in [0, 1] and a probability a.",
    value=lambda y, a: 0.0 - _log_likelihood(y, a) - _log_likelihood(1.0 - y, 1.0 - a),
    # A unit that saturates at the right answer, a = y = 1, still has its slope −1.
    slopes=lambda loss, y, a: (
        log_or_nan(1.0 - a) - log_or_nan(a),
        xdivy(1.0 - y, 1.0 - a) - xdivy(y, a),
    ),
    symbol="cross-entropy",
    javascript="(y, a) => -logLikelihood(y, a) - logLikelihood(1 - y, 1 - a)",
    notation="−{0}·log {1} − (1 − {0})·log(1 − {1})",
    latex=r"-#1 \log #2 - (1 - #1) \log\left(1 - #2\right)",
    numpy="binary_cross_entropy({0}, {1})",
    flatten=_target_first("binary_cross_entropy"),
    unfolded=lambda y, a: -(y * log(a)) - (1.0 - y) * log(1.0 - a),
    samples=((1.0, 0.25), (0.0, 0.75), (0.3, 0.6)),
    binds=SUM,
)


def _log_likelihood(y: float, a: float) -> float:
    # An outcome that never happens (y = 0) costs nothing, however improbable it is.
    return 0.0 if y == 0.0 <= a else y * math.log(a)


def _share(y: float, cost: float) -> float:
    # What never happens costs nothing, even where it would cost ∞.
    return 0.0 if y == 0.0 < cost else y * cost


def _sigmoid_error(y: float, z: float) -> float:
    error = _sigmoid(z) - y
    if math.fabs(error) > _CANCELLED:
        return error
    return (1.0 - y) * _sigmoid(z) - y * _sigmoid(-z)


sigmoid_error: Primitive = Primitive(
    "sigmoid_error",
    "The slope σ(z) − y of the cross-entropy, accurate where both are near 1.",
    value=_sigmoid_error,
    slopes=lambda error, y, z: (-1.0, sigmoid_slope(z)),
    textbook=lambda error, y, z: (-1.0, sigmoid(z) * (1.0 - sigmoid(z))),
    symbol="σ − y",
    javascript="(y, z) => (1 - y) * sigmoid(z) - y * sigmoid(-z)",
    notation="σ({1}) − {0}",
    latex=r"\sigma\left(#2\right) - #1",
    numpy="sigmoid_error({0}, {1})",
    samples=((1.0, 0.25), (0.3, 1.5)),
    binds=SUM,
)
binary_cross_entropy_with_logits = Primitive(
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy(y, σ(z)) computed from z, accurate where σ saturates.",
    # y·softplus(−z) + (1 − y)·softplus(z) equals softplus(z) − yz without cancellation.
    value=lambda y, z: _share(y, _softplus(-z)) + _share(1.0 - y, _softplus(z)),
    slopes=lambda loss, y, z: (-z, sigmoid_error(y, z)),
    textbook=lambda loss, y, z: (-z, sigmoid(z) - y),
    symbol="cross-entropy",
    javascript="(y, z) => y * softplus(-z) + (1 - y) * softplus(z)",
    notation="softplus({1}) − {0}·{1}",
    latex=r"\mathrm{softplus}\left(#2\right) - #1 #2",
    numpy="binary_cross_entropy_with_logits({0}, {1})",
    flatten=_target_first("binary_cross_entropy_with_logits"),
    unfolded=lambda y, z: softplus(z) - y * z,
    samples=((1.0, 0.25), (0.0, -2.0), (0.3, 1.5)),
    binds=SUM,
)


def _softmax_cross_entropy(*inputs: float) -> float:
    n = len(inputs) // 2
    targets, logits = inputs[:n], inputs[n:]
    if any(map(math.isnan, inputs)):
        return math.nan
    normalizer = _logsumexp(*logits)
    assert isinstance(normalizer, _LogSumExp)
    largest = normalizer.largest
    if largest == -math.inf:
        return math.nan
    # logsumexp(z) − Σ yᵢzᵢ with the largest logit taken out of both, against cancellation.
    pairs = zip(targets, logits, strict=True)
    distances = sum([y * (largest - z) for y, z in pairs if y != 0.0 and z != largest])
    missing = 1.0 - sum(targets)
    return math.log1p(normalizer.rest) + distances + (largest * missing if missing else 0.0)


def _softmax_cross_entropy_slopes(
    loss: Any, *inputs: Any, error: Callable[..., Any] | None = None
) -> tuple[Any, ...]:
    error = error or softmax_error
    n = len(inputs) // 2
    targets, logits = inputs[:n], inputs[n:]
    normalizer = logsumexp(logits)
    by_target = [-z for z in logits]
    by_logit = [error(y, z, normalizer) for y, z in zip(targets, logits, strict=True)]
    return (*by_target, *by_logit)


def _softmax_cross_entropy_unfolded(*inputs: Any) -> Any:
    n = len(inputs) // 2
    return logsumexp(inputs[n:]) - sum(map(operator.mul, inputs[:n], inputs[n:]))


def _one_hot_first(targets: Any, logits: Any) -> tuple[Any, ...]:
    if isinstance(targets, Real):
        raise TypeError(
            "a class for a list",
            ": it takes a target per class, as in [float(k == 3) for k in range(10)] for the "
            "class 3 of 10; nn.SparseCategoricalCrossentropy(from_logits=True) takes the class",
        )
    name = "softmax_cross_entropy_with_logits"
    return _paired(name, _at_least_one("the loss", targets), logits)


softmax_cross_entropy_with_logits = Primitive(
    "softmax_cross_entropy_with_logits",
    "logsumexp(z) − Σ yᵢzᵢ, which is −Σ yᵢ log softmax(z)ᵢ for targets y that sum to 1.",
    value=_softmax_cross_entropy,
    slopes=_softmax_cross_entropy_slopes,
    textbook=lambda loss, *inputs: _softmax_cross_entropy_slopes(
        loss, *inputs, error=lambda y, z, normalizer: softmax_unit(z, normalizer) - y
    ),
    symbol="cross-entropy",
    javascript="(...x) => softmaxCrossEntropy(x)",
    notation=lambda n: (
        "logsumexp(z) − "
        + (f"({_sum_text(_products(n // 2, '{%d}', '·'))})" if n > 2 else "{0}·{1}")
    ),
    latex=lambda n: (
        rf"\log\left({_sum_text(_inputs(n // 2 + 1, n + 1, 'e^{#%d}'))}\right) - "
        rf"\left({_sum_text(_products(n // 2, '#%d', ' ', first=1))}\right)"
    ),
    numpy="softmax_cross_entropy_with_logits({0}, {1})",
    arguments=lambda *inputs: (inputs[: len(inputs) // 2], inputs[len(inputs) // 2 :]),
    unfolded=_softmax_cross_entropy_unfolded,
    samples=((1.0, 0.0, 0.0, 2.0, 3.0, -1.0), (0.25, 0.75, 1.0, -1.0)),
    binds=SUM,
    flatten=_target_first("softmax_cross_entropy_with_logits", _one_hot_first),
)

# --- numbers ------------------------------------------------------------------------------


def _no_value() -> float:
    raise ValueError("a constant cannot change: it keeps the number that was written in the code")


constant = Primitive(
    "constant",
    "A number written in a formula. It has no inputs, so nothing is computed.",
    value=_no_value,
    slopes=lambda y: (),
    notation="",
    latex="",
    samples=(),
)

# --- NumPy ----------------------------------------------------------------------------------

# How a row that is 0 or 1 is written as a factor: NumPy multiplies by True as by 1.
NUMPY_CONDITIONS = {"step": "{0} >= 0", "is_positive": "{0} > 0"}

# The functions named in the column ``numpy`` that NumPy does not have: accurate, without
# warnings at ±1000, and made only of what NumPy and jax.numpy share.
NUMPY_HELPERS = {
    "sigmoid": """\
def sigmoid(z):
    e = np.exp(-np.abs(z))  # which does not overflow
    return np.where(z >= 0, 1.0, e) / (1.0 + e)
""",
    "relu": """\
def relu(z):
    return np.maximum(z, 0.0)
""",
    "leaky_relu": """\
def leaky_relu(z):
    return np.maximum(0.01 * z, z)
""",
    "step": """\
def step(z):
    return np.heaviside(z, 1.0)
""",
    "is_positive": """\
def is_positive(z):
    return np.heaviside(z, 0.0)
""",
    "stop_gradient": """\
def stop_gradient(z):
    return z * 1.0
""",
    "sigmoid_slope": """\
def sigmoid_slope(z):
    return sigmoid(z) * sigmoid(-z)
""",
    "tanh_slope": """\
def tanh_slope(z):
    return 4.0 * sigmoid(2.0 * z) * sigmoid(-2.0 * z)
""",
    "sigmoid_error": """\
def sigmoid_error(y, z):
    return (1 - y) * sigmoid(z) - y * sigmoid(-z)
""",
    "softplus": """\
def softplus(z):
    e = np.exp(-np.abs(z))
    return np.maximum(z, 0.0) + np.log1p(e)
""",
    # Infinite logits: the largest counts as the largest float, so that its distance to itself is
    # 0, and all others are farther from it than exp can tell.
    "logsumexp": """\
def logsumexp(z, axis=0):
    top = np.max(z, axis=axis, keepdims=True)
    high = np.finfo(top.dtype).max
    low = np.maximum(np.minimum(top, high), -high)
    inside = np.minimum(z, low)
    e = np.exp(inside - low)
    largest = z >= top
    rest = np.sum(e - largest, axis=axis) + (np.sum(largest, axis=axis) - 1.0)
    return np.log1p(np.maximum(rest, 0.0)) + top.squeeze(axis)
""",
    "softmax": """\
def softmax(z, axis=0):
    top = np.max(z, axis=axis, keepdims=True)
    high = np.finfo(top.dtype).max
    low = np.maximum(np.minimum(top, high), -high)
    inside = np.minimum(z, low)
    e = np.exp(inside - low)
    total = np.sum(e, axis=axis, keepdims=True)
    return e / total
""",
    "softmax_unit": """\
def softmax_unit(z, total):
    same = (z == total) & (z > -np.inf)  # also of infinite logits, of which one is the largest
    return np.exp(np.where(same, 0.0, z) - np.where(same, 0.0, total))
""",
    "softmax_error": """\
def softmax_error(y, z, total):
    return softmax_unit(z, total) - y
""",
    "binary_cross_entropy": """\
def binary_cross_entropy(y, a):
    def log_likelihood(y, a):  # an outcome that never happens (y = 0) costs nothing
        return y * np.log(np.where((y == 0) & (a >= 0), 1, a))

    return -log_likelihood(y, a) - log_likelihood(1 - y, 1 - a)
""",
    "binary_cross_entropy_with_logits": """\
def binary_cross_entropy_with_logits(y, z):
    # y softplus(-z) + (1 - y) softplus(z), with one logarithm; 0 times infinity is 0 here
    wrong = (z >= 0) - y
    return np.where(wrong == 0, 0.0, z) * wrong + np.log1p(np.exp(-np.abs(z)))
""",
    "softmax_cross_entropy_with_logits": """\
def softmax_cross_entropy_with_logits(y, z, axis=0):
    top = np.max(z, axis=axis, keepdims=True)
    high = np.finfo(top.dtype).max
    low = np.maximum(np.minimum(top, high), -high)
    inside = np.minimum(z, low)
    e = np.exp(inside - low)
    largest = z >= top
    rest = np.sum(e - largest, axis=axis) + (np.sum(largest, axis=axis) - 1.0)
    wanted = np.sum(y * np.where(y == 0, 0.0, inside), axis=axis)
    distance = low.squeeze(axis) - wanted
    return np.log1p(rest) + np.where(distance >= high, np.inf, distance)
""",
    "power_or_nan": """\
def power_or_nan(a, b):
    exists = (a > 0) | ((a == 0) & (b >= 0)) | ((a < 0) & (b == np.floor(b)))
    exists = exists | (b == 0) | np.isinf(a) | np.isinf(b)
    y = np.where(exists, a, 1.0) ** b
    overflow = np.isinf(y) & np.isfinite(a) & np.isfinite(b)
    return np.where(exists & ~overflow, y, np.nan)
""",
    "xlogy": """\
def xlogy(x, a):
    product = x * np.log(np.where(a > 0, a, 1.0))
    return np.where((a > 0) | ((a == 0) & (x == 0)), product, np.nan)
""",
    "xdivy": """\
def xdivy(x, a):
    nothing = (x == 0) & (a == 0)
    return np.where(nothing, 0.0, x / np.where(nothing, 1.0, a))
""",
    "log_or_nan": """\
def log_or_nan(a):
    return np.log(np.where(a > 0, a, np.nan))
""",
}

# Read on floats, slopes call the function of a row itself: in them step(x) is step.value(x).
_ON_FLOATS = {**globals(), **{row.name: row.value for row in TABLE.values() if row.n_inputs}}


def _assign(row: Primitive, column: str, thing: Any) -> None:
    """``row.column = thing``, after which nothing goes by the old function any longer."""
    object.__setattr__(row, column, thing)
    if column == "slopes":
        row.slopes_of_floats = thing
    if column == "value" and BUILT_IN.get(row.name) is row and row.n_inputs:
        _ON_FLOATS[row.name] = thing
    if column in ("slopes", "value"):
        assigned()


_function: Any = type(_assign)
for _each in TABLE.values():
    _each.slopes_of_floats = _function(_each.slopes.__code__, _ON_FLOATS)
    _each.slopes_of_floats.__kwdefaults__ = _each.slopes.__kwdefaults__
BUILT_IN.update(TABLE)
Primitive.__setattr__ = _assign  # type: ignore[assignment,method-assign]
Primitive.checks = True
