"""Saving: a program as a module that needs only NumPy, and its arrays beside it.

The module takes what the program takes: class labels become one-hot rows there too, and what has
another shape is refused.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from autograd.vectorizer.formulas.statements import Statement
from autograd.vectorizer.recording.leaves import AS_FLOATS, LeafArray
from autograd.vectorizer.writing.source import PRINTED_TABLE, helpers, tables_source

_OPENING = """\
from pathlib import Path

import numpy as np

with np.load(Path(__file__).with_suffix(".npz")) as file:
    saved = dict(file)
"""

_AS_FLOATS = f'''\
def {AS_FLOATS}(**arrays):
    """The arrays as floats, class labels as one-hot rows; no other shapes are taken."""
    examples = ()
    for name, array in arrays.items():
        array, shape = np.asarray(array), shapes[name]
        if array.dtype.kind not in "fiubO":
            raise TypeError(f"{{name}} is made of real numbers, not of {{array.dtype}}")
        if shape[:1] == ("m",):
            if len(shape) == 2 and array.ndim == 1 and array.dtype.kind in "iu":
                if not np.isin(array, range(shape[1])).all():
                    raise ValueError(f"{{name}}: class labels count from 0 to {{shape[1] - 1}}")
                array = np.eye(shape[1])[array]
            examples = examples or array.shape[:1] or ("m",)
            shape = examples + shape[1:]
        if array.shape != shape or 0 in shape:
            raise ValueError(f"{{name}} has shape {{array.shape}}, but {{shape}} is needed")
        arrays[name] = array if array.dtype.kind == "f" else array.astype(float)
    return arrays.values()
'''


def module(
    function: str,
    returned: str,
    statements: Iterable[Statement],
    leaves: Sequence[LeafArray],
    tables: Mapping[str, Any],
) -> str:
    """The text of a saved program.

    Args:
        function: its source.
        returned: what the function returns, in words.
        statements: its lines.
        leaves: the arrays that the function takes.
        tables: the index tables by their names.
    """
    shapes = {array.name: ("m",) * array.per_example + array.shape for array in leaves}
    names = [array.key for array in leaves if array.parameter]
    data = (
        f"parameter_names = {names}\n"
        'parameters = {name: saved[f"parameter {name}"] for name in parameter_names}\n'
        f"# What {AS_FLOATS} asks for; m is the number of examples.\n"
        f"shapes = {shapes}\n"
    )
    kept = {name: f'{name} = saved["table {name}"]\n' for name in tables}
    heading, rest = function.split("\n", 1)
    if shapes:
        same = ", ".join([f"{name}={name}" for name in shapes])
        heading += f"\n    [{', '.join(shapes)}] = {AS_FLOATS}({same})"
    called = helpers([statement.tree for statement in statements])
    parts = [_OPENING + data, _AS_FLOATS, *called, tables_source(tables, kept)]
    text = "\n\n".join([part for part in [*parts, f"{heading}\n{rest}"] if part])
    return _docstring(function, returned, leaves) + text


def _docstring(function: str, returned: str, leaves: Sequence[LeafArray]) -> str:
    """What a saved module says of itself."""
    call = function[len("def ") : function.index(":\n")]
    shapes = [
        f"- {array.name}: {_size(array)}{', a parameter' if array.parameter else ''}"
        for array in leaves
    ]
    lines = [
        f'"""{call}: {returned}.',
        "",
        *[*shapes, ""] * bool(shapes),
        "Made by glassgrad's vectorize; it needs NumPy, and beside it the .npz file of its name.",
        '"""\n\n',
    ]
    return "\n".join(lines)


def _size(array: LeafArray) -> str:
    """The shape of an array in words."""
    sizes = ["m"] * array.per_example + [str(size) for size in array.shape]
    return f"array of {' × '.join(sizes)}" if sizes else "number"


def arrays(parameters: Mapping[str, Any], tables: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays that a saved module reads, by their names in the file."""
    large = {name: table for name, table in tables.items() if table.size > PRINTED_TABLE}
    return {f"parameter {key}": array for key, array in parameters.items()} | {
        f"table {name}": table for name, table in large.items()
    }


def files(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """The module and the file of its arrays: the endings are added to the name.

    >>> [file.name for file in files("lr_0.1")], [file.name for file in files("digits.py")]
    (['lr_0.1.py', 'lr_0.1.npz'], ['digits.py', 'digits.npz'])
    """
    path = Path(path)
    if path.name in ("", ".."):
        raise ValueError(f"{os.fspath(path)!r} is a folder: add a name for the files")
    name = path.name
    if path.suffix in (".py", ".npz"):
        name = path.stem
    return path.with_name(f"{name}.py"), path.with_name(f"{name}.npz")


def write(
    path: str | os.PathLike[str],
    source: str,
    numbers: Mapping[str, Any],
    check: Callable[[Callable[[], dict[str, Any]]], None],
) -> None:
    """Write a module and its arrays: both or none.

    Args:
        path: where to, as in :func:`files`.
        source: the text of the module.
        numbers: its arrays.
        check: raises if the files are not to be kept. It is given a function that runs the
            module as it was written and returns what it defines.

    Raises:
        OSError: a file cannot be written. What was there before is still there.
    """
    targets = [Path(os.path.realpath(file)) for file in files(path)]
    mark = f".{uuid4().hex[:12]}"
    drafts = [target.with_name(f"{mark}{target.suffix}") for target in targets]
    data = io.BytesIO()
    np.savez(data, allow_pickle=False, **numbers)
    try:
        for draft, target, content in zip(
            drafts, targets, (source.encode(), data.getvalue()), strict=True
        ):
            draft.write_bytes(content)
            if target.exists():
                shutil.copymode(target, draft)
        check(lambda: _run(*drafts))
        _replace(drafts, targets, drafts[0].with_suffix(".old"))
    except OSError as error:
        raise type(error)(f"cannot save {os.fspath(path)}: {error.strerror}") from None
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


def _run(source: Path, numbers: Path) -> dict[str, Any]:
    """What a module defines; it looks for its arrays beside ``__file__``."""
    scope = {"__file__": os.fspath(numbers.with_suffix(".py")), "__name__": "saved"}
    exec(compile(source.read_bytes(), source.name, "exec"), scope)
    return scope


def _replace(drafts: Sequence[Path], targets: Sequence[Path], old: Path) -> None:
    """Give both drafts their names. If the second cannot have it, the first file is put back."""
    first, second = targets
    there = first.is_file()
    if there:
        shutil.copy2(first, old)
    try:
        drafts[0].replace(first)
        try:
            drafts[1].replace(second)
        except BaseException:
            if there:
                old.replace(first)
            else:
                first.unlink()
            raise
    finally:
        old.unlink(missing_ok=True)
