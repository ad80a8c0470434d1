"""What importing nn gives and needs, and what it says when another package is autograd."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import nn


def test_the_name_clash_is_explained(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "autograd", ModuleType("autograd"))
    monkeypatch.delitem(sys.modules, "nn")
    with pytest.raises(ImportError, match=r"HIPS autograd\) is installed here. Use a fresh"):
        importlib.import_module("nn")


def test_nn_needs_autograd_and_the_standard_library_only():
    code = "import sys; import nn; print(*{name.split('.')[0] for name in sys.modules})"
    root = Path(nn.__file__).parents[1]
    # Without site-packages, nothing else could be imported.
    command = [sys.executable, "-S", "-c", code]
    output = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert {"nn", "autograd"} <= set(output.split())
    assert "viz" not in output.split()


def test_exported_names():
    assert set(nn.__all__) >= {
        "Module", "Neuron", "Layer", "MLP",
        "Sequential", "Dense", "Conv1D", "Flatten", "Dropout", "Embedding", "L2",
        "Loss", "SquaredError", "MeanSquaredError", "BinaryCrossentropy",
        "CategoricalCrossentropy", "SparseCategoricalCrossentropy",
        "Optimizer", "SGD", "Adam", "AdamW", "EarlyStopping", "History", "DivergenceError",
        "gradcheck", "load_model",
    }  # fmt: skip
    assert set(nn.__all__) <= set(vars(nn))


def test_dotted_paths():
    for name in ("layers", "losses", "metrics", "optimizers", "schedules"):
        assert getattr(nn, name) is importlib.import_module(f"nn.{name}")
