"""Idea 2: the normal form. The same mathematics, however written, becomes the same nodes.

A learner may write a neuron as ``w1*x1 + w2*x2 + b``, with ``sum``, with ``dot`` or with
``affine``; a graph of scalars shows the difference, a slide does not. Three rules remove it:

- *Merge equal nodes.* The same operation on the same inputs is computed once.
- *Two kinds of nodes.* Each node is a function of other nodes, such as σ(z), or a **sum of
  terms** c·a·b, where c is a number and a and b are nodes (or missing). Addition, negation,
  multiplication, dot products: all are such sums. A quotient a/b is the term a·(1/b).
- *Absorb.* A sum that only one other sum reads is taken over by it: (w1·x1 + w2·x2) + b is
  one sum of three terms. But a **weighted sum**, parameters times something else plus
  parameters, stays by itself: in (w1·x1 + w2·x2 + b) − y, the slides have a z and then z − y.

Nodes are numbered. Node 0 is the number 1, so c·a is the term c·1·a, and c alone is c·1·1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.backprop import topological_order
from autograd.primitives import Primitive, constant, divide
from autograd.value import Value
from autograd.vectorizer.leaves import LeafArray

ONE = 0

# The two factors of a term, the smaller node number first, and its coefficient.
Terms = dict[tuple[int, int], float]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry of a named array."""

    array: LeafArray
    position: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number that never changes."""

    data: float


@dataclass(frozen=True, slots=True)
class Function:
    """A row of the table, applied to nodes."""

    row: Primitive
    inputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """Σ c·a·b."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class Output:
    """A sum that the program returns, as an entry of a named array.

    Attributes:
        terms: the terms of the sum.
        name: the array in the program, such as ``dW1``.
        position: the entry of the array, counted row by row.
        averaged: whether the mean over all examples is meant.
    """

    terms: Terms
    name: str
    position: int
    averaged: bool


Form = Leaf | Number | Function | Sum | Output


@dataclass(frozen=True)
class Wanted:
    """A Value that the program is to return: see ``Output``."""

    value: Value
    name: str
    position: int
    averaged: bool


class NormalForm:
    """The nodes of a graph in normal form.

    Attributes:
        forms: node number to form; each node stands after the nodes it reads.
        node_of: Value to node number. The node may have been absorbed, and then is not
            among the forms.
    """

    def __init__(
        self, wanted: Sequence[Wanted], places: Mapping[Value, tuple[LeafArray, int]]
    ) -> None:
        self.forms: dict[int, Form] = {ONE: Number(1.0)}
        self.node_of: dict[Value, int] = {}
        self._numbers = {1.0: ONE}
        self._reciprocals: dict[int, int] = {}
        self._recipes: list[tuple[Primitive, tuple[int, ...], float] | None] = [None]
        self._readers = Counter[int]()
        self._same: dict[int, int] = {}
        self._merge_equal_nodes([w.value for w in wanted], places)
        self._weighted: set[int] = set()
        self._absorbed: dict[frozenset[tuple[tuple[int, int], float]], int] = {}
        for node in range(1, len(self._recipes)):
            self._normalize(node)
        for w in wanted:
            terms: Terms = {}
            self._add(terms, 1.0, self._resolve(self.node_of[w.value]))
            self.forms[self._new_node()] = Output(terms, w.name, w.position, w.averaged)
        self.node_of = {value: self._resolve(node) for value, node in self.node_of.items()}
        self._split_off_weighted_sums()
        self._drop_unread()

    def _new_node(self) -> int:
        self._recipes.append(None)
        return len(self._recipes) - 1

    def _merge_equal_nodes(
        self, outputs: Sequence[Value], places: Mapping[Value, tuple[LeafArray, int]]
    ) -> None:
        unique: dict[tuple[Primitive, tuple[int, ...]], int] = {}
        node_of, readers = self.node_of, self._readers
        for value in topological_order(*outputs):
            op = value.op
            if op is None:
                node_of[value] = node = self._new_node()
                self.forms[node] = Leaf(*places[value])
            elif op is constant:
                node_of[value] = self._number(value.data)
            else:
                inputs = tuple([node_of[x] for x in value.inputs])
                key = op, inputs
                if key not in unique:
                    unique[key] = len(self._recipes)
                    self._recipes.append((op, inputs, value.data))
                    readers.update(inputs)
                node_of[value] = unique[key]
        readers.update([node_of[output] for output in outputs])

    def _number(self, data: float) -> int:
        node = self._numbers.get(data)
        if node is None:
            self._numbers[data] = node = self._new_node()
            self.forms[node] = Number(data)
        return node

    def _resolve(self, node: int) -> int:
        return self._same.get(node, node)

    def _normalize(self, node: int) -> None:
        recipe = self._recipes[node]
        if recipe is None:  # a leaf or a number
            return
        row, raw_inputs, data = recipe
        inputs = tuple([self._same.get(x, x) for x in raw_inputs])
        if all([isinstance(self.forms.get(x), Number) for x in inputs]):
            self._same[node] = self._number(data)  # what depends on numbers alone is a number
        elif row is divide or row.terms is not None:
            self._normalize_sum(node, row, inputs)
        else:
            self.forms[node] = Function(row, inputs)

    def _normalize_sum(self, node: int, row: Primitive, inputs: tuple[int, ...]) -> None:
        written: list[tuple[Any, ...]]
        written = [self._quotient(*inputs)] if row.terms is None else row.terms(*inputs)
        self._join_repeated(written)
        if all([c == 1.0 and self._is_weighted(*factors) for c, *factors in written]):
            self._weighted.add(node)
        else:
            for x in {x for _, x, *others in written if x in self._weighted and not others}:
                absorbed = self._absorbable(x)
                if absorbed is not None:
                    self._absorbed[frozenset(absorbed.items())] = x
        terms = self._largest_absorbed(written)
        for coefficient, *factors in written:
            if len(factors) == 1:
                self._add(terms, coefficient, factors[0])
            else:
                self._add_product(terms, coefficient, *factors)
        if not terms or terms.keys() == {(ONE, ONE)}:
            self._same[node] = self._number(terms.get((ONE, ONE), 0.0))
        elif len(terms) == 1 and (1.0 in terms.values()) and next(iter(terms))[0] == ONE:
            self._same[node] = next(iter(terms))[1]  # 1·x is x
        else:
            self.forms[node] = Sum(terms)

    def _join_repeated(self, written: list[tuple[Any, ...]]) -> None:
        """X + x as 2x, so that x has one reader if nobody else reads it."""
        singles = [term for term in written if len(term) == 2]
        for node, times in Counter([node for _, node in singles]).items():
            if times > 1:
                repeated = [term for term in singles if term[1] == node]
                written[:] = [term for term in written if term not in repeated]
                written.append((sum([c for c, _ in repeated]), node))
                self._readers[node] -= times - 1

    def _is_weighted(self, a: int, b: int = ONE) -> bool:
        """Whether a term belongs to a weighted sum."""
        if b == ONE:
            return a in self._weighted or self._is_parameter(a) or self._is_number(a)
        return self._is_parameter(a) != self._is_parameter(b)

    def _is_parameter(self, node: int) -> bool:
        form = self.forms.get(node)
        return isinstance(form, Leaf) and form.array.parameter

    def _is_number(self, node: int) -> bool:
        return isinstance(self.forms.get(node), Number)

    def _quotient(self, a: int, b: int) -> tuple[Any, ...]:
        divisor = self.forms.get(b)
        if isinstance(divisor, Number) and math.isfinite(1.0 / divisor.data):
            return 1.0 / divisor.data, a
        if b not in self._reciprocals:
            self._reciprocals[b] = reciprocal = self._new_node()
            self.forms[reciprocal] = Function(divide, (ONE, b))
        return 1.0, a, self._reciprocals[b]

    def _absorbable(self, node: int) -> Terms | None:
        form = self.forms.get(node)
        return form.terms if isinstance(form, Sum) and self._readers[node] == 1 else None

    def _largest_absorbed(self, written: list[tuple[Any, ...]]) -> Terms:
        """The terms of the longest sum among the written terms, taken over as they are.

        Only to save time: adding to it costs as much as the other terms have, so that
        a + b + c + … of n terms, n − 1 nodes, costs n and not n².
        """
        longest: Terms = {}
        place = None
        for term in written:
            if term[0] == 1.0 and len(term) == 2:
                terms = self._absorbable(term[1])
                if terms is not None and len(terms) > len(longest):
                    longest, place = terms, term
        if place is not None:
            del self.forms[place[1]]
            written.remove(place)
        return longest

    def _add(self, terms: Terms, coefficient: float, node: int) -> None:
        """Add coefficient · node to the terms."""
        absorbed = self._absorbable(node)
        if absorbed is not None:
            del self.forms[node]
            for pair, c in absorbed.items():
                _add_term(terms, pair, coefficient * c)
            return
        form = self.forms[node]
        if isinstance(form, Number):
            _add_term(terms, (ONE, ONE), coefficient * form.data)
        else:
            _add_term(terms, (ONE, node), coefficient)

    def _add_product(self, terms: Terms, coefficient: float, a: int, b: int) -> None:
        """Add coefficient · a · b to the terms."""
        c, a = self._without_coefficient(a)
        d, b = self._without_coefficient(b)
        if a == ONE or b == ONE:
            self._add(terms, coefficient * c * d, b if a == ONE else a)
        else:
            _add_term(terms, (a, b) if a < b else (b, a), coefficient * c * d)

    def _without_coefficient(self, node: int) -> tuple[float, int]:
        """The node as a coefficient times a node: numbers come to the front of a product."""
        form = self.forms[node]
        if isinstance(form, Number):
            return form.data, ONE
        terms = self._absorbable(node)
        if terms is None or len(terms) > 1:
            return 1.0, node
        [(pair, c)] = terms.items()
        if pair[0] != ONE:
            terms[pair] = 1.0
            return c, node
        del self.forms[node]
        return c, pair[1]

    def _split_off_weighted_sums(self) -> None:
        """Give each weighted sum that was absorbed among other terms a node of its own again."""
        parameters = {node for node in self.forms if self._is_parameter(node)}
        split: dict[frozenset[tuple[tuple[int, int], float]], int] = {}
        forms, self.forms = self.forms, {}
        for node, form in forms.items():
            if isinstance(form, (Sum, Output)):
                terms = form.terms
                scale, inside = _weighted_part(terms, parameters)
                if inside and (len(inside) < len(terms) or scale != 1.0):
                    weighted = {pair: terms.pop(pair) / scale for pair in inside}
                    key = frozenset(weighted.items())
                    if key not in split:
                        split[key] = z = self._absorbed.get(key) or self._new_node()
                        self.forms[z] = Sum(weighted)
                    rest = dict(terms)
                    terms.clear()
                    if scale > 0.0:  # z − y, but y − z
                        terms[ONE, split[key]] = scale
                    terms.update(rest)
                    terms[ONE, split[key]] = scale
            self.forms[node] = form

    def _drop_unread(self) -> None:
        read: set[int] = set()
        for node in reversed(list(self.forms)):
            form = self.forms[node]
            if isinstance(form, Output) or node in read:
                read.update(operands(form))
            else:
                del self.forms[node]


def _weighted_part(terms: Terms, parameters: set[int]) -> tuple[float, list[tuple[int, int]]]:
    """The terms of a weighted sum among others, and the coefficient of that sum."""
    products = [
        pair
        for pair in terms
        if pair[0] != ONE and (pair[0] in parameters) != (pair[1] in parameters)
    ]
    scales = {terms[pair] for pair in products}
    scale = scales.pop() if len(scales) == 1 else 1.0
    biases = [
        pair
        for pair, c in terms.items()
        if pair[0] == ONE and c == scale and pair[1] in parameters and products
    ]
    if scale == 1.0 and len(products) + len(biases) + ((ONE, ONE) in terms) == len(terms):
        return 1.0, list(terms) if products else []  # the bias may be a number
    return scale, products + biases


def _add_term(terms: Terms, pair: tuple[int, int], coefficient: float) -> None:
    coefficient += terms.get(pair, 0.0)
    if coefficient:
        terms[pair] = coefficient
    else:
        terms.pop(pair, None)


def operands(form: Form) -> list[int]:
    """The nodes that a form reads."""
    if isinstance(form, Function):
        return list(form.inputs)
    if isinstance(form, (Sum, Output)):
        return [node for pair in form.terms for node in pair]
    return []
