"""Expressions: what an array is made of, as the right-hand side of a line.

>>> from autograd.vectorizer.example import Layer
>>> [str(line.tree) for line in Layer().body.statements]
['W @ X', 'np.tanh(Z)', 'np.sum(A) / m', '1 - A ** 2', 'dZ @ X.T / m']
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from autograd import primitives as rows
from autograd.vectorizer.contraction.products import Factor, aligned, contract, summed
from autograd.vectorizer.formulas.building import called, number, over, product, scaled, total
from autograd.vectorizer.formulas.statements import Body, Names, OutputArray
from autograd.vectorizer.formulas.trees import (
    NEW_AXIS,
    WHOLE_AXIS,
    Binary,
    Call,
    Index,
    List,
    Method,
    Name,
    Number,
    Slice,
    Tree,
    Tuple,
    Word,
    is_negative,
    parsed,
    replaced,
)
from autograd.vectorizer.grouping.arrays import (
    EXAMPLES,
    LIST_AXIS,
    Argument,
    Array,
    Part,
    Read,
    Stack,
    is_weighted_sum,
)
from autograd.vectorizer.grouping.index_maps import ROUNDS, WHOLE, Pick, Positions, Steps
from autograd.vectorizer.merging.forms import Function, Output


class Expressions:
    """Writes the formulas of arrays, given how their operands are written.

    Where an array is read, there is its name; or its formula; or, for a reciprocal 1 / b or a
    step that has no line, the b or the condition under which the step is 1.
    """

    def __init__(
        self, body: Body, names: Names, outputs: Mapping[str, OutputArray], forward: set[Array]
    ) -> None:
        self._body = body
        self._names = names
        self._outputs = outputs
        self._forward = forward
        self._trees: dict[Array, Tree] = {}
        self._divisors: dict[Array, Tree] = {}
        self._conditions: dict[Array, Tree] = {}
        self._written_out: dict[Array, Tree] = {}
        self._round: Word | None = None

    def name(self, array: Array, name: str) -> None:
        """From now on, the array is read by its name."""
        self._trees[array] = Name(name)
        self._divisors.pop(array, None)
        self._conditions.pop(array, None)

    def write_inside(self, array: Array, formula: Tree) -> None:
        """From now on, the array is written out where it is read."""
        self._trees[array] = formula

    def write_twice(self, array: Array, formula: Tree) -> None:
        """Let the forward part write out an array that has its line in the backward part."""
        self._written_out[array] = formula

    def divisor(self, array: Array) -> Tree | None:
        """The b of a reciprocal 1 / b."""
        return self._divisors.get(array)

    def of(self, array: Array) -> Tree:
        """The formula of an array."""
        if isinstance(array.form, Function):
            return self._call(array, array.form.row)
        parts = array.parts
        if array.averaged:  # the mean over the examples before what they have in common
            parts = sorted(parts, key=lambda part: not _per_example(part))
        elif is_weighted_sum(array):  # the bias last
            parts = sorted(parts, key=lambda part: len(part.factors) < 2)
        terms = [self._part(array, part) for part in parts]
        if terms and is_negative(terms[0]):  # a - b, not -b + a
            terms.sort(key=is_negative)
        return self._complete(array, total(terms))

    def _complete(self, array: Array, tree: Tree) -> Tree:
        """An array in which no operand follows some axis is the same all along it."""
        if _is_complete(array):
            return tree
        return called("np.broadcast_to", tree, self.sizes(array))

    def sizes(self, array: Array, examples: bool = False) -> Tuple:
        """The shape of an array."""
        sizes: list[Tree] = [Number(size) for size in array.shape]
        sizes += [Word(self._body.examples)] * (array.per_example or examples)
        return Tuple(tuple(sizes))

    # --- functions ---

    def _call(self, array: Array, row: rows.Primitive) -> Tree:
        softmax = whole_softmax(array)
        if softmax is not None:
            along = array.axes.index(softmax)
            axis = {"axis": Number(along)} if along else {}
            return called("softmax", self._argument(array, array.arguments[0], None), **axis)
        place = _list_place(array)
        arguments = [self._argument(array, argument, place) for argument in array.arguments]
        complete = _is_complete(array)
        if row is rows.divide:  # the normal form has no quotients but 1 / b
            divisor = self._aligned(array.arguments[1], array)
            if complete:
                self._divisors[array] = divisor
            return self._complete(array, product([], [divisor]))
        if row.condition and complete:
            self._conditions[array] = filled(row.condition, arguments)
        if row is rows.where:  # a choice between two integers would be an integer
            arguments = [_with_point(x) for x in arguments]
        tree = filled(row.numpy, arguments)
        if place:
            assert isinstance(tree, Call)
            tree = Call(tree.function, tree.arguments, (("axis", Number(place)),))
        return self._complete(array, tree)

    def _argument(self, array: Array, argument: Argument, place: int | None) -> Tree:
        if isinstance(argument, Stack):
            return self._stacked(array, argument.entries)
        if isinstance(argument, float) or LIST_AXIS not in argument.map.axes:
            return self._aligned(argument, array)
        factor = self._operand(argument, array)
        return factor.tree if place is not None else aligned(factor, LIST_AXIS + array.all_axes)

    def _stacked(self, array: Array, entries: Sequence[Read | float]) -> Tree:
        """A list along axis 0, and behind it every axis of the array, if only with size 1.

        NumPy matches axes from the last one on, and would take the list for the examples.
        """
        trees = [self._aligned(entry, array) for entry in entries]
        ranks = [_rank(entry, array) for entry in entries]
        n = len(array.all_axes)
        if all(isinstance(entry, float) for entry in entries):
            numbers = called("np.array", List(tuple(map(_with_point, trees))))
            return Index(numbers, (WHOLE_AXIS, *[NEW_AXIS] * n)) if n else numbers
        highest = max(range(len(entries)), key=lambda i: (ranks[i], isinstance(entries[i], Read)))
        if ranks[highest] < n:
            index = [NEW_AXIS] * (n - ranks[highest]) + [WHOLE_AXIS] * ranks[highest]
            trees[highest] = Index(trees[highest], tuple(index))
        if len(trees) == 1:
            return Index(trees[0], (NEW_AXIS,))
        return called("np.stack", called("np.broadcast_arrays", *trees))

    # --- sums ---

    def _part(self, array: Array, part: Part) -> Tree:
        """c·Σ a·b, ready to be added to the other parts."""
        if not part.factors:
            return number(part.coefficient)
        sampled = array.averaged and _per_example(part)
        letters = part.summed + EXAMPLES * sampled
        if not letters:
            return scaled(self._product(array, part), part.coefficient)
        factors = [self._operand(read, array) for read in part.factors]
        keepdims = self.keeps_column(array) or _sums_to_column(array, part)
        if sampled and self._is_cost(array) and len({factor.axes for factor in factors}) == 1:
            return self._mean(product([factor.tree for factor in factors]), part)
        if len(factors) == 1:
            found = summed(factors[0], letters, keepdims)
        else:
            result = array.axes + EXAMPLES * (not sampled and _per_example(part))
            found = contract(factors[0], factors[1], result, keepdims)
        tree = scaled(found.tree, part.coefficient)
        if sampled:
            tree = self._over_examples(tree)
        return tree if keepdims else aligned(Factor(tree, found.axes), array.all_axes)

    def _is_cost(self, array: Array) -> bool:
        return isinstance(array.form, Output) and self._outputs[array.form.name].gradient_of is None

    def _mean(self, inside: Tree, part: Part) -> Tree:
        """The mean over the examples of c·Σ a·b, where nothing but these sums is left."""
        if part.coefficient * part.count == 1.0:
            return called("np.mean", inside)
        if part.count == 1:
            return scaled(called("np.mean", inside), part.coefficient)
        return self._over_examples(scaled(called("np.sum", inside), part.coefficient))

    def _over_examples(self, tree: Tree) -> Tree:
        return over(tree, Word(self._body.examples))

    def _product(self, array: Array, part: Part) -> Tree:
        """The product of the factors, gradients first, then in the order of their making."""
        reads = sorted(
            part.factors,
            key=lambda read: (
                read.array in self._forward or not read.array.gradient_of,
                read.array.group.number,
            ),
        )
        # A condition is no number of its own, NumPy has no -True, and twice True is an integer; and
        # where nan is compared, a mask is 0, but the step that the loss was given is nan.
        is_float = not part.coefficient.is_integer() or any(map(self._is_factor, reads))
        masks = array not in self._forward and is_float
        held = self._conditions if masks else {}
        reads.sort(key=lambda read: read.array in held)
        factors, divisors = [], []
        for read in reads:
            axes = _axes(read)
            if read.array in self._divisors:
                divisor = Factor(self._divisors[read.array], axes)
                divisors.append(aligned(divisor, array.all_axes))
            elif read.array in held:
                condition = Factor(held[read.array], axes)
                factors.append(aligned(condition, array.all_axes))
            else:
                factors.append(self._aligned(read, array))
        return product(factors, divisors)

    def _is_factor(self, read: Read) -> bool:
        """Whether a product has this operand as a number that it is multiplied by."""
        return read.array not in self._divisors and read.array not in self._conditions

    def keeps_column(self, array: Array) -> bool:
        """Whether an output is held as a column, as the parameter is whose gradient it is."""
        form = array.form
        return (
            isinstance(form, Output)
            and self._outputs[form.name].gradient_of in self._body.columns
            and array.shape == self._outputs[form.name].shape
            and bool(array.parts)
            and all(
                not part.summed
                and _per_example(part)
                and all(r.array.per_example and r.map.axes == array.axes for r in part.factors)
                for part in array.parts
            )
        )

    # --- operands ---

    def _aligned(self, read: Read | Stack | float, reader: Array) -> Tree:
        """An operand, ready to be combined with others elementwise."""
        if isinstance(read, float):
            return number(read)
        assert isinstance(read, Read)
        if read.array.leaves in self._body.columns or _is_column(read, reader):
            return self._trees[read.array]
        factor = self._operand(read, reader)
        return aligned(factor, reader.all_axes)

    def _operand(self, read: Read, reader: Array) -> Factor:
        """An operand with its axes as they come."""
        array, how = read.array, read.map
        tree = self._trees[array]
        if reader in self._forward:
            tree = self._written_out.get(array, tree)
        axes = _axes(read)
        if how.whole:
            return Factor(tree, axes)
        rest = [Number(-1)] * array.per_example
        rounds: tuple[Tree, ...] = ()
        if ROUNDS in how.axes:
            rounds = (*[WHOLE_AXIS] * how.axes.index(ROUNDS), self._since_first(reader))
        if how.reshaped is not None:
            if how.turned:
                turned = [*how.turned, *[len(how.turned)] * array.per_example]
                tree = called("np.transpose", tree, Tuple(tuple(map(Number, turned))))
            tree = Method(tree, "reshape", (*map(Number, how.reshaped), *rest))
            return Factor(Index(tree, rounds) if rounds else tree, axes)
        if how.table is not None:
            if len(array.shape) > 1:
                tree = Method(tree, "reshape", (Number(math.prod(array.shape)), *rest))
            table: Tree = Name(self.table(how.table))
            return Factor(Index(tree, (Index(table, rounds) if rounds else table,)), axes)
        if how.windows:
            order = how.axes.replace(ROUNDS, "")
            index = [self._steps(steps, order, reader) for steps in how.windows]
            return Factor(Index(tree, tuple(index)), axes)
        letters = iter(how.axes)
        picks = []
        for pick, size in zip(how.picks, array.shape, strict=True):
            along = next(letters) if isinstance(pick, slice) else ""
            picks.append(self._entry(pick, size, reader) if along == ROUNDS else _pick(pick))
        while picks[-1] == WHOLE_AXIS:
            picks.pop()
        if array.pieces and len(picks) > 1 and not isinstance(picks[0], Slice):  # maybe a list
            return Factor(Index(Index(tree, (picks[0],)), tuple(picks[1:])), axes)
        return Factor(Index(tree, tuple(picks)), axes)

    def _steps(self, steps: Steps, axes: str, reader: Array) -> Tree:
        """A coordinate that is a sum of steps: np.arange(9)[:, None] + np.arange(3)."""
        terms: list[Tree] = []
        start = steps.start
        for letter, step, size, times in sorted(steps.along, key=lambda each: axes.find(each[0])):
            if letter == ROUNDS and times == 1:
                start -= step * min(reader.rounds)
                terms.append(scaled(self.round(), float(step)))
                continue
            limits = [size] if step == 1 or times > 1 else [0, step * size, step]
            each: Tree = called("np.arange", *map(Number, limits))
            if times > 1:  # each of them several times
                each = scaled(Binary("//", each, Number(times)), float(step))
            if letter == ROUNDS:
                terms.append(Index(each, (self._since_first(reader),)))
            else:
                terms.append(aligned(Factor(each, letter), axes))
        if start or not terms:
            terms.append(Number(start))
        return total(terms)

    def round(self) -> Word:
        """The variable of loops."""
        if self._round is None:
            self._round = Word(self._names.fresh("t"))
        return self._round

    def _since_first(self, reader: Array) -> Tree:
        """How many rounds it is from the lowest number of a round to this one."""
        return self.entry_at(1, -min(reader.rounds))

    def _entry(self, pick: Pick, size: int, reader: Array) -> Tree:
        """Which entry along an axis a round reads: t - 1 of what the round before has made."""
        assert isinstance(pick, slice)
        step = pick.step or 1
        start = pick.start if pick.start is not None else 0 if step > 0 else size - 1
        return self.entry_at(step, start - step * min(reader.rounds))

    def entry_at(self, step: int, offset: int) -> Tree:
        """The number step · t + offset."""
        t: Tree = self.round()
        if step < 0:
            return Binary("-", Number(offset), t if step == -1 else Binary("*", Number(-step), t))
        found = t if step == 1 else Binary("*", Number(step), t)
        if offset:
            found = Binary("+" if offset > 0 else "-", found, Number(abs(offset)))
        return found

    def table(self, table: Positions) -> str:
        """The name of an index table."""
        for name, other in self._body.tables.items():
            if other.shape == table.shape and (other == table).all():
                return name
        name = self._names.numbered("I")
        self._body.tables[name] = table
        return name


def _per_example(part: Part) -> bool:
    return any(read.array.per_example for read in part.factors)


def _is_complete(array: Array) -> bool:
    """Whether each axis of an array is one that an operand follows, or that a sum keeps."""
    followed = {axis for read in array.reads() for axis in read.map.axes}
    missing = set(array.axes) - followed
    return not missing or any(_sums_to_column(array, part) for part in array.parts)


def _is_column(read: Read, reader: Array) -> bool:
    """Whether a parameter of shape (n, 1) is read as it is: along its rows, beside columns."""
    return (
        bool(read.array.leaves)
        and not read.array.per_example
        and read.array.shape[1:] == (1,)
        and list(read.map.picks) == [WHOLE, 0]
        and reader.all_axes[-2:-1] == read.map.axes
    )


def _sums_to_column(array: Array, part: Part) -> bool:
    """Whether rows are summed, and the axis that is summed may stay for one of size 1."""
    return (
        array.shape[1:] == (1,)
        and not array.per_example
        and bool(part.factors)
        and all(
            _axes(read) == array.axes[0] + part.summed and len(part.summed) == 1
            for read in part.factors
        )
    )


def _axes(read: Read) -> str:
    """The axes of what is read; in a loop, of what one round reads."""
    return read.map.axes.replace(ROUNDS, "") + EXAMPLES * read.array.per_example


def _rank(entry: Read | float, array: Array) -> int:
    """The number of axes of an entry that is aligned with the array."""
    axes = _axes(entry) if isinstance(entry, Read) else ""
    return max([len(array.all_axes) - array.all_axes.index(axis) for axis in axes], default=0)


def _list_place(array: Array) -> int | None:
    """The axis along the lists, if all have it in the same place, and no axis is missing."""
    lists = [x for x in array.arguments if isinstance(x, Stack)]
    reads = [x for x in array.arguments if isinstance(x, Read) and LIST_AXIS in x.map.axes]
    places: set[int | None] = {None for _ in lists}
    for read in reads:
        rest = _axes(read).replace(LIST_AXIS, "")
        # Beside another list, axes in front may not be missing either.
        alone = len(reads) == 1 and rest and array.all_axes.endswith(rest)
        complete = rest == array.all_axes or alone
        places.add(_axes(read).index(LIST_AXIS) if complete else None)
    return places.pop() if len(places) == 1 else None


def filled(numpy: str, arguments: Sequence[Tree]) -> Tree:
    """The NumPy of a row of the table, with its arguments.

    >>> str(filled("{0} ** {1}", [parsed("a * b"), Number(2)]))
    '(a * b) ** 2'
    """
    places = [f"_{i}" for i in range(len(arguments))]
    return replaced(parsed(numpy.format(*places)), dict(zip(places, arguments, strict=True)))


def _with_point(tree: Tree) -> Tree:
    """A number that NumPy takes for a float, also where it is whole."""
    return Number(float(tree.data)) if isinstance(tree, Number) else tree


def whole_softmax(array: Array) -> str | None:
    """The axis along which the units of softmax run through the list that normalises them.

    None for an array that is not softmax, or where they do not.
    """
    if not isinstance(array.form, Function) or array.form.row is not rows.softmax_unit:
        return None
    z, normalizer = array.arguments
    if not isinstance(z, Read) or not isinstance(normalizer, Read):
        return None
    form = normalizer.array.form
    if not isinstance(form, Function) or form.row is not rows.logsumexp:
        return None
    if normalizer.array.pieces:  # of all rounds of a loop
        return None
    [logits] = normalizer.array.arguments
    along = set(z.map.axes) - set(normalizer.map.axes)
    if (
        len(along) == 1
        and isinstance(logits, Read)
        and z.array is logits.array
        and z.map.whole
        and logits.map.whole
        and normalizer.map.whole
        and set(z.map.axes) == set(array.axes)
    ):
        [axis] = along
        ours = dict(zip(normalizer.array.axes, normalizer.map.axes, strict=True))
        listed = "".join([axis if x == LIST_AXIS else ours.get(x, "") for x in logits.map.axes])
        if listed == z.map.axes:
            return axis
    return None


def _pick(pick: Pick) -> Tree:
    if isinstance(pick, slice):
        return Slice(pick.start, pick.stop, pick.step)
    return Number(pick)
