"""What imports what: no circle, and no arrow that runs back up, at the level of files."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Of each package whose files are held to it: its rooms, from what all build on to what users
# call. A file may import from its own room and from those before it; files at the top of the
# package that are in no tuple are a room of their own, the last one.
ROOMS = {
    "autograd": [
        ("compiled",),
        ("primitives",),
        ("operations", "marking", "backprop", "copying"),
        ("value",),
        ("derivatives", "counting", "unfolding", "differences", "progress", "notation", "symbolic"),
        ("tracing", "checking"),
        ("checks",),
        ("vectorizer",),
    ],
    "nn": [
        ("arguments", "spelling", "summary", "outputs", "history", "bar"),
        ("activations", "initializers", "regularizers", "losses", "metrics", "schedules"),
        ("movable", "optimizers", "callbacks"),
        ("holder",),
        ("recorded", "data", "engines", "divergence", "prediction", "training", "checking"),
        ("unrolled", "description", "saving"),
        ("module",),
        ("neuron", "dense", "convolution", "dropout", "embedding", "networks", "layers"),
        ("architecture",),
    ],
    "viz": [
        ("style", "names", "callers", "files", "progress", "formula_reader"),
        ("scenes",),
        ("derivations",),
        ("layout",),
        ("player",),
        ("graphs", "networks", "programs"),
        ("figures", "plots"),
    ],
}

# The same inside of the vectoriser, whose rooms are the steps of its method.
STEPS = [
    ("formulas",),
    ("recording",),
    ("merging",),
    ("grouping",),
    ("repeating",),
    ("contraction",),
    ("writing",),
    ("proving",),
    ("compiling",),
    ("running",),
]


def modules(package: str) -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules that a file imports, in functions, too; what only type checkers read is not."""
    found = set()
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = [ast.Pass()]  # `walk` goes on below, where there is nothing now
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= whole & known.keys() or {node.module}
    return found & known.keys()


def graph_of(package: str) -> dict[str, set[str]]:
    known = modules(package)
    return {name: imports(path, known) for name, path in known.items()}


@pytest.mark.parametrize("package", ROOMS)
def test_no_file_imports_itself_in_a_circle(package):
    try:
        order = list(TopologicalSorter(graph_of(package)).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))
    assert len(order) > 5


@pytest.mark.parametrize("package", ROOMS)
def test_no_room_imports_from_one_above_it(package):
    require_order(graph_of(package), ROOMS[package], 1)


def test_no_step_of_the_vectorizer_imports_from_one_after_it():
    rooms = {name: used for name, used in graph_of("autograd").items() if "vectorizer" in name}
    within = {name: {x for x in used if "vectorizer" in x} for name, used in rooms.items()}
    require_order(within, STEPS, 2)


def require_order(graph, rooms, depth):
    floors = {room: floor for floor, names in enumerate(rooms) for room in names}

    def floor(module: str) -> int:
        parts = module.split(".")
        return floors.get(parts[depth] if len(parts) > depth else "", len(rooms))

    for module, imported in graph.items():
        for other in imported:
            assert floor(other) <= floor(module), f"{module} imports {other}"


def test_a_circle_and_a_way_up_would_be_found(tmp_path):
    inner = tmp_path / "a.py"
    inner.write_text("import viz.b\ndef f():\n    from viz.c import d\n    from viz import e\n")
    known = dict.fromkeys(["viz", "viz.b", "viz.c", "viz.e", "viz.f"], inner)
    assert imports(inner, known) == {"viz.b", "viz.c", "viz.e"}
    inner.write_text("if TYPE_CHECKING:\n    from viz.f import x\nelse:\n    import viz.b\n")
    assert imports(inner, known) == {"viz.b"}
    with pytest.raises(CycleError):
        list(TopologicalSorter({"viz.a": {"viz.b"}, "viz.b": {"viz.a"}}).static_order())
