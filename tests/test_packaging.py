"""The packages: who imports whom, what they export, and that they are ours."""

import ast
import importlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["autograd", "nn", "viz"]

# Modules of the other distribution that is imported as autograd: one name in both would be
# overwritten when both are installed.
MODULES_OF_HIPS_AUTOGRAD = {
    "builtins",
    "core",
    "differential_operators",
    "extend",
    "misc",
    "numpy",
    "scipy",
    "test_util",
    "tracer",
    "util",
    "wrap_util",
}


def sources(package):
    return sorted((ROOT / package).rglob("*.py"))


def imported(path):
    """The names of all modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield node.module


@pytest.mark.parametrize(
    ("package", "allowed"), [("autograd", set()), ("nn", {"autograd"}), ("viz", {"autograd"})]
)
def test_the_arrows_between_packages(package, allowed):
    """Both point at autograd: viz -> autograd <- nn, and no circle.

    A History plots itself: when it is shown, and not before, it asks viz.
    """
    for path in sources(package):
        packages = {name.split(".")[0] for name in imported(path)} & set(PACKAGES)
        later = {"viz"} if path == ROOT / "nn" / "history.py" else set()
        assert packages <= allowed | {package} | later, path


def test_only_the_vectorizer_and_the_checks_of_arrays_import_numpy():
    for path in sources("autograd"):
        if not {"vectorizer", "checks", "in_numpy.py"} & set(path.relative_to(ROOT).parts):
            assert not {"numpy"} & {name.split(".")[0] for name in imported(path)}, path


def test_no_module_shares_its_name_with_the_other_autograd():
    names = {path.stem for path in (ROOT / "autograd").iterdir()}
    assert not names & MODULES_OF_HIPS_AUTOGRAD


def test_no_module_bears_the_name_of_a_public_function():
    # Importing such a module would replace the function.
    for package in PACKAGES:
        exported = set(getattr(importlib.import_module(package), "__all__", ()))
        assert not exported & {path.stem for path in (ROOT / package).iterdir()}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_are_those_of_this_repository(package):
    module = importlib.import_module(package)
    assert Path(module.__file__).resolve() == ROOT / package / "__init__.py"
    assert (ROOT / package / "py.typed").is_file()


def test_the_import_name_belongs_to_one_distribution():
    # A developer's tree need not be installed; what is installed is glassgrad alone.
    owners = importlib.metadata.packages_distributions().get("autograd", ["glassgrad"])
    assert set(owners) == {"glassgrad"}


@pytest.mark.parametrize("package", PACKAGES)
def test_exports_are_what_all_says(package):
    module = importlib.import_module(package)
    exported = module.__all__
    for name in exported:
        getattr(module, name)  # some are imported only now
    public = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and not isinstance(thing, ModuleType)
    } - {"annotations", "TYPE_CHECKING"}
    assert set(exported) == public
    assert len(exported) == len(set(exported))


def test_the_checks_of_arrays_import_numpy_at_their_first_call():
    program = "import sys; from autograd import assert_gradients; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize("package", PACKAGES)
def test_completion_offers_what_is_exported_also_before_its_first_use(package):
    program = f"import {package}; print(*dir({package}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(importlib.import_module(package).__all__) <= set(done.stdout.split())


def test_the_public_names_of_autograd():
    import autograd

    planned = """
        Value gradients hessian gradcheck GradientError count_steps
        exp log log1p expm1 sqrt sin cos tan tanh arctan sigmoid relu leaky_relu softplus abs
        sign step maximum minimum total dot affine logsumexp softmax
        binary_cross_entropy binary_cross_entropy_with_logits softmax_cross_entropy_with_logits
    """
    assert set(planned.split()) <= set(autograd.__all__)


def test_importing_autograd_is_quick_and_imports_little():
    program = """
import sys
before = set(sys.modules)
import autograd
print(*set(sys.modules) - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # Each of these costs more than all of autograd.
    heavy = {"numpy", "dataclasses", "inspect", "random", "typing", "graphviz", "matplotlib"}
    assert not heavy & set(done.stdout.split())
    assert "autograd.primitives" in done.stdout.split()


def test_what_no_package_has_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'jacobian'"):
        importlib.import_module("autograd").jacobian  # noqa: B018
