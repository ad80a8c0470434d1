"""What nn and viz say when another package named autograd is in the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("package", ["viz"])
def test_a_foreign_autograd_is_named(tmp_path, package):
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("grad = None")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import {package}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (
        "ImportError: the package `autograd` that Python finds is not glassgrad's" in ended.stderr
    )
    assert "Use a fresh virtual environment" in ended.stderr
