"""The pipeline: from a recorded loss to a program, one idea after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.backprop import single, topological_order
from autograd.value import Value
from autograd.vectorizer.grouping import group_nodes
from autograd.vectorizer.layout import Layout
from autograd.vectorizer.leaves import RESERVED, LeafArray, leaf_arrays, places
from autograd.vectorizer.levels import LevelWriter, shattered
from autograd.vectorizer.normal_form import NormalForm, Wanted
from autograd.vectorizer.program import Program
from autograd.vectorizer.recording import record_gradients
from autograd.vectorizer.statements import OutputArray, unused
from autograd.vectorizer.writing import Writer


def vectorize(
    loss: Value | Sequence[Value],
    inputs: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    *,
    with_respect_to: str | None = None,
    whole_batch: bool = False,
    namespace: Any = np,
) -> Program:
    """The matrix program of a loss that was recorded, with scalars, for one example.

    >>> from autograd import Value, affine, sigmoid, binary_cross_entropy_with_logits
    >>> x, y = [Value(0.5), Value(-1.0)], Value(1.0)
    >>> w, b = [Value(0.0), Value(0.0)], Value(0.0)
    >>> loss = binary_cross_entropy_with_logits(y, affine(w, x, b))
    >>> program = vectorize(loss, inputs={"X": x, "Y": y}, parameters={"w": w, "b": b})
    >>> for statement in program.statements:
    ...     print(statement)
    Z = w @ X + b
    A = sigmoid(Z)
    J = np.mean(binary_cross_entropy_with_logits(Y, Z))
    dZ = A - Y
    dw = X @ dZ / m
    db = np.sum(dZ) / m
    >>> X, Y = [[0.5, -1.0], [1.5, 2.0]], [1.0, 0.0]  # two examples, as rows
    >>> cost, grads = program(X, Y)
    >>> grads["w"]  # the mean of (σ(0) − 1)·(0.5, −1) and (σ(0) − 0)·(1.5, 2)
    array([0.25, 0.75])

    Decisions that Python took on the numbers while recording (``if z > 0``) are part of the
    graph and stay as they were taken.

    Args:
        loss: the loss, or a list with it alone.
        inputs: the leaves that change from example to example: name to Value or nested
            lists of Values. In the program, each gets an axis of examples in front.
        parameters: the leaves that all examples share, likewise; ``named_parameters()`` of
            a model.
        with_respect_to: an input by which to differentiate instead of the parameters. The
            program then returns the loss and the derivatives of each example.
        whole_batch: whether the graph holds all examples already, so that the inputs get no
            axis of examples and nothing is averaged.
        namespace: the module to compute with: NumPy, or one with the same functions, such
            as ``jax.numpy``.

    Raises:
        TypeError: the loss, or an entry of inputs or parameters, is not a Value.
        ValueError: a leaf of the graph is in neither, or in two places; a list is ragged; or
            an operation has no slope at the recorded numbers.
    """
    loss = single(loss)
    leaves = leaf_arrays(inputs, parameters or {}, per_example=not whole_batch)
    order = topological_order(loss)
    place_of = places(order, leaves)
    sought = _sought(leaves, with_respect_to)

    outputs, taken = _output_arrays(leaves, sought, with_respect_to is not None and not whole_batch)
    derivatives = record_gradients(loss, [v for array in sought for v in array.values])
    averaged = with_respect_to is None and not whole_batch
    cost, *gradients = outputs
    wanted = [Wanted(loss, cost, 0, averaged)]
    for name, array in zip(gradients, sought, strict=True):
        wanted += [Wanted(derivatives[v], name, i, averaged) for i, v in enumerate(array.values)]

    normal = NormalForm(wanted, place_of)
    forms, node_of = normal.forms, normal.node_of
    groups = group_nodes(forms)
    if shattered(groups, forms):
        body = LevelWriter(forms, leaves, outputs, taken).body
        return Program(leaves, outputs, body, namespace)

    derivative = {
        node_of[v]: node_of[d]
        for v, d in derivatives.items()
        if node_of.get(v) in forms and node_of.get(d) in forms
    }
    shapes = {name: output.shape for name, output in outputs.items()}
    arrays = Layout(groups, forms, derivative, shapes).arrays
    forward_nodes = {node_of[v] for v in order}
    body = Writer(arrays, forward_nodes, outputs, taken).body
    return Program(leaves, outputs, body, namespace)


def _sought(leaves: Sequence[LeafArray], with_respect_to: str | None) -> list[LeafArray]:
    """The arrays by which to differentiate."""
    if with_respect_to is None:
        return [array for array in leaves if array.parameter]
    for array in leaves:
        if array.key == with_respect_to and not array.parameter:
            return [array]
    names = ", ".join([array.key for array in leaves if not array.parameter])
    raise ValueError(f"with_respect_to={with_respect_to!r} is none of the inputs: {names}")


def _output_arrays(
    leaves: Sequence[LeafArray], sought: Sequence[LeafArray], per_example: bool
) -> tuple[dict[str, OutputArray], set[str]]:
    """The cost and the gradients by their names in the program, and all names in use."""
    taken = {*RESERVED, *(array.name for array in leaves)}
    cost = unused("L" if per_example else "J", taken)
    taken.add(cost)
    outputs = {cost: OutputArray((), per_example, None)}
    for array in sought:
        name = unused(f"d{array.name}", taken)
        taken.add(name)
        outputs[name] = OutputArray(array.shape, per_example, array.name, array.key)
    return outputs, taken
