"""The guide to training, whose lines run as doctests: its loops are as short as it says."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs" / "training.md"


def test_the_loops_by_hand_are_five_lines_at_most():
    loops = re.findall(r">>> for epoch in .*\n(?:\.\.\. .*\n)+", GUIDE.read_text("utf-8"))
    assert len(loops) == 2
    assert all(len(loop.splitlines()) <= 5 for loop in loops)
