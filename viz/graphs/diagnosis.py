"""What is wrong with a graph, found at the Value where it is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from autograd.backprop import topological_order
from autograd.checking import Disagreement, GradientError
from autograd.notation import number
from autograd.operations import single
from autograd.primitives import Primitive, relu, sigmoid, tanh
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.operations import Output

OF_UNITS = ("saturated", "dead")  # how the notes on units begin, through which no gradient passes
SATURATED = 0.01  # σ′ beyond |z| = 4.6, where a step of 1 in z moves the output by 1 %


def find_notes(
    order: Iterable[Value], gradients: Mapping[Value, float], stored: Mapping[Value, float]
) -> dict[Value, list[str]]:
    """Saturated and dead units, and gradients that were added up, each at its Value.

    Args:
        order: the Values of a graph.
        gradients: of its output.
        stored: the ``grad`` of the leaves in which it is another number.
    """
    order = list(order)
    notes: dict[Value, list[str]] = {}
    for node in order:
        if node.op in (sigmoid, tanh) and abs(node.partials[0]) < SATURATED:
            notes[node] = [f"saturated: slope {number(node.partials[0])}"]
    for unit in _relu_units(order):
        if all(a.inputs[0].data < 0.0 for a in unit):
            examples = f" in all {len(unit)} examples" if len(unit) > 1 else ""
            for a in unit:
                notes[a] = [f"dead: input below 0{examples}, slope 0"]
    for leaf, grad in stored.items():
        times = grad / gradients[leaf] if gradients[leaf] else math.nan
        if times > 1.5 and math.isclose(times, round(times), rel_tol=1e-9):
            often = "twice" if round(times) == 2 else f"{round(times)} times"
            notes[leaf] = [f"as if backward() ran {often} without zero_grad"]
    return notes


def _relu_units(order: Iterable[Value]) -> list[list[Value]]:
    """The ReLUs of a graph, those of one unit together: its z has one label in all examples."""
    units: dict[str | Value, list[Value]] = {}
    for node in order:
        if node.op is relu:
            units.setdefault(node.inputs[0].label or node, []).append(node)
    return list(units.values())


class Subject(NamedTuple):
    """A graph to draw, and what is known to be wrong with it.

    Attributes:
        unread: leaves that should take part and do not.
        notes: the text of what is wrong, at its Value.
        swept: whether its gradients are part of what is wrong.
    """

    output: Value
    unread: list[Value]
    notes: dict[Value, list[str]]
    swept: bool


def examine(output: Output | Exception, parameters: Iterable[Value] = ()) -> Subject:
    """The graph to draw: that of a Value, or the one that an error is about.

    Raises:
        TypeError: it is neither a Value nor such an error, or a parameter is no Value.
    """
    notes: dict[Value, list[str]] = {}
    expected = [single(parameter) for parameter in parameters]
    swept = isinstance(output, GradientError)
    if isinstance(output, GradientError):
        notes = {found.input: [_disagreement(found)] for found in output.disagreements}
        expected += notes
        output = output.output
    elif isinstance(output, Exception):
        error, held = output, getattr(output, "output", None)
        if isinstance(held, Value):  # an error of fit, which holds the example
            output = held
            notes |= getattr(error, "notes", {})
        else:
            output = _failed_operation(error)
            notes[output] = [str(error).partition(". ")[0]]
    output = single(output)
    read = set(topological_order(output))
    unread = [leaf for leaf in dict.fromkeys(expected) if leaf not in read]
    for leaf in unread:
        notes[leaf] = ["nothing reads it", *notes.get(leaf, ())]
    return Subject(output, unread, notes, swept)


def _disagreement(found: Disagreement) -> str:
    """What gradcheck found at a leaf, in a few words."""
    if found.kink:
        return f"no slope here: {number(found.left)} left, {number(found.right)} right"
    shown = max(4, found.digits + 2)
    says, nudged = (f"{x:.{shown}g}" for x in (found.backward, found.difference))
    digits = "1 digit agrees" if found.digits == 1 else f"{found.digits or 'no'} digits agree"
    return f"backward() says {says}, nudges {nudged}: {digits}".replace("-", "−")


def _failed_operation(error: Exception) -> Value:
    """The Value that would have been recorded, had the operation not raised this error."""
    op = getattr(error, "op", None)
    if isinstance(op, Primitive):
        node = Value(math.nan)
        node.op, node.inputs = op, error.inputs  # type: ignore[attr-defined]
        node.partials = (math.nan,) * len(node.inputs)
        return node
    raise TypeError(
        f"this {type(error).__name__} is not about a graph: draw takes a Value, the error "
        "of gradcheck or of fit, or that of an operation on Values which has no value"
    )
