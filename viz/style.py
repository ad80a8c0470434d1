"""Themes: the colours and the fonts of every picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# DejaVu Sans comes with matplotlib. Verdana has the same widths, for readers of an SVG that
# do not have it.
FONTS = "DejaVu Sans,Verdana,sans-serif"
FONT_SIZE = 14
LINE_HEIGHT = 18  # points, of lines below one another
SMALL = 10.5  # points, of what stands below a line in small letters

ROUNDING = 12.0  # points, of the corners of a box
DASHED = (8, 5)  # points, of lines that are dashed

# Of an exponent, in parts of the size of its base: how much higher it stands, and its size.
# Graphviz leaves as much room.
RAISED, SMALLER = 1 / 3, 1 / 1.2

# Lines and classes in plots: at least 4.5 : 1 on white, or on black; apart for colour-blind
# readers too, and told apart by a dash and a mark as well.
SERIES = ("#0072B2", "#A84800", "#00785A", "#8F3B76", "#000000", "#7A6000")
SERIES_ON_DARK = ("#56B4E9", "#FF9E4A", "#2BCFA0", "#E796C8", "#FFFFFF", "#D6C640")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
MARKS = ("o", "s", "^", "D", "v", "P")


class Theme(NamedTuple):
    """What a picture looks like. All colours on text have a contrast of at least 4.5 : 1.

    Attributes:
        background, ink: of the picture, and of its lines and formulas.
        value, gradient: of the text above and below a wire. They can be told apart by a
            colour-blind reader too, and the place and the words say the same.
        product: of what the gradient is made of, in small letters below it: the same colour.
        alert: of what is wrong, beside a warning sign.
        lit: the ground of the operation that is at work, in a step of a walk.
        positive, negative: of weights, which are neither values nor gradients.
        circuit: whether operations are gates (circles with a sign) rather than boxes with a
            formula, and wires carry bare numbers.
    """

    background: str
    ink: str
    value: str
    gradient: str
    alert: str
    lit: str
    positive: str
    negative: str
    circuit: bool = False

    @property
    def product(self) -> str:
        return self.gradient


# Slate and violet: apart from blue and orange for colour-blind readers too, and the negative ones
# are dashed.
WEIGHTS = "#44505C", "#7B4FA3"
WEIGHTS_ON_DARK = "#B9C6D2", "#CBA8F2"

THEMES = {
    "light": Theme("#FFFFFF", "#000000", "#0072B2", "#A84800", "#9B0073", "#FFF2C2", *WEIGHTS),
    "dark": Theme(
        "#111111", "#EEEEEE", "#56B4E9", "#E69F00", "#FF8AD8", "#4A3F10", *WEIGHTS_ON_DARK
    ),
    # The look of the Stanford course CS231n: green values, red gradients, gates as circles.
    "circuit": Theme(
        "#FFFFFF", "#000000", "#007A00", "#B2182B", "#9B0073", "#FFF2C2", *WEIGHTS, True
    ),
}


def theme_named(name: str) -> Theme:
    """The theme of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in THEMES:
        raise ValueError(f"there is no theme {name!r}: choose one of {', '.join(THEMES)}")
    return THEMES[name]


def is_dark(ax: Axes) -> bool:
    """Whether the ground of a plot is dark."""
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(ax.get_facecolor())
    if alpha < 0.5:
        red, green, blue, _ = to_rgba(ax.figure.get_facecolor())
    return 0.3 * red + 0.6 * green + 0.1 * blue < 0.5


def series_on(ax: Axes) -> tuple[str, ...]:
    """The colours of curves and classes that stand out from the ground of a plot."""
    return SERIES_ON_DARK if is_dark(ax) else SERIES
