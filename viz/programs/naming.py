"""The names of arrays on slides: W1 is W⁽¹⁾ where it is that of layer 1, else W₁."""

from __future__ import annotations

import re

from autograd.vectorizer.formulas.statements import Shape, Statement
from autograd.vectorizer.running.program import Program
from viz.programs.notation import Style

# Z1, A1, W1: a word and the number of a layer.
_NUMBERED = re.compile(r"(?P<word>[^\W\d_]+)(?P<layer>\d+)")


def written_names(program: Program, style: Style) -> dict[str, str]:
    """The names of a program as they are written, those of a layer with its number raised.

    The layers are those of the Z's. A parameter W1 or b1 belongs to layer 1 if Z1 reads it;
    else its number is an index.
    """
    read = {each.name: each.operands for each in told(program)}
    leaves = {leaf.name: style.name(leaf.name) for leaf in program.leaves}
    lists = [leaf.name for leaf in program.leaves if leaf.parameter and leaf.shape]
    names = {name: style.name(name) for name in read} | leaves
    for name in [*lists, *read]:
        parts = _NUMBERED.fullmatch(name)
        if parts is None:
            continue
        word, layer = parts["word"], parts["layer"]
        z = f"Z{layer}"
        its_own = name == z or (word == "A" and z in read.get(name, ()))
        if z in read and (its_own or (name in lists and name in read[z])):
            names[name] = style.name(f"{word}[{layer}]")
    for name in read:  # dp_1, dp_2, …: pieces of dp
        if any(name.startswith(f"{output}_") for output in program.outputs):
            names[name] = f"d{style.name(name[1:])}"
    slopes = {f"d{name}": f"d{written}" for name, written in names.items()}
    return names | {name: text for name, text in slopes.items() if name not in leaves}


def told(program: Program) -> list[Statement]:
    """The statements that say what is computed; to gather a list is none of them."""
    return [statement for statement in program.statements if not statement.gathers]


def shapes_of(program: Program) -> dict[str, Shape]:
    """The shape of each array inside of a program, where examples are the last axis."""
    shapes: dict[str, Shape] = {
        leaf.name: (*leaf.shape, "m") if leaf.per_example else leaf.shape for leaf in program.leaves
    }
    for each in program.statements:
        shapes[each.name] = (each.length, *each.shape) if each.length else each.shape
    return shapes
