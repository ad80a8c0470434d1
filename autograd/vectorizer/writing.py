"""Writing: the arrays become lines of a program, in the order and the names of the slides.

*What gets a line.* Arrays that a lecture names: Z, a weighted sum of parameters; A, the
activation of a Z; J, the cost; and the gradients dZ, dA, dW, db. Others get a line, U1, U2, …,
only if they are read more than once or in parts; the rest is written where it is read.

*In which order.* Forward from the inputs to the cost; then backward, each layer's dZ
followed by the gradients of the parameters that are known by then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from autograd import primitives as rows
from autograd.vectorizer.contraction import Factor, aligned, contract, summed
from autograd.vectorizer.formulas import (
    CALL,
    MATMUL,
    NEGATIVE,
    POWER,
    PRODUCT,
    SUM,
    Text,
    called,
    number,
    product,
    scaled,
    total,
)
from autograd.vectorizer.index_maps import WHOLE, Index, Pick
from autograd.vectorizer.layout import (
    EXAMPLES,
    LIST_AXIS,
    Array,
    Part,
    Read,
    Stack,
    is_parameter,
)
from autograd.vectorizer.normal_form import Function, Leaf, Output, Sum
from autograd.vectorizer.statements import Body, OutputArray, Statement, unused

ACTIVATIONS = (
    rows.sigmoid,
    rows.tanh,
    rows.relu,
    rows.leaky_relu,
    rows.softplus,
    rows.softmax_unit,
)

# A formula longer than this is not written inside another one.
LONGEST_INSIDE = 60


class Writer:
    """Writes the statements of laid-out arrays.

    Attributes:
        body: what it wrote.
    """

    def __init__(
        self,
        arrays: Sequence[Array],
        forward_nodes: set[int],
        outputs: Mapping[str, OutputArray],
        taken: Iterable[str],
    ) -> None:
        self._outputs = outputs
        self._names: dict[Array, str] = {}
        self._texts: dict[Array, Text] = {}  # how readers write an array
        self._divisors: dict[Array, Text] = {}  # the b of a reciprocal 1 / b without a line
        self._written_out: dict[Array, Text] = {}  # gradients that the forward part writes out
        self._taken = set(taken)
        self.body = Body(self._fresh("m"))
        self._reads: dict[Array, list[tuple[Array, Read]]] = {array: [] for array in arrays}
        for array in arrays:
            for read in _reads(array):
                self._reads[read.array].append((array, read))
        self.body.columns = {array.form.array.name for array in arrays if self._is_column(array)}
        self._activation_of = _activations(arrays, forward_nodes)
        self._forward = set(self._activation_of)
        for array in reversed(arrays):
            if array in self._forward or not forward_nodes.isdisjoint(array.group.members):
                self._forward.update([array, *[read.array for read in _reads(array)]])
        self._weighted_sums = [a for a in arrays if _is_weighted_sum(a) and a in self._forward]
        self._forward_lines: list[Statement] = []
        self._backward_lines: list[Statement] = []
        self._output_lines: dict[str, list[Statement]] = {name: [] for name in outputs}
        self._pieces: dict[str, list[tuple[Array, str]]] = {name: [] for name in outputs}
        for array in arrays:
            self._write(array)
        for name in outputs:
            self._assemble(name)
        self._schedule()

    # --- what gets a line ---

    def _is_column(self, array: Array) -> bool:
        """Whether a parameter is a list that is only ever added to, or multiplied with, columns."""
        return (
            is_parameter(array)
            and len(array.shape) == 1
            and bool(self._reads[array])
            and all(
                read.map.whole
                and reader.per_example
                and read.map.axes == reader.axes[-1:]
                and not any(part.summed and read in part.factors for part in reader.parts)
                for reader, read in self._reads[array]
            )
        )

    def _write(self, array: Array) -> None:
        form = array.form
        if isinstance(form, Leaf):
            self._names[array] = form.array.name
            self._texts[array] = Text(form.array.name, CALL)
            return
        formula = self._formula(array)
        if isinstance(form, Output):
            self._pieces[form.name].append((array, formula.text))
            return
        name, lines = self._line(array, formula)
        if lines is None:
            self._texts[array] = formula
            return
        self._names[array] = name
        self._texts[array] = Text(name, CALL)
        of = next((g for g in array.gradient_of if name == "d" + self._names.get(g, "")), None)
        statement = self._statement(
            name, formula.text, self._shape(array), None if of is None else self._names[of]
        )
        place = len(lines)
        if array in self._activation_of:  # right after its Z, even if only the gradient reads it
            z = self._names[self._activation_of[array]]
            place = [line.name for line in lines].index(z) + 1
        lines.insert(place, statement)

    def _line(self, array: Array, formula: Text) -> tuple[str, list[Statement] | None]:
        """The name of an array and the part of the program where it stands; None if nowhere."""
        forward = array in self._forward
        lines = self._forward_lines if forward else self._backward_lines
        if array in self._weighted_sums:
            return self._fresh("Z" + self._layer(array)), lines
        if array in self._activation_of:
            return self._fresh("A" + self._layer(self._activation_of[array])), lines
        reads = self._reads[array]
        whole = all(read.map.whole for _, read in reads)
        of = self._whose_gradient(array)
        cheap = self._is_cheap(array)
        if of in self._weighted_sums and not (forward and not (cheap and whole)):
            if forward:
                self._written_out[array] = formula
            return self._fresh("d" + self._names[of]), self._backward_lines
        if whole and self._is_inlined(array, formula, cheap, of):
            return "", None
        if of is not None and not forward:
            return self._fresh("d" + self._names[of]), lines
        return self._numbered("U"), lines

    def _is_inlined(self, array: Array, formula: Text, cheap: bool, of: Array | None) -> bool:
        once = len(self._reads[array]) == 1
        if array in self._divisors and (once or self._divisors[array].text.isidentifier()):
            return True
        if cheap and len(self._reads[array]) <= 2:
            return True
        # A line for the gradient of an activation, unless it is W.T @ dZ, as on the slides.
        named = of in self._activation_of and formula.level != MATMUL
        return once and not named and len(formula.text) <= LONGEST_INSIDE

    def _is_cheap(self, array: Array) -> bool:
        """Whether to write an array again costs no more than a person would accept: A - Y."""
        return (
            isinstance(array.form, Sum)
            and len(array.parts) <= 2
            and sum(len(part.factors) for part in array.parts) <= 2
            and all(
                not part.summed
                and (abs(part.coefficient) == 1.0 or not part.factors)
                and all(read.map.whole and read.array in self._names for read in part.factors)
                for part in array.parts
            )
        )

    def _whose_gradient(self, array: Array) -> Array | None:
        """The array with a line whose gradient this is: a Z if there is one, else an A."""
        named = [g for g in array.gradient_of if g in self._names and not isinstance(g.form, Leaf)]
        named.sort(key=lambda g: (g not in self._weighted_sums, g not in self._activation_of))
        return named[0] if named else None

    def _layer(self, z: Array) -> str:
        n = self._weighted_sums.index(z) + 1
        return str(n) if len(self._weighted_sums) > 1 else ""

    def _fresh(self, name: str) -> str:
        name = unused(name, self._taken)
        self._taken.add(name)
        return name

    def _numbered(self, name: str) -> str:
        n = 1
        while f"{name}{n}" in self._taken:
            n += 1
        return self._fresh(f"{name}{n}")

    def _shape(self, array: Array) -> tuple[int | str, ...]:
        return (*array.shape, EXAMPLES) if array.per_example else array.shape

    def _statement(
        self, name: str, formula: str, shape: tuple[int | str, ...], gradient_of: str | None
    ) -> Statement:
        words = re.findall(r"(?<!\.)\b[^\W\d]\w*", re.sub('"[^"]*"', "", formula))
        known = {*self._names.values(), *self.body.tables}
        known |= {line.name for lines in self._output_lines.values() for line in lines}
        operands = tuple([word for word in dict.fromkeys(words) if word in known])
        return Statement(name, formula, operands, shape, gradient_of)

    # --- formulas ---

    def _formula(self, array: Array) -> Text:
        form = array.form
        if isinstance(form, Function):
            return self._call(array, form.row)
        parts = array.parts
        if _is_averaged(array):  # the mean over the examples before what they have in common
            parts = sorted(parts, key=lambda p: not any(r.array.per_example for r in p.factors))
        text = total([self._part(array, part) for part in parts])
        covered = {axis for part in parts for r in part.factors for axis in r.map.axes}
        return self._broadcast(array, text, covered)

    def _broadcast(self, array: Array, text: Text, covered: set[str]) -> Text:
        """An array in which no operand follows some axis is the same all along it."""
        if covered.issuperset(array.axes):
            return text
        sizes = [str(size) for size in array.shape] + [self.body.examples] * array.per_example
        shape = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        return called("np.broadcast_to", text.text, shape)

    def _call(self, array: Array, row: rows.Primitive) -> Text:
        covered = {
            axis
            for argument in array.arguments
            for read in (argument.entries if isinstance(argument, Stack) else [argument])
            if isinstance(read, Read)
            for axis in read.map.axes
        }
        lists = [x for x in array.arguments if isinstance(x, Read) and LIST_AXIS in x.map.axes]
        if row is rows.softmax_unit and _is_whole_softmax(array):
            z = array.arguments[0]
            assert isinstance(z, Read)
            along = next(axis for axis in z.map.axes if axis not in lists[0].map.axes)
            text = self._aligned(z, array)
            axis = array.axes.index(along)
            text = called("softmax", text.text, *([f"axis={axis}"] if axis else []))
            return self._broadcast(array, text, covered)
        axis = self._list_axis(array, lists)
        texts = []
        for argument in array.arguments:
            if isinstance(argument, float):
                texts.append(number(argument))
            elif isinstance(argument, Stack):
                texts.append(self._stack(array, argument, axis))
            elif argument not in lists:
                texts.append(self._aligned(argument, array))
            elif axis is None:
                texts.append(aligned(self._operand(argument, array), LIST_AXIS + self._axes(array)))
            else:
                texts.append(self._operand(argument, array).text)
        if not row.numpy.endswith(")"):
            if row is rows.divide:
                self._divisors[array] = texts[1]
                return product([], [texts[1]])
            return Text(row.numpy.format(*[x.within(CALL) for x in texts]), POWER)
        text = row.numpy.format(*[x.text for x in texts])
        if axis:
            text = f"{text[:-1]}, axis={axis})"
        return self._broadcast(array, Text(text, CALL), covered)

    def _list_axis(self, array: Array, lists: Sequence[Read]) -> int | None:
        """The axis along the lists, if they have it in the same place and no axis is missing."""
        if any(isinstance(argument, Stack) for argument in array.arguments):
            return None
        places = set()
        for read in lists:
            axes = read.map.axes + (EXAMPLES if read.array.per_example else "")
            rest = axes.replace(LIST_AXIS, "")
            fits = (rest and self._axes(array).endswith(rest)) or not self._axes(array)
            places.add(axes.index(LIST_AXIS) if fits else None)
        return places.pop() if len(places) == 1 else None

    def _stack(self, array: Array, stack: Stack, axis: int | None) -> Text:
        texts = [
            self._aligned(x, array) if isinstance(x, Read) else number(x) for x in stack.entries
        ]
        entries = called("np.broadcast_arrays", *[x.text for x in texts])
        return called("np.stack", entries.text)

    def _part(self, array: Array, part: Part) -> Text:
        """c·Σ a·b as text, ready to be added to the other parts."""
        if not part.factors:
            return number(part.coefficient)
        sampled = _is_averaged(array) and any(r.array.per_example for r in part.factors)
        letters = part.summed + (EXAMPLES if sampled else "")
        if not letters:
            return scaled(self._product(array, part), part.coefficient)
        factors = [self._operand(read, array) for read in part.factors]
        same = len({factor.axes for factor in factors}) == 1
        if (
            isinstance(array.form, Output)
            and self._outputs[array.form.name].gradient_of is None
            and sampled
            and same
        ):
            inside = product([factor.text for factor in factors]).text
            if part.coefficient * part.count == 1.0:
                return called("np.mean", inside)
            if part.count == 1:
                return scaled(called("np.mean", inside), part.coefficient)
            text = scaled(called("np.sum", inside), part.coefficient)
            return self._over_examples(text)
        keepdims = self._keeps_column(array)
        result = array.axes
        if not sampled and any(r.array.per_example for r in part.factors):
            result += EXAMPLES
        if len(factors) == 1:
            found = summed(factors[0], letters, keepdims)
        else:
            found = contract(*factors, result, keepdims)
        text = scaled(found.text, part.coefficient)
        if sampled:
            text = self._over_examples(text)
        return text if keepdims else aligned(Factor(text, found.axes), self._axes(array))

    def _over_examples(self, text: Text) -> Text:
        level = text.level if text.level in (NEGATIVE, MATMUL) else PRODUCT
        return Text(f"{text.within(NEGATIVE)} / {self.body.examples}", level)

    def _product(self, array: Array, part: Part) -> Text:
        reads = sorted(
            part.factors,
            key=lambda r: (r.array in self._forward or not r.array.gradient_of, _number(r.array)),
        )
        factors, divisors = [], []
        for read in reads:
            if read.array in self._divisors and read.array not in self._names:
                text, axes = self._divisors[read.array], self._axes(read.array)
                renamed = dict(zip(read.array.axes, read.map.axes, strict=True))
                axes = "".join([renamed.get(axis, axis) for axis in axes])
                divisors.append(aligned(Factor(text, axes), self._axes(array)))
            else:
                factors.append(self._aligned(read, array))
        return product(factors, divisors)

    def _keeps_column(self, array: Array) -> bool:
        """Whether an output is held as a column, as the parameter is whose gradient it is."""
        form = array.form
        return (
            isinstance(form, Output)
            and self._outputs[form.name].gradient_of in self.body.columns
            and array.shape == self._outputs[form.name].shape
            and bool(array.parts)
            and all(
                not part.summed
                and part.factors
                and all(r.array.per_example and r.map.axes == array.axes for r in part.factors)
                for part in array.parts
            )
        )

    def _axes(self, array: Array) -> str:
        return array.axes + (EXAMPLES if array.per_example else "")

    def _aligned(self, read: Read, reader: Array) -> Text:
        """An operand, ready to be combined with others elementwise."""
        factor = self._operand(read, reader)
        if isinstance(read.array.form, Leaf) and read.array.form.array.name in self.body.columns:
            return factor.text
        return aligned(factor, self._axes(reader))

    def _operand(self, read: Read, reader: Array) -> Factor:
        array, how = read.array, read.map
        text = self._texts[array]
        if reader in self._forward:
            text = self._written_out.get(array, text)
        axes = how.axes + (EXAMPLES if array.per_example else "")
        if how.whole:
            return Factor(text, axes)
        rest = ", -1" if array.per_example else ""
        name = text.within(CALL)
        if how.reshaped is not None:
            sizes = ", ".join([str(size) for size in how.reshaped])
            return Factor(Text(f"{name}.reshape({sizes}{rest})", CALL), axes)
        if how.table is not None:
            if len(array.shape) > 1:
                name = f"{name}.reshape({np.prod(array.shape)}{rest})"
            return Factor(Text(f"{name}[{self._table(how.table)}]", CALL), axes)
        picks = list(how.picks)
        while picks[-1] == WHOLE:
            picks.pop()
        return Factor(Text(f"{name}[{', '.join([_pick(p) for p in picks])}]", CALL), axes)

    def _table(self, table: Index) -> str:
        for name, other in self.body.tables.items():
            if other.shape == table.shape and (other == table).all():
                return name
        name = self._numbered("I")
        self.body.tables[name] = table
        return name

    # --- outputs, and the order of everything ---

    def _assemble(self, name: str) -> None:
        """The line of an output, put together from pieces where its entries differ in kind."""
        output, pieces = self._outputs[name], self._pieces[name]
        shape: tuple[int | str, ...] = output.shape
        if output.per_example:
            shape = (*shape, EXAMPLES)
        texts = [self._piece(array, text, output) for array, text in pieces]
        lines = self._output_lines[name]
        array = pieces[0][0]
        self.body.results[name] = name
        if len(pieces) == 1 and array.shape == output.shape:
            if texts[0].isidentifier():
                self.body.results[name] = texts[0]
                return
            if self._keeps_column(array):
                shape = (*shape, 1)
            lines.append(self._statement(name, texts[0], shape, output.gradient_of))
            return
        names = [self._numbered(f"{name}_") for _ in pieces]
        for piece, (array, _), text in zip(names, pieces, texts, strict=True):
            lines.append(self._statement(piece, text, self._shape(array), None))
        entries = np.array([entry for array, _ in pieces for entry in array.entries])
        flat = [
            name
            if len(array.shape) == 1
            else f"{name}.reshape({len(array.entries)}, -1)"
            if output.per_example
            else f"np.ravel({name})"
            for name, (array, _) in zip(names, pieces, strict=True)
        ]
        text = called("np.concatenate", f"[{', '.join(flat)}]").text
        if (np.diff(entries) < 0).any():
            text += f"[{self._table(np.argsort(entries))}]"
        if len(output.shape) != 1:
            sizes = [str(size) for size in output.shape] + ["-1"] * output.per_example
            text += f".reshape({', '.join(sizes)})"
        lines.append(self._statement(name, text, shape, output.gradient_of))

    def _piece(self, array: Array, text: str, output: OutputArray) -> str:
        shape = [str(size) for size in array.shape]
        if output.per_example:
            shape.append(self.body.examples)
        sizes = f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"
        if not any(part.factors for part in array.parts) and output.gradient_of is not None:
            entry = sum([part.coefficient for part in array.parts])
            return f"np.full({sizes}, {entry})" if entry else f"np.zeros({sizes})"
        if output.per_example and not array.per_example:
            factor = Factor(Text(text, SUM), array.axes)
            return called(
                "np.broadcast_to", aligned(factor, array.axes + EXAMPLES).text, sizes
            ).text
        return text

    def _schedule(self) -> None:
        """Forward, the cost, then backward; each output as soon as its operands are there."""
        made: set[str] = set()
        waiting = dict(self._output_lines)
        later = {line.name for line in self._backward_lines}

        def add(lines: Sequence[Statement]) -> None:
            self.body.statements.extend(lines)
            made.update([line.name for line in lines])

        def add_ready_outputs() -> None:
            for name, lines in list(waiting.items()):
                if all(later.isdisjoint(set(line.operands) - made) for line in lines):
                    add(waiting.pop(name))

        add(self._forward_lines)
        add_ready_outputs()
        for line in self._backward_lines:
            add([line])
            add_ready_outputs()


def _number(array: Array) -> int:
    return array.group.number


def _reads(array: Array) -> list[Read]:
    found = [read for part in array.parts for read in part.factors]
    for argument in array.arguments:
        entries = argument.entries if isinstance(argument, Stack) else [argument]
        found += [entry for entry in entries if isinstance(entry, Read)]
    return found


def _is_averaged(array: Array) -> bool:
    return isinstance(array.form, Output) and array.form.averaged


def _is_weighted_sum(array: Array) -> bool:
    return isinstance(array.form, Sum) and any(
        [is_parameter(read.array) for read in part.factors].count(True) == 1
        for part in array.parts
        if len(part.factors) == 2
    )


def _activations(arrays: Sequence[Array], forward_nodes: set[int]) -> dict[Array, Array]:
    """Each activation, and the Z that it is the activation of: the first of each Z."""
    found: dict[Array, Array] = {}
    for array in arrays:
        if not isinstance(array.form, Function) or array.form.row not in ACTIVATIONS:
            continue
        read = array.arguments[0]
        if (
            isinstance(read, Read)
            and read.map.whole
            and read.map.axes == read.array.axes == array.axes
            and _is_weighted_sum(read.array)
            and read.array not in found.values()
            and not forward_nodes.isdisjoint(read.array.group.members)
            and (array.form.row is not rows.softmax_unit or _is_whole_softmax(array))
        ):
            found[array] = read.array
    return found


def _is_whole_softmax(array: Array) -> bool:
    """Whether the units of softmax run through the list that each of them is normalised by."""
    z, logits = array.arguments
    if not isinstance(z, Read) or not isinstance(logits, Read) or z.array is not logits.array:
        return False
    along = set(z.map.axes) - set(logits.map.axes)
    return (
        len(along) == 1
        and z.map.table is logits.map.table is z.map.reshaped is logits.map.reshaped
        and z.map.picks == logits.map.picks
        and z.map.axes.replace(along.pop(), LIST_AXIS) == logits.map.axes
        and set(z.map.axes) == set(array.axes)
    )


def _pick(pick: Pick) -> str:
    if not isinstance(pick, slice):
        return str(pick)
    start, stop = ["" if x is None else str(x) for x in (pick.start, pick.stop)]
    return f"{start}:{stop}" + (f":{pick.step}" if pick.step is not None else "")
