"""gradcheck: what backward() says, against what a nudge of each input does."""

from __future__ import annotations

import math

from autograd.backprop import backward, several, single, topological_order
from autograd.primitives import constant
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Literal

    from autograd.backprop import Output

# Relative sizes: slopes equal; slopes of the two sides different; a limit settled. A slope
# wrong by one part in 2,000 is five times as far off as _CLOSE.
_CLOSE, _KINK, _SETTLED = 1e-4, 1e-3, 1e-8
_FIRST_NUDGE = 2.0**-9
_NUDGES = 28  # at most, and among the first _HALVINGS
_HALVINGS = 64
_COLUMNS = 6  # of Richardson's table; more would amplify rounding
_EPSILON = 2.0**-52
_TINY = 2.0**-1000  # keeps the rounding of an output of 0 above 0


class Disagreement:
    """One input at which backward() and the nudges say different things.

    Attributes:
        input: the leaf that was nudged, with the number it was nudged from.
        name: its label, or its place among the inputs.
        backward: the slope that backward() gave.
        difference: the central difference (f(x + h) − f(x − h)) / 2h for h → 0.
        left, right: the same from a nudge to one side only; infinite at a jump.
        kink: whether left and right differ, so that there is no slope here.
    """

    def __init__(
        self, leaf: Value, name: str, slope: float, left: float, right: float, kink: bool
    ) -> None:
        self.input = leaf
        self.name = name
        self.backward = slope
        self.difference = (left + right) / 2.0
        self.left = left
        self.right = right
        self.kink = kink

    @property
    def digits(self) -> int:
        """How many leading digits the two slopes share."""
        apart = abs(self.backward - self.difference)
        largest = max(abs(self.backward), abs(self.difference))
        return max(0, math.floor(math.log10(largest / apart))) if 0.0 < apart < largest else 0

    def __repr__(self) -> str:
        place = f"{self.name} = {self.input.data:.10g}"
        if self.kink:
            return (
                f"{place}: not differentiable here: slopes {self.left:.10g} (left) and "
                f"{self.right:.10g} (right); backward says {self.backward:.10g}"
            )
        digits = "1 digit agrees" if self.digits == 1 else f"{self.digits or 'no'} digits agree"
        return (
            f"{place}: backward says {self.backward:.10g}, "
            f"the central difference {self.difference:.10g}: {digits}"
        )


class GradientError(AssertionError):
    """backward() and the nudges disagree; the message lists where.

    It is raised by gradcheck, most often because a part of the computation is hidden from
    the recording. ``math.exp`` takes the number out of a Value, so backward() never sees it:

    >>> import math
    >>> from autograd import exp
    >>> gradcheck(lambda x: x * math.exp(x), 0.0)
    True
    >>> gradcheck(lambda x: x * math.exp(x), 1.0)
    Traceback (most recent call last):
        ...
    autograd.checking.GradientError: backward() disagrees with the nudges at 1 of 1 inputs:
      input 1 = 1: backward says 2.718281828, the central difference 5.436563657: no digits agree

    The repaired program calls the row of the table, which records (at 0 the two agreed by
    luck, which is why one point proves little):

    >>> gradcheck(lambda x: x * exp(x), 1.0)
    True

    Attributes:
        output: the graph that was checked.
        disagreements: one record per input that failed.
    """

    def __init__(self, output: Value, disagreements: Sequence[Disagreement], checked: int) -> None:
        self.output = output
        self.disagreements = list(disagreements)
        failed = len(self.disagreements)
        lines = [f"backward() disagrees with the nudges at {failed} of {checked} inputs:"]
        super().__init__("\n  ".join([*lines, *map(repr, self.disagreements)]))


def gradcheck(
    f: Callable[..., Output] | Output,
    *point: float | Value,
    inputs: Iterable[Output] | None = None,
) -> Literal[True]:
    """Compare the gradient with central differences: True, or a GradientError with a report.

    Either a function at a point, whose coordinates follow as in a call of the function,

    >>> gradcheck(lambda a, b, c: 3 * (a + b * c), 5, 3, 2)
    True

    or a graph that is recorded already, at the numbers that its leaves hold now. All leaves
    that are not constants are checked, or those listed in ``inputs``:

    >>> w, x = Value(2, "w"), Value(3, "x")
    >>> J = (w * x - 1) ** 2
    >>> gradcheck(J), gradcheck(J, inputs=[w])
    (True, True)

    A function is called anew for each nudge, so that its branches and what it hides from the
    recording take part; a recorded graph is recomputed by ``forward()``. Either way all data
    and grads are afterwards what they were. The nudges start near 1/256 (of the input where
    that exceeds 1) and are halved until the extrapolated difference settles, after Ridders
    (1982). Slopes count as equal to one part in 10,000, beside the noise of rounding.

    A kink is always reported, since no slope is right there:

    >>> from autograd import relu
    >>> gradcheck(relu, Value(0, "z"))
    Traceback (most recent call last):
        ...
    autograd.checking.GradientError: backward() disagrees with the nudges at 1 of 1 inputs:
      z = 0: not differentiable here: slopes 0 (left) and 1 (right); backward says 0

    Raises:
        GradientError: a slope is wrong, or the point lies on a kink.
        ValueError: the output has no value at the point or on one side of it, the gradient
            does not exist there, or one of ``inputs`` is no leaf.
        TypeError: coordinates after a graph, ``inputs`` after a function, or no Value comes out.
    """
    if callable(f):
        if inputs is not None:
            raise TypeError("inputs= goes with a recorded graph: give a function its point instead")
        leaves = [Value(x.data, x.label) if isinstance(x, Value) else Value(x) for x in point]
        output = single(f(*leaves))

        def recompute() -> float:
            return single(f(*[Value(leaf.data) for leaf in leaves])).data

    else:
        if point:
            raise TypeError("a recorded graph has its numbers already: choose leaves with inputs=")
        output = single(f)
        leaves = _leaves(output) if inputs is None else several(inputs)
        recompute = output.forward
    for leaf in leaves:
        if leaf.inputs:
            raise ValueError(
                f"{leaf!r} is computed from others, so it cannot be nudged: name leaves"
            )

    nodes = topological_order(output, *leaves)
    held = [(node.data, node.partials, node.grad) for node in nodes]
    try:
        _require_finite(recompute(), "at the point itself")  # the leaves may be ahead of the graph
        for leaf in leaves:
            leaf.grad = 0.0
        backward(output)
        slopes = [leaf.grad for leaf in leaves]
        # What an operation rounds off is passed on by its gradient.
        rounded = [abs(node.data * node.grad) for node in nodes if node.inputs]
        magnitude = max(filter(math.isfinite, rounded), default=0.0)
        lost = _lost_digits(nodes)
        results = [
            _compare(recompute, leaf, leaf.label or f"input {i}", slope, magnitude, lost[leaf])
            for i, (leaf, slope) in enumerate(zip(leaves, slopes, strict=True), start=1)
        ]
    finally:
        for node, (data, partials, grad) in zip(nodes, held, strict=True):
            node.data, node.partials, node.grad = data, partials, grad
    disagreements = [each for each in results if each is not None]
    if disagreements:
        raise GradientError(output, disagreements, len(leaves))
    return True


def _leaves(output: Value) -> list[Value]:
    return [x for x in topological_order(output) if not x.inputs and x.op is not constant]


def _lost_digits(nodes: Sequence[Value]) -> dict[Value, float]:
    """How far off the gradients may be where slopes are small differences of numbers near 1.

    Those of the cross-entropies are: of σ(z) − y, no digit is left where σ(z) rounds to y.
    """
    lost = dict.fromkeys(nodes, 0.0)
    for node in reversed(nodes):
        is_loss = node.op is not None and node.op.unfolded is not None
        own = 4.0 * _EPSILON * abs(node.grad) if is_loss else 0.0
        if own or lost[node]:
            for x, slope in zip(node.inputs, node.partials, strict=True):
                lost[x] += own + lost[node] * abs(slope)
    return lost


class _Limit:
    """The limit of a quotient as the nudge is halved again and again.

    Richardson's table: column m cancels the m-th power of the nudge in the error. The entry
    that differs least from its neighbours is the best, and that difference is its error
    (Ridders 1982); least in relation to its size, as far as rounding lets that be told.
    """

    def __init__(self) -> None:
        self.row: list[float] = []
        self.best = math.nan
        self.error = math.inf
        self.unrest = math.inf

    def add(self, quotient: float, rounding: float) -> None:
        row = [quotient]
        for m, previous in enumerate(self.row[: _COLUMNS - 1], start=1):
            entry = row[-1] + (row[-1] - previous) / (2.0**m - 1.0)
            error = max(abs(entry - row[-1]), abs(entry - previous))
            unrest = error / (abs(entry) + rounding)
            if unrest <= self.unrest:
                self.best, self.error, self.unrest = entry, error, unrest
            row.append(entry)
        self.row = row


def _compare(
    recompute: Callable[[], float],
    leaf: Value,
    name: str,
    slope: float,
    magnitude: float,
    lost: float,
) -> Disagreement | None:
    """Nudge one leaf until its slopes settle; None if they agree with backward's."""
    x, middle = leaf.data, recompute()
    left, right = sides = _Limit(), _Limit()
    changes: list[tuple[float, float]] = []
    rounding, settled = 0.0, False
    for nudge, below, above in _nudges(recompute, leaf, name):
        changes.append((middle - below, above - middle))
        rounding = _EPSILON * max(magnitude, abs(below), abs(above), _TINY) / nudge
        for side, change in zip(sides, changes[-1], strict=True):
            side.add(change / nudge, rounding)
        settled = all(side.unrest <= _SETTLED or side.error <= 8.0 * rounding for side in sides)
        if settled:
            break
    leaf.data = x

    noise = 64.0 * rounding
    if not settled:  # at a jump the change stays, however small the nudge
        stays = 0.5 * max(map(abs, changes[0])) + noise * nudge
        for side, change in zip(sides, changes[-1], strict=True):
            if abs(change) > stays:
                side.best = math.copysign(math.inf, change)
    difference = (left.best + right.best) / 2.0
    steepest = max(abs(left.best), abs(right.best))
    kink = math.isinf(steepest) or abs(right.best - left.best) > (
        _KINK * steepest + 4.0 * (left.error + right.error) + noise
    )
    tolerance = _CLOSE * max(abs(slope), abs(difference)) + noise + lost
    if not kink and math.isfinite(slope) and abs(slope - difference) <= tolerance:
        return None
    return Disagreement(leaf, name, slope, left.best, right.best, kink)


def _nudges(
    recompute: Callable[[], float], leaf: Value, name: str
) -> Iterator[tuple[float, float, float]]:
    """Halved nudges with the outputs below and above, as (h, f(x − h), f(x + h))."""
    x = leaf.data
    trouble: Exception | None = None
    found = 0
    # A power of two, because that is added to x without rounding.
    nudge = math.ldexp(_FIRST_NUDGE, math.frexp(max(1.0, abs(x)))[1])
    for _ in range(_HALVINGS):
        if found == _NUDGES or not x - nudge < x < x + nudge:
            break
        try:
            leaf.data = x - nudge
            below = recompute()
            leaf.data = x + nudge
            above = recompute()
            _require_finite(above - below, "beside the point")
        except (ArithmeticError, ValueError) as error:
            trouble = error  # over the border of the domain: a smaller nudge may stay inside
        else:
            found += 1
            yield nudge, below, above
        nudge /= 2.0
    if found < 2:
        raise ValueError(
            f"{name} = {x!r} has no neighbours on both sides where the output has a value: "
            "check at a point inside the domain"
        ) from trouble


def _require_finite(output: float, place: str) -> None:
    if not math.isfinite(output):
        raise ValueError(f"the output is {output!r} {place}, so it has no slope to compare with")
