"""trace: the forward and the backward sweep as a list of steps."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from autograd.backprop import topological_order
from autograd.notation import formula, is_rounded, name_values, number
from autograd.operations import single
from autograd.primitives import LEVEL, constant
from autograd.primitives.sums import MOST_TERMS
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from autograd.operations import Output


class ForwardStep(NamedTuple):
    """One Value computed: its name, the formula (empty for a leaf) and its number."""

    node: Value
    name: str
    formula: str
    value: float

    def __str__(self) -> str:
        middle = f" = {self.formula}" if self.formula else ""
        return f"{self.name}{middle} {equals(self.value)} {number(self.value)}"


class BackwardStep(NamedTuple):
    """One use of the chain rule: the gradient that a Value passes to one of its inputs.

    Attributes:
        node, input: the Value and the input that it was computed from.
        name: the names in the step, as in ``dJ/db = dJ/du × du/db``; of a step from the output,
            which needs no chain, ``dJ/dv``, or ``∂J/∂v`` where there are other paths too.
        upstream: the derivative of the output by the node.
        local: the partial derivative of the node by this input.
        product: upstream × local.
        total: the sum of the products that have reached the input so far.
    """

    node: Value
    input: Value
    name: str
    upstream: float
    local: float
    product: float
    total: float

    def __str__(self) -> str:
        if " = " in self.name:
            text = f"{self.name} {multiplied(self.upstream, self.local, self.product)}"
        else:
            text = f"{self.name} {equals(self.product)} {number(self.product)}"
        if self.total != self.product and not math.isnan(self.product):
            text += f"; with the other paths {equals(self.total)} {number(self.total)}"
        return text


class Trace(list[ForwardStep | BackwardStep]):
    """The steps of both sweeps, in order; printed one per line.

    Attributes:
        gradients: the derivative of the output by each Value, as the last step left it.
    """

    gradients: dict[Value, float]

    def __str__(self) -> str:
        return "\n".join(map(str, self))


def trace(output: Output, names: Mapping[Value, str] | None = None) -> Trace:
    """Both sweeps over the graph of the output as a list of steps; the graph is not changed.

    >>> a, b, c = Value(5, "a"), Value(3, "b"), Value(2, "c")
    >>> print(trace(3 * (a + b * c)))
    a = 5
    b = 3
    c = 2
    u = bc = 6
    v = a + u = 11
    J = 3v = 33
    dJ/dv = 3
    dJ/da = dJ/dv × dv/da = 3 × 1 = 3
    dJ/du = dJ/dv × dv/du = 3 × 1 = 3
    dJ/db = dJ/du × du/db = 3 × 2 = 6
    dJ/dc = dJ/du × du/dc = 3 × 3 = 9

    Args:
        output: the Value to sweep back from.
        names: names for Values without a label. A Value with neither gets a letter.

    Raises:
        TypeError, ValueError: ``output`` is not one Value.
    """
    output = single(output)
    order = [node for node in topological_order(output) if node.op is not constant]
    names = name_values(order, names)
    steps = Trace()
    for node in order:
        text = formula(node, names) if node.inputs else ""
        steps.append(ForwardStep(node, names[node], text, node.data))
    J = names[output]
    counts = Counter(x for node in order for x in node.inputs)
    steps.gradients = {output: 1.0}
    for node, x, upstream, local, product, total in uses_backward(order):
        steps.gradients[x] = total
        d = "∂" if node is output and counts[x] > 1 else "d"
        chain = f"{d}{J}/{d}{names[x]}"
        if node is not output:
            chain += f" = d{J}/d{names[node]} × d{names[node]}/d{names[x]}"
        steps.append(BackwardStep(node, x, chain, upstream, local, product, total))
    return steps


def uses_backward(
    order: Sequence[Value],
) -> Iterator[tuple[Value, Value, float, float, float, float]]:
    """The sweep back from the last Value of an order, one use of an input after the other.

    Each is the Value that uses it, the input, upstream, local, their product, and the sum of
    the products that have reached the input so far. Constants are left out, as in the order.
    """
    output = order[-1]
    totals = {output: 1.0}
    met = {output}  # what backward() meets: not what lies beyond a branch that is not taken
    for node in reversed(order):
        upstream = totals[node]
        for x, local in zip(node.inputs, node.partials, strict=True):
            if x.op is not constant:
                product = 0.0
                if node in met and (local or node.op not in LEVEL):
                    product = float(upstream * local)  # a row of one's own may give NumPy's
                    met.add(x)
                totals[x] = totals.get(x, 0.0) + product
                yield node, x, upstream, local, product, totals[x]


def equals(*shown: float) -> str:
    """The sign before numbers: = where ``number`` writes them in full, ≈ where it rounds."""
    return "≈" if any(map(is_rounded, shown)) else "="


def multiplied(upstream: float, local: float, product: float) -> str:
    """A product with its factors: ``= 3 × 2 = 6``."""
    shown = f"{number(upstream)} × {in_place(local)}"
    return f"{equals(upstream, local)} {shown} {equals(upstream, local, product)} {number(product)}"


def terms(products: Sequence[float], total: float) -> list[str]:
    """A sum cut into its terms, the last with the total: ``= 2`` and `` + 3 = 5``."""
    if len(products) == 1:
        return [f"{equals(total)} {number(total)}"]
    texts = added(products)
    texts[0] = f"{equals(*products)} {texts[0]}"
    texts[-1] += f" {equals(*products, total)} {number(total)}"
    return texts


def added(products: Sequence[float]) -> list[str]:
    """A sum cut into its terms, of which a few are written: ``2`` and `` + 3``."""
    texts = [number(products[0]), *[f" + {in_place(x)}" for x in products[1:]]]
    if len(texts) > MOST_TERMS:
        texts[MOST_TERMS - 2 : -1] = [" + …", *[""] * (len(texts) - MOST_TERMS)]
    return texts


def in_place(x: float) -> str:
    """A number after a sign: in parentheses where it is negative."""
    return f"({number(x)})" if x < 0.0 else number(x)
