"""render: which Graphviz draws, on which fonts, and what is left behind when it cannot."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from viz import bare
from viz import render as rendering
from viz.render import layout, render, write
from viz.style import FONTS

SOURCE = "digraph { rankdir=LR; a -> b }"


@pytest.fixture
def no_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def no_system_libraries(monkeypatch, tmp_path):
    """A pygraphviz with the libraries of the real one, that cannot be imported itself."""
    libraries = Path(find_spec("pygraphviz").origin).parents[1] / "pygraphviz.libs"
    if not bare.is_available():
        pytest.skip("the wheel of pygraphviz has no such libraries here")
    package = tmp_path / "pygraphviz"
    package.mkdir()
    (package / "__init__.py").write_text(
        "raise ImportError('libgobject-2.0.so.0: cannot open shared object file')\n"
    )
    (tmp_path / "pygraphviz.libs").symlink_to(libraries)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for the child process
    monkeypatch.delitem(sys.modules, "pygraphviz", raising=False)


def test_no_graphviz_names_both_remedies(no_library, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(RuntimeError, match=r"pip install pygraphviz.*Graphviz.*dot.*PATH.*source"):
        render(SOURCE, "svg")
    assert render(SOURCE, "dot") == SOURCE.encode()


def test_the_program_dot_draws_where_the_library_is_missing(no_library, monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:], sys.stdin.read())\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    assert render(SOURCE, "svg") == f"['-Tsvg', '-Gdpi=72'] {SOURCE}\n".encode()
    assert render(SOURCE, "png").startswith(b"['-Tpng', '-Gdpi=192']")


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_systems_without_libraries_of_the_desktop_get_the_same_picture(request, seconds, capfd):
    source = SOURCE.replace("{", f'{{ node [fontname="{FONTS}"];')
    svg, where = render(source, "svg"), layout(source)
    request.getfixturevalue("no_system_libraries")
    assert render(source, "svg", seconds) == svg
    assert layout(source) == where
    with pytest.raises(ValueError, match=r"cannot draw this source.*syntax error in line 1"):
        render("graph {", "svg")
    png = render(source, "png")
    assert int.from_bytes(png[16:20]) == pytest.approx(width(svg) / 72 * 192, abs=4)
    assert render(source, "pdf").startswith(b"%PDF")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_what_is_no_dot_is_refused(seconds, capfd):
    with pytest.raises(ValueError, match="Graphviz cannot draw this source"):
        render("graph {", "svg", seconds)


def test_library_and_child_give_the_same_bytes():
    for form in ("svg", "png", "pdf"):
        assert render(SOURCE, form) == render(SOURCE, form, seconds=60.0)


def width(svg: bytes) -> float:
    return float(svg.split(b'width="')[1].split(b"pt")[0])


def test_png_has_twice_the_resolution_of_svg():
    svg, png = render(SOURCE, "svg"), render(SOURCE, "png")
    assert int.from_bytes(png[16:20]) == pytest.approx(width(svg) / 72 * 192, abs=4)  # rounded up


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[2],
        check=True,
    )


def test_rendering_is_silent_and_leaves_the_environment_alone():
    code = (
        "import os; before = dict(os.environ)\n"
        "from viz.render import render\n"
        f"svg = render({SOURCE!r}, 'svg'); render({SOURCE!r}, 'png')\n"
        "assert before == dict(os.environ)"
    )
    assert run(code).stderr == ""
    assert run(code, FONTCONFIG_FILE="/no/such/file").stderr == ""


def test_other_words_on_the_standard_error_are_passed_on():
    code = (
        "import os\nfrom viz.render import _without_font_warnings\n"
        "with _without_font_warnings():\n"
        "    os.write(2, b'Fontconfig warning: x\\nsomething else\\n')"
    )
    assert run(code).stderr == "something else\n"


def test_pictures_have_text_and_dejavu_widths_whatever_fonts_are_installed():
    svg = render('digraph { a [label="WWWW" fontname="DejaVu Sans" shape=plain] }', "svg")
    # W is 2025/2048 em wide in DejaVu Sans; 14 pt; the page has 4 pt of margin on each side.
    assert width(svg) == pytest.approx(4 * 14 * 2025 / 2048 + 8, abs=2)


def test_without_matplotlib_the_fonts_of_the_machine_are_used(monkeypatch):
    monkeypatch.setattr(rendering, "_quiet", False)
    monkeypatch.setattr(rendering, "find_spec", lambda name: name == "pygraphviz" or None)
    assert render(SOURCE, "svg").startswith(b"<?xml")


def test_the_child_process_reads_and_writes_streams(monkeypatch, capsysbinary):
    monkeypatch.setattr(sys, "argv", ["render", "svg"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SOURCE.encode())))
    rendering.main()
    assert capsysbinary.readouterr().out == render(SOURCE, "svg")


@pytest.mark.parametrize("before", [None, "/no/such/file"])
def test_the_font_configuration_of_others_is_put_back(monkeypatch, before):
    monkeypatch.setattr(rendering, "_quiet", False)
    if before:
        monkeypatch.setenv("FONTCONFIG_FILE", before)
    else:
        monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    assert render(SOURCE, "svg").startswith(b"<?xml")
    assert os.environ.get("FONTCONFIG_FILE") == before


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


def test_superscripts_need_no_support_of_baseline_shift():
    """A third of 12 points higher, a sixth smaller."""
    source = "digraph { a [shape=plain fontsize=12 label=<x<SUP>2</SUP>>] }"
    svg = render(source, "svg").decode()
    base, raised = re.findall(r'y="([-\d.]+)"[^>]* font-size="([\d.]+)"[^>]*>', svg)
    assert float(raised[0]) == pytest.approx(float(base[0]) - 4)
    assert (base[1], raised[1]) == ("12.00", "10.00")
    assert "baseline-shift" not in svg
