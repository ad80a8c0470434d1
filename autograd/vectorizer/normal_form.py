"""Idea 2: the normal form. The same mathematics, however written, becomes the same nodes.

A learner may write a neuron as ``w1*x1 + w2*x2 + b``, with ``sum``, with ``dot`` or with
``affine``; a graph of scalars shows the difference, a slide does not. Three rules remove it:

- *Merge equal nodes.* The same operation on the same inputs is computed once.
- *Two kinds of nodes.* Each node is a function of other nodes, such as σ(z), or a **sum of
  terms** c·a·b, where c is a number and a and b are nodes (or missing). Addition, negation,
  multiplication, dot products: all are such sums. A quotient a/b is the term a·(1/b).
- *Absorb.* A sum that only one other sum reads is taken over by it: (w1·x1 + w2·x2) + b is
  one sum of three terms.

The last rule has an exception, ``weighted_sums``, which is applied afterwards.
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
from autograd.vectorizer.forms import ONE, Form, Function, Leaf, Number, Output, Sum, Terms
from autograd.vectorizer.leaves import LeafArray
from autograd.vectorizer.weighted_sums import WeightedSums

# A coefficient, and one or two nodes.
Written = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Wanted:
    """A Value that the program is to return; the rest is as in ``Output``.

    Attributes:
        keeps_z: whether a weighted sum stays a node, the Z of the last layer.
    """

    value: Value
    name: str
    position: int
    averaged: bool
    keeps_z: bool = False


class NormalForm:
    """The nodes of a graph in normal form.

    Attributes:
        forms: node number to form; each node stands after the nodes it reads, and the
            outputs stand last, in the order in which they were wanted.
        node_of: Value to node number. The node may have been absorbed, and then is not
            among the forms.
    """

    def __init__(
        self, wanted: Sequence[Wanted], places: Mapping[Value, tuple[LeafArray, int]]
    ) -> None:
        self.forms: dict[int, Form] = {ONE: Number(1.0)}
        self.node_of: dict[Value, int] = {}
        self._numbers = {1.0: ONE}
        self._number_nodes = {ONE}
        self._reciprocals: dict[int, int] = {}
        # Of each node: how it was made, if by an operation; how many read it; and which
        # other node it is the same as, if so.
        self._made: list[tuple[Primitive, tuple[int, ...], float] | None] = [None]
        self._readers = [0]
        self._same = [ONE]
        self._merge_equal_nodes([each.value for each in wanted], places)
        self._weighted_sums = WeightedSums(self.forms)
        for node, made in enumerate(self._made.copy()):
            if made is not None:
                self._normalize(node, *made)
        for each in wanted:
            terms: Terms = {}
            node = self._same[self.node_of[each.value]]
            if each.keeps_z and node in self._weighted_sums:
                terms[ONE, node] = 1.0
            else:
                self._add(terms, 1.0, node)
            output = Output(terms, each.name, each.position, each.averaged)
            self.forms[self._new_node()] = output
        self.node_of = {value: self._same[node] for value, node in self.node_of.items()}
        self.forms = self._weighted_sums.split_off(self._new_node)

    def _new_node(self) -> int:
        node = len(self._made)
        self._made.append(None)
        self._readers.append(0)
        self._same.append(node)
        return node

    def _number(self, data: float) -> int:
        node = self._numbers.get(data)
        if node is None:
            self._numbers[data] = node = self._new_node()
            self._number_nodes.add(node)
            self.forms[node] = Number(data)
        return node

    # --- merge equal nodes ---

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
                known = unique.get(key)
                if known is None:
                    unique[key] = known = self._new_node()
                    self._made[known] = op, inputs, value.data
                    for x in inputs:
                        readers[x] += 1
                node_of[value] = known
        for output in outputs:
            readers[node_of[output]] += 1

    # --- two kinds of nodes ---

    def _normalize(self, node: int, row: Primitive, made_of: tuple[int, ...], data: float) -> None:
        inputs = tuple([self._same[x] for x in made_of])
        if self._number_nodes.issuperset(inputs):
            self._same[node] = self._number(data)  # what depends on numbers alone is a number
        elif row is divide:
            self._normalize_sum(node, [self._quotient(*inputs)])
        elif row.terms is not None:
            self._normalize_sum(node, row.terms(*inputs))
        else:
            self.forms[node] = Function(row, inputs)

    def _quotient(self, a: int, b: int) -> Written:
        divisor = self.forms.get(b)
        if isinstance(divisor, Number) and math.isfinite(1.0 / divisor.data):
            return 1.0 / divisor.data, a
        if b not in self._reciprocals:
            self._reciprocals[b] = reciprocal = self._new_node()
            self.forms[reciprocal] = Function(divide, (ONE, b))
        return 1.0, a, self._reciprocals[b]

    def _normalize_sum(self, node: int, written: list[Written]) -> None:
        singles = [term for term in written if len(term) == 2]
        if len(singles) > 1:
            written = self._without_repetition(written, singles)
        self._weighted_sums.before_absorbing(node, written, self._absorbable)
        terms = self._longest_absorbed(written)
        for term in written:
            if len(term) == 2:
                self._add(terms, *term)
            else:
                self._add_product(terms, *term)
        if not terms or terms.keys() == {(ONE, ONE)}:
            self._same[node] = self._number(terms.get((ONE, ONE), 0.0))
            return
        if len(terms) == 1:
            [((a, b), coefficient)] = terms.items()
            if a == ONE and coefficient == 1.0:
                self._same[node] = b  # 1·b is b
                return
        self.forms[node] = Sum(terms)
        self._weighted_sums.after_absorbing(node, terms)

    def _without_repetition(self, written: list[Written], singles: list[Written]) -> list[Written]:
        """Write x + x as 2x, so that x has one reader if no other node reads it."""
        times = Counter([x for _, x in singles])
        for x, n in times.items():
            if n > 1:
                coefficient = sum([c for c, other in singles if other == x])
                written = [term for term in written if len(term) > 2 or term[1] != x]
                written.append((coefficient, x))
                self._readers[x] -= n - 1
        return written

    # --- absorb ---

    def _absorbable(self, node: int) -> Terms | None:
        form = self.forms.get(node)
        return form.terms if isinstance(form, Sum) and self._readers[node] == 1 else None

    def _longest_absorbed(self, written: list[Written]) -> Terms:
        """The terms of the longest sum among the written terms, taken over as they are.

        Only to save time: adding to it costs as much as the other terms have, so that
        a + b + c + … of n terms, n − 1 nodes, costs n and not n².
        """
        longest: Terms = {}
        place = None
        for term in written:
            if len(term) == 2 and term[0] == 1.0:
                terms = self._absorbable(term[1])
                if terms is not None and len(terms) > len(longest):
                    longest, place = terms, term
        if place is not None:
            del self.forms[place[1]]
            written.remove(place)
        return longest

    def _add(self, terms: Terms, coefficient: float, node: int) -> None:
        """Add coefficient · node to the terms."""
        form = self.forms[node]
        if isinstance(form, Number):
            _add_term(terms, (ONE, ONE), coefficient * form.data)
        elif isinstance(form, Sum) and self._readers[node] == 1:
            del self.forms[node]
            for pair, c in form.terms.items():
                _add_term(terms, pair, coefficient * c)
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
        if not isinstance(form, Sum) or len(form.terms) > 1:
            return 1.0, node
        [(pair, c)] = form.terms.items()
        if self._readers[node] == 1:
            if pair[0] != ONE:
                form.terms[pair] = 1.0
                return c, node
            del self.forms[node]
            return c, pair[1]
        if pair[0] == ONE and c == -1.0 and isinstance(self.forms[pair[1]], Leaf):
            return c, pair[1]  # in −y·log a, −y is −1·y even if it is read again
        return 1.0, node


def _add_term(terms: Terms, pair: tuple[int, int], coefficient: float) -> None:
    coefficient += terms.get(pair, 0.0)
    if coefficient:
        terms[pair] = coefficient
    else:
        terms.pop(pair, None)
