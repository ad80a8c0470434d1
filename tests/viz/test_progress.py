"""A bar appears where one has to wait, and nowhere else."""

from __future__ import annotations

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
