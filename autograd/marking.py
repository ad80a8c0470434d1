"""The order of a backward sweep, quicker than by a set of the nodes that were met."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.value import Value


def marked_order(output: Value, mark: float, leaves: list[Value], held: list[float]) -> list[Value]:
    """The operations behind a Value, inputs before what is made of them; each grad is the mark.

    The mark is an object that no grad holds yet, and so tells which nodes were met. The leaves,
    and what their grads held, are appended to the lists as they are met: an exception, Ctrl-C
    among them, may end the walk anywhere.
    """
    order: list[Value] = []
    stack: list[Any] = [output]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node._grad is not mark:
            if node.inputs:
                node._grad = mark
                stack += (node, None)
                # Of many inputs, most have been met already and need no turn.
                few = len(node.inputs) <= 2
                stack += node.inputs if few else [x for x in node.inputs if x._grad is not mark]
            else:
                held.append(node._grad)
                leaves.append(node)
                node._grad = mark
    return order
