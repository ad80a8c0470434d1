"""Derivatives that are Values themselves: the backward sweep, read on Values."""

from __future__ import annotations

from autograd.backprop import forward, topological_order
from autograd.operations import is_fresh, require_slopes, several, single
from autograd.primitives import LEVEL, POWER, constant, multiply, softmax_unit, where
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from typing import Any

    from autograd.operations import Output


def gradients(output: Output, inputs: Iterable[Output]) -> list[Value]:
    """The derivatives of the output by each of the inputs, recorded as Values themselves.

    So they can be drawn, compiled and differentiated again.

    >>> x = Value(2, "x")
    >>> [slope] = gradients(x**3, [x])
    >>> [curvature] = gradients(slope, [x])
    >>> slope.data, curvature.data  # 3x² and 6x
    (12.0, 12.0)

    An input that the output does not depend on has the derivative 0. A graph whose leaves have
    got other data since it was computed is brought up to date first, as ``forward()`` does it.

    Raises:
        TypeError: an input is no Value, or ``inputs`` is no list of them.
        ValueError: a slope is needed where an operation has none.
        ValueError, ZeroDivisionError, OverflowError: as :func:`forward`.
    """
    return derivatives(output, inputs)


def hessian(output: Output, inputs: Iterable[Output]) -> list[list[Value]]:
    """The second derivatives of the output: row i holds those of d output / d inputs[i].

    >>> x, y = Value(2, "x"), Value(3, "y")
    >>> [[entry.data for entry in row] for row in hessian(x * x * y, [x, y])]
    [[6.0, 4.0], [4.0, 0.0]]

    Raises:
        TypeError, ValueError: as :func:`gradients`.
    """
    asked = several(inputs)
    return [gradients(slope, asked) for slope in gradients(output, asked)]


def derivatives(output: Output, inputs: Iterable[Output], *, textbook: bool = False) -> list[Value]:
    """What ``gradients`` does; with slopes as in a textbook if so wanted."""
    output = single(output)
    asked = several(inputs)
    order = topological_order(output)
    if not all(is_fresh(node) for node in order if node.inputs):
        forward(output)
    wanted = set(asked)
    for node in order:
        if not wanted.isdisjoint(node.inputs):
            wanted.add(node)  # it lies on a path from the inputs to the output
    met = {output}
    for node in reversed(order):
        if node in met:
            level = node.op in LEVEL
            met.update(
                [x for x, s in zip(node.inputs, node.partials, strict=True) if s or not level]
            )
    require_slopes([node for node in order if node in met], wanted.__contains__)
    sweep = _Recording(order, textbook)
    sweep.upstreams[output] = 1.0  # numbers stay numbers as long as they can
    for node in reversed(order):
        if node in wanted and node in sweep.upstreams and node.op is not None:
            sweep.pass_on(node, wanted)
    found = [sweep.upstreams.get(x, 0.0) for x in asked]
    return [d if isinstance(d, Value) else Value.constant(d) for d in found]


class _Recording:
    """The backward sweep written down as Values.

    Attributes:
        upstreams: of the Values met so far, the derivative of the output; complete where
            all that read the Value have been passed.
    """

    def __init__(self, order: Sequence[Value], textbook: bool) -> None:
        self.upstreams: dict[Value, Any] = {}
        self._textbook = textbook
        # Below a branch: a Value that is not 0 where the branch is taken.
        self._taken: dict[Value, Any] = {}
        self._units = {node.inputs: node for node in order if node.op is softmax_unit}

    def pass_on(self, node: Value, wanted: Container[Value]) -> None:
        """Hand the derivative of the output by a node to the wanted ones of its inputs."""
        # Constants go in as numbers: no slope along them is needed.
        numbers = [x.data if x.op is constant else x for x in node.inputs]
        if node.op is where:
            self._choose(node, numbers, wanted)
            return
        upstream, taken = self.upstreams[node], self._taken.get(node)
        y: Any = node
        if taken is not None:
            y, numbers = _guarded(taken, node, numbers)
        op = node.op
        assert op is not None
        slopes = (op.textbook if self._textbook and op.textbook else op.slopes)(y, *numbers)
        for x, slope in zip(node.inputs, slopes, strict=True):
            if x in wanted and slope != 0.0:
                if slope.__class__ is Value and slope.op is softmax_unit:
                    slope = self._units.get(slope.inputs, slope)
                self._hand(x, upstream, slope, taken)

    def _choose(self, node: Value, numbers: Sequence[Any], wanted: Container[Value]) -> None:
        """Both branches get the derivative, under the condition that they are taken."""
        condition, a, b = numbers
        upstream, taken = self.upstreams[node], self._taken.get(node)
        if not isinstance(condition, Value):  # a number always chooses the same branch
            x = a if condition != 0.0 else b
            if x in wanted:
                self._hand(x, upstream, 1.0, taken)
            return
        if a in wanted:
            under = condition if taken is None else where(taken, condition, 0.0)
            self._hand(a, where(condition, upstream, 0.0), 1.0, under)
        if b in wanted:
            other = where(condition, 0.0, 1.0)
            under = other if taken is None else where(taken, other, 0.0)
            self._hand(b, where(condition, 0.0, upstream), 1.0, under)

    def _hand(self, x: Value, upstream: Any, slope: Any, taken: Any) -> None:
        upstreams = self.upstreams
        if x not in upstreams:
            upstreams[x] = _product(upstream, slope)
            if taken is not None:
                self._taken[x] = taken
            return
        before = self._taken.get(x)
        if before is not None and taken is not before:
            if taken is None:
                del self._taken[x]
            else:
                self._taken[x] = where(before, 1.0, taken)
        known = upstreams[x]
        if slope.__class__ is Value and slope.op is softmax_unit and known.__class__ is Value:
            # gs + hs of one s is (g + h)s: dZ = S · (dS − Σ dS · S).
            if known is slope:
                upstreams[x] = (1.0 + upstream) * slope
                return
            if known.op is multiply and known.inputs[1] is slope:
                upstreams[x] = (known.inputs[0] + upstream) * slope
                return
        upstreams[x] = known + _product(upstream, slope)


def _product(upstream: Any, slope: Any) -> Any:
    if upstream.__class__ is float and upstream == 1.0:
        return slope
    if slope.__class__ is float and slope == 1.0:
        return upstream
    return upstream * slope


def _guarded(taken: Any, node: Value, numbers: Sequence[Any]) -> tuple[Any, list[Any]]:
    """An output and inputs at which slopes exist also where the branch is not taken.

    There they are others, at which nothing goes wrong, whatever the recorded ones are: the
    derivative that comes from above is 0, and 0 times their slopes is 0.
    """
    op = node.op
    assert op is not None
    if not op.samples:
        return node, list(numbers)
    harmless: Sequence[float] = op.samples[0]
    if op.terms or op.n_inputs is None:
        harmless = [0.0] * len(numbers)
    elif op.binds == POWER:  # whatever the constant exponent
        harmless = [1.0] * len(numbers)
    guarded = [
        where(taken, x, other) if isinstance(x, Value) else x
        for x, other in zip(numbers, harmless, strict=True)
    ]
    return where(taken, node, op.value(*harmless)), guarded
