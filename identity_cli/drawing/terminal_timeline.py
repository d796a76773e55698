"""The identity timeline on a terminal: readable without colour, and in ASCII where there is no UTF-8."""

from collections.abc import Iterator

from identity_cli.drawing.layout import laid_out, lane_name
from identity_cli.drawing.libraries import library_name, shape_of
from identity_cli.drawing.story import Story
from identity_cli.drawing.terminal_grid import BAD, GLYPHS, HELD, Grid, Lettered
from identity_cli.outcomes import Outcome
from identity_cli.values.shown import cells, cut, shown

FOLD_ABOVE = 16
NARROWEST = 60
"""Columns; in fewer there is the list alone."""
COUNT_ROOM = 7
MOST_LISTED = 12
LONGEST_NAME = 14

Line = list[tuple[str, str]]
"""Parts of a line, each with its style."""

_ASCII = str.maketrans(
    {
        **dict(zip("━─┄╌┈╴┳┻┗┏┃╋┬┴┌└│┼╎╪", "=-----++++|+++++|+:x", strict=True)),
        **dict(zip("▁▂▃▄▅▆▇█", ".:-=+*#%", strict=True)),
        **{
            "●": "o",
            "■": "#",
            "◆": "*",
            "▲": "^",
            "○": "O",
            "·": ".",
            "→": ">",
            "✗": "x",
            "…": "~",
            "\N{MULTIPLICATION SIGN}": "x",
        },
        **{"⟨": "<", "⟩": ">"},
    }
)


def terminal_timeline(story: Story, width: int = 80, *, is_ascii: bool = False) -> list[Line]:
    """The lines of the picture."""
    lines = [*_picture(story, width)]
    if not is_ascii:
        return lines
    return [
        [(text.translate(_ASCII).encode("ascii", "replace").decode(), style) for text, style in line]
        for line in lines
    ]


def _picture(story: Story, width: int) -> Iterator[Line]:
    layout = laid_out(story, fold_above=FOLD_ABOVE)
    names = [lane_name(lane, story) for lane in layout.lanes]
    gutter = max(map(cells, names), default=0) + 1
    grid = Grid(layout, max(width - gutter - COUNT_ROOM, 20))
    if width >= NARROWEST:
        yield [(" " * (gutter + 1) + _axis(grid), "dim")]
        yield from _lanes(grid, names, gutter)
    if grid.lettered:
        yield []
    for one in grid.lettered[:MOST_LISTED]:
        yield _told(one, story, width)
    if len(grid.lettered) > MOST_LISTED:
        yield [(f"  and {len(grid.lettered) - MOST_LISTED:,} more", "dim")]
    if width >= NARROWEST:
        yield []
        yield [(_legend(story, width), "dim")]


def _axis(grid: Grid) -> str:
    """Days first, then times of day where they fit."""
    line = [" "] * (grid.columns + COUNT_ROOM - 1)
    days = [label for label in grid.layout.days if label.is_day]
    for label in [*days, *(label for label in grid.layout.days if not label.is_day)]:
        text = label.text[:10] if label.is_day else label.text
        at = grid.column[label.moment]
        around = line[max(0, at - 1) : at + len(text) + 1]
        if at + len(text) <= len(line) and set(around) == {" "}:
            line[at : at + len(text)] = text
    return "".join(line).rstrip()


def _lanes(grid: Grid, names: list[str], gutter: int) -> Iterator[Line]:
    story, before = grid.layout.story, None
    for lane, name, row in zip(grid.layout.lanes, names, grid.rows, strict=True):
        if lane.is_stranger and before is not None and not before.is_stranger:
            yield [(" " * (gutter + 1) + "of another person:", "dim")]
        is_login = not lane.is_bundle and lane.ids[0] in story.logins
        count = sum(story.events.get(one, 0) for one in lane.ids)
        lead = " " * (gutter - 1 - cells(name)) + name + "  "
        yield [(lead, "bold" if is_login else "dim"), *_runs(row), (f"{count:>5,}"[:6], "dim")]
        before = lane


def _runs(row: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The characters of a row, those of one style together."""
    text, last = "", ""
    for char, style in row:
        if style != last and text:
            yield text, last
            text = ""
        text, last = text + char, style
    yield text, last


def _told(one: Lettered, story: Story, width: int) -> Line:
    joint = one.joint
    source, target = (shown(end, LONGEST_NAME) for end in joint.ends)
    match joint.outcome:
        case Outcome.MERGED:
            names = (
                shown(story.person_name(each), LONGEST_NAME) for each in (joint.source_person, joint.person)
            )
            what = " → ".join(names)
        case "same_person":
            what = "one person already"
        case _ if joint.is_refusal:
            what = f"{source} ✗ {target}"
        case _:
            what = f"{target} {joint.outcome}"
    finding = f"  ! {joint.finding}" if joint.finding else ""
    text = f"{joint.where:<7} {what} by {shown(joint.event)}"
    return [(f"  {one.letter} ", one.style), (cut(text, width - 4 - cells(finding)), ""), (finding, BAD)]


def _legend(story: Story, width: int) -> str:
    kinds = sorted({(library_name(tick.library), GLYPHS[shape_of(tick.library)]) for tick in story.ticks})
    parts = [f"{glyph} {shown(name, LONGEST_NAME)}" for name, glyph in kinds]
    if any(tick.is_held for tick in story.ticks):
        parts.append(f"{HELD} held")
    return cut("  " + "  ".join([*parts, " ━ this person", "─ another then"]), width)
