"""docs/ten-programs.md: the ten programs are what the page shows, and right."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from vectorized import assert_agrees

from autograd import vectorize

DOCS = Path(__file__).parents[1] / "docs"
SCRIPT = runpy.run_path(str(DOCS / "ten_programs.py"))
TEN, PAGE = SCRIPT["TEN"], (DOCS / "ten-programs.md").read_text(encoding="utf-8")

LINES = {
    "Logistic regression": 11,
    "Two layers": 16,
    "Softmax digits": 19,
    "Convolution": 19,
    "Recurrent network": 27,
    "LSTM": 90,
    "Attention": 22,
    "GPT": 57,
    "Rosenbrock's function": 11,
    "Lotka and Volterra": 68,
}


@pytest.mark.parametrize("title", TEN)
def test_the_page_shows_the_scalars_and_their_program(title):
    _, record = TEN[title]
    if title == "GPT":  # its numbers are compared in the tests of the example
        program = vectorize(*record())
    else:
        loss, inputs, parameters = record()
        program = assert_agrees(loss, inputs, parameters, n_examples=2 if inputs else 1, rounds=1)
    assert program.tables == {}
    listing = SCRIPT["listing"](program)
    assert len(listing.splitlines()) == LINES[title]
    [section] = [part for part in PAGE.split("\n## ") if part.startswith(f"{title}\n")]
    assert f"```python\n{SCRIPT['written'](record).rstrip()}\n```" in section
    assert f"```python\n{listing.rstrip()}\n```" in section


def test_the_table_has_a_row_for_each_and_leads_to_it():
    rows = re.findall(r"^\| \[(.+)\]\(#(.+)\) \| [\d,]+ \| (\d+) \|", PAGE, re.MULTILINE)
    assert [(title, int(lines)) for title, _, lines in rows] == [*LINES.items()]
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert [title for title, _, _ in rows] == headings
    for title, anchor, _ in rows:
        assert anchor == re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")


def test_what_is_measured_goes_into_the_row():
    program, row = SCRIPT["measured"](TEN["Rosenbrock's function"][1])
    assert len(program.statements) == 9
    assert row[:2] == ["550", "11"]
    assert re.fullmatch(r"\d+ µs", row[2])
    assert re.fullmatch(r"[\d.]+ ns", row[3])
