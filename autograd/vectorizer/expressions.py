"""Expressions: what an array is made of, as the right-hand side of a line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autograd import primitives as rows
from autograd.vectorizer.arrays import (
    EXAMPLES,
    LIST_AXIS,
    Array,
    Part,
    Read,
    Stack,
    is_weighted_sum,
)
from autograd.vectorizer.contraction import Factor, aligned, contract, summed
from autograd.vectorizer.forms import Function, Output
from autograd.vectorizer.formulas import (
    CALL,
    CONDITION,
    MATMUL,
    NEGATIVE,
    POWER,
    PRODUCT,
    Text,
    called,
    number,
    product,
    scaled,
    total,
)
from autograd.vectorizer.index_maps import WHOLE, Index, Pick
from autograd.vectorizer.statements import Body, Names, OutputArray


class Expressions:
    """Writes the formulas of arrays, given how their operands are written.

    Attributes:
        texts: how an array is written where it is read: its name, or its formula.
        divisors: for reciprocals 1 / b that have no line, the b.
        conditions: for steps that have no line, the condition under which they are 1.
        written_out: how the forward part writes arrays that have their line, as gradients,
            only in the backward part.
    """

    def __init__(
        self, body: Body, names: Names, outputs: Mapping[str, OutputArray], forward: set[Array]
    ) -> None:
        self._body = body
        self._names = names
        self._outputs = outputs
        self._forward = forward
        self.texts: dict[Array, Text] = {}
        self.divisors: dict[Array, Text] = {}
        self.conditions: dict[Array, Text] = {}
        self.written_out: dict[Array, Text] = {}

    def of(self, array: Array) -> Text:
        """The formula of an array."""
        if isinstance(array.form, Function):
            return self._call(array, array.form.row)
        parts = array.parts
        if array.averaged:  # the mean over the examples before what they have in common
            parts = sorted(parts, key=lambda part: not _per_example(part))
        elif is_weighted_sum(array):  # the bias last
            parts = sorted(parts, key=lambda part: len(part.factors) < 2)
        return self._complete(array, total([self._part(array, part) for part in parts]))

    def _complete(self, array: Array, text: Text) -> Text:
        """An array in which no operand follows some axis is the same all along it."""
        if {axis for read in array.reads() for axis in read.map.axes}.issuperset(array.axes):
            return text
        return called("np.broadcast_to", text.text, self.sizes(array))

    def sizes(self, array: Array, examples: bool = False) -> str:
        """The shape of an array as text."""
        sizes = [str(size) for size in array.shape]
        sizes += [self._body.examples] * (array.per_example or examples)
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"

    # --- functions ---

    def _call(self, array: Array, row: rows.Primitive) -> Text:
        softmax = whole_softmax(array)
        if softmax is not None:
            along = array.axes.index(softmax)
            axis = [f"axis={along}"] if along else []
            return called("softmax", self._argument(array, array.arguments[0], None), *axis)
        place = _list_place(array)
        texts = [self._argument(array, argument, place) for argument in array.arguments]
        if row is rows.divide:  # the normal form has no quotients but 1 / b
            self.divisors[array] = self._aligned(array.arguments[1], array)
            return product([], [self.divisors[array]])
        if not row.numpy.endswith(")"):
            a, b = [self._aligned(x, array) for x in array.arguments]
            exponent = b.text if isinstance(array.arguments[1], float) else b.within(CALL)
            return Text(row.numpy.format(a.within(CALL), exponent), POWER)
        if row.name in rows.NUMPY_CONDITIONS:
            condition = rows.NUMPY_CONDITIONS[row.name].format(*texts)
            self.conditions[array] = Text(condition, CONDITION)
        if row is rows.where:  # a choice between two integers would be an integer
            texts = [f"{x}.0" if x.removeprefix("-").isdigit() else x for x in texts]
        text = row.numpy.format(*texts)
        if place:
            text = f"{text[:-1]}, axis={place})"
        return self._complete(array, Text(text, CALL))

    def _argument(self, array: Array, argument: Read | Stack | float, place: int | None) -> str:
        if isinstance(argument, Stack):
            entries = [self._aligned(entry, array).text for entry in argument.entries]
            return called("np.stack", called("np.broadcast_arrays", *entries).text).text
        if isinstance(argument, float) or LIST_AXIS not in argument.map.axes:
            return self._aligned(argument, array).text
        factor = self._operand(argument, array)
        return (
            factor.text if place is not None else aligned(factor, LIST_AXIS + array.all_axes)
        ).text

    # --- sums ---

    def _part(self, array: Array, part: Part) -> Text:
        """c·Σ a·b, ready to be added to the other parts."""
        if not part.factors:
            return number(part.coefficient)
        sampled = array.averaged and _per_example(part)
        letters = part.summed + EXAMPLES * sampled
        if not letters:
            return scaled(self._product(array, part), part.coefficient)
        factors = [self._operand(read, array) for read in part.factors]
        keepdims = self.keeps_column(array)
        if sampled and self._is_cost(array) and len({factor.axes for factor in factors}) == 1:
            return self._mean(product([factor.text for factor in factors]), part)
        if len(factors) == 1:
            found = summed(factors[0], letters, keepdims)
        else:
            result = array.axes + EXAMPLES * (not sampled and _per_example(part))
            found = contract(factors[0], factors[1], result, keepdims)
        text = scaled(found.text, part.coefficient)
        if sampled:
            text = self._over_examples(text)
        return text if keepdims else aligned(Factor(text, found.axes), array.all_axes)

    def _is_cost(self, array: Array) -> bool:
        return isinstance(array.form, Output) and self._outputs[array.form.name].gradient_of is None

    def _mean(self, inside: Text, part: Part) -> Text:
        """The mean over the examples of c·Σ a·b, where nothing but these sums is left."""
        if part.coefficient * part.count == 1.0:
            return called("np.mean", inside.text)
        if part.count == 1:
            return scaled(called("np.mean", inside.text), part.coefficient)
        return self._over_examples(scaled(called("np.sum", inside.text), part.coefficient))

    def _over_examples(self, text: Text) -> Text:
        level = text.level if text.level in (NEGATIVE, MATMUL) else PRODUCT
        return Text(f"{text.within(NEGATIVE)} / {self._body.examples}", level)

    def _product(self, array: Array, part: Part) -> Text:
        """The product of the factors, gradients first, then in the order of their making."""
        reads = sorted(
            part.factors,
            key=lambda read: (
                read.array in self._forward or not read.array.gradient_of,
                read.array.group.number,
            ),
        )
        some_number = not all(read.array in self.conditions for read in reads)
        factors, divisors = [], []
        for read in reads:
            axes = read.map.axes + EXAMPLES * read.array.per_example
            if read.array in self.divisors:
                divisor = Factor(self.divisors[read.array], axes)
                divisors.append(aligned(divisor, array.all_axes))
            elif read.array in self.conditions and some_number:
                condition = Factor(self.conditions[read.array], axes)
                factors.append(aligned(condition, array.all_axes))
            else:
                factors.append(self._aligned(read, array))
        return product(factors, divisors)

    def keeps_column(self, array: Array) -> bool:
        """Whether an output is held as a column, as the parameter is whose gradient it is."""
        form = array.form
        return (
            isinstance(form, Output)
            and self._outputs[form.name].gradient_of in self._body.columns
            and array.shape == self._outputs[form.name].shape
            and all(
                not part.summed
                and _per_example(part)
                and all(r.array.per_example and r.map.axes == array.axes for r in part.factors)
                for part in array.parts
            )
        )

    # --- operands ---

    def _aligned(self, read: Read | Stack | float, reader: Array) -> Text:
        """An operand, ready to be combined with others elementwise."""
        if isinstance(read, float):
            return number(read)
        assert isinstance(read, Read)
        factor = self._operand(read, reader)
        if read.array.leaves in self._body.columns:
            return factor.text
        return aligned(factor, reader.all_axes)

    def _operand(self, read: Read, reader: Array) -> Factor:
        """An operand with its axes as they come."""
        array, how = read.array, read.map
        text = self.texts[array]
        if reader in self._forward:
            text = self.written_out.get(array, text)
        axes = how.axes + EXAMPLES * array.per_example
        if how.whole:
            return Factor(text, axes)
        rest = ", -1" * array.per_example
        name = text.within(CALL)
        if how.reshaped is not None:
            sizes = ", ".join([str(size) for size in how.reshaped])
            return Factor(Text(f"{name}.reshape({sizes}{rest})", CALL), axes)
        if how.table is not None:
            if len(array.shape) > 1:
                name = f"{name}.reshape({np.prod(array.shape)}{rest})"
            return Factor(Text(f"{name}[{self.table(how.table)}]", CALL), axes)
        picks = list(how.picks)
        while picks[-1] == WHOLE:
            picks.pop()
        return Factor(Text(f"{name}[{', '.join([_pick(pick) for pick in picks])}]", CALL), axes)

    def table(self, table: Index) -> str:
        """The name of an index table."""
        for name, other in self._body.tables.items():
            if other.shape == table.shape and (other == table).all():
                return name
        name = self._names.numbered("I")
        self._body.tables[name] = table
        return name


def _per_example(part: Part) -> bool:
    return any(read.array.per_example for read in part.factors)


def _list_place(array: Array) -> int | None:
    """The axis along the lists, if all have it in the same place, and no axis is missing."""
    places: set[int | None] = set()
    for argument in array.arguments:
        if isinstance(argument, Stack):
            places.add(None)
        elif isinstance(argument, Read) and LIST_AXIS in argument.map.axes:
            axes = argument.map.axes + EXAMPLES * argument.array.per_example
            rest = axes.replace(LIST_AXIS, "")
            complete = rest == array.all_axes or (rest and array.all_axes.endswith(rest))
            places.add(axes.index(LIST_AXIS) if complete else None)
    return places.pop() if len(places) == 1 else None


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


def _pick(pick: Pick) -> str:
    if not isinstance(pick, slice):
        return str(pick)
    start, stop = ["" if x is None else str(x) for x in (pick.start, pick.stop)]
    return f"{start}:{stop}" + (f":{pick.step}" if pick.step is not None else "")
