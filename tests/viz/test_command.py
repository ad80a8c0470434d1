"""python -m viz."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from viz.__main__ import EXAMPLES, main

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
        (["lambda*2", "lambda=1"], "lambda is a keyword of Python"),
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


README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("line", re.findall(r"python -m viz (.+?)(?:  |\n)", EXAMPLES + README))
def test_the_examples_of_the_help_and_of_the_readme_run(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(line)
    assert main(arguments) == 0
    written = arguments[arguments.index("-o") + 1 :][:1] if "-o" in arguments else []
    assert [path.name for path in tmp_path.iterdir()] == written


def test_help_shows_three_examples(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.count('  python -m viz "') == 3


def test_it_writes_its_signs_where_the_machine_has_none_of_them():
    command = [sys.executable, "-m", "viz", "J = exp(-a)", "a=5"]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    shown = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)
    assert "u = −a = −5" in shown.stdout.decode("utf-8").splitlines()


def test_options_may_stand_anywhere_and_numbers_as_they_are_printed(tmp_path, capsys):
    path = tmp_path / "J.svg"
    assert main(["J = a*b", "-o", str(path), "a=−5", "--theme", "dark", "b=1.5×10⁻⁷"]) == 0
    assert path.exists()
    capsys.readouterr()
    assert main(["J = a*b*c", "a=−5", "b=-1.5×10²", "c=1e-3"]) == 0
    assert "J = uc = 0.75" in capsys.readouterr().out
    assert main(["J = −2·a × b − 1", "a=5", "b=2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("dJ/d")
    assert main(["J = a*2", "a=−∞"]) == 0
    assert "J = 2a = −∞" in capsys.readouterr().out.replace("a·2", "2a")
