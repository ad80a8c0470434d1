"""The README: its pictures are what draw gives today, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphs import network_program, sigmoid_circuit, slide, xnor

from viz import draw, draw_network, step_through

ROOT = Path(__file__).parents[1]


def drawn(graph, theme):
    """A function that draws a graph after its backward pass."""

    def write(path):
        output = graph()
        output.backward()
        draw(output, path, theme=theme)

    return write


PICTURES = {
    "J.svg": drawn(slide, "light"),
    "J-dark.svg": drawn(slide, "dark"),
    "J-steps.svg": lambda path: step_through(slide()).save(path),
    "sigmoid-circuit.svg": drawn(sigmoid_circuit, "circuit"),
    "neural-network.svg": lambda path: draw(network_program(2, (2, 1)), path),
    "xnor.svg": lambda path: draw_network(xnor(), [1, 1], path=path),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_fresh(name, tmp_path):
    fresh = tmp_path / name
    PICTURES[name](fresh)
    stored = ROOT / "docs" / name
    assert stored.read_bytes() == fresh.read_bytes(), f"look at {fresh} and copy it to {stored}"


DOCUMENTS = [*sorted(ROOT.glob("*.md"))]
DOCUMENTS += [*sorted(ROOT.glob("docs/*.md")), ROOT / "benchmarks" / "README.md"]


def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    text = document.read_text("utf-8")
    for link in re.findall(r'(?:\]\(|src="|srcset=")([^)"]+)', text):
        if not link.startswith("https://"):
            place, _, anchor = link.partition("#")
            path = document.parent / place if place else document
            assert path.exists(), link
            assert not anchor or anchor in anchors(path), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document):
    folders = "autograd|benchmarks|docs|examples|nn|notebooks|tests|viz"
    named = re.findall(rf"[` ]((?:{folders})/[\w./-]*\w)[` ]", document.read_text("utf-8"))
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing
