"""Building: C becomes an extension of Python, once for each content, in a folder of the user."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import ModuleType

import numpy as np

# No multiplication and addition in one, and nan and infinity as they are: what these allow changes
# no number.
OPTIONS = (
    []
    if os.name == "nt"
    else [
        *("-O3", "-march=native", "-g0", "-w", "-ffp-contract=off"),
        *("-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd"),
    ]
)
_loaded: dict[str, ModuleType] = {}


class CompilerError(RuntimeError):
    """A program could not be compiled; the program in NumPy goes on as before."""


def folder() -> Path:
    """Where compiled programs are kept: ``GLASSGRAD_CACHE``, or the user's folder for caches."""
    if own := os.environ.get("GLASSGRAD_CACHE"):
        return Path(own)
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(caches or Path.home() / ".cache", "glassgrad")


def load(source: str) -> ModuleType:
    """The extension of a source in C, built unless it has been before.

    Raises:
        CompilerError: there is no compiler, it refused, or there is nowhere to keep what it built.
    """
    key = hashlib.sha256("\0".join([source, *OPTIONS, *_machine()]).encode()).hexdigest()[:24]
    if key not in _loaded:
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        path = folder() / key / f"program{suffix}"
        if not path.exists():
            _build(source, path)
        loader = ExtensionFileLoader("program", str(path))
        spec = importlib.util.spec_from_file_location("program", path, loader=loader)
        assert spec
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        _loaded[key] = module
    return _loaded[key]


def _machine() -> list[str]:
    """What a compiled program depends on, its source apart."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    features = [line for line in lines if line.startswith(("flags", "Features"))][:1]
    return [platform.machine(), *features, sys.version, np.__version__]


def _build(source: str, path: Path) -> None:
    """Compile a source into a file, which is there whole or not at all."""
    try:
        from setuptools import Distribution, Extension
    except ImportError:
        raise CompilerError(
            "compiled() builds with setuptools, which is not here: `pip install setuptools`. "
            "The program itself runs in NumPy, without a compiler"
        ) from None
    with tempfile.TemporaryDirectory() as scratch:
        code = Path(scratch, "program.c")
        code.write_text(source, encoding="utf-8")
        extension = Extension(
            "program",
            [str(code)],
            include_dirs=[np.get_include()],
            extra_compile_args=OPTIONS,
            libraries=[] if os.name == "nt" else ["m"],
        )
        command = Distribution({"name": "program", "ext_modules": [extension]}).get_command_obj(
            "build_ext"
        )
        command.build_lib = command.build_temp = scratch
        command.ensure_finalized()
        try:
            command.run()
        except Exception as error:  # what is raised depends on setuptools
            raise CompilerError(
                f"compiled() needs a C compiler, such as gcc: {error}. The program itself runs in "
                "NumPy, without a compiler"
            ) from error
        # Others may build the same at this moment: whoever is last replaces like by like.
        draft = path.with_name(f"{path.name}.{os.getpid()}.{os.path.basename(scratch)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(command.get_outputs()[0], draft)
            os.replace(draft, path)
        except OSError as error:
            raise CompilerError(
                f"the compiled program cannot be kept in {path.parent}: {error.strerror}. Set "
                "GLASSGRAD_CACHE to a folder of yours"
            ) from error
