"""Idea 2: the normal form. The same mathematics, however written, becomes the same nodes.

A learner may write a neuron as ``w1*x1 + w2*x2 + b``, with ``sum``, with ``dot`` or with
``affine``; a graph of scalars shows the difference, a slide does not. Three rules remove it:

- *Merge equal nodes.* The same operation on the same inputs is computed once, also if the
  inputs turn out to be the same only in normal form.
- *Two kinds of nodes.* Each node is a function of other nodes, such as σ(z), or a **sum of
  terms** c·a·b, where c is a number and a and b are nodes (or missing). Addition, negation,
  multiplication, dot products: all are such sums. A quotient a/b is the term a·(1/b).
- *Absorb.* A sum that only one other sum reads is taken over by it: (w1·x1 + w2·x2) + b is
  one sum of three terms.

The last rule has an exception, ``weighted_sums``, which is applied afterwards.

What holds for numbers need not hold for nan and ∞: 0·x is nan there. So a term that the loss
was given keeps its coefficient 0. In derivatives, where such terms come by the dozen, they go,
and so does 0 times a parameter: the first state of a recurrence, the padding of a convolution.

Both units of the example and both of their gradients are sums of two terms, whoever wrote ``dot``:

>>> from autograd.vectorizer.example import Layer
>>> for node in (5, 9, 13, 17):  # z₁, z₂, dz₁, dz₂
...     print(Layer().forms[node].terms)
{(1, 3): 1.0, (2, 4): 1.0}
{(3, 7): 1.0, (4, 8): 1.0}
{(0, 0): 1.0, (6, 6): -1.0}
{(0, 0): 1.0, (10, 10): -1.0}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.backprop import topological_order
from autograd.primitives import Primitive, constant, divide, power_constant
from autograd.value import Value
from autograd.vectorizer.merging.forms import (
    ONE,
    Constant,
    Form,
    Function,
    Leaf,
    Output,
    Sum,
    Terms,
)
from autograd.vectorizer.merging.weighted_sums import Key, WeightedSums
from autograd.vectorizer.recording.leaves import LeafArray

# A coefficient, and one or two nodes.
Written = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Wanted:
    """A Value that the program is to return; the rest is as in ``Output``.

    Attributes:
        keeps_z: whether a weighted sum stays a node, the Z of the last layer.
        derivative: whether it is the derivative of another one.
    """

    value: Value
    name: str
    position: int
    averaged: bool
    keeps_z: bool = False
    derivative: bool = False


def normal_form(
    wanted: Sequence[Wanted],
    places: Mapping[Value, tuple[LeafArray, int]],
    derivatives: Collection[Value] = (),
) -> NormalForm:
    """The nodes of a graph in normal form.

    Args:
        wanted: what the program is to return, derivatives last.
        places: of the leaves.
        derivatives: Values that are derivatives by others, and shall stay what they are if they
            stay nodes.
    """
    found = NormalForm()
    found.make(wanted, places, derivatives)
    return found


class NormalForm:
    """The nodes of a graph in normal form; made by :func:`normal_form`.

    Attributes:
        forms: node number to form; each node stands after the nodes it reads, and the
            outputs stand last, in the order in which they were wanted.
        node_of: Value to node number. The node may have been absorbed, and then is not
            among the forms.
        numbers: the nodes that are numbers.
        written_twice: whether Values that a loss depends on turned out to be the same.
        altered: nodes that are not, or not alone, what the Values with their number are.
    """

    def __init__(self) -> None:
        self.forms: dict[int, Form] = {ONE: Constant(1.0)}
        self.node_of: dict[Value, int] = {}
        self.written_twice = False
        self.altered: set[int] = set()
        self._numbers = {1.0: ONE}
        self.numbers = {ONE}
        self._functions: dict[tuple[Primitive, tuple[int, ...]], int] = {}
        self._sums: dict[Key, int] = {}
        self._key_of: dict[int, Key] = {}  # of sums that are read without being absorbed
        self._multiples: dict[int, tuple[float, int]] = {}  # of a node c·x, c and x
        # Of each node: how it was made, if by an operation; how many read it, or at most read
        # it; and which other node it is the same as, if so.
        self._made: list[tuple[Primitive, tuple[int, ...], float] | None] = [None]
        self._readers = [0]
        self._same = [ONE]
        self._forward = 0  # nodes up to this one are made by the loss
        self._keep_zeros = True
        self._derivatives: set[int] = set()

    def make(
        self,
        wanted: Sequence[Wanted],
        places: Mapping[Value, tuple[LeafArray, int]],
        derivatives: Collection[Value],
    ) -> None:
        """Find the nodes: merge equal ones, bring each to its kind, absorb, and split off."""
        self._merge_equal_nodes(wanted, places)
        self._derivatives = {self.node_of[v] for v in derivatives if v in self.node_of}
        self._weighted_sums = WeightedSums(self.forms)
        for node, made in enumerate(self._made.copy()):
            self._keep_zeros = node <= self._forward
            if made is not None:
                self._normalize(node, *made)
        for each in wanted:
            terms: Terms = {}
            self._keep_zeros = not each.derivative
            node = self._same[self.node_of[each.value]]
            if each.keeps_z and node in self._weighted_sums:
                terms[ONE, node] = 1.0
            else:
                self._add(terms, 1.0, node)
            output = Output(terms, each.name, each.position, each.averaged)
            self.forms[self._new_node()] = output
        self.forms = self._weighted_sums.split_off(self._new_node)
        for node, others in self._weighted_sums.written.items():
            self.altered.update([node] * (len(others) != 1))
            values = [x for x in others if x]
            self.written_twice |= len([x for x in values if x <= self._forward]) > 1
            for other in values:
                self._same[other] = node
        self.node_of = {value: self._same[node] for value, node in self.node_of.items()}

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
            self.numbers.add(node)
            self.forms[node] = Constant(data)
        return node

    # --- merge equal nodes ---

    def _merge_equal_nodes(
        self, wanted: Sequence[Wanted], places: Mapping[Value, tuple[LeafArray, int]]
    ) -> None:
        unique: dict[tuple[Primitive, tuple[int, ...]], int] = {}
        node_of, readers = self.node_of, self._readers
        outputs = [each.value for each in wanted]
        computed = {each.value for each in wanted if not each.derivative}
        last = len(computed)
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
                elif last:
                    self._written_again(known)
                node_of[value] = known
            if value in computed:
                last -= 1
                self._forward = len(self._made) - 1
        for output in outputs:
            readers[node_of[output]] += 1

    def _same_as(self, node: int, other: int, reads: int) -> None:
        """The node is another one, which it reads so many times."""
        self._same[node] = other
        self._readers[other] += self._readers[node] - reads
        if not reads and node <= self._forward:
            self._written_again(other)

    def _written_again(self, node: int) -> None:
        self.written_twice = True
        self.altered.add(node)  # its derivative is the sum of those by each writing

    # --- two kinds of nodes ---

    def _normalize(self, node: int, row: Primitive, made_of: tuple[int, ...], data: float) -> None:
        inputs = tuple([self._same[x] for x in made_of])
        if self.numbers.issuperset(inputs):
            self._same[node] = self._number(data)  # what depends on numbers alone is a number
        elif row is divide:
            self._normalize_sum(node, [self._quotient(*inputs)])
        elif row is power_constant and inputs[1] == ONE:
            self._same_as(node, self._settled(inputs[0]), 1)
        elif row is power_constant and inputs[1] == self._numbers.get(0.0) and not self._keep_zeros:
            self._same[node] = ONE  # the slope of x ** 1 is written 1, not x ** 0
        elif row.terms is not None:
            self._normalize_sum(node, row.terms(*inputs))
        else:
            known = self._function(row, inputs, node)
            if known != node:
                self._same_as(node, known, 0)

    def _function(self, row: Primitive, inputs: tuple[int, ...], node: int = 0) -> int:
        """The node with this function of the inputs: a known one, else this or a new one."""
        key = row, tuple([self._settled(x) for x in inputs])
        if key not in self._functions:
            self._functions[key] = node = node or self._new_node()
            self.forms[node] = Function(*key)
        return self._functions[key]

    def _quotient(self, a: int, b: int) -> Written:
        divisor = self.forms.get(b)
        if isinstance(divisor, Constant) and _is_safe(1.0, 1.0 / divisor.data):
            return 1.0 / divisor.data, a
        return 1.0, a, self._function(divide, (ONE, b))

    def _normalize_sum(self, node: int, written: list[Written]) -> None:
        singles = [term for term in written if len(term) == 2]
        if len(singles) > 1:
            written = self._without_repetition(written, singles)
        multiple = self._multiple(written) if len(written) == 1 else None
        if multiple is not None and multiple[0] == 1.0 and multiple[1] in self.forms:
            self._readers[multiple[1]] += 1  # −(−x) is x
            self._same_as(node, multiple[1], 1)
            return
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
                self._same_as(node, b, 1)  # 1·b is b
                return
        if multiple is not None and multiple[0] == 1.0:  # or the x that −x took over
            self.forms[multiple[1]] = Sum(self._taken_over(terms))
            self._same_as(node, multiple[1], 1)
            return
        if multiple is not None:
            self._multiples[node] = multiple
        self.forms[node] = Sum(terms)
        self._weighted_sums.after_absorbing(node, terms)

    def _multiple(self, written: list[Written]) -> tuple[float, int] | None:
        """The one term c·x that was written as a number times the first node that x is of."""
        if len(written[0]) > 2:
            return None
        times, node = written[0]
        size, first = self._multiples.get(node, (1.0, node))
        return times * size, self._same[first]

    def _taken_over(self, terms: Terms) -> Terms:
        """The terms of x itself, where −x is read by others, too, and −(−x) would be −1·(−x)."""
        [((one, node), times), *others] = terms.items()
        form = self.forms[node]
        if one == ONE and not others and isinstance(form, Sum):
            return {pair: times * c for pair, c in form.terms.items()}
        return terms

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
            self._take(place[1])
            written.remove(place)
        return longest

    def _settled(self, node: int) -> int:
        """The node, to be read as it is; or the same sum, if there is one that is read so."""
        node = self._same[node]
        form = self.forms[node]
        if not isinstance(form, Sum) or node in self._key_of:
            return node
        key = frozenset(form.terms.items())
        known = self._sums.setdefault(key, node)
        if known == node:
            self._key_of[node] = key
        else:
            del self.forms[node]
            self._same_as(node, known, 0)
        return known

    def _take(self, node: int) -> Form:
        """The form of a node that is to be another one, or none."""
        if node in self._key_of:
            del self._sums[self._key_of.pop(node)]
        return self.forms.pop(node)

    def _add(self, terms: Terms, coefficient: float, node: int) -> None:
        """Add coefficient · node to the terms."""
        node = self._same[node]
        form = self.forms[node]
        if isinstance(form, Constant):
            self._add_to(terms, (ONE, ONE), coefficient * form.data)
        elif isinstance(form, Sum) and self._readers[node] == 1 and _are_safe(coefficient, form):
            self._take(node)
            for pair, c in form.terms.items():
                self._add_to(terms, pair, coefficient * c)
        else:
            self._add_to(terms, (ONE, self._settled(node)), coefficient)

    def _add_product(self, terms: Terms, coefficient: float, a: int, b: int) -> None:
        """Add coefficient · a · b to the terms."""
        a, b = self._same[a], self._same[b]
        if isinstance(self.forms[b], Constant):
            a, b = b, a
        coefficient, a = self._without_coefficient(coefficient, a)
        coefficient, b = self._without_coefficient(coefficient, b)
        if a == ONE or b == ONE:
            self._add(terms, coefficient, b if a == ONE else a)
        else:
            a, b = self._settled(a), self._settled(b)
            self._add_to(terms, (a, b) if a < b else (b, a), coefficient)

    def _without_coefficient(self, times: float, node: int) -> tuple[float, int]:
        """A number times the node, with the node's own coefficient put to the number."""
        form = self.forms[node]
        if isinstance(form, Constant):
            return times * form.data, ONE
        if not isinstance(form, Sum) or len(form.terms) > 1:
            return times, node
        [(pair, c)] = form.terms.items()
        if c == 1.0 or not _is_safe(times, c):
            return times, node
        if pair[0] == ONE:
            # In −y·log a, −y is −1·y even if it is read again.
            if self._readers[node] == 1:
                self._take(node)
            elif c == -1.0 and isinstance(self.forms[pair[1]], Leaf):
                self.altered.add(node)  # not every reader of it is seen to read it
            else:
                return times, node
            return times * c, pair[1]
        if self._readers[node] > 1 or node in self._derivatives:
            return times, node
        self._take(node)
        self.forms[node] = Sum({pair: 1.0})
        self.altered.add(node)
        return times * c, node

    def _add_to(self, terms: Terms, pair: tuple[int, int], coefficient: float) -> None:
        _add_term(terms, pair, coefficient)
        if self._keep_zeros and pair not in terms and not self._goes_with_0(*pair):
            terms[pair] = 0.0

    def _goes_with_0(self, a: int, b: int) -> bool:
        form = self.forms[b]
        return a == ONE and (b == ONE or (isinstance(form, Leaf) and form.array.parameter))


def _add_term(terms: Terms, pair: tuple[int, int], coefficient: float) -> None:
    coefficient += terms.get(pair, 0.0)
    if coefficient:
        terms[pair] = coefficient
    else:
        terms.pop(pair, None)


def _are_safe(times: float, form: Sum) -> bool:
    """Whether the terms of a sum may be multiplied by a number."""
    return abs(times) == 1.0 or all(_is_safe(times, c) for c in form.terms.values())


def _is_safe(a: float, b: float) -> bool:
    """Whether a product of coefficients stays far from where floats end."""
    return a == 0.0 or b == 0.0 or 1e-290 < abs(a * b) < 1e290
