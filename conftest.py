"""Examples in documents run in folders of their own; the header says which engine runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _compiled_in_a_folder_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Programs are compiled in each run, and the user's own stay as they are."""
    os.environ["GLASSGRAD_CACHE"] = str(tmp_path_factory.mktemp("compiled"))


def pytest_configure() -> None:
    """Where a source was edited since the engine was compiled, one line says so, not each test."""
    from autograd import engine

    if engine().startswith("python"):
        os.environ["GLASSGRAD_ENGINE"] = "python"


def pytest_report_header() -> str:
    """Which of the two engines is tested."""
    from autograd import engine

    return f"autograd.engine(): {engine()}"
