"""The engine in Python beside the one that runs: a second copy of autograd in one process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

PACKAGES = ("autograd", "nn")


class Copy:
    """The modules of a copy, by name."""

    def __init__(self, engine: str, *modules: str) -> None:
        before = os.environ.get("GLASSGRAD_ENGINE")
        os.environ["GLASSGRAD_ENGINE"] = engine
        self._modules: dict[str, ModuleType] = {}
        try:
            with self.imported():
                for name in modules:
                    import_module(name)
        finally:
            del os.environ["GLASSGRAD_ENGINE"]
            if before is not None:
                os.environ["GLASSGRAD_ENGINE"] = before

    @contextmanager
    def imported(self) -> Iterator[None]:
        """Inside, whoever imports autograd or nn gets the copy."""
        others = _taken()
        sys.modules.update(self._modules)
        try:
            yield
        finally:
            self._modules = _taken()
            sys.modules.update(others)

    def __getitem__(self, name: str) -> Any:
        return self._modules[name]

    def running(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, in whose calls the copy is what is imported."""

        def inside(*arguments: Any) -> Any:
            with self.imported():
                return function(*arguments)

        return inside


def _taken() -> dict[str, ModuleType]:
    """The modules of the packages, taken out of those that are imported."""
    names = [name for name in sys.modules if name.split(".")[0] in PACKAGES]
    return {name: sys.modules.pop(name) for name in names}
