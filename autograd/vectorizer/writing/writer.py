"""Writing: the arrays become lines of a program, in the order and the names of the slides.

*What gets a line.* Arrays that a lecture names: Z, a weighted sum of parameters; A, the
activation of a Z; J, the cost; and the gradients dZ, dA, dW, db. Others get a line, U1, U2, …,
only if they are read more than once or in parts; the rest is written where it is read.

*In which order.* Forward from the inputs to the cost; then backward, each layer's dZ
followed by the gradients of the parameters that are known by then.

>>> from autograd.vectorizer.example import Layer
>>> for line in Layer().body.statements:
...     print(line)
Z = W @ X
A = np.tanh(Z)
J = np.sum(A) / m
dZ = 1 - A ** 2
dW = dZ @ X.T / m
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from autograd.primitives import softmax_unit
from autograd.vectorizer.contraction.expressions import Expressions, whole_softmax
from autograd.vectorizer.contraction.products import Factor, aligned
from autograd.vectorizer.formulas.building import called, is_matrix_product
from autograd.vectorizer.formulas.statements import Body, Loop, Names, OutputArray, Shape, Statement
from autograd.vectorizer.formulas.trees import Call, Index, List, Method, Name, Number, Tree
from autograd.vectorizer.grouping.arrays import EXAMPLES, Array, Read, is_parameter, is_weighted_sum
from autograd.vectorizer.grouping.index_maps import ROUNDS
from autograd.vectorizer.merging.forms import Function, Leaf, Output, Sum

# A formula longer than this is not written inside another one.
LONGEST_INSIDE = 60


def write(
    arrays: Sequence[Array],
    forward_nodes: set[int],
    outputs: Mapping[str, OutputArray],
    names: Names,
    singles: set[str],
) -> tuple[Body, dict[str, Array]]:
    """The statements of laid-out arrays, and the arrays that have a line, by its name.

    Args:
        arrays: in the order in which they read each other.
        forward_nodes: the nodes of the loss.
        outputs: what the program returns.
        names: those that are taken.
        singles: inputs of one number in a list, to be read as numbers.
    """
    return _Writer(arrays, forward_nodes, outputs, names, singles).write()


class _Writer:
    """Writes the statements of laid-out arrays."""

    def __init__(
        self,
        arrays: Sequence[Array],
        forward_nodes: set[int],
        outputs: Mapping[str, OutputArray],
        names: Names,
        singles: set[str],
    ) -> None:
        self._outputs = outputs
        self._names = names
        self._line_of: dict[Array, str] = {}
        self._loops: dict[int, Loop] = {}  # by the identity of their rounds
        self.body = Body(names.fresh("m"), singles=singles)
        self._readers: dict[Array, list[tuple[Array, Read]]] = {array: [] for array in arrays}
        for array in arrays:
            for read in array.reads():
                self._readers[read.array].append((array, read))
        self.body.columns = {array.leaves for array in arrays if self._is_column(array)}
        self._activation_of = _activations(arrays, forward_nodes)
        self._forward = set(self._activation_of)
        for array in reversed(arrays):
            if array in self._forward or not forward_nodes.isdisjoint(array.group.members):
                self._forward.update([array, *array.pieces, *[r.array for r in array.reads()]])
        self._weighted_sums: dict[Array, int] = {}
        for array in arrays:
            if is_weighted_sum(array) and array in self._forward:
                z = array.whole or array
                n = self._weighted_sums.setdefault(z, len(set(self._weighted_sums.values())) + 1)
                self._weighted_sums[array] = n
        for array, z in [*self._activation_of.items()]:
            if array.whole and z.whole:
                self._activation_of.setdefault(array.whole, z.whole)
        self._expressions = Expressions(self.body, names, outputs, self._forward)
        self._forward_lines: list[Statement] = []
        self._backward_lines: list[Statement] = []
        self._output_lines: dict[str, list[Statement]] = {name: [] for name in outputs}
        self._pieces: dict[str, list[tuple[Array, Tree]]] = {name: [] for name in outputs}

    def write(self) -> tuple[Body, dict[str, Array]]:
        for array in self._readers:
            self._write(array)
        for name in self._outputs:
            self._assemble(name)
        self._schedule()
        return self.body, {name: array for array, name in self._line_of.items()}

    def _is_column(self, array: Array) -> bool:
        """Whether a parameter is a list that is only ever combined with rows of examples."""
        return (
            is_parameter(array)
            and len(array.shape) == 1
            and bool(self._readers[array])
            and all(
                read.map.whole
                and reader.per_example
                and read.map.axes == reader.axes[-1:]
                and not any(part.summed and read in part.factors for part in reader.parts)
                for reader, read in self._readers[array]
            )
        )

    # --- what gets a line ---

    def _write(self, array: Array) -> None:
        form = array.form
        if isinstance(form, Leaf):
            self._line_of[array] = form.array.name
            self._expressions.name(array, form.array.name)
            return
        if array.pieces:
            self._write_whole(array)
            return
        formula = self._expressions.of(array)
        if isinstance(form, Output):
            self._pieces[form.name].append((array, formula))
            return
        of = self._whose_gradient(array)
        name, lines = self._line(array, formula, of)
        if not name:
            self._expressions.write_inside(array, formula)
            return
        self._expressions.name(array, name)
        self._line_of[array] = name
        gradient_of = (
            self._line_of[of] if of is not None and lines is self._backward_lines else None
        )
        statement = Statement(name, formula, self._shape(array), gradient_of)
        place = len(lines)
        if array.whole is not None:
            statement = self._within_loop(statement, array, array.whole)
        elif array in self._activation_of:  # after its Z, even if only the gradient reads it
            z = self._line_of[self._activation_of[array]]
            place = [line.name for line in lines].index(z) + 1
        lines.insert(place, statement)

    def _within_loop(self, statement: Statement, array: Array, whole: Array) -> Statement:
        """The line of what a round makes: an entry of a list, if other rounds read it."""
        if array.looped:
            loop = Loop(self._expressions.round().word, array.rounds)
            loop = self._loops.setdefault(id(array.rounds), loop)
            statement = replace(statement, loop=loop)
        self._line_of[whole] = statement.name
        if not self._readers[whole]:
            return statement
        self._expressions.name(whole, statement.name)
        place: Tree = Number(array.rounds[0] - array.shift)
        if array.looped:
            place = self._expressions.entry_at(1, -array.shift)
        self._expressions.write_inside(array, Index(Name(statement.name), (place,)))
        return replace(statement, place=place, length=whole.shape[0])

    def _write_whole(self, array: Array) -> None:
        """What all rounds have made: one array, if it is read as one."""
        if not all(_is_entry(read) for _, read in self._readers[array]):
            name = self._line_of[array]
            lines = self._forward_lines if array in self._forward else self._backward_lines
            stacked = called("np.stack", Name(name))
            lines.append(Statement(name, stacked, self._shape(array)))

    def _line(self, array: Array, formula: Tree, of: Array | None) -> tuple[str, list[Statement]]:
        """The name of an array and the part of the program where it stands; "" if nowhere."""
        forward = array in self._forward
        lines = self._forward_lines if forward else self._backward_lines
        if array.whole is not None and array.whole in self._line_of:
            return self._line_of[array.whole], lines
        if array in self._weighted_sums:
            return self._names.fresh("Z" + self._layer(array)), lines
        if array in self._activation_of:
            return self._names.fresh("A" + self._layer(self._activation_of[array])), lines
        kept = array.whole is not None and bool(self._readers[array.whole])
        whole = all(read.map.whole for _, read in self._readers[array]) and not kept
        cheap = self._is_cheap(array)
        if array.whole is None and forward and of in self._weighted_sums and cheap and whole:
            # A − Y in the loss is dZ as well: it is written twice, as on the slides.
            self._expressions.write_twice(array, formula)
            forward, lines = False, self._backward_lines
        elif whole and of not in self._weighted_sums and self._is_inside(array, formula, cheap, of):
            return "", lines
        if of is not None and not forward:
            return self._names.fresh("d" + self._line_of[of]), lines
        return self._names.numbered("U"), lines

    def _is_inside(self, array: Array, formula: Tree, cheap: bool, of: Array | None) -> bool:
        """Whether an array is written where it is read."""
        once = len(self._readers[array]) == 1
        divisor = self._expressions.divisor(array)
        if divisor is not None and (once or isinstance(divisor, Name)):
            return True
        if cheap and len(self._readers[array]) <= 2:
            return True
        # A line for the gradient of an activation, unless it is W.T @ dZ, as on the slides.
        named = of in self._activation_of and not is_matrix_product(formula)
        return once and not named and len(str(formula)) <= LONGEST_INSIDE

    def _is_cheap(self, array: Array) -> bool:
        """Whether to write an array again costs no more than a person would accept: A - Y."""
        return (
            isinstance(array.form, Sum)
            and len(array.parts) <= 2
            and len(array.reads()) <= 2
            and all(read.map.whole and read.array in self._line_of for read in array.reads())
            and all(
                not part.summed and (abs(part.coefficient) == 1.0 or not part.factors)
                for part in array.parts
            )
        )

    def _whose_gradient(self, array: Array) -> Array | None:
        """The array with a line whose gradient this is: a Z if there is one, else an A."""
        lines = [of for of in array.gradient_of if of in self._line_of and not of.leaves]
        lines.sort(key=lambda of: (of not in self._weighted_sums, of not in self._activation_of))
        return lines[0] if lines else None

    def _layer(self, z: Array) -> str:
        return str(self._weighted_sums[z]) if len({*self._weighted_sums.values()}) > 1 else ""

    def _shape(self, array: Array) -> Shape:
        return (*array.shape, EXAMPLES) if array.per_example else array.shape

    # --- outputs ---

    def _assemble(self, name: str) -> None:
        """The line of an output, put together from pieces where its entries differ in kind."""
        output, pieces = self._outputs[name], self._pieces[name]
        lines = self._output_lines[name]
        shape: Shape = output.shape
        if output.per_example:
            shape = (*shape, EXAMPLES)
        self.body.results[name] = name
        array, tree = pieces[0]
        if len(pieces) == 1 and array.shape == output.shape:
            tree = self._piece(array, tree, output)
            if isinstance(tree, Name) and not self._is_kept(tree.name):
                self.body.results[name] = tree.name
                return
            if self._is_view(array) or _is_broadcast(tree):  # results share no memory
                tree = Method(tree, "copy")
            if self._expressions.keeps_column(array):
                shape = (*output.shape, 1)
        else:
            tree = self._concatenated(name, output)
        lines.append(Statement(name, tree, shape, output.gradient_of))

    def _is_kept(self, name: str) -> bool:
        """Whether an array is the caller's, shares its memory, or has been returned before."""
        leaves = [array.leaves for array in self._line_of if array.leaves]
        lines = [*self._forward_lines, *self._backward_lines]
        shared = [line.name for line in lines if _is_broadcast(line.tree)]
        return name in leaves or name in shared or name in self.body.results.values()

    def _is_view(self, array: Array) -> bool:
        """Whether an output is nothing but another array, or a part of it."""
        reads = array.reads()
        return (
            len(array.parts) == len(reads) == 1
            and array.parts[0].coefficient == 1.0
            and not array.parts[0].summed
            and reads[0].array in self._line_of
            and not (array.averaged and reads[0].array.per_example)
        )

    def _piece(self, array: Array, tree: Tree, output: OutputArray) -> Tree:
        sizes = self._expressions.sizes(array, examples=output.per_example)
        if not array.reads() and output.gradient_of is not None:
            entry = sum([part.coefficient for part in array.parts])
            same = {0.0: "zeros", 1.0: "ones"}.get(entry)
            return called(f"np.{same}", sizes) if same else called("np.full", sizes, Number(entry))
        if output.per_example and not array.per_example:
            each = aligned(Factor(tree, array.axes), array.axes + EXAMPLES)
            return called("np.broadcast_to", each, sizes)
        return tree

    def _concatenated(self, name: str, output: OutputArray) -> Tree:
        flat: list[Tree] = []
        entries: list[int] = []
        scalars = all(not array.shape for array, _ in self._pieces[name])
        for array, tree in self._pieces[name]:
            piece = Name(self._names.numbered(f"{name}_"))
            shape: Shape = array.shape
            if output.per_example:
                shape = (*shape, EXAMPLES)
            statement = Statement(piece.name, self._piece(array, tree, output), shape)
            self._output_lines[name].append(statement)
            entries += array.entries
            if len(array.shape) == 1 or scalars:
                flat.append(piece)
            elif output.per_example:
                flat.append(Method(piece, "reshape", (Number(len(array.entries)), Number(-1))))
            else:
                flat.append(called("np.ravel", piece))
        found: Tree = called(f"np.{'stack' if scalars else 'concatenate'}", List(tuple(flat)))
        if entries != sorted(entries):
            found = Index(found, (Name(self._expressions.table(np.argsort(entries))),))
        if len(output.shape) != 1:
            sizes = [*output.shape, *[-1] * output.per_example]
            found = Method(found, "reshape", tuple(map(Number, sizes)))
        return found

    def _schedule(self) -> None:
        """Forward, the cost, then backward; each output as soon as its operands are there."""
        place = {line.name: n for n, line in enumerate(self._backward_lines, start=1)}
        behind = {line.loop: n for n, line in enumerate(self._backward_lines, start=1) if line.loop}
        for line in self._backward_lines:
            if line.loop:
                place[line.name] = max(place[line.name], behind[line.loop])
        ready: list[list[Statement]] = [[] for _ in range(len(self._backward_lines) + 1)]
        for lines in self._output_lines.values():
            after = [place.get(name, 0) for line in lines for name in line.operands]
            ready[max(after, default=0)] += lines
        self.body.statements = [*self._forward_lines, *ready[0]]
        for line, outputs in zip(self._backward_lines, ready[1:], strict=True):
            self.body.statements += [line, *outputs]


def _is_broadcast(tree: Tree) -> bool:
    """Whether a formula makes an array whose entries share their memory."""
    return isinstance(tree, Call) and tree.function == "np.broadcast_to"


def _is_entry(read: Read) -> bool:
    """Whether one entry of a list is read, and not the list as an array."""
    how = read.map
    if not how.picks:
        return False
    return isinstance(how.picks[0], int) or how.axes[:1] == ROUNDS


def _activations(arrays: Sequence[Array], forward_nodes: set[int]) -> dict[Array, Array]:
    """Each activation, and the Z that it is the activation of: the first of each Z.

    The output A of a network trained from its logits is among them, though only the
    gradient reads it.
    """
    found: dict[Array, Array] = {}
    for array in arrays:
        if not isinstance(array.form, Function) or array.pieces:
            continue
        row = array.form.row
        if row.family != "activation" and row is not softmax_unit:
            continue
        read = array.arguments[0]
        if (
            isinstance(read, Read)
            and read.map.whole
            and read.map.axes == read.array.axes == array.axes
            and is_weighted_sum(read.array)
            and read.array not in found.values()
            and not forward_nodes.isdisjoint(read.array.group.members)
            and (row is not softmax_unit or whole_softmax(array) is not None)
        ):
            found[array] = read.array
    return found
