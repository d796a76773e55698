"""The findings above a picture: a flag for each, in rows, of which none covers another."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from identity_cli.drawing.story import Story
from identity_cli.values.shown import cells

FLAG_ROW = 18.0
FLAG_ROWS = 4
SHARED_WITHIN = 90.0
"""Pixels between like findings that share their words."""
_CELL = 6.05


@dataclass(slots=True)
class Flag:
    """Like findings beside each other. xs: of each; row -1: there is no room for its words.

    is_turned: the words stand left of the first instead of right of the last.
    """

    seqs: list[int]
    words: str
    xs: list[float]
    row: int = -1
    is_turned: bool = False


class _Room(NamedTuple):
    start: float
    end: float
    is_turned: bool


def flags_of(story: Story, x: Callable[[float], float], left: float, right: float) -> list[Flag]:
    """The flags of a story's findings, each in the first row that has room."""
    flags: list[Flag] = []
    for seq, words in sorted(story.finding_words.items()):
        if flags and flags[-1].words == words and x(seq) - flags[-1].xs[-1] < SHARED_WITHIN:
            flags[-1].seqs.append(seq)
            flags[-1].xs.append(x(seq))
        else:
            flags.append(Flag([seq], words, [x(seq)]))
    ends = [float("-inf")] * FLAG_ROWS
    for flag in flags:
        flag.words += f" \N{MULTIPLICATION SIGN}{len(flag.seqs)}" if len(flag.seqs) > 1 else ""
        room = _room(flag, left, right)
        flag.is_turned = room.is_turned
        flag.row = next((row for row, end in enumerate(ends) if room.start > end + 8), -1)
        if flag.row >= 0:
            ends[flag.row] = room.end
    return flags


def _room(flag: Flag, left: float, right: float) -> _Room:
    wide = cells(flag.words) * _CELL + 22
    is_turned = flag.xs[-1] + wide > right + 40
    start = max(left, flag.xs[0] - wide) if is_turned else flag.xs[0] - 6
    return _Room(start, flag.xs[-1] + (8 if is_turned else wide), is_turned)
