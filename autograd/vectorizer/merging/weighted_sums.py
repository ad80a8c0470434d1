"""The exception to idea 2: a weighted sum of parameters remains a separate node.

In (w1·x1 + w2·x2 + b) − y, all would be one sum, but the slides have a z, and then z − y;
and the gradient of the loss by z is wanted under the name dZ. So, when all has been
absorbed, the terms *parameter times something else*, and the parameters added to them, are
taken out of every sum that has other terms as well. If the learner had a node with just
these terms, and it had been absorbed, it is restored, and with it the Value that it was.

In the example the sums z₁ and z₂ are weighted sums of parameters, and stay what tanh reads:

>>> from autograd.vectorizer.example import Layer
>>> Layer().forms[6]  # a₁ = tanh of node 5, which is z₁
Function(row=<primitive tanh>, inputs=(5,))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.vectorizer.merging.forms import (
    ONE,
    Constant,
    Form,
    Leaf,
    Output,
    Sum,
    Terms,
    operands,
)

Key = frozenset[tuple[tuple[int, int], float]]


class WeightedSums:
    """The weighted sums among the nodes of a normal form, while it is made.

    Attributes:
        written: of each weighted sum that was taken out of others, the nodes with just its
            terms, as often as it occurs; 0 where only its terms occurred.
    """

    def __init__(self, forms: dict[int, Form]) -> None:
        self._forms = forms
        self._parameters = {
            node for node, form in forms.items() if isinstance(form, Leaf) and form.array.parameter
        }
        self._nodes: set[int] = set()
        self._absorbed: dict[Key, list[int]] = {}
        self.written: dict[int, list[int]] = {}

    def __contains__(self, node: int) -> bool:
        return node in self._nodes

    def before_absorbing(
        self,
        node: int,
        written: list[tuple[Any, ...]],
        absorbable: Callable[[int], Terms | None],
    ) -> None:
        """Recognise a weighted sum, or remember those that another sum is going to absorb."""
        if all(term[0] == 1.0 and self._fits(*term[1:]) for term in written):
            self._nodes.add(node)
            return
        for term in written:
            if len(term) == 2 and term[1] in self._nodes:
                terms = absorbable(term[1])
                if terms is not None:
                    self._absorbed.setdefault(frozenset(terms.items()), []).append(term[1])

    def after_absorbing(self, node: int, terms: Terms) -> None:
        """Recognise what turns out to be a weighted sum, such as −(−wx) + b."""
        if node not in self._nodes and all(
            c == 1.0 and self._fits(b, a) for (a, b), c in terms.items()
        ):
            self._nodes.add(node)

    def _fits(self, a: int, b: int = ONE) -> bool:
        """Whether a·b may be a term of a weighted sum."""
        if b != ONE:
            return (a in self._parameters) != (b in self._parameters)
        return a in self._nodes or a in self._parameters or isinstance(self._forms.get(a), Constant)

    def split_off(self, new_node: Callable[[], int]) -> dict[int, Form]:
        """All nodes that an output depends on, each weighted sum as a separate node."""
        found: dict[int, Form] = {}
        nodes: dict[Key, int] = {}
        for node, form in self._forms.items():
            if isinstance(form, (Sum, Output)):
                scale, inside = self._inside(form.terms)
                if inside and (len(inside) < len(form.terms) or scale != 1.0):
                    weighted = {pair: form.terms.pop(pair) / scale for pair in inside}
                    key = frozenset(weighted.items())
                    absorbed = self._absorbed.get(key, [])
                    if key not in nodes:
                        nodes[key] = absorbed[0] if absorbed else new_node()
                        found[nodes[key]] = Sum(weighted)
                        self.written[nodes[key]] = []
                    written = self.written[nodes[key]]
                    written.append(absorbed[len(written)] if len(written) < len(absorbed) else 0)
                    z = {(ONE, nodes[key]): scale + form.terms.pop((ONE, nodes[key]), 0.0)}
                    form.terms = z | form.terms if scale > 0.0 else form.terms | z  # y − z
                elif inside and isinstance(form, Sum):
                    key = frozenset(form.terms.items())
                    if nodes.setdefault(key, node) != node:
                        self.written[nodes[key]].append(node)
                    else:
                        self.written[node] = [node]
            found[node] = form
        return _needed(found)

    def _inside(self, terms: Terms) -> tuple[float, list[tuple[int, int]]]:
        """The coefficient of the weighted sum that is contained in a sum, and its terms."""
        parameters = self._parameters
        products = [
            pair
            for pair in terms
            if pair[0] != ONE and (pair[0] in parameters) != (pair[1] in parameters) and terms[pair]
        ]
        if not products:
            return 1.0, []
        scales = {terms[pair] for pair in products}
        scale = scales.pop() if len(scales) == 1 else 1.0
        biases = [
            pair
            for pair, c in terms.items()
            if pair[0] == ONE and pair[1] in parameters and c == scale
        ]
        if scale == 1.0 and len(products) + len(biases) == len(terms) - ((ONE, ONE) in terms):
            return 1.0, list(terms)  # a number may be the bias
        return scale, products + biases


def _needed(forms: dict[int, Form]) -> dict[int, Form]:
    read: set[int] = set()
    for node in reversed(forms):
        form = forms[node]
        if isinstance(form, Output) or node in read:
            read.update(operands(form))
    return {n: form for n, form in forms.items() if n in read or isinstance(form, Output)}
