"""Examples in documents run in folders of their own; the header says which engine runs."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(tmp_path)


def pytest_report_header() -> str:
    """Which of the two engines is tested."""
    from autograd import engine

    return f"autograd.engine(): {engine()}"
