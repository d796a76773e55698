"""The lanes of a terminal picture: a grid of characters, each with a style.

The survivor's line is heavy and everybody else's is light: heavy takes over light, in colour or without.
"""

from bisect import bisect_right
from dataclasses import dataclass

from identity_cli.drawing.lanes import ONE_BY_ONE, Lane
from identity_cli.drawing.layout import Layout
from identity_cli.drawing.libraries import shape_of
from identity_cli.drawing.moments import is_loud
from identity_cli.drawing.story import Joint, Tick
from identity_cli.outcomes import JOINS, Outcome

GLYPHS = {"circle": "●", "square": "■", "diamond": "◆", "triangle": "▲"}
HELD = "○"
HEAVY, LIGHT = "━", "─┄╌┈╴"
BLOCKS = " ▁▂▃▄▅▆▇█"
STYLES = ("bold bright_blue", "yellow", "magenta", "green", "bright_magenta", "cyan")
BAD = "bold red"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOUD_COLUMNS = 2

_HEAVY_JOINTS = {"top": "┳", "top first": "┏", "bottom": "┻", "bottom first": "┗", "free": "┃", "over": "╋"}
_LIGHT_JOINTS = {"top": "┬", "top first": "┌", "bottom": "┴", "bottom first": "└", "free": "│", "over": "┼"}
_EMPTY = (" ", "")


@dataclass(frozen=True, slots=True)
class Lettered:
    """A link that the list below the picture tells of."""

    letter: str
    joint: Joint
    style: str


class Grid:
    """A story's lanes in so many columns of characters."""

    def __init__(self, layout: Layout, columns: int) -> None:
        self.layout = layout
        self.columns = columns
        self.rows = [[_EMPTY] * columns for _ in layout.lanes]
        self.lettered: list[Lettered] = []
        self._row_of = {one: row for row, lane in enumerate(layout.lanes) for one in lane.ids}
        joints = [joint for joint in layout.story.joints if self._is_drawn(joint)]
        self._letters = iter(LETTERS)
        self._loud = {joint.seq for joint in joints if self._is_lettered(joint)}
        self.column = _columns(layout, columns, self._loud)
        for row, lane in enumerate(layout.lanes):
            self._draw_lane(row, lane)
        for tick in layout.story.ticks:
            self._draw_tick(tick)
        for joint in joints:
            self._draw_joint(joint)

    def _is_drawn(self, joint: Joint) -> bool:
        rows = [self._row_of[one] for one in joint.ends if one in self._row_of]
        if not rows or (len(rows) == 1 and not joint.is_refusal):
            return False
        return bool(joint.finding) or not any(self.layout.lanes[row].is_bundle for row in rows)

    @staticmethod
    def _is_lettered(joint: Joint) -> bool:
        return is_loud(joint.outcome, joint.finding) or joint.outcome not in (
            Outcome.CREATED,
            Outcome.ATTACHED,
        )

    def _draw_lane(self, row: int, lane: Lane) -> None:
        if lane.is_bundle:
            self._draw_bundle(row, lane)
            return
        layout, one, line = self.layout, lane.ids[0], self.rows[row]
        spans = [*layout.spans(one)]
        start = self.column[spans[0].start]
        for at in range(self.column[layout.story.first[one]], start):
            line[at] = ("·", "dim")
        for index, span in enumerate(spans):
            end = self.column[spans[index + 1].start] if index + 1 < len(spans) else self.columns
            colour = layout.colour(span.person)
            char = HEAVY if colour == 0 else LIGHT[colour - 1]
            for at in range(self.column[span.start], end):
                line[at] = ("┈", "dim") if lane.is_stranger else (char, STYLES[colour])

    def _draw_bundle(self, row: int, lane: Lane) -> None:
        layout, story = self.layout, self.layout.story
        born = sorted(self.column[story.joined[one].start] for one in lane.ids)
        came = sorted(self.column.get(story.came(one).start, 0) for one in lane.ids)
        colour = 1 if lane.block == ONE_BY_ONE else layout.colour(lane.block)
        for at in range(self.columns):
            had, own = bisect_right(born, at), bisect_right(came, at)
            style = STYLES[0 if own * 2 >= had else colour]
            self.rows[row][at] = (BLOCKS[-(-8 * had // len(lane.ids))], style)

    def _draw_tick(self, tick: Tick) -> None:
        row = self._row_of.get(tick.distinct_id)
        if row is not None and not self.layout.lanes[row].is_bundle:
            line, at = self.rows[row], self.column[tick.seq]
            line[at] = (HELD if tick.is_held else GLYPHS[shape_of(tick.library)], line[at][1])

    def _draw_joint(self, joint: Joint) -> None:
        letter = next(self._letters, "*") if joint.seq in self._loud else ""
        colour = STYLES[self.layout.colour(joint.person)]
        style = BAD if joint.finding else "bold" if joint.is_refusal else colour
        if letter:
            self.lettered.append(Lettered(letter, joint, style))
        rows = [self._row_of.get(one) for one in joint.ends]
        at = self.column[joint.seq]
        if rows[0] is None or rows[1] is None:
            self.rows[rows[1] if rows[0] is None else rows[0]][at] = (letter, style)  # type: ignore[index]  # one is there, see _is_drawn
        elif joint.outcome in JOINS:
            self._join((rows[0], rows[1]), at, self.layout.colour(joint.person))
            if letter:
                self.rows[rows[0]][at] = (letter, style)
        else:
            self._keep_apart((rows[0], rows[1]), at, (letter, style))

    def _join(self, ends: tuple[int, int], at: int, colour: int) -> None:
        top, bottom = sorted(ends)
        chars = _LIGHT_JOINTS if colour else _HEAVY_JOINTS
        for row in range(top, bottom + 1):
            line = self.rows[row]
            if row in (top, bottom):
                begins = at == 0 or line[at - 1][0] in " ·"
                char = chars[("top" if row == top else "bottom") + (" first" if begins else "")]
            elif self.layout.lanes[row].is_bundle:
                continue
            else:
                char = chars["free" if line[at][0] in " ·" else "over"]
            line[at] = (char, STYLES[colour])

    def _keep_apart(self, ends: tuple[int, int], at: int, letter: tuple[str, str]) -> None:
        """The letter stands on the id that was not let in."""
        source, target = ends
        for row in range(min(ends) + 1, max(ends)):
            if not self.layout.lanes[row].is_bundle:
                self.rows[row][at] = ("╎", letter[1])
        self.rows[target][at] = ("╪", letter[1])
        self.rows[source][at] = letter


def _columns(layout: Layout, columns: int, loud: set[int]) -> dict[float, int]:
    """The column of each moment; loud ones keep two, pushed to the right, then pulled back from the edge."""
    moments, last = layout.columns.moments, columns - 2
    wide = max(layout.columns.right, 1.0)
    found: dict[float, int] = {}
    at = 0
    for moment in moments:
        at = max(round(layout.columns.x(moment) / wide * last), at + LOUD_COLUMNS * (moment in loud))
        found[moment] = at
    edge = last
    for moment in reversed(moments):
        found[moment] = max(0, min(found[moment], edge))
        edge = found[moment] - LOUD_COLUMNS * (moment in loud)
    return found
