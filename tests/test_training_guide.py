"""The guide to training: every line of it runs, and the loops are as short as it says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[1] / "docs" / "training.md"


def test_every_line_of_the_guide_runs(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(GUIDE), module_relative=False)
    assert tried > 45
    assert not failed


def test_the_loops_by_hand_are_five_lines_at_most():
    loops = re.findall(r">>> for epoch in .*\n(?:\.\.\. .*\n)+", GUIDE.read_text("utf-8"))
    assert len(loops) == 2
    assert all(len(loop.splitlines()) <= 5 for loop in loops)
