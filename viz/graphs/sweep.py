"""Sweep: what a picture shows of a graph, in numbers that later changes do not reach."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from autograd.backprop import topological_order
from autograd.notation import name_values
from autograd.operations import is_fresh
from autograd.primitives import constant
from autograd.tracing import uses_backward
from autograd.value import Given, Value
from viz.names import distinct


class Use(NamedTuple):
    """The gradient that a Value passes to one of the inputs that it was computed from.

    Attributes:
        upstream: the derivative of the output by the node.
        local: the partial derivative of the node by this input.
        product: upstream × local.
        total: the sum of the products that the input has got so far.
    """

    node: Value
    input: Value
    upstream: float
    local: float
    product: float
    total: float


class Sweep(NamedTuple):
    """The graph of an output, and the sweep back from it.

    Attributes:
        names: of all Values but constants, in topological order.
        given: the Values whose name is a label or a variable, not an invented letter.
        uses: the steps of the backward sweep.
        paths: the positions of those of them that lead to each Value.
        swept: whether ``backward()`` was called on the output.
        stored: the ``grad`` of the leaves in which it is not the gradient of this sweep.
        stale: the first Value that is out of date with its inputs, if there is one.
        notes: what is wrong, by Value.
        unasked: the Values whose gradient nobody asked for, and which are shown without it.
    """

    output: Value
    names: dict[Value, str]
    given: set[Value]
    values: dict[Value, float]
    gradients: dict[Value, float]
    uses: list[Use]
    paths: dict[Value, list[int]]
    swept: bool
    stored: dict[Value, float]
    stale: Value | None
    notes: dict[Value, list[str]]
    unasked: set[Value]


def sweep_of(
    output: Value,
    variables: Mapping[Value, str],
    unread: Iterable[Value] = (),
    asked: Collection[Value] | None = None,
) -> Sweep:
    """The graph of an output and the sweep back from it, named and ready to be drawn.

    Args:
        output: what the sweep starts from.
        variables: names for Values without a label.
        unread: further leaves to draw, which are not in the graph.
        asked: the leaves whose gradients are asked for; None: all but the numbers that a model
            or a loss was given.
    """
    order = [node for node in topological_order(output) if node.op is not constant]
    names = distinct(name_values(order, variables))
    gradients = {output: 1.0}
    uses: list[Use] = []
    paths: dict[Value, list[int]] = {node: [] for node in order}
    for use in map(Use._make, uses_backward(order)):
        gradients[use.input] = use.total
        paths[use.input].append(len(uses))
        uses.append(use)
    for leaf in unread:
        names = distinct({**names, leaf: leaf.label or variables.get(leaf, "unread")})
        names = {leaf: names[leaf], **names}
        gradients[leaf] = 0.0
        paths[leaf] = []
    # backward() leaves a gradient of 1 in the output that it is called on.
    swept = output.grad == 1.0 if output.inputs else output.grad != 0.0
    leaves = [node for node in names if not node.inputs] if swept else []
    return Sweep(
        output=output,
        names=names,
        given={node for node in names if node.label or node in variables},
        values={node: node.data for node in names},
        gradients=gradients,
        uses=uses,
        paths=paths,
        swept=swept,
        stored={x: x.grad for x in leaves if not _agree(x.grad, gradients[x])},
        stale=next((node for node in order if node.inputs and not is_fresh(node)), None),
        notes={},
        unasked={
            node
            for node in names
            if not node.inputs and (isinstance(node, Given) if asked is None else node not in asked)
        },
    )


def _agree(stored: float, gradient: float) -> bool:
    # Two sweeps may add the same products in another order.
    return math.isclose(stored, gradient, rel_tol=1e-9, abs_tol=1e-300) or (
        math.isnan(stored) and math.isnan(gradient)
    )
