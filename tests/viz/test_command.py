"""python -m viz."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from viz.__main__ import main

ROOT = Path(__file__).parents[2]
SLIDE = ["J = 3*(a + b*c)", "a=5", "b=3", "c=2"]


def test_draws_a_file(tmp_path, capsys):
    path = tmp_path / "J.svg"
    assert main([*SLIDE, "-o", str(path)]) == 0
    assert capsys.readouterr().out == f"wrote {path}\n"
    text = "".join(ET.fromstring(path.read_bytes()).itertext())
    assert "u" in text
    assert "33" in text


def test_tells_the_steps_where_there_is_no_file(capsys):
    assert main(SLIDE) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "dJ/dc = dJ/du × du/dc = 3 × 3 = 9"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["J = 3*(a + b.c)", "a=5"], "             ^"),
        (["a*b", "a=5", "b"], "'b' is not of the form name=number"),
        (["a*b", "a=5", "b=x"], "b needs a number, not 'x'"),
        (["a*b", "a=5", "a=6"], "a is given twice"),
        (["lambda*2", "lambda=1"], "lambda is a word of Python's own"),
        (["a*2", "a=5", "-o", ""], "unknown format ''"),
        (["a*(-8)**0.5", "a=5"], "a negative number has no real power"),
        (["a*b", "a=5", "b=6", "-o", "J.bmp"], "unknown format 'bmp'"),
        (["a*b", "a=5", "b=6", "-o", "/no/such/J.svg"], "cannot write /no/such/J.svg"),
        (["log(a)", "a=-1"], "log(a = -1.0): "),
        (["1/a", "a=0"], "division by zero"),
    ],
)
def test_errors(arguments, message, capsys):
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert message in written.err


def test_help_shows_three_examples():
    command = [sys.executable, "-m", "viz", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout.count('  python -m viz "') == 3
