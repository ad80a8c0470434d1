"""Count the steps of a gradient: backpropagation against nudging every input."""

from __future__ import annotations

from autograd.backprop import topological_order
from autograd.operations import several, single
from autograd.primitives import constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.operations import Output


class StepCount:
    """The steps that all derivatives of one output take, as ``count_steps`` returns them.

    Attributes:
        operations: how many operations one forward pass computes.
        inputs: how many derivatives are computed.
    """

    def __init__(self, operations: int, inputs: int) -> None:
        self.operations = operations
        self.inputs = inputs

    @property
    def backpropagation(self) -> int:
        """One sweep: each operation passes its gradient on once, and each input receives one."""
        return self.operations + self.inputs

    @property
    def finite_differences(self) -> int:
        """One nudge per input, and each nudge computes every operation again."""
        return self.operations * self.inputs

    def __repr__(self) -> str:
        n, p = f"{self.operations:,}", f"{self.inputs:,}"
        operations = "operation" if self.operations == 1 else "operations"
        inputs = "input" if self.inputs == 1 else "inputs"
        return (
            f"{n} {operations}, {p} {inputs}: backpropagation takes {n} + {p} = "
            f"{self.backpropagation:,} steps, finite differences {n} × {p} = "
            f"{self.finite_differences:,}"
        )


def count_steps(output: Output, inputs: Iterable[Output] | None = None) -> StepCount:
    """Count the steps of a gradient, by backpropagation and by finite differences.

    Both counts include the forward pass that recorded the graph. Without ``inputs``, the
    derivatives are those with respect to all leaves except constants.

    >>> from autograd import Value
    >>> a, b, c = Value(5), Value(3), Value(2)
    >>> J = 3 * (a + b * c)
    >>> count_steps(J)
    3 operations, 3 inputs: backpropagation takes 3 + 3 = 6 steps, finite differences 3 × 3 = 9
    >>> count_steps(J, [b]).finite_differences
    3

    Raises:
        TypeError: the output or an input is not a Value.
        ValueError: a list holds more than one output.
    """
    nodes = topological_order(single(output))
    operations = [node for node in nodes if node.inputs]
    if inputs is None:
        asked = {node for node in nodes if not node.inputs and node.op is not constant}
    else:
        asked = set(several(inputs))
    return StepCount(len(operations), len(asked))
