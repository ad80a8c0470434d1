"""demo.py: what `make demo` does, it does as promised."""

from __future__ import annotations

import re

import demo


def test_it_draws_three_graphs_and_classifies_the_held_out_patients(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "PICTURES", tmp_path / "pictures")
    demo.main()
    printed = capsys.readouterr().out
    drawn = re.findall(r"drew (\S+)", printed)
    assert len(drawn) == 6
    for path in drawn:
        start = {"svg": b"<svg", "png": b"\x89PNG"}[path[-3:]]
        assert (tmp_path / path).read_bytes().startswith(start)
    assert sorted(drawn) == sorted(
        f"pictures/{path.name}" for path in (tmp_path / "pictures").iterdir()
    )
    accuracy, right, patients = re.search(
        r"test accuracy ([\d.]+) \((\d+) of (\d+)\)", printed
    ).groups()
    assert int(right) / int(patients) >= 0.93
    assert float(accuracy) == round(int(right) / int(patients), 3)
    assert int(patients) == 143  # a quarter of 569, stratified
