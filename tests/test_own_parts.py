"""The guide to parts of one's own, which runs with the other documents, keeps what it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[1] / "docs" / "your-own-parts.md"


@pytest.mark.parametrize("part", GUIDE.read_text("utf-8").split("\n## ")[1:])
def test_each_part_takes_about_ten_lines(part: str):
    code = [line for line in part.splitlines() if line.startswith((">>>", "..."))]
    imports = [line for line in code if "import" in line]
    assert 3 <= len(code) - len(imports) <= 16
