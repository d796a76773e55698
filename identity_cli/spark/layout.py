"""Where the blocks of a log stand in it, and from an event's place in the whole log its file and line."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from identity_cli.origins import Origin, Places
from identity_cli.pieces.blocks import Place, places
from identity_cli.pieces.log_clock import micros, moment_of
from identity_cli.spark.block_rows import Row
from identity_cli.spark.log_blocks import LogBlock


@dataclass(frozen=True, slots=True)
class Layout:
    """From a seq to its place; first_lines: of each file, counted over the whole log from 1.

    A seq is made of a line's number over the whole log and, in its last bits, of which of the line's events
    it is: 0 where that is alone. bits: what the longest batch takes. So it rises in the order of the log, and
    its place follows from it, whoever asks.
    """

    bits: int
    first_lines: Sequence[int]
    files: Sequence[str]

    def origin(self, seq: int) -> Origin:
        """Where an event stands."""
        line = seq >> self.bits
        index = bisect_right(self.first_lines, line) - 1
        nth = seq & ((1 << self.bits) - 1)
        return Origin(self.files[index], line - self.first_lines[index] + 1, nth or None)

    def places(self, seqs: Sequence[int]) -> Places:
        """Where many stand."""
        found = [self.origin(seq) for seq in seqs]
        return [one.path for one in found], [one.line for one in found], [one.nth for one in found]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one block stands: its first line over the whole log, from 1; the clock before and after it."""

    block: int
    first_line: int
    before: int
    after: int


def standings(ends: Iterable[Row]) -> list[Standing]:
    """Where blocks stand, from their END rows; in the order of the log."""
    rows = sorted(ends, key=lambda row: row.block)
    own = [Place(row.line, moment_of(row.clock or 0)) for row in rows]
    starts = [*places([*own, Place(0, own[-1].clock if own else moment_of(0))])]
    return [
        Standing(row.block, place.seqs + 1, micros(place.clock), micros(following.clock))
        for row, place, following in zip(rows, starts, starts[1:], strict=False)
    ]


def layout_of(ends: Iterable[Row], stand: Iterable[Standing], blocks: Mapping[int, LogBlock]) -> Layout:
    """The layout of the blocks that are there."""
    begun = [(one.first_line, blocks[one.block].file.shown) for one in stand if blocks[one.block].start == 0]
    most = max((row.nth for row in ends), default=1)
    return Layout(
        most.bit_length() if most > 1 else 0, [line for line, _ in begun], [file for _, file in begun]
    )
