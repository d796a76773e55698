"""Where everything of a story stands, in pixels: no colours, no markup."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from identity_cli.drawing.flags import FLAG_ROW, Flag, flags_of
from identity_cli.drawing.lanes import BAND, FOLD_ABOVE, PITCH, Lane, lanes_in_order, lanes_of
from identity_cli.drawing.moments import Columns
from identity_cli.drawing.palette import PERSONS
from identity_cli.drawing.story import Span, Story
from identity_cli.values.shown import cells, shown

WIDTH, NARROWEST = 960.0, 560.0
CELL, SMALL_CELL = 7.25, 6.05
"""Widths of one cell of the monospace fonts of 12 and 10 pixels."""
LONGEST_ID = 20
SHORTEST_GUTTER = 8
RIGHT = 62.0
"""Room right of the bands, for the number of events."""
AXIS = 18.0
BELOW_FLAGS = 6.0
TOP = 8.0
BLOCK_GAP, STRANGER_GAP = 12.0, 10.0
LEAD, TRAIL = 8.0, 16.0
_DAY = 86_400


class Label(NamedTuple):
    """A day, or a time of day, at the axis."""

    x: float
    moment: float
    text: str
    is_day: bool


@dataclass
class Layout:
    """A story in place. left, top, right, bottom: of the part with the bands.

    colours: each person's number in the palette, the survivor's 0.
    """

    story: Story
    lanes: list[Lane]
    columns: Columns
    left: float
    top: float
    bottom: float = 0.0
    flags: list[Flag] = field(default_factory=list)
    colours: dict[int, int] = field(default_factory=dict)

    @property
    def right(self) -> float:
        """Where the bands end."""
        return self.left + LEAD + self.columns.right + TRAIL

    @property
    def width(self) -> float:
        """Of the whole picture."""
        return max(self.right + RIGHT, NARROWEST)

    @cached_property
    def lane_of(self) -> dict[str, Lane]:
        """The lane of each id."""
        return {one: lane for lane in self.lanes for one in lane.ids}

    def x(self, moment: float) -> float:
        """Where a moment stands."""
        return self.left + LEAD + self.columns.x(moment)

    def colour(self, person: int | None) -> int:
        """The number of a person's colour; the survivor's for those that no lane shows."""
        return 0 if person is None else self.colours.get(person, 0)

    def spans(self, one: str) -> Iterator[Span]:
        """Whose an id was, without owners so short that nobody could see them."""
        spans = [*self.story.spans(one)]
        born: float | None = spans[0].start
        for span, after in zip(spans, [*spans[1:], None], strict=True):
            if after is None or self.x(after.start) - self.x(span.start) >= 1:
                yield span if born is None else Span(born, span.person)
                born = None

    @cached_property
    def days(self) -> list[Label]:
        """What the axis says: days always win, times of day stand where there is room."""
        found: list[Label] = []
        day: float | None = None
        edge = float("-inf")
        for moment, time in zip(self.columns.moments, self.columns.times, strict=True):
            if time is None:
                continue
            here, is_day = self.x(moment), time // _DAY != day
            if here > edge + 10 if is_day else edge + 26 < here < self.right - 36:
                form = ("%a %d %b" if found else "%a %d %b %Y") if is_day else "%H:%M"
                text = datetime.fromtimestamp(time, UTC).strftime(form)
                found.append(Label(here, moment, text, is_day))
                edge = here + len(text) * SMALL_CELL
            day = time // _DAY
        return found


class Beside(NamedTuple):
    """What two pictures share, so that one sees what changed: the order of ids, and the moments of both."""

    ids: list[str]
    stories: tuple[Story, ...]


def laid_out(
    story: Story, width: float = WIDTH, fold_above: int = FOLD_ABOVE, beside: Beside | None = None
) -> Layout:
    """A story, put in place; beside: the same place as in another picture."""
    lanes = lanes_of(story, fold_above) if beside is None else lanes_in_order(story, beside.ids)
    left = round(24 + max([SHORTEST_GUTTER, *map(_gutter, lanes)]) * CELL)
    columns = Columns((story,) if beside is None else beside.stories, width - left - RIGHT - LEAD - TRAIL)
    layout = Layout(story, lanes, columns, left, TOP + AXIS)
    layout.flags = flags_of(story, layout.x, layout.left, max(layout.right, NARROWEST - RIGHT))
    rows = max((flag.row + 1 for flag in layout.flags), default=0)
    layout.top += rows * FLAG_ROW + (BELOW_FLAGS if rows else 0)
    layout.bottom = _stacked(lanes, layout.top + 8, has_gaps=beside is None)
    layout.colours = _coloured(layout)
    return layout


def lane_name(lane: Lane, story: Story) -> str:
    """What stands left of a lane."""
    if not lane.is_bundle:
        return shown(lane.ids[0], LONGEST_ID)
    all_login = all(one in story.logins for one in lane.ids)
    return f"{len(lane.ids):,} {'login' if all_login else 'quiet'} ids"


def _gutter(lane: Lane) -> int:
    note = 16 if lane.is_bundle else 12 if lane.is_stranger else 0
    return max(note, LONGEST_ID if lane.is_bundle else cells(shown(lane.ids[0], LONGEST_ID)))


def _stacked(lanes: list[Lane], y: float, *, has_gaps: bool) -> float:
    """Give each lane its y, with gaps where other persons brought them; the y below the last."""
    before: Lane | None = None
    for lane in lanes:
        if before is None:
            y += 6
        elif (has_gaps and lane.block != before.block) or lane.is_stranger != before.is_stranger:
            y += BLOCK_GAP + STRANGER_GAP * (lane.is_stranger and not before.is_stranger)
        lane.y = y + lane.height / 2 + 4
        y += lane.height + PITCH - BAND
        before = lane
    return y


def _coloured(layout: Layout) -> dict[int, int]:
    """The survivor first, the others in turn down the lanes, so that neighbours differ."""
    colours = {layout.story.person: 0}
    for lane in layout.lanes:
        if not lane.is_stranger:
            spans = [] if lane.is_bundle else [span.person for span in layout.spans(lane.ids[0])]
            for person in spans or [lane.block]:
                colours.setdefault(person, 1 + (len(colours) - 1) % (PERSONS - 1))
    return colours
