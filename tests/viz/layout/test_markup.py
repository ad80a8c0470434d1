"""markup: what labels say, line by line, and that no text of a user is taken for a tag."""

from __future__ import annotations

import pytest

from viz.layout.markup import colored, escape, italic, labels_of, sized
from viz.scenes.scene import Label, Run


def test_styles_become_runs():
    [label] = labels_of("<I>x</I><SUP>2</SUP> = 9")
    assert label.runs == [Run("x", italic=True), Run("2", high=True), Run(" = 9")]
    [label] = labels_of("<I>b</I><I>c</I>")
    assert label.runs == [Run("bc", italic=True)]


def test_lines_colours_and_sizes_become_labels():
    markup = f"L {colored('≈ ' + sized('0.3', 11), 'value')}<BR/>{sized('below', 16)}"
    assert labels_of(markup) == [
        Label(0, 0, [Run("L ")]),
        Label(0, 0, [Run("≈ ")], color="value"),
        Label(0, 0, [Run("0.3")], 11, "value"),
        Label(0, 18, [Run("below")], 16),
    ]


def test_nothing_to_see_is_no_label():
    assert labels_of("") == labels_of("&#160;") == labels_of(colored("", "value")) == []


@pytest.mark.parametrize("text", ["<I>x</I>", "a & b", "&lt;", '"', "back\\slash\\N", "<BR/>"])
def test_any_text_says_just_itself(text):
    for markup in (escape(text), italic(text), colored(escape(text), "alert")):
        [label] = labels_of(markup)
        assert str(label) == text
