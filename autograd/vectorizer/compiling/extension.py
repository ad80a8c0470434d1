"""The extension: C through which Python calls a program, without a detour.

It takes the dict of the parameters and the inputs, where all are plain arrays of float64. Where
one is not, it returns NotImplemented, and Python makes them so or says what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograd.vectorizer.running.program import Program


def glue(program: Program) -> Iterator[str]:
    """The function that Python calls: with the dict of the parameters, then the inputs."""
    inputs = [leaf for leaf in program.leaves if not leaf.parameter]
    parameters = [leaf for leaf in program.leaves if leaf.parameter]
    keys = [leaf.key for leaf in parameters]
    outputs = list(program.outputs.values())
    flat = program.forward_only or any(each.per_example or each.loss for each in outputs)
    in_dict = not flat
    result_keys = [output.key for output in outputs[1:]] if in_dict else []
    leaves = [*inputs, *parameters]
    yield f"enum {{ INPUTS = {len(inputs)}, LEAVES = {len(leaves)}, OUTPUTS = {len(outputs)} }};"
    texts = ", ".join(map(_string, [*keys, *result_keys, ""]))
    yield f"static const char *const texts[] = {{{texts}}};"
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
    yield "for (int i = 0; i < LEAVES; i++) Py_INCREF(leaves[i]);"
    for i, output in enumerate(outputs):
        dims = ", ".join([*["m"] * output.per_example, *map(str, output.shape), "0"])
        rank = output.per_example + len(output.shape)
        yield f"out[{i}] = PyArray_EMPTY({rank}, ((npy_intp[]){{{dims}}}), NPY_DOUBLE, 0);"
        yield f"if (out[{i}] == NULL) goto done;"
    order = [leaves.index(leaf) for leaf in program.leaves]
    data = [f"numbers(leaves[{i}])" for i in order]
    data += [f"numbers(out[{i}])" for i in range(len(outputs))]
    yield "int failed;"
    yield "Py_BEGIN_ALLOW_THREADS"
    yield f"failed = compute({', '.join(['m', *data])});"
    yield "Py_END_ALLOW_THREADS"
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
    elif len(outputs) == 1 and not outputs[0].loss:
        yield "result = Py_NewRef(out[0]);"
    else:
        tuple_of = ", ".join([f"out[{i}]" for i in range(len(outputs))])
        yield f"result = PyTuple_Pack(OUTPUTS, {tuple_of});"
    yield "done:"
    yield "for (int i = 0; i < LEAVES; i++) Py_DECREF(leaves[i]);"
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


def _string(text: str) -> str:
    """A string as C has it."""
    if text.isascii() and text.isprintable():
        return json.dumps(text)
    return '"' + "".join([f"\\{byte:03o}" for byte in text.encode()]) + '"'
