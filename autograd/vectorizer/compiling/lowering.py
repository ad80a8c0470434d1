"""Lowering: the trees of a program become arrays that C computes."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from autograd.primitives.in_numpy import NUMPY_HELPERS
from autograd.vectorizer.compiling import formulas
from autograd.vectorizer.compiling.arrays import (
    Along,
    Array,
    LoweringError,
    Shape,
    broadcast,
    broadcast_to,
    constant,
    in_memory,
    mapped,
    named,
    strides_of,
    taken,
    turned,
)
from autograd.vectorizer.compiling.indexing import Indices, whole
from autograd.vectorizer.compiling.kernel import REDUCTIONS, ROW, Kernel
from autograd.vectorizer.compiling.products import Axes, multiplied
from autograd.vectorizer.formulas.statements import Loop, Statement
from autograd.vectorizer.formulas.trees import (
    Attribute,
    Binary,
    Call,
    Index,
    List,
    Method,
    Name,
    Number,
    String,
    Tree,
    Tuple,
    Unary,
    Word,
    from_python,
)

Local = Array | Tree | ast.FunctionDef


class Lowering:
    """Turns formulas into arrays, and lines into loops.

    Args:
        kernel: gets the loops.
        tables: the tables of the program.
        examples: the name of the number of examples.

    Attributes:
        arrays: what is there, by name.
    """

    def __init__(self, kernel: Kernel, tables: Mapping[str, Any], examples: str) -> None:
        self._kernel = kernel
        self._indices = Indices(kernel, tables)
        self._examples = examples
        self._loop: Loop | None = None
        self.arrays: dict[str, Array] = {}
        for name, table in tables.items():
            buffer = kernel.table(table.ravel().tolist())
            self.arrays[name] = in_memory(buffer, table.shape, strides_of(table.shape, ""))

    def line(self, statement: Statement, name: str) -> None:
        """Lower a statement; ``name`` is that of its buffer."""
        self._loop = statement.loop
        self._kernel.begin(statement.loop, str(statement), name)
        if statement.gathers:
            return
        array = self._array(statement.tree, {})
        array = broadcast_to(array, statement.shape)
        if statement.place is None and array.view and statement.loop is None:
            self.arrays[statement.name] = array
            return
        if statement.place is None:
            self.arrays[statement.name] = self._kernel.computed(array, name)
            return
        phase = self._kernel.phase(array.phase, array.shape)
        whole_list = self.arrays.get(statement.name)
        if whole_list is None:
            shape = (statement.length, *statement.shape)
            whole_list = self._kernel.buffer(name, shape, phase)
        self.arrays[statement.name] = replace(whole_list, phase=max(whole_list.phase, phase))
        entry = self._indices.at(whole_list, [statement.place], self._loop)
        self._kernel.fill(replace(entry, phase=phase), array)

    # --- trees ---

    def _array(self, tree: Tree, local: Mapping[str, Local]) -> Array:
        match tree:
            case Name(name=name):
                if isinstance(found := local.get(name), Array):
                    return found
                if name in self.arrays:
                    return self.arrays[name]
            case Word(word=word) if word == self._examples:
                return constant("(double)m")
            case Number(data=data):
                return constant(formulas.number(data))
            case Unary(sign="-", operand=operand):
                return mapped([self._array(operand, local)], lambda x: f"(-{x[0]})")
            case Unary(sign="~", operand=operand):
                return mapped([self._array(operand, local)], lambda x: f"(!{x[0]})", "int")
            case Binary(sign="@", left=left, right=right):
                return self._product(self._array(left, local), self._array(right, local))
            case Binary(sign="**", left=left, right=right):
                exponent = right.data if isinstance(right, Number) else None
                return formulas.power(self._array(left, local), self._array(right, local), exponent)
            case Binary(sign=sign, left=left, right=right) if sign != "//":
                return formulas.operator(sign, self._array(left, local), self._array(right, local))
            case Index(array=array, axes=axes):
                return self._indices.at(self._array(array, local), axes, self._loop)
            case Attribute(array=Attribute() | Call(function="np.finfo"), name="max"):
                return constant(formulas.number(float(np.finfo(float).max)))
            case Attribute(array=array, name="T"):
                found = self._array(array, local)
                return turned(found, range(len(found.shape))[::-1])
            case Method(array=array, name="copy", arguments=()):
                return self._array(array, local)
            case Method(array=array, name="squeeze", arguments=[axis]):
                found = self._array(array, local)
                gone = whole(_known(axis, local)) % len(found.shape)
                return _without(found, [gone])
            case Method(array=array, name="reshape", arguments=sizes):
                return self._reshaped(self._array(array, local), list(map(whole, sizes)))
            case Call():
                return self._call(tree, local)
        raise LoweringError(f"{tree} has no loops in C")

    def _call(self, tree: Call, local: Mapping[str, Local]) -> Array:
        options = {name: _known(option, local) for name, option in tree.options}
        match tree.function, tree.arguments:
            case name, _ if isinstance(local.get(name), ast.FunctionDef):
                arguments = [self._array(each, local) for each in tree.arguments]
                return self._helper(local[name], arguments, options)
            case name, _ if name in NUMPY_HELPERS:
                arguments = [self._array(each, local) for each in tree.arguments]
                definition = ast.parse(NUMPY_HELPERS[name]).body[0]
                return self._helper(definition, arguments, options)
            case ("np.sum" | "np.max" | "np.min" | "np.mean") as function, [array]:
                return self._reduced(function, self._array(array, local), options)
            case "np.einsum", [String(string=axes), left, right]:
                inputs, out = axes.split("->")
                first, second = inputs.split(",")
                a, b = self._array(left, local), self._array(right, local)
                return multiplied(self._kernel, a, b, Axes(first, second, out))
            case "np.tensordot", [left, right, axes]:
                return self._tensordot(self._array(left, local), self._array(right, local), axes)
            case "np.transpose", [array, Tuple(items=order)]:
                return turned(self._array(array, local), list(map(whole, order)))
            case "np.ravel", [array]:
                return self._reshaped(self._array(array, local), [-1])
            case "np.broadcast_to", [array, Tuple(items=sizes)]:
                return broadcast_to(self._array(array, local), self._shape(sizes))
            case ("np.zeros" | "np.ones") as name, [Tuple(items=sizes)]:
                return constant("0.0" if name == "np.zeros" else "1.0", self._shape(sizes))
            case "np.full", [Tuple(items=sizes), number]:
                return broadcast_to(self._array(number, local), self._shape(sizes))
            case "np.stack", [Name() as name]:
                return self._array(name, local)
            case "np.stack", [List(items=items) | Call("np.broadcast_arrays", items)]:
                arrays = [self._array(each, local) for each in items]
                shape = broadcast([each.shape for each in arrays])
                arrays = [broadcast_to(each, shape) for each in arrays]
                return self._joined([_with_axis(each) for each in arrays])
            case "np.concatenate", [List(items=items)]:
                return self._joined([self._array(each, local) for each in items])
        if not options:
            arguments = [self._array(each, local) for each in tree.arguments]
            found = formulas.called(tree.function, arguments)
            if found is not None:
                return found
        raise LoweringError(f"{tree.function} has no loops in C")

    def _helper(
        self, definition: Any, arguments: Sequence[Array], options: Mapping[str, Tree]
    ) -> Array:
        """A function of the table, as it stands there in NumPy."""
        names = [each.arg for each in definition.args.args]
        defaults = dict(zip(names[::-1], definition.args.defaults[::-1], strict=False))
        local: dict[str, Local] = {name: from_python(each) for name, each in defaults.items()}
        reduces = any(f"{name}(" in ast.unparse(definition) for name in REDUCTIONS)
        keep = self._kernel.computed if reduces else named
        local |= dict(zip(names, [keep(each) for each in arguments], strict=False))
        local |= options
        *lines, last = definition.body
        for line in lines:
            if isinstance(line, ast.FunctionDef):
                local[line.name] = line
                continue
            found = self._array(from_python(line.value), local)
            lies = found.shape and found.kind != "int"
            local[line.targets[0].id] = keep(found) if lies else named(found)
        return self._array(from_python(last.value), local)

    # --- functions of whole arrays ---

    def _reduced(self, function: str, array: Array, options: Mapping[str, Tree]) -> Array:
        rank = len(array.shape)
        axes = list(range(rank))
        if "axis" in options:
            axis = options["axis"]
            axes = [whole(each) % rank for each in getattr(axis, "items", [axis])]
        keepdims = options.get("keepdims") == Word("True")
        if function != "np.mean":
            return self._kernel.reduced(array, sorted(axes), function, keepdims)
        found = self._kernel.reduced(array, sorted(axes), "np.sum", keepdims)
        count = " * ".join([f"(double){array.shape[axis]}" for axis in axes]) or "1.0"
        count = f"({count})" if "*" in count else count
        return mapped([found], lambda x: f"({x[0]} / {count})")

    def _product(self, a: Array, b: Array) -> Array:
        """``a @ b``."""
        if not (a.shape and b.shape):
            raise LoweringError("a matrix product of a number")
        return multiplied(self._kernel, a, b, Axes.of_matrices(len(a.shape), len(b.shape)))

    def _tensordot(self, a: Array, b: Array, axes: Tree) -> Array:
        sides = axes.items if isinstance(axes, Tuple) else ()
        pairs = [[whole(x) for x in getattr(side, "items", [side])] for side in sides]
        letters = Axes.of_tensordot(len(a.shape), len(b.shape), pairs)
        return multiplied(self._kernel, a, b, letters)

    def _joined(self, parts: Sequence[Array]) -> Array:
        """Arrays, one behind the other along their first axis."""
        rest = parts[0].shape[1:]
        lengths = [int(part.shape[0]) for part in parts]
        phase = max([self._kernel.phase(part.phase, part.shape) for part in parts])
        shape: Shape = (sum(lengths), *rest)
        whole_array = self._kernel.buffer(self._kernel.part(), shape, phase)
        begin = 0
        for part, length in zip(parts, lengths, strict=True):
            others = [Along("0", ((axis, 1),)) for axis in range(1, len(shape))]
            axes = [Along(str(begin), ((0, 1),)), *others]
            self._kernel.fill(taken(whole_array, part.shape, axes), part)
            begin += length
        return whole_array

    def _reshaped(self, array: Array, sizes: Sequence[int]) -> Array:
        known = [size for size in array.shape if isinstance(size, int)]
        shape: list[int | str] = list(sizes)
        if -1 in sizes:
            others = int(np.prod([size for size in sizes if size != -1]))
            rest = int(np.prod(known)) // others
            if "m" in array.shape and rest != 1:
                raise LoweringError("an axis of examples is joined with another")
            shape[sizes.index(-1)] = "m" if "m" in array.shape else rest
        if "m" in shape and array.shape[-1] != shape[-1]:
            raise LoweringError("the axis of examples is moved by reshape")
        if array.view is None or array.view.strides != strides_of(array.shape, ROW):
            array = self._kernel.computed(array, self._kernel.part())
        assert array.view
        view = array.view
        strides = strides_of(tuple(shape), ROW)
        return in_memory(view.buffer, tuple(shape), strides, array.phase, view.offset)

    def _shape(self, sizes: Sequence[Tree]) -> Shape:
        return tuple(["m" if size == Word(self._examples) else whole(size) for size in sizes])


def _known(tree: Tree, local: Mapping[str, Local]) -> Tree:
    """An option, such as an axis, that may be an argument of the helper it stands in."""
    found = local.get(tree.name) if isinstance(tree, Name) else None
    return found if isinstance(found, Tree) else tree


def _with_axis(array: Array) -> Array:
    axes = [Along("0", ((axis + 1, 1),)) for axis in range(len(array.shape))]
    return taken(array, (1, *array.shape), axes)


def _without(array: Array, gone: Sequence[int]) -> Array:
    shape = [size for axis, size in enumerate(array.shape) if axis not in gone]
    places = count()
    axes = [
        Along("0") if axis in gone else Along("0", ((next(places), 1),))
        for axis in range(len(array.shape))
    ]
    return taken(array, tuple(shape), axes)
