"""Run every family of benchmarks, each in a process of its own, and print the tables."""

from __future__ import annotations

import platform
import subprocess
import sys

from benchmarks.peers import missing

FAMILIES = (
    "engine",
    "training",
    "memory",
    "importing",
    "pictures",
    "vectorizing",
    "compiling",
    "fitting",
    "checking",
)

if __name__ == "__main__":
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}.")
    print("Times are the least of several interleaved rounds. Read ratios, and those ±30 %.")
    for name in missing():
        print(f"{name} is not installed, so its columns are missing.")
    for family in FAMILIES:
        # An empty heap each time: what the collector costs depends on all that is alive.
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", f"benchmarks.{family}"], check=True)
