"""python -m viz: draw a formula from the command line."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from keyword import iskeyword

from autograd import trace
from viz.drawing import draw
from viz.formula_reader import read_formula
from viz.style import THEMES

FORMULA = """one or several steps, separated by semicolons; what begins with a minus needs a name,
as in "J = -a*b"
"""

EXAMPLES = """examples:
  python -m viz "J = 3*(a + b*c)" a=5 b=3 c=2 -o J.svg
  python -m viz "u = b*c; v = a + u; J = 3*v" a=5 b=3 c=2 -o J.png --theme dark
  python -m viz "f = sigmoid(w*x + b)" w=2 x=-1 b=0.5      (tells the steps in words)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 after a message on what was wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m viz",
        description="Draw the computation graph of a formula, with values, gradients and the "
        "chain rule.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("formula", help=FORMULA)
    parser.add_argument("numbers", nargs="*", metavar="name=number", help="the leaves")
    parser.add_argument("-o", "--output", help="a file ending in .svg, .png, .pdf, .dot or .html")
    parser.add_argument("--theme", choices=list(THEMES), default="light")
    options = parser.parse_intermixed_args(arguments)
    try:
        output = read_formula(options.formula, _numbers(options.numbers))
        output.backward()
        if options.output is not None:
            draw(output, options.output, theme=options.theme)
            print(f"wrote {options.output}")
        else:
            print(trace(output))
    except (ValueError, ArithmeticError, OSError, RuntimeError) as error:
        print(f"python -m viz: {error}", file=sys.stderr)
        return 2
    return 0


def _numbers(texts: Sequence[str]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for text in texts:
        name, equals, digits = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise ValueError(f"{text!r} is not of the form name=number")
        if iskeyword(name):
            raise ValueError(f"{name} is a keyword of Python: choose another name")
        if name in numbers:
            raise ValueError(f"{name} is given twice")
        try:
            numbers[name] = _number(digits)
        except ValueError:
            raise ValueError(f"{name} needs a number, not {digits!r}") from None
    return numbers


_TYPED = str.maketrans("−⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "-0123456789-")


def _number(digits: str) -> float:
    """A number as it is typed, or as pictures write it: −5, 1.5×10⁻⁷, ∞."""
    return float(digits.replace("×10", "e").replace("∞", "inf").translate(_TYPED))


if __name__ == "__main__":  # pragma: no cover (run by the tests in a process of its own)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # Windows may write to files without − and ≈
    sys.exit(main())
