"""The whole of the C: the function of a program, and the call from Python around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograd.vectorizer.compiling.arrays import (
    AFTER,
    BEFORE,
    WITHIN,
    Along,
    Array,
    LoweringError,
    added,
    in_memory,
    is_number,
    size_of,
    strides_of,
    taken,
    times,
    turned,
)
from autograd.vectorizer.compiling.extension import glue
from autograd.vectorizer.compiling.formulas import FUNCTIONS, number
from autograd.vectorizer.compiling.kernel import BLOCK, Kernel
from autograd.vectorizer.compiling.lowering import Lowering
from autograd.vectorizer.compiling.nests import read_anywhere
from autograd.vectorizer.formulas.statements import Names
from autograd.vectorizer.formulas.trees import Binary, Call, Tree, walk

if TYPE_CHECKING:
    from autograd.vectorizer.recording.leaves import LeafArray
    from autograd.vectorizer.running.program import Program

PRELUDE = Path(__file__).with_name("prelude.h")
# What a name means in C or in prelude.h already.
_RESERVED = [
    *("auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else"),
    *("enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register"),
    *("restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef"),
    *("union", "unsigned", "void", "volatile", "while", "errno", "asm", "typeof", "linux", "unix"),
    *("m", "block", "lo", "sum", "memory", "square", "cube", "larger", "smaller", "sign", "tile"),
    *("pack", "product", "set_product", "add_product", "tile_of", "dots", "set_dots", "add_dots"),
    *("compute", "call", "plain", "numbers", "keys", "texts", "module", "methods", "malloc"),
    *("free", "memset", "fabs", "isnan", "isinf", "isfinite", "NAN", "INFINITY", "NULL", "Count"),
    *("Vector", "ROWS", "COLUMNS", "WIDTH", "DEPTH", "INLINE", "LEAVES", "INPUTS", "OUTPUTS"),
    "KEYS",
    *FUNCTIONS.values(),
]


def c_source(program: Program) -> str:
    """The program as C.

    Raises:
        LoweringError: naming the line that has no loops.
    """
    return _Code(program).text()


@dataclass
class _Code:
    program: Program

    def text(self) -> str:
        self._lower()
        return "\n".join(
            [
                f"/* {self._function()}, written by glassgrad. */",
                PRELUDE.read_text(encoding="utf-8"),
                *_indented(self._tables()),
                *_indented(self._compute()),
                *_indented(glue(self.program)),
            ]
        )

    def _function(self) -> str:
        name = "outputs" if self.program.forward_only else "cost_and_gradients"
        return f"{name}({', '.join([leaf.name for leaf in self.program.leaves])})"

    # --- lowering ---

    def _lower(self) -> None:
        program = self.program
        names = Names(_RESERVED)
        self.kernel = kernel = Kernel(names)
        arrays = dict.fromkeys([leaf.name for leaf in program.leaves])
        arrays |= dict.fromkeys([statement.name for statement in program.statements])
        self.names = {name: names.fresh(_in_c(name)) for name in arrays}
        lowering = Lowering(kernel, program.tables, program.examples)
        self.pointers: list[str] = []  # to the examples of a block
        multiplied = {
            name
            for statement in program.statements
            if any(map(_is_product, walk(statement.tree)))
            for name in statement.operands
        }
        read = {name for statement in program.statements for name in statement.operands}
        for leaf in program.leaves:
            lowering.arrays[leaf.name] = self._leaf(leaf, leaf.name in read - multiplied)
        for statement in program.statements:
            try:
                lowering.line(statement, self.names[statement.name])
            except LoweringError as error:
                raise LoweringError(f"{statement}\nhas no loops in C: {error}") from None
        self.outputs: list[str] = []
        self.results: set[str] = set()
        for name in program.outputs:
            self._result(name, lowering.arrays[program.results[name]])
        for section in kernel.sections:
            section.join()

    def _leaf(self, leaf: LeafArray, copied: bool) -> Array:
        name, strides = self.names[leaf.name], strides_of(leaf.shape, "")
        if not leaf.per_example:
            array = in_memory(name, leaf.shape, strides)
            column = leaf.name in self.program.columns
            return taken(array, (*leaf.shape, 1), [Along("0", ((0, 1),))]) if column else array
        size = size_of(leaf.shape, "")
        begin = self.kernel.names.fresh(f"{name}_b")  # of the examples of a block
        self.pointers.append(f"const double *{begin} = {added([name, times('lo', size)])};")
        array = in_memory(begin, (*leaf.shape, "m"), (*strides, size), WITHIN)
        if leaf.name in self.program.singles:
            return taken(array, ("m",), [Along("0"), Along("0", ((0, 1),))])
        if copied and size != "1":
            self.kernel.begin(None, f"{leaf.name}, an example in each column", name)
            return self.kernel.computed(array, self.kernel.names.fresh(f"{name}_columns"))
        return array

    def _result(self, name: str, array: Array) -> None:
        """Write an output as users have it."""
        output = self.program.outputs[name]
        shape = ("m",) * output.per_example + output.shape
        buffer = self.kernel.names.fresh(f"out_{_in_c(name)}")
        self.outputs.append(buffer)
        phase = self.kernel.phase(array.phase, shape)
        if output.per_example:
            array = turned(array, [len(array.shape) - 1, *range(len(array.shape) - 1)])
            start = added([buffer, times("lo", size_of(output.shape, ""))])
            buffer = self.kernel.names.fresh(f"{buffer}_b")
            self.pointers.append(f"double *restrict {buffer} = {start};")
        elif array.shape == (*output.shape, 1):
            array = taken(array, output.shape, [Along("0", ((0, 1),)), Along("0")])
        target = in_memory(buffer, shape, strides_of(shape, ""), phase)
        self.kernel.begin(None, "", buffer)
        self.results.add(buffer)
        self.kernel.fill(target, array)

    # --- writing ---

    def _tables(self) -> Iterator[str]:
        for name, numbers in self.kernel.tables.items():
            whole = all(isinstance(x, int) for x in numbers)
            kind, write = ("Count", str) if whole else ("double", number)
            yield f"static const {kind} {name}[] = {{{', '.join(map(write, numbers))}}};"

    def _compute(self) -> Iterator[str]:
        kernel = self.kernel
        kept = read_anywhere(kernel.sections) | self.results
        sizes = {name: size for name, size in kernel.sizes.items() if name in kept}
        given = [f"const double *restrict {self.names[a.name]}" for a in self.program.leaves]
        given += [f"double *restrict {name}" for name in self.outputs]
        yield f"static int compute({', '.join(['const Count m', *given])})"
        yield "{"
        order = [*kernel.sums, *[name for name in sizes if name not in kernel.sums]]
        rooms = {name: _in_lines(sizes[name]) for name in order}
        if order:
            room = added([*rooms.values(), "8"])
            yield f"double *const memory = malloc(sizeof(double) * ({room}));"
            yield "if (memory == NULL) return -1;"
            before = "memory + (64 - (size_t)memory % 64) / 8 % 8"
            for name in order:
                yield f"double *restrict {name} = {before};"
                before = f"{name} + {rooms[name]}"
        if kernel.sums:
            zeros = added([rooms[name] for name in kernel.sums])
            yield f"memset({order[0]}, 0, sizeof(double) * {zeros});"
        yield from kernel.sections[BEFORE].text(kept)
        if kernel.sections[WITHIN].items:
            yield f"for (Count lo = 0; lo < m; lo += {BLOCK}) {{"
            yield f"const Count block = m - lo < {BLOCK} ? m - lo : {BLOCK};"
            yield from self.pointers
            yield from kernel.sections[WITHIN].text(kept)
            yield "}"
        yield from kernel.sections[AFTER].text(kept)
        yield from ["free(memory);"] * bool(order)
        yield from ["return 0;", "}", ""]


def _in_c(name: str) -> str:
    """A name in the letters of C, which means nothing else there."""
    text = "".join([c if c.isascii() else f"_{ord(c):x}_" for c in name])
    return f"{text}_" if re.fullmatch(r"[iv]\d+|.*_here|_.*|[A-Z]+_.*|Py.*", text) else text


def _in_lines(size: str) -> str:
    """The room for a buffer, in whole lines of the cache."""
    return str(-(-int(size) // 8) * 8) if is_number(size) else f"({size} + 7) / 8 * 8"


def _is_product(tree: Tree) -> bool:
    match tree:
        case Binary(sign="@") | Call(function="np.einsum" | "np.tensordot"):
            return True
    return False


def _indented(lines: Iterable[str]) -> Iterator[str]:
    """Four spaces to a brace."""
    depth = 0
    for line in lines:
        depth -= line.startswith("}")
        flat = line.startswith(("#", " ", "done:")) or not line
        yield line if flat else "    " * depth + line
        depth += line.endswith("{")
