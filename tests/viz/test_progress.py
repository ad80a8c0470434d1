"""A bar appears where one has to wait, and nowhere else."""

from __future__ import annotations

import sys

import pytest
from graphs import slide

from viz import plot_boundary, step_through
from viz import progress as module
from viz.progress import progress


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, True), (1000.0, False)])
def test_a_bar_counts_what_takes_long(seconds, shown, monkeypatch, capsys):
    monkeypatch.setattr(module, "SECONDS", seconds)
    assert list(progress([1, 2, 3], "pages")) == [1, 2, 3]
    assert ("/3 [" in capsys.readouterr().err) is shown


@pytest.mark.parametrize(("ending", "unit"), [("pdf", "pages"), ("gif", "frames")])
def test_slides(ending, unit, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "SECONDS", 0.0)
    step_through(slide()).save(tmp_path / f"J.{ending}")
    assert "/14 [" in (told := capsys.readouterr().err)
    assert f" {unit}" in told


def test_a_boundary(monkeypatch, capsys):
    monkeypatch.setattr(module, "SECONDS", 0.0)
    plot_boundary(lambda point: point[0], [[0, 0], [1, 1]], [0, 1])
    assert "rows of points" in capsys.readouterr().err


def test_without_a_stream_there_is_no_bar(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.0)
    monkeypatch.setattr(sys, "stderr", None)
    assert list(progress([1, 2, 3], "pages")) == [1, 2, 3]


@pytest.mark.parametrize(("seconds", "lines"), [(0.0, 4), (1000.0, 0)])
def test_a_notebook_stores_nothing_of_a_bar(seconds, lines, monkeypatch, capsys):
    import IPython

    shown = []

    class Line:
        def update(self, bundle, raw):
            shown.append(bundle["text/plain"])

    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw, display_id: Line())
    monkeypatch.setattr(module, "SECONDS", seconds)
    assert list(progress([1, 2, 3], "pages")) == [1, 2, 3]
    assert shown == ["0 of 3 pages", "1 of 3 pages", "2 of 3 pages", ""][:lines]
    assert capsys.readouterr() == ("", "")
