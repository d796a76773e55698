"""A whole run as a picture: each shape of person once, with how many are so, the rare ones first."""

from collections.abc import Sequence
from typing import NamedTuple

from identity_cli.drawing.layout import WIDTH
from identity_cli.drawing.story import Story
from identity_cli.drawing.svg_marks import Look, n, path, words
from identity_cli.drawing.svg_timeline import drawing, svg
from identity_cli.values.shown import cut, shown

MOST_SHAPES = 24
"""More than these nobody looks through; the common ones, which come last, are then only counted."""
_LEFT = 250.0
_CELLS = 36
_GAP = 20.0
FOLD_ABOVE = 12


class Drawn(NamedTuple):
    """A shape: how many persons, the shape in words, and the story of one of them."""

    persons: int
    words: str
    story: Story


def census(
    shapes: Sequence[Drawn], further: tuple[int, int] = (0, 0), *, prefix: str = "c", is_file: bool = True
) -> str:
    """The drawing; further: how many shapes are not drawn, and how many persons have these."""
    parts, y, right = [], 14.0, WIDTH
    for number, shape in enumerate(shapes):
        plot = drawing(shape.story, f"{prefix}{number}", width=WIDTH - _LEFT, fold_above=FOLD_ABOVE)
        parts.append(_words(shape, y))
        parts.append(f'<g transform="translate({n(_LEFT)} {n(y)})">{plot.markup}</g>')
        y += max(plot.height, 64) + _GAP
        right = max(right, _LEFT + plot.width + 10)
        parts.append(path("rule", f"M10 {n(y - _GAP / 2)}H{n(WIDTH - 10)}"))
    if further[0]:
        rest = f"and {further[0]:,} more shapes, of {further[1]:,} persons"
        parts.append(words(10, y + 12, rest, Look("q")))
        y += 24
    persons = sum(shape.persons for shape in shapes) + further[1]
    title = f"The shapes of {persons:,} persons"
    description = " ".join(f"{shape.persons:,} of {shape.words}." for shape in shapes)
    return svg((title, description), (right, y), "".join(parts), prefix=prefix, is_file=is_file)


def _words(shape: Drawn, y: float) -> str:
    counted = f"{shape.persons:,} person{'' if shape.persons == 1 else 's'}"
    named = f"e.g. {cut(shown(shape.story.title), _CELLS - 5)}"
    lines = [
        words(10, y + 34 + 14 * row, line, Look("sm q"))
        for row, line in enumerate([*_broken(shape.words), named])
    ]
    return words(10, y + 18, counted, Look("b")) + "".join(lines)


def _broken(text: str) -> list[str]:
    """In lines that fit left of the drawing."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + 1 + len(word) > _CELLS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
