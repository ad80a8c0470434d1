"""engine: which Graphviz lays out, on which fonts, and what is left behind when it cannot."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from viz.layout import bundled, engine
from viz.layout.engine import layout
from viz.style import FONTS

SOURCE = f'digraph {{ rankdir=LR; node [fontname="{FONTS}"]; a -> b }}'
GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.dot"))


@pytest.fixture
def no_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def no_system_libraries(monkeypatch, tmp_path):
    """A pygraphviz with the libraries of the real one, that cannot be imported itself."""
    libraries = Path(find_spec("pygraphviz").origin).parents[1] / "pygraphviz.libs"
    if not bundled.is_available():
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


@pytest.fixture
def program_dot(no_library, monkeypatch, tmp_path):
    """A program dot that says how it was called; it lays out by the library."""
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from viz.layout import bundled\n"
        "assert sys.argv[1:] == ['-Tjson'], sys.argv\n"
        "sys.stdout.buffer.write(bundled.draw(sys.stdin.read()))\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: {"dot": str(program)}[name])
    monkeypatch.setattr(bundled, "is_available", lambda: False)


def test_no_graphviz_names_both_remedies(no_library, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(RuntimeError, match=r"pip install pygraphviz.*Graphviz.*dot.*PATH.*source"):
        layout(SOURCE)


@pytest.mark.parametrize("way", ["no_system_libraries", "program_dot"])
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_all_ways_of_calling_graphviz_give_the_same_places(path, way, request):
    source = path.read_text("utf-8")
    places = layout(source)
    request.getfixturevalue(way)
    assert layout(source) == places


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_a_system_without_libraries_of_the_desktop_lays_out_silently(request, seconds, capfd):
    request.getfixturevalue("no_system_libraries")
    assert layout(SOURCE, seconds)["bb"]
    with pytest.raises(ValueError, match=r"cannot read this source.*syntax error in line 1"):
        layout("graph {")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_what_is_no_dot_is_refused(seconds, capfd):
    with pytest.raises(ValueError, match="Graphviz cannot read this source"):
        layout("graph {", seconds)


def test_library_and_child_give_the_same_places():
    assert layout(SOURCE) == layout(SOURCE, seconds=60.0)


def test_a_child_imports_nothing_from_the_folder_of_the_user(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise SystemExit('not the one that was meant')")
    (tmp_path / "json.py").write_text("raise SystemExit('not the one that was meant')")
    monkeypatch.chdir(tmp_path)
    assert layout(SOURCE, seconds=60.0)["bb"]


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[3],
        check=True,
    )


def test_laying_out_is_silent_and_leaves_the_environment_alone():
    code = (
        "import os; before = dict(os.environ)\n"
        "from viz.layout.engine import layout\n"
        f"layout({SOURCE!r})\n"
        "assert before == dict(os.environ)"
    )
    assert run(code).stderr == ""
    assert run(code, FONTCONFIG_FILE="/no/such/file").stderr == ""


def test_other_words_on_the_standard_error_are_passed_on():
    code = (
        "import os\nfrom viz.layout.engine import _without_font_warnings\n"
        "with _without_font_warnings():\n"
        "    os.write(2, b'Fontconfig warning: x\\nsomething else\\n')"
    )
    assert run(code).stderr == "something else\n"


def test_text_has_dejavu_widths_whatever_fonts_are_installed():
    found = layout('digraph { a [label="WWWW" fontname="DejaVu Sans" shape=plain] }')
    # W is 2025/2048 em wide in DejaVu Sans; 14 pt.
    assert float(found["bb"].split(",")[2]) == pytest.approx(4 * 14 * 2025 / 2048, abs=2)


def test_without_matplotlib_the_fonts_of_the_machine_are_used(monkeypatch):
    monkeypatch.setattr(engine, "_quiet", False)
    monkeypatch.setattr(engine, "find_spec", lambda name: name == "pygraphviz" or None)
    assert layout(SOURCE)["bb"]


def test_the_child_process_reads_and_writes_streams(monkeypatch, capsysbinary):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SOURCE.encode())))
    engine.main()
    assert json.loads(capsysbinary.readouterr().out) == layout(SOURCE)


@pytest.mark.parametrize("before", [None, "/no/such/file"])
def test_the_font_configuration_of_others_is_put_back(monkeypatch, before):
    monkeypatch.setattr(engine, "_quiet", False)
    if before:
        monkeypatch.setenv("FONTCONFIG_FILE", before)
    else:
        monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    assert layout(SOURCE)["bb"]
    assert os.environ.get("FONTCONFIG_FILE") == before
