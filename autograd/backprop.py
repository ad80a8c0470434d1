"""Backpropagation: the chain rule, once per operation, in reverse topological order."""

from __future__ import annotations

import math

from autograd.compiled import core
from autograd.primitives import LEVEL, POWER, constant, multiply, power, softmax_unit, where
from autograd.value import Given, Value, describe, recompute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence
    from typing import Any

    # A layer returns a list, so a list of one Value stands for that Value.
    Output = Value | Sequence[Value]


def topological_order(*outputs: Value) -> list[Value]:
    """Every Value that the outputs depend on, each once, inputs before what is made of them.

    >>> a = Value(3)
    >>> [v.data for v in topological_order(a * a + a)]
    [3.0, 9.0, 12.0]
    """
    order: list[Value] = []
    seen: set[Value] = set()
    for output in outputs:
        stack: list[Value | None] = [output]
        while stack:
            node = stack.pop()
            if node is None:  # all inputs of the node below are in the order by now
                order.append(stack.pop())  # type: ignore[arg-type]
            elif node not in seen:
                seen.add(node)
                if node.inputs:
                    stack += (node, None)
                    stack += node.inputs[::-1]
                else:
                    order.append(node)
    return order


def backward(output: Output) -> None:
    """Backpropagation: set ``grad`` to the derivative of the output by each Value.

    >>> a, b = Value(2), Value(3)
    >>> J = a * a * b
    >>> backward(J)
    >>> a.grad, b.grad
    (12.0, 4.0)

    (−2)⁻³ has a slope along its base, yet none along its exponent, near which a power of −2 is
    no real number: then the exponent's grad is nan, as is that of what it was made from.

    In leaves the derivative is *added* to what ``grad`` held, so that the gradients of
    several outputs or examples sum up; set it to 0 in between. All other grads start anew.

    Raises:
        ValueError: a slope is needed where the operation has none; no leaf is changed then.
    """
    output = single(output)
    if core is not None:  # what follows, compiled
        reached = core.sweep(output)
        if reached is not None:  # a gradient is nan
            _refuse_nan(reached)
            core.sweep(output, True)
        return
    leaves: list[Value] = []
    held: list[float] = []
    try:
        _sweep(output, leaves, held)
    except BaseException:
        # Ctrl-C may fall between two lines of the sweep, so that held is one longer than leaves.
        for leaf, grad in zip(leaves, held, strict=False):
            leaf.grad = grad
        raise


def _sweep(output: Value, leaves: list[Value], held: list[float]) -> None:
    """What ``backward`` does; it lists the leaves that it meets, and what their grads held."""
    # Each sweep has a zero of its own: a node whose grad is that very object has been met.
    zero = float("0")
    order: list[Value] = []
    stack: list[Any] = [output]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node._grad is not zero:
            if node.inputs:
                node._grad = zero
                stack += (node, None)
                # Of many inputs most have been met already: no turn for those.
                few = len(node.inputs) <= 2
                stack += node.inputs if few else [x for x in node.inputs if x._grad is not zero]
            else:
                held.append(node._grad)
                leaves.append(node)
                node._grad = zero
    output._grad = 1.0
    for node in reversed(order):
        upstream = node._grad
        if upstream is zero:
            continue  # only branches that were not taken, and the like, lead here
        inputs = node.inputs
        if len(inputs) == 2:  # the loop below, written out for the commonest cases
            first, second = inputs
            slope, other_slope = node.partials
            first._grad += slope * upstream
            second._grad += other_slope * upstream
        elif len(inputs) == 1:
            slope = node.partials[0]
            if slope or node.op not in LEVEL:
                inputs[0]._grad += slope * upstream
        else:
            choice = node.op is where  # the one row of several inputs that is in LEVEL
            for x, slope in zip(inputs, node.partials, strict=True):
                if slope or not choice:
                    x._grad += slope * upstream
    if any(leaf._grad != leaf._grad and leaf.op is None for leaf in leaves):  # nan
        _refuse_nan([node for node in order if node._grad is not zero])
    for leaf, grad in zip(leaves, held, strict=True):
        leaf._grad += grad


def _refuse_nan(met: Sequence[Value]) -> None:
    """Raise if a gradient is nan for want of a slope at one of the operations that were met."""
    _require_slopes(
        met, lambda x: x.op is not constant and x.__class__ is not Given, exponents=False
    )


def forward(output: Output) -> float:
    """Recompute a recorded graph from its leaves, values and slopes; return the output's data.

    >>> a, b = Value(2), Value(3)
    >>> J = a * b
    >>> a.data = 10.0
    >>> forward(J), J.partials
    (30.0, (3.0, 10.0))

    Gradients stay as they are until the next ``backward()``.

    Raises:
        ValueError, ZeroDivisionError, OverflowError: an operation has no value at the new
            numbers; the graph keeps its old ones then.
    """
    output = single(output)
    order = [node for node in topological_order(output) if node.inputs]
    held = [(node._data, node.partials) for node in order]
    try:
        for node in order:
            recompute(node)
    except BaseException:
        for node, (data, partials) in zip(order, held, strict=True):
            node._data, node.partials = data, partials
        raise
    return output.data


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
    _require_slopes([node for node in order if node in met], wanted.__contains__)
    sweep = _Recording(order, textbook)
    sweep.upstreams[output] = 1.0  # numbers stay numbers as long as they can
    for node in reversed(order):
        if node in wanted and node in sweep.upstreams and node.op is not None:
            sweep.pass_on(node, wanted)
    found = [sweep.upstreams.get(x, 0.0) for x in asked]
    return [d if isinstance(d, Value) else Value.constant(d) for d in found]


def is_fresh(node: Value) -> bool:
    """Whether the data of a Value is what its inputs give; nan where they give none."""
    assert node.op is not None
    try:
        y = node.op.value(*[x._data for x in node.inputs])
    except (ArithmeticError, ValueError):
        y = math.nan
    return y == node.data or (y != y and node.data != node.data)


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
        # Constants go in as numbers: nobody asks for a slope along them.
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


def _require_slopes(
    order: Sequence[Value], wanted: Callable[[Value], bool], *, exponents: bool = True
) -> None:
    """Raise if an operation has no slope along one of the wanted Values."""
    for node in order:
        by_base = node.op is power and wanted(node.inputs[0]) and not math.isnan(node.partials[0])
        if by_base and not exponents:
            continue
        for x, slope in zip(node.inputs, node.partials, strict=True):
            if not math.isnan(slope) or not wanted(x) or node.op is None:
                continue
            if any(math.isnan(each.data) for each in (node, *node.inputs)):
                continue  # nan in, nan out
            raise ValueError(
                f"{describe(node.op, node.inputs)} has a value but no slope along "
                f"{x.label or 'its input'}, so there is no gradient here: move that input. "
                f"{node.op.name}: {node.op.__doc__}"
            )


def single(output: Output) -> Value:
    """The Value itself, or the only one in a list, as layers return them.

    Raises:
        TypeError: it is no Value.
        ValueError: the list does not hold exactly one.
    """
    if isinstance(output, (list, tuple)):
        if len(output) != 1:
            raise ValueError(f"one Value is needed, not a list of {len(output)}: choose one of it")
        output = output[0]
    if not isinstance(output, Value):
        kind = type(output).__name__
        raise TypeError(f"a Value is needed, not {output!r:.60} ({kind})")
    return output


def several(inputs: Iterable[Output]) -> list[Value]:
    """The Values that derivatives are asked for, each also as the only one in a list.

    Raises:
        TypeError: they are no list of Values.
        ValueError: a list in it does not hold exactly one.
    """
    if not hasattr(inputs, "__iter__"):
        kind = type(inputs).__name__
        raise TypeError(f"a list of Values is needed, not {inputs!r:.60} ({kind})")
    return [single(x) for x in inputs]
