"""What fit shows while it trains: in a terminal, in a notebook, in a file, and turned off."""

from __future__ import annotations

import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from nn import MLP, BinaryCrossentropy, bar
from nn.bar import FitBar, quiet_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def trained(epochs=20, **options):
    model = MLP(2, [3, 1], output_activation="sigmoid", seed=1)
    model.compile(loss=BinaryCrossentropy(), metrics=["accuracy"])
    X = np.random.default_rng(0).normal(size=(70, 2))
    return model.fit(X, X[:, 0] > 0, epochs=epochs, seed=1, **options)


def test_a_file_gets_a_few_lines_and_no_bar(capsys):
    history = trained()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "\r" not in printed.err
    lines = printed.err.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == [
        f"epoch {epoch}/20" for epoch in (1, 2, 4, 6, 8, 10, 12, 14, 16, 18)
    ]
    assert lines[0] == (
        f"epoch 1/20: loss {history['loss'][0]:.4g}, accuracy {history['accuracy'][0]:.4g}"
    )
    assert re.fullmatch(
        rf"20 epochs of 3 steps in \d+\.\d s: loss {history['loss'][-1]:.4g}, "
        rf"accuracy {history['accuracy'][-1]:.4g}",
        lines[-1],
    )


def test_a_line_per_epoch_where_it_is_asked_for(capsys):
    trained(epochs=12, verbose=2)
    assert len(capsys.readouterr().err.splitlines()) == 12


@pytest.mark.parametrize("verbose", [0, False])
def test_turned_off_nothing_is_shown(verbose, capsys):
    trained(verbose=verbose)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_a_terminal_has_a_bar_that_moves_and_a_last_line(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    history = trained(epochs=2, batch_size=70)
    *moving, last, end = terminal.getvalue().replace("\n", "\n\r").split("\r")
    assert end == ""
    assert len(moving) >= 2
    assert re.match(r"2 epochs of 1 step in \d+\.\d s: loss ", last)
    shown = [line for line in moving if "epoch 2/2 of 1 step:" in line]
    assert any(f"loss {history['loss'][1]:.4g}, accuracy " in line for line in shown)
    assert all("\n" not in line for line in moving)


@pytest.mark.parametrize("verbose", ["auto", 2])
def test_a_notebook_has_one_output_that_changes(verbose, monkeypatch, capsys):
    """What is stored in the end is the last line alone."""

    class ZMQInteractiveShell:
        pass

    shown = []

    def display(data, *, raw, display_id):
        assert (raw, display_id) == (True, True)
        return SimpleNamespace(update=lambda data, raw: shown.append(data["text/plain"]))

    shell = SimpleNamespace(get_ipython=ZMQInteractiveShell)
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    monkeypatch.setattr(bar, "SECONDS", 0.0)
    trained(epochs=3, verbose=verbose)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert shown[-1].startswith("3 epochs of 3 steps in ")
    if verbose == "auto":
        assert any(text.startswith(" 78%") and "epoch 2/3 of 3" in text for text in shown)
    trained(epochs=2, verbose=0)
    assert shown[-1].startswith("3 epochs")


def test_without_any_standard_error_nothing_is_shown(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    trained(epochs=2)
    assert capsys.readouterr().out == ""


def test_the_last_line_says_why_training_ended(capsys):
    def stop(model, epoch, metrics):
        if epoch == 3:
            raise StopIteration("good enough")

    trained(callbacks=stop)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("3 epochs of 3 steps in ")
    assert last.endswith("; stopped: good enough")


def test_a_bar_ends_where_training_fails(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    def fail(model, epoch, metrics):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError):
        trained(callbacks=fail)
    assert terminal.getvalue().endswith("\r")  # the line is wiped


def test_a_bar_of_anything_else_appears_after_a_second(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with quiet_bar(3, "parameters", True) as bar:
        bar.update()
    assert terminal.getvalue().strip() == ""
    with quiet_bar(3, "parameters", False) as bar:
        bar.update()
    assert bar.disable


def test_no_epoch_ended(capsys):
    bar = FitBar(3, 2, True)
    bar.end("Ctrl-C")
    assert re.match(r"0 epochs of 2 steps in 0.0 s; stopped: Ctrl-C", capsys.readouterr().err)
