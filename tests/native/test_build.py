"""The build: from an edited table to a core that says the same, and never a stale one."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from engines import needs_compiled

from autograd.compiled import core
from native.build import build, checksum, fingerprint, sources

ROOT = Path(__file__).parents[2]

# Each step must work wherever the core itself could be built.
pytestmark = needs_compiled

SINC = """
from autograd.primitives.kinks import where


def _sinc(x: float) -> float:
    return 1.0 if x == 0.0 else math.sin(x) / x


sinc = Primitive(
    "sinc",
    "The quotient sin(x) / x, 1 at 0.",
    value=_sinc,
    slopes=lambda y, x: (where(x, (cos(x) - y) / where(x, x, 1.0), 0.0),),
    notation="sinc({0})",
    latex=r"\\\\mathrm{sinc}\\\\left(#1\\\\right)",
    numpy="np.sinc({0} / np.pi)",
    samples=((1.0,), (-2.0,)),
)
"""

# What a clone prints: its engine, and every bit of the new row at many points.
PROGRAM = """
import autograd, math
from autograd import Value, primitives
sinc = primitives.TABLE["sinc"]
print(autograd.engine())
for i in range(-300, 300):
    for x in (i / 7, i * 1e-160, float(i) ** 31):
        v = sinc(Value(x))
        print(v.data.hex(), v.partials[0].hex())
print([x.data for x in autograd.gradients(sinc(Value(0.5)), [])], autograd.Value)
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone with one row more in its table, and nothing else; its core is built."""
    clone = tmp_path_factory.mktemp("clone")
    for package in ("autograd", "native"):
        ignored = shutil.ignore_patterns("_core*", "__pycache__")
        shutil.copytree(ROOT / package, clone / package, ignore=ignored)
    table = clone / "autograd" / "primitives" / "elementary.py"
    table.write_text(table.read_text("utf-8") + SINC.replace("\\\\", "\\"), "utf-8")
    build(clone / "autograd", clone)
    return clone


def run(clone, program=PROGRAM, engine=""):
    environment = {name: text for name, text in os.environ.items() if name != "GLASSGRAD_ENGINE"}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=clone,
        env={**environment, **({"GLASSGRAD_ENGINE": engine} if engine else {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_row_of_the_table_is_compiled_and_exact(clone):
    compiled, python = run(clone, engine="compiled"), run(clone, engine="python")
    assert (compiled.stderr, python.stderr) == ("", "")
    first, *bits = compiled.stdout.splitlines()
    assert first.startswith("compiled: all rows of the table but hypot, arctan2, logsumexp")
    assert "sinc" not in first
    assert len(bits) == 1801
    assert bits == python.stdout.splitlines()[1:]


@pytest.mark.parametrize("source", sources(ROOT / "autograd"))
def test_where_a_source_has_changed_python_takes_over_with_one_line(clone, source):
    path = clone / "autograd" / source
    original = path.read_bytes()
    try:
        path.write_bytes(original.replace(b"e", b"e", 1) + b"\n")
        done = run(clone, "import autograd; print(autograd.engine())")
        why = f"{path.name} has changed since autograd._core was built; `pip install -e .` builds"
        assert re.fullmatch(
            rf".*RuntimeWarning: autograd runs in Python: {re.escape(why)} it where a C compiler "
            r"is\n(  .*\n)?",
            done.stderr,
        )
        assert done.stdout.startswith(f"python: {why}")
        assert run(clone, "import autograd", "python").stderr == ""
        done = run(clone, "import autograd", "compiled")
        assert f"ImportError: GLASSGRAD_ENGINE=compiled, but {why}" in done.stderr
    finally:
        path.write_bytes(original)
    assert run(clone, "import autograd").stderr == ""


def test_an_edited_rule_is_seen_at_once_and_compiled_when_it_is_built_again(clone):
    table = clone / "autograd" / "primitives" / "arithmetic.py"
    original = table.read_text("utf-8")
    right = "slopes=lambda y, a, b: (b, a),"
    assert original.count(right) == 1
    program = (
        "import autograd; v = autograd.Value(2) * autograd.Value(3)\n"
        "print(v.partials, autograd.engine().split(':')[0])"
    )
    try:
        table.write_text(original.replace(right, "slopes=lambda y, a, b: (b, 5.0 * a),"), "utf-8")
        assert run(clone, program).stdout == "(3.0, 10.0) python\n"
        build(clone / "autograd", clone)
        done = run(clone, program)
        assert (done.stdout, done.stderr) == ("(3.0, 10.0) compiled\n", "")
    finally:
        table.write_text(original, "utf-8")
        build(clone / "autograd", clone)


def test_without_a_core_python_runs_and_says_so(clone, tmp_path):
    shutil.copytree(
        clone / "autograd",
        tmp_path / "autograd",
        ignore=lambda _, names: [name for name in names if name.startswith("_core")],
    )
    done = run(tmp_path, "import autograd; print(autograd.engine())")
    assert done.stderr == ""
    assert done.stdout == (
        "python: autograd._core is not built here; `pip install -e .` builds it where a C "
        "compiler is\n"
    )
    done = run(tmp_path, "import autograd", "compiled")
    assert "ImportError: GLASSGRAD_ENGINE=compiled, but autograd._core is not built" in done.stderr


def test_a_core_that_cannot_be_loaded_is_no_secret(clone, tmp_path):
    shutil.copytree(clone / "autograd", tmp_path / "autograd")
    [core] = (tmp_path / "autograd").glob("_core*")
    core.write_bytes(b"no library")
    done = run(tmp_path, "import autograd; print(autograd.engine())")
    assert "RuntimeWarning: autograd runs in Python: autograd._core cannot be loaded" in done.stderr
    assert done.stdout.startswith("python: autograd._core cannot be loaded")


def test_a_second_copy_in_one_process_runs_in_python(clone):
    program = (
        "import sys, autograd; first = autograd.engine()\n"
        "for name in [name for name in sys.modules if name.startswith('autograd')]:\n"
        "    if not name.endswith('_core'):\n"
        "        del sys.modules[name]\n"
        "import autograd; print(first.split(':')[0], autograd.engine())"
    )
    done = run(clone, program)
    assert done.stdout == "compiled python: another copy of autograd in this process has the core\n"
    assert done.stderr == ""


def test_the_fingerprint_names_all_sources():
    assert fingerprint(ROOT / "autograd") == core.FINGERPRINT
    assert re.fullmatch(r"(\S+=\d+ ?){14}", core.FINGERPRINT)


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 1000])
def test_checksums_tell_texts_apart(n):
    text = bytes(i * i % 251 for i in range(n))
    others = [text + b"\0", text[:-1], text[:-1] + b"!", b"!" + text[1:], text[::-1]]
    assert checksum(text) == core.checksum(text)
    assert checksum(text) not in [checksum(other) for other in others if other != text]


# --- wheels -------------------------------------------------------------------------------


def wheel(folder, **environment):
    """Build a wheel as pip does, but with the hatchling that is here; its file."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"),
            *("--no-index", "--wheel-dir", str(folder), str(ROOT)),
        ],
        env={**os.environ, "GLASSGRAD_ENGINE": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = folder.glob("*.whl")
    return built


def test_a_wheel_has_the_core_that_was_built_for_it(tmp_path):
    built = wheel(tmp_path)
    names = zipfile.ZipFile(built).namelist()
    [core] = [name for name in names if "_core" in name]
    assert core.startswith("autograd/_core.")
    assert "none-any" not in built.name
    assert not [name for name in names if "native" in name or "hatch_build" in name]
    assert "autograd/primitives/row.py" in names
    assert "autograd/primitives/in_javascript.mjs" in names
    zipfile.ZipFile(built).extractall(tmp_path / "installed")
    done = run(tmp_path / "installed", "import autograd; print(autograd.engine())", "compiled")
    assert done.stdout.startswith("compiled: ")
    # Programs are compiled by whoever has installed it.
    done = run(
        tmp_path / "installed",
        "from autograd import Value, vectorize\n"
        "x, w = Value(2.0), Value(3.0)\n"
        "print(vectorize(w * x * x, {'x': x}, {'w': w}).compiled()([1.0, 3.0]))",
    )
    assert done.stdout == "(np.float64(15.0), {'w': np.float64(5.0)})\n", done.stderr


@pytest.mark.parametrize("environment", [{"GLASSGRAD_ENGINE": "python"}, {"CC": "no-compiler"}])
def test_the_wheel_of_python_alone_has_no_core_though_the_tree_has_one(environment, tmp_path):
    assert [*(ROOT / "autograd").glob("_core*")]
    built = wheel(tmp_path, **environment)
    assert built.name.endswith("-py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(built).namelist() if "_core" in name]
