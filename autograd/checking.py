"""gradcheck: compare the gradients of backward() with central differences."""

from __future__ import annotations

import math

from autograd.backprop import backward, topological_order
from autograd.differences import (
    EPSILON,
    SMALLEST,
    NotRepeatable,
    Nudged,
    agreeing_digits,
)
from autograd.operations import several, single
from autograd.primitives import constant
from autograd.progress import Progress
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Literal

    from autograd.differences import Finding
    from autograd.operations import Output

_REPEATS = 3  # a unit that is dropped half of the time stays or goes in all of them: one in 8


class Disagreement:
    """One input at which backward() and the central difference disagree.

    Attributes:
        input: the leaf that was nudged, with its original number.
        name: its label, or its place among the inputs.
        backward: the slope that backward() gave.
        difference: the central difference (f(x + h) − f(x − h)) / 2h for h → 0.
        left, right: the same from a nudge to one side only; infinite at a jump.
        kink: whether left and right differ, so that there is no slope here.
    """

    def __init__(self, leaf: Value, name: str, slope: float, found: Finding) -> None:
        self.input = leaf
        self.name = name
        self.backward = slope
        self.difference = found.difference
        self.left = found.left
        self.right = found.right
        self.kink = found.kink

    @property
    def digits(self) -> int:
        """How many leading digits the two slopes share."""
        return agreeing_digits(self.backward, self.difference)

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

    The repaired program calls the ``exp`` of the table, which is recorded. (At 0 the two agreed
    by chance: a check at one point proves little.)

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

    A function is called again for each nudge, so its branches, and computations that are not
    recorded, are checked too; a recorded graph is recomputed by ``forward()``. In both cases,
    data and gradients are restored afterwards. The nudges start near a quarter of the input and
    shrink until the extrapolated difference settles, after Ridders (1982); inputs of very
    different sizes are checked equally well. The error of each difference is estimated, and a
    slope is refused only if it is further off; where rounding hides the slope, it is accepted.
    A function that returns different results for the same input, as dropout does, is reported
    as such.

    A kink is always reported, because the derivative does not exist there:

    >>> from autograd import relu
    >>> gradcheck(relu, Value(0, "z"))
    Traceback (most recent call last):
        ...
    autograd.checking.GradientError: backward() disagrees with the nudges at 1 of 1 inputs:
      z = 0: not differentiable here: slopes 0 (left) and 1 (right); backward says 0

    Raises:
        GradientError: a slope is wrong, or the point lies on a kink.
        ValueError: the output has no value at the point or on one side of it, the gradient
            does not exist there, or one of ``inputs`` is not a leaf.
        TypeError: coordinates were given with a graph, or ``inputs`` with a function, or the
            function does not return a Value.
    """
    if callable(f):
        if inputs is not None:
            raise TypeError("inputs= is for a recorded graph: give a function its point instead")
        leaves = [Value(x.data, x.label) if isinstance(x, Value) else Value(x) for x in point]
        output = single(f(*leaves))

        def recompute() -> float:
            return single(f(*[Value(leaf.data) for leaf in leaves])).data

        def resweep() -> list[float]:
            copies = [Value(leaf.data) for leaf in leaves]
            backward(f(*copies))
            return [copy.grad for copy in copies]

    else:
        if point:
            raise TypeError("a recorded graph already has numbers: choose leaves with inputs=")
        output = single(f)
        leaves = _leaves(output) if inputs is None else several(inputs)
        recompute = output.forward

        def resweep() -> list[float]:
            recompute()
            for leaf in leaves:
                leaf.grad = 0.0
            backward(output)
            return [leaf.grad for leaf in leaves]

    for leaf in leaves:
        if leaf.inputs:
            raise ValueError(
                f"{leaf!r} is computed from others, so it cannot be nudged: give leaves"
            )

    nodes = topological_order(output, *leaves)
    held = [(node.data, node.partials, node.grad) for node in nodes]
    progress = Progress(len(leaves))
    try:
        middle = recompute()  # the leaves may be ahead of the graph
        _require_finite(middle)
        for _ in range(_REPEATS):
            if (again := recompute()) != middle:
                raise _unrepeatable(output, middle, again)
        for leaf in leaves:
            leaf.grad = 0.0
        backward(output)
        slopes = [leaf.grad for leaf in leaves]
        rounding, lost = _rounded(nodes), _lost_digits(output, nodes)
        disagreements = []
        for i, (leaf, slope) in enumerate(zip(leaves, slopes, strict=True), start=1):
            name = leaf.label or f"input {i}"

            def nudged(number: float, leaf: Value = leaf) -> float:
                leaf.data = number
                return recompute()

            def claim(number: float, leaf: Value = leaf, i: int = i) -> float:
                leaf.data = number
                return resweep()[i - 1]

            x = leaf.data
            nudges = Nudged(nudged, x, middle, claim=claim, rounding=rounding)
            try:
                found = nudges.compare(slope, lost[leaf])
                if (again := nudged(x)) != middle:
                    raise NotRepeatable(middle, again)
            finally:
                leaf.data = x
            if nudges.neighbours < 2:
                raise ValueError(
                    f"{name} = {x!r} has no neighbours on both sides where the output has a value: "
                    "check at a point inside the domain"
                ) from nudges.trouble
            progress.step()
            if found is not None:
                disagreements.append(Disagreement(leaf, name, slope, found))
    except NotRepeatable as error:
        raise _unrepeatable(output, *error.args) from None
    finally:
        progress.close()
        for node, (data, partials, grad) in zip(nodes, held, strict=True):
            node.data, node.partials, node.grad = data, partials, grad
    if disagreements:
        raise GradientError(output, disagreements, len(leaves))
    return True


def _leaves(output: Value) -> list[Value]:
    return [x for x in topological_order(output) if not x.inputs and x.op is not constant]


def _rounded(nodes: Sequence[Value]) -> float:
    """How far rounding may move the output: what an operation loses, its gradient passes on."""
    lost = [
        max(EPSILON * abs(node.data), SMALLEST) * abs(node.grad) for node in nodes if node.inputs
    ]
    return math.hypot(*filter(math.isfinite, lost))


def _lost_digits(output: Value, nodes: Sequence[Value]) -> dict[Value, float]:
    """How far off the gradients themselves may be by rounding.

    They are where paths cancel, and where slopes are small differences of numbers near 1, as
    those of the cross-entropies are: of σ(z) − y, no digit is left where σ(z) rounds to y.
    """
    lost = dict.fromkeys(nodes, 0.0)
    lost[output] = 4.0 * EPSILON
    for node in reversed(nodes):
        own = SMALLEST * abs(node.grad)  # a slope that underflows is 0
        if node.op is not None and node.op.unfolded is not None:
            targets = node.inputs[: len(node.inputs) // 2]
            own += 4.0 * EPSILON * abs(node.grad) * max(abs(target.data) for target in targets)
        if own or lost[node]:
            for x, slope in zip(node.inputs, node.partials, strict=True):
                lost[x] += own + lost[node] * abs(slope)
    return {node: off if math.isfinite(off) else 0.0 for node, off in lost.items()}


def _unrepeatable(output: Value, first: float, second: float) -> GradientError:
    error = GradientError(output, [], 0)
    error.args = (
        f"the output is not the same twice: at the same inputs the function answers {first!r} "
        f"and then {second!r}, so there is no slope to compare with: give its random numbers "
        "a fixed seed, or switch dropout off",
    )
    return error


def _require_finite(output: float) -> None:
    if not math.isfinite(output):
        raise ValueError(
            f"the output is {output!r} at the point itself, so there is no slope to compare with"
        )
