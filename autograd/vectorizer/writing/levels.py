"""When the arrays shatter: level by level, with gathers.

Groups pay off where many nodes do the same. In an irregular graph, such as a network with
connections missing at random, hardly two nodes do, and there would be a line for nearly
each. Then the program is written in the simplest way that still has long arrays:

- The level of a leaf is 0, that of another node one more than that of its highest input.
- The nodes of one level that are made by the same function are one array, whatever they
  read. Sums are too, if they have about equally many terms; the shorter ones are filled up
  with terms whose coefficient is 0.
- What they read is gathered from the arrays of lower levels with an index table.

It is right for every graph, and the better of the two under one stated rule: ``shattered``.

The last lines of the example, written level by level:

>>> from autograd.vectorizer.example import Layer
>>> layer = Layer()
>>> body = write_by_levels(layer.forms, layer.leaves, layer.outputs, Names(layer.outputs))
>>> for line in body.statements[3:]:
...     print(line)
V4 = np.mean(np.sum(V2[I5], axis=0), axis=1, keepdims=True)
V5 = np.mean(V3[I6] * X.reshape(2, -1)[I7], axis=1, keepdims=True)
J = V4[0, 0]
dW = V5.reshape(2, 2)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from autograd.vectorizer.contraction.expressions import filled
from autograd.vectorizer.formulas.building import called
from autograd.vectorizer.formulas.statements import Body, Names, OutputArray, Shape, Statement
from autograd.vectorizer.formulas.trees import (
    Binary,
    Call,
    Index,
    List,
    Method,
    Name,
    Number,
    Tree,
    Tuple,
    Word,
)
from autograd.vectorizer.grouping.groups import Group
from autograd.vectorizer.merging.forms import (
    ONE,
    Constant,
    Form,
    Function,
    Leaf,
    Output,
    Sum,
    Terms,
    operands,
)
from autograd.vectorizer.recording.leaves import LeafArray

Kind = tuple[Hashable, ...]


def shattered(groups: Sequence[Group], forms: Mapping[int, Form]) -> bool:
    """Whether groups would make more than 50 lines, and three times as many as levels would."""
    n_groups = len([group for group in groups if not isinstance(group.form, Leaf)])
    return n_groups > 50 and n_groups > 3 * len(_by_level(forms))


def _by_level(forms: Mapping[int, Form]) -> dict[Kind, list[int]]:
    """The nodes of each level and kind, lower levels first."""
    level: dict[int, int] = {}
    found: defaultdict[Kind, list[int]] = defaultdict(list)
    for node, form in forms.items():
        level[node] = 1 + max([level[x] for x in operands(form)], default=-1)
        match form:
            case Function(row=row, inputs=inputs):
                found[level[node], row.name, len(inputs)].append(node)
            case Sum(terms=terms):
                found[level[node], "", _padded(terms)].append(node)
            case Output(terms=terms, averaged=averaged):
                found[len(forms), averaged, _padded(terms)].append(node)
    return {kind: found[kind] for kind in sorted(found, key=lambda kind: kind[0])}  # type: ignore[arg-type, return-value]


def _padded(terms: Terms) -> int:
    """The number of terms rounded up to a power of 2."""
    return 1 << max(len(terms) - 1, 0).bit_length()


def write_by_levels(
    forms: Mapping[int, Form],
    leaves: Sequence[LeafArray],
    outputs: Mapping[str, OutputArray],
    names: Names,
) -> Body:
    """The statements of the nodes of a normal form, level by level."""
    return LevelWriter(forms, leaves, outputs, names).write()


class LevelWriter:
    """Writes the nodes of a normal form, level by level."""

    def __init__(
        self,
        forms: Mapping[int, Form],
        leaves: Sequence[LeafArray],
        outputs: Mapping[str, OutputArray],
        names: Names,
    ) -> None:
        self._forms = forms
        self._names = names
        self.body = Body(names.fresh("m"))
        # Of each node: its array, all of which have the shape (n, m) or (n, 1), and its row.
        self._place: dict[int, tuple[str, int]] = {}
        self._size: dict[str, int] = {}
        self._trees: dict[str, Tree] = {}
        self._constant: set[str] = set()  # the same for all examples
        self._made: set[Tree] = set()  # no other name for what is there already
        self._leaves, self._outputs = leaves, outputs

    def write(self) -> Body:
        self._add_leaves(self._leaves)
        self._add_numbers()
        for nodes in _by_level(self._forms).values():
            self._write(nodes)
        for name, output in self._outputs.items():
            self._collect(name, output)
        return self.body

    def _table(self, letter: str, entries: np.ndarray) -> Name:
        name = self._names.numbered(letter)
        self.body.tables[name] = entries
        return Name(name)

    def _add_leaves(self, leaves: Sequence[LeafArray]) -> None:
        for array in leaves:
            size = len(array.values)
            sizes = Number(size), Number(-1 if array.per_example else 1)
            self._trees[array.name] = Method(Name(array.name), "reshape", sizes)
            self._size[array.name] = size
            if not array.per_example:
                self._constant.add(array.name)
        for node, form in self._forms.items():
            if isinstance(form, Leaf):
                self._place[node] = form.array.name, form.position

    def _add_numbers(self) -> None:
        numbers = {
            node: form.data for node, form in self._forms.items() if isinstance(form, Constant)
        }
        numbers.setdefault(ONE, 1.0)
        table = self._table("C", np.array(list(numbers.values()))[:, None])
        name = table.name
        self._trees[name] = table
        self._size[name] = len(numbers)
        self._constant.add(name)
        self._place.update({node: (name, row) for row, node in enumerate(numbers)})

    def _write(self, nodes: list[int]) -> None:
        forms = [self._forms[node] for node in nodes]
        first = forms[0]
        used: list[str] = []
        if isinstance(first, Function):
            table = np.array([form.inputs for form in forms])  # type: ignore[union-attr]
            arguments = first.row.arguments(*range(table.shape[1]))
            gathered = [
                self._gather(table[:, list(x) if isinstance(x, tuple) else x], used)
                for x in arguments
            ]
            tree = filled(first.row.numpy, gathered)
        else:
            tree = self._sum([form.terms for form in forms], used)  # type: ignore[union-attr]
        constant = self._constant.issuperset(used)
        if isinstance(first, Output) and first.averaged and not constant:
            tree = called("np.mean", tree, axis=Number(1), keepdims=Word("True"))
            constant = True
        name = self._names.numbered("V")
        if tree not in self._trees.values() and not isinstance(tree, Name):
            self._made.add(Name(name))
        shape = (len(nodes), 1 if constant else "m")
        self.body.statements.append(Statement(name, tree, shape))
        self._trees[name] = Name(name)
        self._size[name] = len(nodes)
        self._place.update({node: (name, row) for row, node in enumerate(nodes)})
        if constant:
            self._constant.add(name)

    def _sum(self, sums: Sequence[Terms], used: list[str]) -> Tree:
        count = _padded(sums[0])
        pairs = np.full((len(sums), count, 2), ONE)
        coefficients = np.zeros((len(sums), count, 1))
        for row, terms in enumerate(sums):
            pairs[row, : len(terms)] = list(terms) or np.zeros((0, 2), int)
            coefficients[row, : len(terms), 0] = list(terms.values())
        factors: list[Tree] = []
        if (coefficients != 1.0).any():
            table = coefficients.swapaxes(0, 1)
            factors.append(self._table("C", table if count > 1 else table[0]))
        # In each pair the smaller node comes first, so the number 1, if it is there, is first.
        for side in (1, 0):
            if (pairs[..., side] != ONE).any() or not (factors or side):
                side_nodes = pairs[..., side]
                factors.append(self._gather(side_nodes if count > 1 else side_nodes[:, 0], used))
        tree = factors[0]
        for factor in factors[1:]:
            tree = Binary("*", tree, factor)
        return called("np.sum", tree, axis=Number(0)) if count > 1 else tree

    def _gather(self, nodes: np.ndarray, used: list[str]) -> Tree:
        """The nodes, as an array of their shape, transposed, and an axis of examples."""
        places = [self._place[node] for node in nodes.T.ravel().tolist()]
        sources = list(dict.fromkeys([source for source, _ in places]))
        used += sources
        starts, size = {}, 0
        for source in sources:
            starts[source] = size
            size += self._size[source]
        rows = [starts[source] + row for source, row in places]
        constant = [source for source in sources if source in self._constant]
        trees = [self._trees[source] for source in sources]
        if 0 < len(constant) < len(sources):  # arrays (n, 1) beside arrays (n, m)
            trees = [
                self._for_each_example(tree, self._size[source]) if source in constant else tree
                for source, tree in zip(sources, trees, strict=True)
            ]
        tree = trees[0] if len(trees) == 1 else called("np.concatenate", List(tuple(trees)))
        if nodes.ndim == 1 and rows == list(range(size)):
            return tree
        return Index(tree, (self._table("I", np.array(rows).reshape(nodes.T.shape)),))

    def _for_each_example(self, tree: Tree, size: int) -> Tree:
        sizes = Tuple((Number(size), Word(self.body.examples)))
        return called("np.broadcast_to", tree, sizes)

    def _collect(self, name: str, output: OutputArray) -> None:
        """An output, gathered from the arrays that hold its entries."""
        entries = {
            form.position: node
            for node, form in self._forms.items()
            if isinstance(form, Output) and form.name == name
        }
        used: list[str] = []
        tree = self._gather(np.array([entries[i] for i in range(len(entries))]), used)
        shape: Shape = output.shape
        # Gathering makes new arrays; a line that stands as it is, or only reshaped, is shared.
        borrowed = not isinstance(tree, (Index, Call)) and tree not in self._made
        if output.per_example:
            if self._constant.issuperset(used):
                tree = self._for_each_example(tree, len(entries))
                borrowed = True
            shape = (*shape, "m")
        if shape:
            sizes = [*output.shape, *[-1] * output.per_example]
            tree = Method(tree, "reshape", tuple(map(Number, sizes)))
            if borrowed:  # results share no memory with anything
                tree = Method(tree, "copy")
        else:
            tree = Index(tree, (Number(0), Number(0)))
        self.body.statements.append(Statement(name, tree, shape, output.gradient_of))
        self.body.results[name] = name
