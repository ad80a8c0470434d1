"""The process around us: streams, locales, folders, threads, forks, other people's variables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest
from graphs import network_loss, slide

from autograd import Value
from viz import draw, explain, step_through

ROOT = Path(__file__).parents[2]

DRAW = """
import sys
from autograd import Value
from viz import draw, explain, plot_boundary, step_through
from viz import progress
progress.SECONDS = 0.0
y = x = Value(1.5, "x")
for i in range(35):  # enough for a child process to lay it out
    y = y * 1.25 if i % 2 else y + x
y.backward()
draw(y, sys.argv[1] + ".svg", detail="numbers")
draw(x * x, sys.argv[1] + ".png")
J = 3 * (x + 0.25 * x)
J.label = "J"
step_through(J).save(sys.argv[1] + ".gif")
explain(J).save(sys.argv[1] + ".tex")
plot_boundary(lambda p: p[0], [[0, 0], [1, 1]], [0, 1]).figure.savefig(sys.argv[1] + ".2.png")
"""
ENDINGS = (".svg", ".png", ".gif", ".tex", ".2.png")


def files(folder: Path, before: str = "", prefix: str = "", **environment: str) -> list[bytes]:
    """What a script writes that draws with everything, in a folder and an environment."""
    path = folder / "J"
    done = subprocess.run(
        ["sh", "-c", f'{prefix} "$0" "$@" {"2>&-" * (prefix == "exec")}', sys.executable, "-c",
         before + DRAW, str(path)],
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [path.with_name(f"J{ending}").read_bytes() for ending in ENDINGS]


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> list[bytes]:
    return files(tmp_path_factory.mktemp("usual"))


def test_a_script_without_a_standard_error_writes_the_same_files(usual, tmp_path):
    assert files(tmp_path, prefix="exec") == usual


def test_files_of_the_folder_with_names_of_pythons_own_are_not_imported(usual, tmp_path):
    for name in ("random", "json", "graphviz", "html"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not the one that was meant')")
    # That a program sees the folder first is Python's choice, and the user's.
    assert files(tmp_path, before="import sys; sys.path.remove('')\n") == usual


@pytest.mark.skipif(
    not shutil.which("localedef") or not Path("/usr/share/i18n/locales/de_DE").exists(),
    reason="there is nothing to make a locale from",
)
def test_a_decimal_comma_changes_nothing(usual, tmp_path):
    made = tmp_path / "de_DE.UTF-8"
    subprocess.run(["localedef", "-c", "-i", "de_DE", "-f", "UTF-8", str(made)], check=False)
    before = (
        "import locale; locale.setlocale(locale.LC_ALL, 'de_DE.UTF-8')\n"
        "assert locale.localeconv()['decimal_point'] == ','\n"
    )
    environment = {"LOCPATH": str(tmp_path), "LC_ALL": "de_DE.UTF-8"}
    assert files(tmp_path, before=before, **environment) == usual


def test_eight_threads_write_one_file(tmp_path):
    J, path = slide(), tmp_path / "J.svg"
    J.backward()
    whole = draw(J).pipe()
    errors: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(5):
                draw(J, path)
                assert path.read_bytes() == whole
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_forked_child_draws_where_another_thread_was_drawing():
    code = (
        "import os, sys, threading\n"
        "from autograd import Value\n"
        "from viz import draw\n"
        "from viz.scenes import painting\n"
        "J = Value(2, 'a') * Value(3, 'b')\n"
        "whole = draw(J).pipe(), draw(J).pipe('png')\n"
        "held = threading.Event()\n"
        "def hold():\n"
        "    with painting._settings:\n"
        "        held.set(); threading.Event().wait(2)\n"
        "threading.Thread(target=hold).start(); held.wait()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os._exit(0 if (draw(J).pipe(), draw(J).pipe('png')) == whole else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, timeout=60, check=True)


class Dead:
    """What a weak proxy stands for."""


class Lazy:
    """A proxy that cannot say yet what it is."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise RuntimeError("outside of a request")


def test_variables_that_raise_when_they_are_asked_are_none_of_ours():
    thing = Dead()
    proxy = weakref.proxy(thing)
    lazy = Lazy()
    del thing
    J = Value(2, "a") * Value(3, "b")
    assert draw(J).pipe()
    assert step_through(J).captions
    assert str(explain(J))
    assert type(proxy) is weakref.ProxyType
    assert type(lazy) is Lazy


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    for name in ("損" * 83 + ".svg", "x" * 251 + ".svg"):
        draw(Value(2, "a") * 3, tmp_path / name)
        assert (tmp_path / name).exists()


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_a_file_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "J.svg"
    draw(Value(2, "a") * 3, path)
    path.chmod(mode)
    draw(Value(2, "a") * 3, path)
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("ending", ["gif", "html", "pdf", "svg"])
def test_a_missing_folder_is_noticed_before_anything_is_made(tmp_path, monkeypatch, ending):
    walk = step_through(Value(2, "a") * Value(3, "b"))
    monkeypatch.setattr(type(walk), "frames", property(lambda self: 1 / 0))
    monkeypatch.setattr(type(walk), "_svg", lambda self, *args: 1 / 0)
    with pytest.raises(FileNotFoundError, match=r"cannot write .*: No such file or directory"):
        walk.save(tmp_path / "no" / f"J.{ending}")
    (tmp_path / f"J.{ending}").mkdir()
    with pytest.raises(IsADirectoryError, match=r"cannot write .*: Is a directory"):
        walk.save(tmp_path / f"J.{ending}")


def test_what_a_notebook_shows_as_text_is_the_same_at_each_run():
    J = slide()
    J.backward()
    assert (
        repr([draw(J)]) == "[<drawing: Computation graph of J, 6 values; .save('J.svg') writes it>]"
    )


def test_what_a_notebook_stores_of_a_network_is_small():
    L = network_loss([2, 2, 1])
    L.backward()
    bundle = draw(L)._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    # 24 values; before, 781 kB and 81 kB.
    assert len(bundle["image/png"]) < 200_000
    assert len(bundle["image/svg+xml"]) < 40_000
