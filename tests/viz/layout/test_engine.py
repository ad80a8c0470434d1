"""engine: which Graphviz lays out, and what is said when there is none."""

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
from graphs import GRAPHS, network_loss, network_program

from viz import draw
from viz.layout import bundled, engine
from viz.layout.engine import layout

SOURCE = 'digraph { rankdir=LR; node [label="" width=1 fixedsize=true]; a -> b }'


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
        "assert sys.argv[1:] == ['-Tjson0'], sys.argv\n"
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
@pytest.mark.parametrize("make", [*GRAPHS, lambda: network_loss([4, 4, 1])])
def test_all_ways_of_calling_graphviz_give_the_same_picture(make, way, request):
    output = make()
    output.backward()
    picture, program = draw(output).pipe("svg"), draw(network_program()).pipe("svg")
    request.getfixturevalue(way)
    assert draw(output).pipe("svg") == picture
    assert draw(network_program()).pipe("svg") == program


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
    assert engine._by_python(SOURCE, 60.0) is not None
    assert layout(SOURCE, seconds=60.0)["bb"]


def test_a_layout_that_takes_too_long_is_stopped():
    with pytest.raises(TimeoutError, match=r"took longer than 0\.001 s"):
        layout(SOURCE, seconds=0.001)


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
    assert run(code, FONTCONFIG_FILE="/no/such/file").stderr == ""  # no font is looked for


def test_the_child_process_reads_and_writes_streams(monkeypatch, capsysbinary):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SOURCE.encode())))
    engine.main()
    assert json.loads(capsysbinary.readouterr().out) == layout(SOURCE)
