"""The whole of the C: the function of a program, and the call from Python around it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
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
    in_memory,
    strides_of,
    taken,
    times,
    added,
    turned,
    size_of,
)
from autograd.vectorizer.compiling.kernel import BLOCK, Kernel, WholeBatch
from autograd.vectorizer.compiling.lowering import Lowering
from autograd.vectorizer.compiling.nests import read_anywhere
from autograd.vectorizer.formulas.statements import Names
from autograd.vectorizer.formulas.trees import Call, Binary, walk

if TYPE_CHECKING:
    from autograd.vectorizer.recording.leaves import LeafArray
    from autograd.vectorizer.running.program import Program

PRELUDE = Path(__file__).with_name("prelude.h")
_RESERVED = """
auto break case char const continue default do double else enum extern float for goto if inline int
long register restrict return short signed sizeof static struct switch typedef union unsigned void
volatile while main m b lo sum memory errno asm typeof linux unix NAN INFINITY Count NULL square cube
larger smaller sign heaviside tile add_product ROWS COLUMNS exp expm1 log log1p log2 log10 sqrt sin
cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 hypot fabs floor pow malloc free
""".split()


def c_source(program: Program) -> str:
    """The program as C.

    Raises:
        LoweringError: naming the line that has no loops.
    """
    blocks = any(leaf.per_example for leaf in program.leaves)
    if blocks:
        try:
            return _Code(program, blocked=True).text()
        except WholeBatch:
            pass
    return _Code(program, blocked=False).text()


@dataclass
class _Code:
    program: Program
    blocked: bool

    def text(self) -> str:
        phases: dict[str, int] = {}
        while True:
            lowering = self._lowered(phases)
            found = {name: array.phase for name, array in lowering.arrays.items()}
            if all([phases.get(name, BEFORE) >= phase for name, phase in found.items()]):
                break
            phases = {name: max(phase, phases.get(name, 0)) for name, phase in found.items()}
        return "\n".join(
            [
                f"/* {self._function()}, written by glassgrad. */",
                PRELUDE.read_text(encoding="utf-8"),
                *_indented(self._tables()),
                *_indented(self._compute()),
                *_indented(self._glue()),
            ]
        )

    def _function(self) -> str:
        name = "outputs" if self.program.forward_only else "cost_and_gradients"
        return f"{name}({', '.join([leaf.name for leaf in self.program.leaves])})"

    # --- lowering ---

    def _lowered(self, phases: dict[str, int]) -> Lowering:
        program = self.program
        names = Names(_RESERVED)
        self.kernel = kernel = Kernel(names, self.blocked)
        arrays = dict.fromkeys([leaf.name for leaf in program.leaves])
        arrays |= dict.fromkeys([statement.name for statement in program.statements])
        self.names = {name: names.fresh(_in_c(name)) for name in arrays}
        lowering = Lowering(kernel, program.tables, program.examples, phases)
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
        self.outputs = []
        for name, output in program.outputs.items():
            self._result(name, lowering.arrays[program.results[name]])
        for section in kernel.sections:
            section.join()
        return lowering

    def _leaf(self, leaf: LeafArray, copied: bool) -> Array:
        name, strides = self.names[leaf.name], strides_of(leaf.shape, "")
        if not leaf.per_example:
            array = in_memory(name, leaf.shape, strides)
            column = leaf.name in self.program.columns
            return taken(array, (*leaf.shape, 1), [Along("0", ((0, 1),))]) if column else array
        size = size_of(leaf.shape, "")
        if self.blocked:
            self.pointers.append(f"const double *{name}_b = {added([name, times('lo', size)])};")
            name += "_b"
        phase = WITHIN if self.blocked else BEFORE
        array = in_memory(name, (*leaf.shape, "m"), (*strides, size), phase)
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
            if self.blocked:
                start = added([buffer, times("lo", size_of(output.shape, ""))])
                self.pointers.append(f"double *restrict {buffer}_b = {start};")
                buffer += "_b"
        elif array.shape == (*output.shape, 1):
            array = taken(array, output.shape, [Along("0", ((0, 1),)), Along("0")])
        target = in_memory(buffer, shape, strides_of(shape, ""), phase)
        self.kernel.begin(None, "", buffer)
        self.results = getattr(self, "results", set()) | {buffer}
        self.kernel.fill(target, array)

    # --- writing ---

    def _tables(self) -> Iterator[str]:
        for name, numbers in self.kernel.tables.items():
            whole = all([isinstance(x, int) for x in numbers])
            kind = "Count" if whole else "double"
            yield f"static const {kind} {name}[] = {{{', '.join(map(repr, numbers))}}};"

    def _compute(self) -> Iterator[str]:
        kernel = self.kernel
        kept = read_anywhere(kernel.sections) | self.results
        sizes = {name: size for name, size in kernel.sizes.items() if name in kept}
        given = [f"const double *restrict {self.names[a.name]}" for a in self.program.leaves]
        given += [f"double *restrict {name}" for name in self.outputs]
        yield f"static int compute({', '.join(['const Count m', *given])})"
        yield "{"
        order = [*kernel.sums, *[name for name in sizes if name not in kernel.sums]]
        if order:
            total = added([f"({size} + 7) / 8 * 8" for size in map(sizes.get, order)])
            yield f"double *const memory = malloc(sizeof(double) * ({total} + 8));"
            yield "if (memory == NULL) return -1;"
            before = "memory + (64 - (size_t)memory % 64) / 8 % 8"
            for name in order:
                yield f"double *restrict {name} = {before};"
                before = f"{name} + ({sizes[name]} + 7) / 8 * 8"
        for name in kernel.sums:
            yield f"memset({name}, 0, sizeof(double) * ({sizes[name]}));"
        yield from kernel.sections[BEFORE].text(kept)
        if self.blocked:
            yield f"for (Count lo = 0; lo < m; lo += {BLOCK}) {{"
            yield f"const Count b = m - lo < {BLOCK} ? m - lo : {BLOCK};"
            yield from self.pointers
            yield from kernel.sections[WITHIN].text(kept)
            yield "}"
            yield from kernel.sections[AFTER].text(kept)
        yield from ["free(memory);"] * bool(order)
        yield from ["return 0;", "}", ""]

    def _glue(self) -> Iterator[str]:
        """The function that Python calls: with the dict of the parameters, then the inputs."""
        program = self.program
        inputs = [leaf for leaf in program.leaves if not leaf.parameter]
        parameters = [leaf for leaf in program.leaves if leaf.parameter]
        keys = [leaf.key for leaf in parameters]
        outputs = list(program.outputs.values())
        in_dict = not program.forward_only and not any(o.per_example for o in outputs)
        result_keys = [output.key for output in outputs[1:]] if in_dict else []
        leaves = [*inputs, *parameters]
        yield f"enum {{ INPUTS = {len(inputs)}, LEAVES = {len(leaves)}, OUTPUTS = {len(outputs)} }};"
        yield f"static const char *const texts[] = {{{', '.join(map(_string, [*keys, *result_keys, '']))}}};"
        yield f"static PyObject *keys[{len(keys) + len(result_keys) + 1}];"
        yield f"enum {{ KEYS = {len(keys) + len(result_keys)} }};"
        yield from _PLAIN.splitlines()
        yield "static PyObject *call(PyObject *self, PyObject *const *given, Py_ssize_t count)"
        yield "{"
        yield "if (count != INPUTS + 1 || !PyDict_CheckExact(given[0])"
        yield "    || PyDict_GET_SIZE(given[0]) != LEAVES - INPUTS) Py_RETURN_NOTIMPLEMENTED;"
        yield "PyObject *leaves[LEAVES + 1], *out[OUTPUTS] = {NULL}, *result = NULL;"
        yield "for (int i = 0; i < INPUTS; i++) leaves[i] = given[i + 1];"
        yield "for (int i = INPUTS; i < LEAVES; i++) {"
        yield "leaves[i] = PyDict_GetItemWithError(given[0], keys[i - INPUTS]);"
        yield "if (leaves[i] == NULL) {"
        yield "if (PyErr_Occurred()) return NULL;"
        yield "Py_RETURN_NOTIMPLEMENTED;"
        yield "}"
        yield "}"
        yield f"npy_intp m = {-1 if any(leaf.per_example for leaf in leaves) else 1};"
        checks = []
        for i, leaf in enumerate(leaves):
            sizes = [*[-1] * leaf.per_example, *leaf.shape]
            dims = ", ".join(map(str, [*sizes, 0]))
            checks.append(f"!plain(leaves[{i}], {len(sizes)}, (npy_intp[]){{{dims}}}, &m)")
        yield f"if ({' || '.join([*checks, 'm < 1'])}) Py_RETURN_NOTIMPLEMENTED;"
        for i, output in enumerate(outputs):
            sizes = [*["m"] * output.per_example, *output.shape]
            dims = ", ".join(map(str, [*sizes, 0]))
            yield f"out[{i}] = PyArray_EMPTY({len(sizes)}, ((npy_intp[]){{{dims}}}), NPY_DOUBLE, 0);"
            yield f"if (out[{i}] == NULL) goto done;"
        yield "for (int i = 0; i < LEAVES; i++) Py_INCREF(leaves[i]);"
        order = [leaves.index(leaf) for leaf in program.leaves]
        data = [f"numbers(leaves[{i}])" for i in order]
        data += [f"numbers(out[{i}])" for i in range(len(outputs))]
        yield "int failed;"
        yield "Py_BEGIN_ALLOW_THREADS"
        yield f"failed = compute({', '.join(['m', *data])});"
        yield "Py_END_ALLOW_THREADS"
        yield "for (int i = 0; i < LEAVES; i++) Py_DECREF(leaves[i]);"
        yield "if (failed) { PyErr_NoMemory(); goto done; }"
        yield "for (int i = 0; i < OUTPUTS; i++) {"
        yield "out[i] = PyArray_Return((PyArrayObject *)out[i]);"
        yield "if (out[i] == NULL) goto done;"
        yield "}"
        if in_dict:
            yield "PyObject *gradients = PyDict_New();"
            yield "if (gradients == NULL) goto done;"
            yield "for (int i = 1; i < OUTPUTS; i++)"
            yield f"    if (PyDict_SetItem(gradients, keys[{len(keys)} + i - 1], out[i]) < 0) {{"
            yield "Py_DECREF(gradients);"
            yield "goto done;"
            yield "}"
            yield 'result = Py_BuildValue("(ON)", out[0], gradients);'
        elif len(outputs) == 1 or program.forward_only:
            yield "result = Py_NewRef(out[0]);"
        else:
            tuple_of = ", ".join([f"out[{i}]" for i in range(len(outputs))])
            yield f"result = PyTuple_Pack(OUTPUTS, {tuple_of});"
        yield "done:"
        yield "for (int i = 0; i < OUTPUTS; i++) Py_XDECREF(out[i]);"
        yield "return result;"
        yield "}"
        yield from _MODULE.splitlines()


_PLAIN = """
static double *numbers(PyObject *array)
{
return (double *)PyArray_DATA((PyArrayObject *)array);
}

/* Whether something is an array of float64 that lies as C expects it. */
static int plain(PyObject *thing, int rank, const npy_intp *sizes, npy_intp *m)
{
PyArrayObject *array = (PyArrayObject *)thing;
if (!PyArray_CheckExact(thing) || PyArray_TYPE(array) != NPY_DOUBLE
    || !PyArray_ISCARRAY_RO(array) || PyArray_NDIM(array) != rank) return 0;
for (int i = 0; i < rank; i++) {
const npy_intp size = PyArray_DIM(array, i);
if (sizes[i] < 0 && *m < 0) *m = size;
if (size != (sizes[i] < 0 ? *m : sizes[i])) return 0;
}
return 1;
}
"""

_MODULE = """
static PyMethodDef methods[] = {
    {"call", (PyCFunction)(void (*)(void))call, METH_FASTCALL, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "program", NULL, -1, methods};

PyMODINIT_FUNC PyInit_program(void)
{
import_array();
for (int i = 0; i < KEYS; i++) {
keys[i] = PyUnicode_InternFromString(texts[i]);
if (keys[i] == NULL) return NULL;
}
return PyModule_Create(&module);
}
"""


def _in_c(name: str) -> str:
    """A name in the letters of C, which means nothing else there."""
    text = "".join([c if c.isascii() else f"_{ord(c):x}_" for c in name])
    return f"{text}_" if re.fullmatch(r"[iv]\d+|.*_here|_.*|[A-Z]+_.*|Py.*", text) else text


def _string(text: str) -> str:
    """A string as C has it."""
    if text.isascii() and text.isprintable():
        return json.dumps(text)
    return '"' + "".join([f"\\{byte:03o}" for byte in text.encode()]) + '"'


def _is_product(tree) -> bool:
    match tree:
        case Binary(sign="@") | Call(function="np.einsum" | "np.tensordot"):
            return True
    return False


def _indented(lines: Iterator[str]) -> Iterator[str]:
    """Four spaces to a brace."""
    depth = 0
    for line in lines:
        depth -= line.startswith("}")
        flat = line.startswith(("#", " ", "done:")) or not line
        yield line if flat else "    " * depth + line
        depth += line.endswith("{")
