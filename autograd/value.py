"""Value: a number that remembers how it was made. With arrays: docs/values-in-numpy.md."""

from __future__ import annotations

import operator
from numbers import Real

from autograd import primitives as rows
from autograd.backprop import backward, forward
from autograd.compiled import adopt, core
from autograd.copying import reduced, restored, shallow
from autograd.operations import compute
from autograd.primitives import FLOATS, Primitive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

_new = object.__new__

# Real alone says the same, but takes far longer to recognise a float or an int.
_NUMBER = (float, int, Real)


def recorded(op: Primitive, inputs: tuple[Value, ...]) -> Value:
    """``Value.record`` for inputs that are known to be Values: nothing is checked."""
    node = _new(Value)
    numbers = [x._data for x in inputs]
    try:
        node._data = data = op.value(*numbers)
        node.partials = op.slopes_of_floats(data, *numbers)
    except (ArithmeticError, ValueError):
        node._data, node.partials = compute(op, inputs)
    node._grad = 0.0
    node.op = op
    node.inputs = inputs
    node.label = ""
    return node


def _constant(number: float | Real) -> Value:
    """``Value.constant`` for what is known to be a number."""
    node = _new(Value)
    node._data = float(number)
    node._grad = 0.0
    node.op = rows.constant
    node.inputs = ()
    node.partials = ()
    node.label = ""
    return node


def _operator(op: Primitive) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """The methods ``a op b`` and, for a number on the left, ``b op a``."""

    # What recorded does, written out for two inputs: most of a graph is made here.
    def method(a: Value, b: Any) -> Any:
        if b.__class__ is not Value:
            if isinstance(b, _NUMBER):
                b = _constant(b)
            elif not isinstance(b, Value):
                return NotImplemented
        x, y = a._data, b._data
        node = _new(Value)
        try:
            node._data = data = op.value(x, y)
            node.partials = op.slopes_of_floats(data, x, y)
        except (ArithmeticError, ValueError):
            node._data, node.partials = compute(op, (a, b))
        node._grad = 0.0
        node.op = op
        node.inputs = (a, b)
        node.label = ""
        return node

    def reflected(b: Value, a: Any) -> Any:
        return method(_constant(a), b) if isinstance(a, _NUMBER) else NotImplemented

    return method, reflected


def _method(op: Primitive) -> Callable[[Any], Value]:
    """The method ``x.op()``."""

    # What recorded does, written out for one input.
    def method(x: Value) -> Value:
        number = x._data
        node = _new(Value)
        try:
            node._data = data = op.value(number)
            node.partials = op.slopes_of_floats(data, number)
        except (ArithmeticError, ValueError):
            node._data, node.partials = compute(op, (x,))
        node._grad = 0.0
        node.op = op
        node.inputs = (x,)
        node.label = ""
        return node

    method.__doc__ = op.__doc__
    return method


def _comparison(compare: Callable[[float, Any], bool]) -> Callable[[Value, Any], bool]:
    """The method ``a < b``, or one of its kin: it reads the data and records nothing."""

    def method(a: Value, b: Any) -> bool:
        if isinstance(b, Value):
            return compare(a._data, b._data)
        return compare(a._data, b) if isinstance(b, _NUMBER) else NotImplemented

    return method


def _float(attribute: str, number: Any) -> float:
    """A number that is assigned, as a float: NumPy's numbers would turn errors into warnings."""
    if number.__class__ in FLOATS:
        return number  # type: ignore[no-any-return]
    if not isinstance(number, _NUMBER):
        instead = f": write .{attribute} = v.data" if isinstance(number, Value) else ""
        kind = type(number).__name__
        raise TypeError(
            f"the {attribute} of a Value is a real number, not {number!r:.60} ({kind}){instead}"
        )
    return float(number)


class Value:
    """A real number that records what is computed from it.

    >>> a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    >>> J = 3 * (a + b * c)
    >>> J
    Value(33.0, grad=0.0)
    >>> J.backward()
    >>> b
    Value(3.0, 'b', grad=6.0)

    Numbers may stand on either side of every operator. Two Values are equal only if they are
    the same node (so ``v == 3`` is False: compare ``v.data``); ``<`` and its kin, ``float()``,
    ``bool()`` and ``format()`` read the data and record nothing.

    Attributes:
        data: the number, a float; what is assigned must be a real number and becomes one.
        grad: the derivative by this Value of the output whose ``backward()`` was called; likewise.
        op: the row of the table that made it; None for a leaf, ``constant`` for a plain number.
        inputs: what it was made from, in order, repetitions kept.
        partials: the slopes of ``op``, one per input, as floats; nan where there is none.
        label: its name in pictures and messages.

    Raises:
        TypeError: ``data`` is not a real number, or ``label`` is not a string.
    """

    # The engine itself reads and writes the numbers in _data and _grad, which takes it no longer
    # than before there was something to check.
    __slots__ = ("_data", "_grad", "inputs", "label", "op", "partials")

    _data: float
    _grad: float
    op: Primitive | None
    inputs: tuple[Value, ...]
    partials: tuple[float, ...]
    label: str
    needs_gradient = True

    def __init__(self, data: float | Real, label: str = "") -> None:
        if not isinstance(data, _NUMBER):
            kind = type(data).__name__
            raise TypeError(
                f"a Value holds one real number, not {data!r:.60} ({kind}): make one per number"
            )
        if not isinstance(label, str):
            raise TypeError(f"the label of a Value is a string, not {label!r:.60}")
        self._data = float(data)
        self._grad = 0.0
        self.op = None
        self.inputs = ()
        self.partials = ()
        self.label = label

    @property
    def data(self) -> float:
        return self._data

    @data.setter
    def data(self, number: float | Real) -> None:
        self._data = number if number.__class__ is float else _float("data", number)

    @property
    def grad(self) -> float:
        return self._grad

    @grad.setter
    def grad(self, number: float | Real) -> None:
        self._grad = number if number.__class__ is float else _float("grad", number)

    @staticmethod
    def constant(number: float | Real) -> Value:
        """A number written in a formula: a node for which no gradient is computed."""
        node = Value(number)
        node.op = rows.constant
        return node

    @staticmethod
    def record(op: Primitive, inputs: Iterable[Value | float]) -> Value:
        """The operation ``op`` applied to the inputs; numbers among them become constants.

        Raises:
            TypeError: an input is neither a Value nor a real number.
            ValueError, ZeroDivisionError, OverflowError: the operation has no value there.
        """
        nodes = tuple([x if isinstance(x, Value) else Value.constant(x) for x in inputs])
        return recorded(op, nodes)

    def forward(self) -> float:
        """Recompute this Value from its leaves: see :func:`autograd.backprop.forward`."""
        return forward(self)

    def backward(self) -> None:
        """Set ``grad`` on every Value of the graph: see :func:`autograd.backprop.backward`."""
        backward(self)

    __add__, _radd = _operator(rows.add)
    __sub__, __rsub__ = _operator(rows.subtract)
    __mul__, __rmul__ = _operator(rows.multiply)
    __truediv__, __rtruediv__ = _operator(rows.divide)
    _power, __rpow__ = _operator(rows.power)
    _power_constant, _ = _operator(rows.power_constant)

    def __radd__(self, other: Any) -> Any:
        # sum() starts with the number 0, which no learner wrote.
        return self if other.__class__ is int and other == 0 else self._radd(other)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, Value) and exponent.op is not rows.constant:
            return self._power(exponent)
        return self._power_constant(exponent)

    def __pos__(self) -> Value:
        return self

    __neg__ = _method(rows.negative)
    __abs__ = abs = _method(rows.abs)
    exp = _method(rows.exp)
    log = _method(rows.log)
    log1p = _method(rows.log1p)
    log2 = _method(rows.log2)
    log10 = _method(rows.log10)
    expm1 = _method(rows.expm1)
    sqrt = _method(rows.sqrt)
    sin = _method(rows.sin)
    cos = _method(rows.cos)
    tan = _method(rows.tan)
    arcsin = _method(rows.arcsin)
    arccos = _method(rows.arccos)
    arctan = _method(rows.arctan)
    sinh = _method(rows.sinh)
    cosh = _method(rows.cosh)
    tanh = _method(rows.tanh)
    sigmoid = _method(rows.sigmoid)
    relu = _method(rows.relu)
    leaky_relu = _method(rows.leaky_relu)
    softplus = _method(rows.softplus)
    silu = _method(rows.silu)
    gelu = _method(rows.gelu)
    elu = _method(rows.elu)
    sign = _method(rows.sign)
    step = _method(rows.step)
    stop_gradient = _method(rows.stop_gradient)

    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    def __float__(self) -> float:
        return float(self._data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __repr__(self) -> str:
        label = f", {self.label!r}" if self.label else ""
        return f"Value({self.data!r}{label}, grad={self.grad!r})"

    # A graph is as deep as its longest chain, so it is copied node by node, not by recursion.

    def __reduce__(self) -> Any:
        return reduced(self)

    def __copy__(self) -> Value:
        copy = restored(*shallow(self))
        if type(self) is not Value and hasattr(self, "__dict__"):  # of a subclass
            vars(copy).update(vars(self))
        return copy


if core is not None:  # the same, compiled
    Value = adopt(Value, rows.TABLE, rows.LEVEL, compute, _float, Real)  # type: ignore[misc]
    recorded = core.record


class Given(Value):
    """A number that a layer or a loss was called with: a leaf that needs no gradient.

    Where no slope along it exists, as in cross-entropy along the target of an answer that is
    certain and right, ``backward()`` leaves nan in it and does not raise.
    """

    __slots__ = ()
    needs_gradient = False
