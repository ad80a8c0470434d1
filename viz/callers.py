"""Names for Values without a label: the caller's variables."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from autograd.value import Value


def callers_variables(depth: int = 1) -> dict[Value, str]:
    """The Values in the caller's variables, with the name of the variable.

    Local variables win over global ones, and the first name of a Value over later ones.

    Args:
        depth: 1 is the caller of the function that calls this one.
    """
    frame = sys._getframe(depth + 1)
    return named_values([*frame.f_locals.items(), *frame.f_globals.items()])


def named_values(variables: Iterable[tuple[str, object]]) -> dict[Value, str]:
    """The Values among variables; names with a leading underscore are left out."""
    names: dict[Value, str] = {}
    for name, value in variables:
        # A proxy may say that it is a Value, and raise where it is asked.
        if issubclass(type(value), Value) and name.isidentifier() and not name.startswith("_"):
            assert isinstance(value, Value)
            names.setdefault(value, name)
    return names
