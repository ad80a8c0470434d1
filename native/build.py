"""Compile autograd._core: `python -m native.build` does so in this tree."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from native.kernels import Table

ROOT = Path(__file__).parents[1]


def table_of(package: Path) -> Table:
    """The table, to be translated."""
    names = [name for name in sources(package) if name.startswith("primitives/")]
    return Table("\n".join([(package / name).read_text(encoding="utf-8") for name in names]))


def sources(package: Path) -> list[str]:
    """The sources that the core says the same as. What rows are in NumPy is not compiled."""
    rows = [f"primitives/{path.name}" for path in sorted((package / "primitives").glob("*.py"))]
    rows.remove("primitives/in_numpy.py")
    return [*rows, "value.py", "backprop.py", "../native/core.c", "../native/kernels.py"]


def fingerprint(package: Path) -> str:
    """The sources and a checksum of each, as ``file=checksum``, separated by spaces.

    Where one of them has changed since, the engine in Python takes over: see
    autograd/compiled.py, which reads them from its own folder.
    """
    return " ".join(
        [f"{name}={checksum((package / name).read_bytes())}" for name in sources(package)]
    )


def checksum(text: bytes) -> int:
    """The same as ``checksum`` of core.c, which is quick enough for every import."""
    h = len(text)
    for i in range(0, len(text), 8):
        word = int.from_bytes(text[i : i + 8].ljust(8, b"\0"), sys.byteorder)
        h = (h ^ word) * 0x9E3779B97F4A7C15 % 2**64
        h ^= h >> 32
    return h


def build(folder: Path, root: Path = ROOT) -> Path:
    """Compile the core of the tree at ``root`` into a folder; the file that came of it.

    Raises:
        Exception: there is no compiler, or it refused; what is raised depends on setuptools.
    """
    from setuptools import Distribution, Extension

    package = root / "autograd"
    table = table_of(package)
    with tempfile.TemporaryDirectory() as scratch:
        header = Path(scratch, "kernels.h")
        header.write_text(table.header(fingerprint(package)), encoding="utf-8")
        core = Extension(
            "_core",
            [shutil.copy(root / "native" / "core.c", scratch)],
            depends=[str(header)],
            include_dirs=[scratch],
            # Bit for bit what Python computes: no multiplication and addition in one, and the
            # functions of the C library as they are, not what a compiler knows about them.
            extra_compile_args=[]
            if os.name == "nt"
            else ["-O3", "-g0", "-ffp-contract=off", "-fno-builtin"],
            libraries=[] if os.name == "nt" else ["m"],
        )
        command = Distribution({"name": "glassgrad", "ext_modules": [core]}).get_command_obj(
            "build_ext"
        )
        command.build_lib = command.build_temp = scratch
        command.ensure_finalized()
        command.run()
        [built] = map(Path, command.get_outputs())
        folder.mkdir(parents=True, exist_ok=True)
        # A process that has the old file in memory keeps it: the new one is another file.
        beside = folder / f"{built.name}.{os.getpid()}"
        shutil.copy(built, beside)
        return beside.replace(folder / built.name)


if __name__ == "__main__":
    print(build(ROOT / "autograd"), file=sys.stderr)
