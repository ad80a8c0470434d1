"""The build hook: compile the engine for a wheel where that is possible, and go on where not.

``GLASSGRAD_ENGINE=python`` builds the wheel of Python alone, ``GLASSGRAD_ENGINE=compiled`` fails
where the engine cannot be compiled.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledEngine(BuildHookInterface):  # type: ignore[type-arg]
    """Adds autograd._core to a wheel; an editable install has it beside its sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, before the wheel is put together."""
        wanted = os.environ.get("GLASSGRAD_ENGINE")
        if wanted == "python":
            return
        sys.path.insert(0, self.root)
        from native.build import build

        editable = version == "editable"
        self.scratch = tempfile.TemporaryDirectory()
        try:
            core = build(Path(self.root, "autograd") if editable else Path(self.scratch.name))
        except Exception as error:
            if wanted == "compiled":
                raise
            self.app.display_warning(f"glassgrad goes on in Python, not compiled: {error}")
            return
        if not editable:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["force_include"][str(core)] = f"autograd/{core.name}"
