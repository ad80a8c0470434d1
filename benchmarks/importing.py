"""`import autograd`: milliseconds over starting the bare interpreter."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import autograd
from benchmarks.measuring import fastest, print_table, ratio
from benchmarks.peers import IN_PYTHON

ROUNDS = 25
OURS = Path(autograd.__file__).parents[1]


def start(program: str) -> str:
    """Run a program in a Python of its own, which finds this tree; return what it prints."""
    path = f"import sys; sys.path.insert(0, {str(OURS)!r})"
    command = [sys.executable, "-I", "-c", f"{path}; {program}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Measure and print."""
    names = [name for name in ("autograd", "micrograd.engine") if find_spec(name.split(".")[0])]
    programs = {"": "pass", **{name: f"import {name}" for name in names}}
    choose = "import os; os.environ['GLASSGRAD_ENGINE'] = 'python'"
    programs[IN_PYTHON] = f"{choose}; import autograd"
    for program in programs.values():
        start(program)  # compiles it for all later starts
    runs = {name: partial(start, program) for name, program in programs.items()}
    seconds = fastest(runs, rounds=ROUNDS, progress="imports")
    bare = seconds.pop("")
    ours = seconds.pop("autograd") - bare
    numpy = start("import autograd; print('numpy' in sys.modules)").strip() == "True"
    print_table(
        "import autograd, over the bare interpreter",
        ["glassgrad", "imports NumPy", *seconds, "goal"],
        [
            [
                f"{ours * 1e3:.1f} ms",
                "yes" if numpy else "no",
                *(ratio(theirs - bare, ours) for theirs in seconds.values()),
                "≤ 10 ms, no NumPy",
            ]
        ],
        f"The bare interpreter starts in {bare * 1e3:.1f} ms. Others: how many times as long. With "
        "its engine in Python\nalone autograd is imported in ≥ 1 / 1.4 of the time.",
    )


if __name__ == "__main__":
    main()
