"""The examples run, learn something even with --quick, and each draws one picture."""

import re
import runpy
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run a script with --quick; its table, and the pictures that it drew."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.delitem(sys.modules, "reporting", raising=False)
    import reporting

    monkeypatch.setattr(reporting, "PICTURES", tmp_path / "pictures")

    def script(name):
        monkeypatch.setattr(sys, "argv", [name, "--quick"])
        with plt.rc_context({"figure.dpi": 50}):
            runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        plt.close("all")
        pictures = [path.name for path in (tmp_path / "pictures").iterdir()]
        return capsys.readouterr().out, pictures

    return script


def numbers(line):
    return [float(x) for x in re.findall(r"(?<![\w.])-?\d+\.\d+", line)]


def row(text, name):
    [line] = [line for line in text.splitlines() if line.startswith(name)]
    return numbers(line.removeprefix(name))


def test_breast_cancer(run):
    text, pictures = run("breast_cancer.py")
    assert row(text, "0 ")[1] > 0.9  # held out
    assert row(text, "10 ")[2] < row(text, "0 ")[2]  # weight decay makes weights smaller
    assert pictures == ["breast-cancer.png"]


def test_moons(run):
    text, pictures = run("moons.py")
    line, network = row(text, "one unit, a line"), row(text, "MLP(2, [16, 16, 1])")
    assert line[-1] < 0.93 < network[-1]
    assert pictures == ["moons.png"]


def test_digits(run):
    text, pictures = run("digits.py")
    assert row(text, "mean")[-1] > 0.93
    assert pictures == ["digits.png"]


def test_regression(run):
    text, pictures = run("regression.py")
    assert row(text, "one linear unit")[0] < row(text, "the mean of the targets")[0] - 10.0
    assert row(text, "50 tanh units")[-1] < 0.3
    assert pictures == ["regression.png"]


def test_heartbeats(run):
    text, pictures = run("heartbeats.py")
    assert row(text, "windows that share weights")[-1] > 0.6
    assert pictures == ["heartbeats.png"]


@pytest.mark.parametrize(("script", "model"), [("names", "network"), ("gpt", "GPT")])
def test_names(run, script, model):
    text, pictures = run(f"{script}.py")
    assert row(text, model)[-1] < row(text, "all letters alike")[-1] - 0.5
    [sampled] = re.findall(r"sampled: (.*)", text)
    assert len(sampled.split(", ")) == 12
    assert pictures == [f"{script}.png"]


def test_the_names_are_names():
    text = (EXAMPLES / "names.txt").read_text(encoding="utf-8")
    comment = [line for line in text.splitlines() if line.startswith("#")]
    names = [name for line in text.splitlines() if line[:1] != "#" for name in line.split()]
    assert "no data set was copied" in " ".join(comment)
    assert len(names) == len(set(names)) == 1050
    assert all(re.fullmatch("[a-z]{2,}", name) for name in names)
