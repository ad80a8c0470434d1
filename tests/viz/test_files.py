"""files: a file is written whole or not at all, in the format that its name asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from viz.files import format_of, write, write_as


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "J.svg"
    path.write_bytes(b"before")

    def full_disk(self, data):
        self.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full_disk)
        with pytest.raises(OSError, match=r"cannot write .*J.svg: No space left on device"):
            write(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
    write(path, b"after")
    assert path.read_bytes() == b"after"


def test_no_such_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot write .*: No such file or directory"):
        write(tmp_path / "no" / "J.svg", b"")


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.svg", tmp_path / "link.svg"
    target.write_bytes(b"before")
    link.symlink_to(target)
    write(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"


def test_the_ending_is_the_format_in_capitals_too():
    assert format_of("J.SVG", ["svg"]) == format_of(Path("a/J.svg"), ["png", "svg"]) == "svg"
    with pytest.raises(ValueError, match="unknown format 'bmp': choose one of svg, png"):
        format_of("J.bmp", ["svg", "png"])


def test_what_belongs_to_the_ending_is_written_and_nothing_else_made(tmp_path):
    path = tmp_path / "J.md"
    assert write_as(path, txt=lambda: 1 / 0, md=lambda: b"# J") == path
    assert path.read_bytes() == b"# J"
