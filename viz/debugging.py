"""What is wrong with a graph, found at the Value where it is wrong."""

from __future__ import annotations

import math

from autograd.value import Value, compute


def is_fresh(node: Value) -> bool:
    """Whether the data of a Value is what its inputs give."""
    assert node.op is not None
    try:
        data, _ = compute(node.op, node.inputs)
    except (ArithmeticError, ValueError):
        return False
    return data == node.data or (math.isnan(data) and math.isnan(node.data))
