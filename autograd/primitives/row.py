"""What a row of the table is: an operation with its value, its slopes and the ways to write it."""

from __future__ import annotations

import sys
from numbers import Real

from autograd.compiled import assigned

# Importing typing takes longer than all of autograd does: it is left to type checkers.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    # A notation for a fixed number of inputs, or a function from that number to a notation.
    Notation = str | Callable[[int], str]

TABLE: dict[str, Primitive] = {}
BUILT_IN: dict[str, Primitive] = {}  # the rows of glassgrad, whatever is added to the table later

# The classes of the numbers that rows take as they are; others are converted.
FLOATS: set[Any] = {float}

# How tightly a notation binds its operands: tells where parentheses are needed.
SUM, QUOTIENT, PRODUCT, POWER, CALL = 1, 2, 3, 4, 5


def one_by_one(*inputs: Any) -> tuple[Any, ...]:
    # A layer returns a list, so a list of one Value stands for that Value.
    return tuple([x[0] if isinstance(x, list) and _is_one(x) else x for x in inputs])


def _is_one(items: list[Any]) -> bool:
    return len(items) == 1 and not isinstance(items[0], list)


class Primitive:
    """One row of the table, which is also the function that users call.

    On numbers it returns a float; when an argument is a Value, it returns a Value that
    remembers the operation and its inputs.

    >>> from autograd import sqrt
    >>> sqrt(9)
    3.0
    >>> sqrt.slopes(3.0, 9.0)  # dy/dx = 1 / 2y
    (0.16666666666666666,)

    Columns:
        name, doc: the operation's name and what it is, in one line.
        family: what kind of operation it is: "arithmetic", "elementary", "activation" (which
            nn, pictures and programs take for one), "kink", "sum", "softmax", "loss", or
            "slope" for rows of which only slopes are made.
        value: floats to float.
        slopes: ``(y, *inputs)`` to the partial derivatives, one per input. The same for floats
            alone, quicker, is ``slopes_of_floats``.
        textbook: the same as lectures write it, where ``slopes`` has another form to be accurate.
            Formulas of slopes and compiled programs show this one; by default ``slopes``.
        notation: plain text as on a slide; ``{0}`` is the first input, ``·`` a product and
            ``^`` a superscript. Where the number of inputs varies, a function of that number.
            By default a call, as in ``name({0})``.
        symbol: what a gate in a circuit shows; by default the name.
        latex: the notation in LaTeX, where ``#1`` is the first input; by default a call, too.
        javascript: the value as a function in JavaScript, for the live picture. It may call
            other rows and the functions of ``in_javascript.mjs``; ``checked(y, ...inputs)``
            refuses where ``value`` raises.
        samples: points at which the tests check the slopes to second order. Their length is the
            number of inputs, ``n_inputs``, which is None where it varies.
        binds: how tightly the notation binds.
        flatten: the arguments as users write them, to the flat inputs of the node.
        arguments: the inverse of ``flatten``: regroups the flat inputs by argument, lists as
            tuples.
        terms: for a row that is a sum of products, ``inputs`` to its terms: a coefficient
            and one or two factors each.
        unfolded: for a loss or softmax, ``inputs`` to the same in elementary operations.
        numpy: for every other row, NumPy text. ``{0}`` is the array of the first argument; a
            list comes as one array with the list along ``axis``, which is 0 unless given.
            Functions that NumPy lacks are in ``in_numpy.py``.
        condition: for a row that is 1 where a condition holds, else 0: this condition in NumPy,
            which as a factor does the same and says more.

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
        family: str = "",
        value: Callable[..., float],
        slopes: Callable[..., tuple[Any, ...]],
        samples: Sequence[tuple[float, ...]],
        notation: Notation | None = None,
        latex: Notation | None = None,
        symbol: str = "",
        javascript: str = "",
        textbook: Callable[..., tuple[Any, ...]] | None = None,
        binds: int = CALL,
        flatten: Callable[..., tuple[Any, ...]] = one_by_one,
        arguments: Callable[..., tuple[Any, ...]] = lambda *inputs: inputs,
        terms: Callable[..., list[tuple[Any, ...]]] | None = None,
        unfolded: Callable[..., Any] | None = None,
        numpy: str = "",
        condition: str = "",
    ) -> None:
        places = range(len(samples[0])) if samples else ()
        if notation is None:
            notation = f"{name}({', '.join([f'{{{i}}}' for i in places])})"
        if latex is None:
            operands = ", ".join([f"#{i + 1}" for i in places])
            latex = rf"\mathrm{{{name}}}\left({operands}\right)".replace("_", r"\_")
        self.name = name
        self.__doc__ = doc
        self.family = family
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
        self.condition = condition
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


# Read on floats, slopes call the function of a row itself: in them step(x) is step.value(x).
# Per module of rows, the names as they are read then.
_on_floats: dict[int, dict[str, Any]] = {}
_function: Any = type(_row)


def complete() -> None:
    """Read the slopes of all rows on floats; rows made from now on are a user's own."""
    values = {row.name: row.value for row in TABLE.values() if row.n_inputs}
    for row in TABLE.values():
        module = row.slopes.__globals__
        names = _on_floats.setdefault(id(module), {**module, **values})
        row.slopes_of_floats = _function(row.slopes.__code__, names)
        row.slopes_of_floats.__kwdefaults__ = row.slopes.__kwdefaults__
    BUILT_IN.update(TABLE)
    Primitive.__setattr__ = _assign  # type: ignore[assignment,method-assign]
    Primitive.checks = True


def _assign(row: Primitive, column: str, thing: Any) -> None:
    """``row.column = thing``, after which nothing goes by the old function any longer."""
    object.__setattr__(row, column, thing)
    if column == "slopes":
        row.slopes_of_floats = thing
    if column == "value" and BUILT_IN.get(row.name) is row and row.n_inputs:
        for names in _on_floats.values():
            names[row.name] = thing
    if column in ("slopes", "value"):
        assigned()
