"""Run the lessons and store their outputs, so that they can be read before they are run."""

from __future__ import annotations

import os
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import matplotlib
import matplotlib.font_manager  # lists the fonts now: a lesson on a new machine would say it waits
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted(Path(__file__).parent.glob("*.ipynb"))
SECONDS = 120  # that one cell may take


def run(path: Path) -> nbformat.NotebookNode:
    """The lesson with the outputs that a new kernel gives, and nothing that tells when or where.

    Its metadata names the versions of the libraries that drew its pictures: the same versions
    draw the same bytes.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised an exception.
    """
    lesson = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            lesson,
            timeout=SECONDS,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(ROOT)}},
        )
        client.km = AsyncKernelManager(
            # Without folders to look in, the kernel is the Python that runs this.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(folder, "kernel.json")),
            transport="ipc" if os.name == "posix" else "tcp",
        )
        client.execute(
            env={
                **os.environ,
                # Nobody's own settings, but the list of fonts that exists by now.
                "IPYTHONDIR": folder,
                "MPLCONFIGDIR": matplotlib.get_cachedir(),
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            }
        )
    for cell in lesson.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                output.pop("metadata", None)
                if output.output_type in ("display_data", "execute_result"):
                    output.metadata = {}
                if output.output_type == "execute_result":
                    output.execution_count = None
    lesson.metadata = {
        "drawn_by": {name: installed(name) for name in ("matplotlib",)},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return lesson


def installed(name: str) -> str | None:
    """The version of a library, or None where another one takes its place."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    for path in tqdm(LESSONS, desc="lessons", unit="lesson"):
        nbformat.write(run(path), path)
