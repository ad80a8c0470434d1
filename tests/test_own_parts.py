"""The guide to parts of one's own: every line of it runs."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from autograd.primitives import TABLE

GUIDE = Path(__file__).parents[1] / "docs" / "your-own-parts.md"


def test_every_line_of_the_guide_runs():
    before = set(TABLE)
    try:
        failed, tried = doctest.testfile(str(GUIDE), module_relative=False)
    finally:
        for name in set(TABLE) - before:  # the row that it makes
            del TABLE[name]
    assert tried > 25
    assert not failed


@pytest.mark.parametrize("part", GUIDE.read_text("utf-8").split("\n## ")[1:])
def test_each_part_takes_about_ten_lines(part: str):
    code = [line for line in part.splitlines() if line.startswith((">>>", "..."))]
    imports = [line for line in code if "import" in line]
    assert len(code) - len(imports) <= 16
