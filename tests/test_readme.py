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


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(document):
    text = (ROOT / document).read_text("utf-8")
    links = re.findall(r'(?:\]\(|src="|srcset=")([^)"]+)', text)
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link
