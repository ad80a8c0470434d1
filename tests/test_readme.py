"""The README: its pictures are what draw gives today, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphs import sigmoid_circuit, slide

from viz import draw

ROOT = Path(__file__).parents[1]

PICTURES = {
    "J.svg": (slide, "light"),
    "J-dark.svg": (slide, "dark"),
    "sigmoid-circuit.svg": (sigmoid_circuit, "circuit"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_fresh(name, tmp_path):
    graph, theme = PICTURES[name]
    output = graph()
    output.backward()
    fresh = tmp_path / name
    draw(output, fresh, theme=theme)
    stored = ROOT / "docs" / name
    assert stored.read_bytes() == fresh.read_bytes(), f"look at {fresh} and copy it to {stored}"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(document):
    text = (ROOT / document).read_text("utf-8")
    links = re.findall(r'(?:\]\(|src="|srcset=")([^)"]+)', text)
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link
