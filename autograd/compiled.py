"""Which engine runs: the nodes in C where they could be built, else Python alone.

Both do the same, to the last bit. ``native/core.c`` has the nodes of ``value.py`` and the sweep
of ``backprop.py``; its arithmetic is translated from the table in ``primitives/``.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any, TypeVar

    Class = TypeVar("Class", bound=type)


def engine() -> str:
    """Which engine runs, ``compiled`` or ``python``, and why.

    >>> engine().split(":")[0] in ("compiled", "python")
    True

    The compiled one runs where ``pip install`` found a C compiler. The environment variable
    ``GLASSGRAD_ENGINE`` chooses: ``python``, or ``compiled``, which is an error where that one
    is missing.

    Three things differ in the compiled one: Ctrl-C waits until the sweep is done; whoever assigns
    ``inputs`` and ``partials`` assigns them in this order; and Values that were made to refer to
    themselves, by assigning their inputs, are never freed.
    """
    if core is None:
        return f"python: {_why_not}"
    rows = ", ".join([name for name in _rows if name not in _through_kernels()])
    return f"compiled: all rows of the table{f' but {rows}' if rows else ''}"


def _choose() -> tuple[Any, str]:
    """The module ``_core`` if it is to run, else None and why."""
    wanted = os.environ.get("GLASSGRAD_ENGINE", "")
    if wanted not in ("", "python", "compiled"):
        raise ImportError(f"GLASSGRAD_ENGINE is python or compiled, not {wanted!r}")
    if wanted == "python":
        return None, "GLASSGRAD_ENGINE=python says so"
    again = "`pip install -e .` builds it where a C compiler is"
    try:
        _core = __import__("autograd._core", fromlist=["Value"])
    except ImportError as error:
        there = not isinstance(error, ModuleNotFoundError)
        why = f"autograd._core {'cannot be loaded' if there else 'is not built here'}; {again}"
    else:
        if _core.is_bound():
            return None, "another copy of autograd in this process has the core"
        changed = _changed(_core)
        if not changed:
            return _core, ""
        there = True
        why = f"{changed} has changed since autograd._core was built; {again}"
    if wanted == "compiled":
        raise ImportError(f"GLASSGRAD_ENGINE=compiled, but {why}")
    if there:
        import warnings

        warnings.warn(f"autograd runs in Python: {why}", RuntimeWarning, stacklevel=2)
    return None, why


def _changed(core: Any) -> str:
    """The first source that is not what the core was built from; "" if all are."""
    folder, fingerprint = os.path.dirname(__file__), str(core.FINGERPRINT)
    for each in fingerprint.split():
        name, checksum = each.split("=")
        try:
            with open(f"{folder}/{name}", "rb", buffering=0) as file:
                text = file.read()
        except OSError:
            continue  # the sources in C are in no wheel
        if core.checksum(text) != int(checksum):
            return name.rpartition("/")[2]
    return ""


core, _why_not = _choose()

# The rows of the table, and their functions that were translated.
_rows: dict[str, tuple[Any, Any, Any]] = {}


def adopt(
    cls: Class,
    table: dict[str, Any],
    level: Container[Any],
    compute: Callable[..., Any],
    as_float: Callable[..., float],
    real: type,
) -> Class:
    """The class of the nodes in C, with all that is said only in the one of ``value.py``."""
    compiled = core.Value
    init = cls.__init__  # type: ignore[misc]
    core.bind(table, level, vars(cls), compute, init, as_float, _refuse, real)
    _rows.update({name: (row, row.value, row.slopes) for name, row in table.items()})
    there = {*vars(compiled), "__dict__", "__weakref__"} - {"__doc__"}
    for name, thing in vars(cls).items():
        private = name.startswith("_") and not name.startswith("__")
        if name not in there and not private:
            setattr(compiled, name, thing)
    compiled.__name__ = cls.__name__
    return compiled  # type: ignore[no-any-return]


def _refuse(name: str, given: object) -> None:
    """Raise at once, where Python alone would fail later or not at all."""
    if name == "partials":
        raise ValueError(f"partials are one slope per input, which come first: not {given!r:.60}")
    raise TypeError(f"{name} cannot be {given!r:.60}")


def _through_kernels() -> set[str]:
    """The rows whose functions, and those of all rows in them, are what was translated."""
    assigned = {
        name
        for name, (row, value, slopes) in _rows.items()
        if row.value is not value or row.slopes is not slopes
    }
    return {name for name, used in core.USES.items() if assigned.isdisjoint(used.split())}


def assigned() -> None:
    """A row got another value or other slopes: from now on Python computes it."""
    if _rows:
        through_kernels = _through_kernels()
        for name in core.USES:
            core.use(name, name in through_kernels)
