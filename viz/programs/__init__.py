"""Vectorised programs: their pictures, and their lines in matrix notation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from autograd.vectorizer.running.program import Program


def is_program(subject: object) -> TypeIs[Program]:
    """Whether this is a vectorised program; only then is its class, which needs NumPy, imported."""
    module = sys.modules.get("autograd.vectorizer.running.program")
    return module is not None and isinstance(subject, module.Program)
