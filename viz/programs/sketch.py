"""Matrices: the picture of a vectorised program, array by array."""

from __future__ import annotations

from typing import NamedTuple

from autograd.vectorizer.formulas.statements import Shape, Statement
from autograd.vectorizer.formulas.trees import Name
from autograd.vectorizer.running.program import Program
from viz.graphs.detail import MOST_DRAWN, MOST_IN_FULL
from viz.layout.diagram import Box, Diagram, Edge, Wire, end, leaf
from viz.layout.drawing import Drawing
from viz.layout.markup import colored, italic
from viz.names import printable
from viz.programs.naming import shapes_of, told, written_names
from viz.programs.notation import HTML, MatrixNotation, in_lines, plain
from viz.style import Theme

# A long formula is broken into lines; one that is too long to read becomes f(…) of its operands,
# and the tooltip has it.
WIDTH = 25
MOST_LINES = 3
LONGEST_CODE = 600
MOST_OPERANDS = 6


class Array(NamedTuple):
    """An array of the forward pass.

    Attributes:
        made: the statement that makes it; None for a leaf.
        backward: the statements of the backward pass that belong to it: its gradient, and
            what is computed on the way there.
    """

    name: str
    shape: Shape
    made: Statement | None
    backward: list[Statement]


def sketch_program(program: Program, theme: Theme) -> Drawing:
    """The picture of a vectorised program: the computation graph of its arrays.

    Above each wire stands an array with its shape, below it the statement of its gradient.

    Raises:
        ValueError: the program has more than 300 arrays.
    """
    wires = wires_of(program)
    if len(wires) > MOST_DRAWN:
        raise ValueError(
            f"this program has {len(wires)} arrays, and a picture is legible up to "
            f"{MOST_DRAWN}: read it as text (program.source), or draw the program of a smaller "
            "model, which has the same formulas"
        )
    notation = MatrixNotation(written_names(program, HTML), shapes_of(program))
    m = italic(program.examples)
    heading = []
    if any("m" in each.shape for each in wires):
        heading.append(f"{m} examples, one per column")

    output_of = {array: output for output, array in program.costs.items()}
    ids = {each.name: i for i, each in enumerate(wires)}
    read = {operand for each in wires if each.made for operand in each.made.operands}
    boxes: list[Box] = []
    lines: list[Wire] = []
    edges: list[Edge] = []
    for i, each in enumerate(wires):
        tooltip = _tooltip(each)
        if each.made is None:
            boxes.append(leaf(f"n{i}", notation.name(each.name), tooltip))
        else:
            boxes.append(Box(f"n{i}", _written(each.made, program, notation), tooltip=tooltip))
        above = f"{notation.name(each.name)}: {_size(each.shape, m)}"
        output = output_of.get(each.name, each.name)
        if output != each.name and not program.forward_only:
            above = f"{notation.name(output)} = {above}"
        below = [colored(_written(line, program, notation), "gradient") for line in each.backward]
        lines.append(Wire(f"w{i}", colored(above, "value"), below, tooltip))
        edges.append(Edge(f"n{i}", f"w{i}", weight=4))
        for operand in each.made.operands if each.made else ():
            if operand in ids:  # and no table of indices
                edges.append(Edge(f"w{ids[operand]}", f"n{i}", arrow=True))
        # Results: the cost, and what only the backward pass reads, such as the last activation.
        if each.name in output_of or (each.made and each.name not in read):
            boxes.append(end(f"e{i}"))
            edges.append(Edge(f"w{i}", f"e{i}", arrow=True))
    # Formulas are long, and a slide is narrow.
    diagram = Diagram(boxes, lines, edges, heading, gap=0.2)
    return Drawing(diagram, theme, _description(program))


def wires_of(program: Program) -> list[Array]:
    """The arrays of the forward pass, each with its part of the backward pass.

    Leaves come before the first statement that reads them, in the order of its formula.

    The statements up to the last cost are the forward pass. Each of the others belongs to the array
    whose gradient it is; if it is only on the way to a gradient, to the same array as that.
    """
    # Of what a loop makes, one round tells all.
    by_name = {each.name: each for each in told(program)}
    by_name |= {each.name: each for each in told(program) if each.loop is not None}
    statements = list(by_name.values())
    n_forward = max([list(by_name).index(cost) for cost in program.costs.values()]) + 1
    leaves = {
        leaf.name: Array(leaf.name, (*leaf.shape, *["m"] * leaf.per_example), None, [])
        for leaf in program.leaves
    }
    shapes = shapes_of(program)
    wires: list[Array] = []
    for statement in statements[:n_forward]:
        wires += [leaves.pop(x) for x in statement.operands if x in leaves]
        wires.append(Array(statement.name, shapes[statement.name], statement, []))
    wires += leaves.values()
    belongs = {each.name: each.backward for each in wires}
    place: dict[str, str] = {}
    for name, output in program.outputs.items():
        held = program.results[name]
        if output.gradient_of is not None and held != name:
            # The program returns another array as this gradient, and has no line for it.
            same = Statement(name, Name(held), output.shape, output.gradient_of)
            belongs[output.gradient_of].append(same)
            place[held] = output.gradient_of
    for statement in reversed(statements[n_forward:]):
        of = statement.gradient_of
        if of not in belongs:
            of = place.get(statement.name, statements[n_forward - 1].name)
        belongs[of].insert(0, statement)
        place |= dict.fromkeys(statement.operands, of)
    return wires


def _size(shape: Shape, m: str) -> str:
    """A shape as that of a matrix: a list is a column, or a row if it is one of examples."""
    sizes = [m if size == "m" else str(size) for size in shape]
    if len(sizes) == 1:
        sizes = ["1", m] if shape[0] == "m" else [*sizes, "1"]
    return " × ".join(sizes) or "a number"


def _written(statement: Statement, program: Program, notation: MatrixNotation) -> str:
    """A statement as on a slide, in up to three lines."""
    name = notation.write(statement.assigned)
    if len(statement.formula) <= LONGEST_CODE:
        lines = in_lines(f"{name} = {notation.write(statement.tree)}", WIDTH)
        if len(lines) <= MOST_LINES and all(len(plain(line)) <= 2 * WIDTH for line in lines):
            return "<BR/>".join(lines)
    operands = [notation.name(x) for x in statement.operands if x not in program.tables]
    if len(operands) > MOST_OPERANDS:
        operands[MOST_OPERANDS - 1 :] = ["…"]
    return f"{name} = f({', '.join(operands)})"


def _tooltip(each: Array) -> str:
    lines = [each.name] if each.made is None else [str(each.made)]
    sizes = ", ".join([str(size) for size in each.shape])
    lines[0] += f", shape ({sizes}{',' * (len(each.shape) == 1)})"
    return printable("; ".join([*lines, *map(str, each.backward)]))


def _description(program: Program) -> str:
    """The picture in words: the program, or the beginning of a long one."""
    told = ". ".join(map(str, program.statements[:MOST_IN_FULL]))
    return printable(f"Computation graph of a program on matrices. {told}.")
