"""Names that slides spell differently: the error suggests the right one."""

from __future__ import annotations

import sys
from dis import opname

import autograd

SPELLINGS = {
    "BinaryCrossEntropy": "BinaryCrossentropy",
    "CategoricalCrossEntropy": "CategoricalCrossentropy",
    "SparseCategoricalCrossEntropy": "SparseCategoricalCrossentropy",
    "SparseCrossEntropy": "SparseCategoricalCrossentropy",
    "SparseCrossentropy": "SparseCategoricalCrossentropy",
    "MSE": "MeanSquaredError",
}


def misspelled(module: str, name: str) -> Exception:
    """The error for a name that a module does not have."""
    message = f"module {module!r} has no attribute {name!r}"
    if name in SPELLINGS:
        message += f": write {SPELLINGS[name]}"
    elif name in autograd.__all__:
        message += f": write from autograd import {name}"
    else:  # Python suggests what is spelled alike
        return AttributeError(message, name=name, obj=sys.modules[module])
    # Python would drop the words of an AttributeError in `from nn import …`.
    importing = sys._getframe(2)
    code, at = importing.f_code.co_code, importing.f_lasti
    return ImportError(message) if opname[code[at]] == "IMPORT_FROM" else AttributeError(message)
