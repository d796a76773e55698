"""The small parts of an SVG drawing: attributes and classes, as a strict policy forbids inline style."""

from dataclasses import dataclass, field
from typing import NamedTuple

from identity_cli.drawing.labels import Occupied
from identity_cli.drawing.layout import Layout
from identity_cli.values.shown import markup

GLYPH_RADIUS = 2.9
PATTERNS = {
    1: '<path class="pat" d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5"/>',
    2: '<circle class="patf" cx="3" cy="3" r="1.1"/>',
    3: '<path class="pat" d="M-1 -1L7 7M-1 5L1 7M5 -1L7 1"/>',
    4: '<path class="pat" d="M3 0V6"/>',
    5: '<path class="pat" d="M0 3H6"/>',
}
"""What the persons merged away are hatched with, by the number of their colour; a tile is 6 pixels wide."""


@dataclass
class Canvas:
    """A drawing in the making, in layers from back to front; shown: kinds of marks, for the legend."""

    layout: Layout
    prefix: str
    behind: list[str] = field(default_factory=list)
    bands: list[str] = field(default_factory=list)
    connectors: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    glyphs: dict[str, str] = field(default_factory=dict)
    occupied: Occupied = field(default_factory=Occupied)

    @property
    def markup(self) -> str:
        """All of it."""
        return "".join((*self.behind, *self.bands, *self.connectors, *self.marks))


class Look(NamedTuple):
    """How a piece of text looks: its classes, and which of its ends stands at x."""

    classes: str = ""
    anchor: str = ""


def n(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def path(classes: str, d: str, more: str = "") -> str:
    """A path."""
    return f'<path class="{classes}" d="{d}"{more}/>'


def rect(classes: str, x: float, y: float, size: tuple[float, float], radius: float = 0) -> str:
    """A rectangle."""
    rounded = f' rx="{n(radius)}"' if radius else ""
    wide, high = size
    return f'<rect class="{classes}" x="{n(x)}" y="{n(y)}" width="{n(wide)}" height="{n(high)}"{rounded}/>'


def ring(classes: str, x: float, y: float, radius: float) -> str:
    """A circle."""
    return f'<circle class="{classes}" cx="{n(x)}" cy="{n(y)}" r="{n(radius)}"/>'


def words(x: float, y: float, text: str, look: Look = Look()) -> str:  # noqa: B008 (it cannot change)
    """A line of text, which may hold anything."""
    anchor = f' text-anchor="{look.anchor}"' if look.anchor else ""
    classes = f' class="{look.classes}"' if look.classes else ""
    return f'<text{classes} x="{n(x)}" y="{n(y)}"{anchor}>{markup(text)}</text>'


def titled(text: str, drawn: str) -> str:
    """What a pointer that rests on the marks is told."""
    return f"<g><title>{markup(text)}</title>{drawn}</g>"


def glyph(shape: str, x: float, y: float, classes: str) -> str:
    """The mark of an event, its shape that of its library."""
    r = GLYPH_RADIUS
    if shape == "circle":
        return ring(classes, x, y, r)
    if shape == "square":
        return rect(classes, x - r, y - r, (2 * r, 2 * r))
    if shape == "diamond":
        side = n(r + 0.8)
        return path(classes, f"M{n(x)} {n(y - r - 0.8)}l{side} {side}l-{side} {side}l-{side}-{side}z")
    return path(classes, f"M{n(x)} {n(y - r - 0.4)}l{n(r + 0.6)} {n(2 * r)}h-{n(2 * r + 1.2)}z")


def cross(x: float, y: float, *, is_bad: bool) -> str:
    """What stands where nobody was let in."""
    at = f"M{n(x - 4)} {n(y - 4)}l8 8M{n(x + 4)} {n(y - 4)}l-8 8"
    return path("nox bad" if is_bad else "nox", at)


def triangle(x: float, y: float) -> str:
    """The flag of a finding; y: of its foot."""
    return path("alarm", f"M{n(x - 5)} {n(y)}l5-9l5 9z")


def alarm_lines(x: float, right: float, edges: tuple[float, float]) -> str:
    """What is between them is here because of a finding."""
    above, below = edges
    return path("alarml", f"M{n(x)} {n(above - 2.4)}H{n(right)}M{n(x)} {n(below + 2.4)}H{n(right)}")
