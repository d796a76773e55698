"""Reads the blocks of a log whose turn it is, each as if all others had been read here as well."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from identity_cli.dialects.base import TouchesNobody, Unusable
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.files.sources import RefusedLine, Source
from identity_cli.origins import Origins
from identity_cli.pieces.blocks import Place, latest_arrival
from identity_cli.reading.decoding import DecodeBlock, Made, Reading
from identity_cli.reading.intake import Intake, Log, Progress
from identity_cli.reading.log_items import ReadsAlone, Turn
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.reader import Block, LogReader, Part, taken_refused
from identity_cli.reading.source_choice import SourceChoice
from identity_cli.reading.watcher import Watcher
from identity_cli.replaying.in_parts.turns import Turns


class Begun(NamedTuple):
    """A turn begins; place: what all blocks before come to."""

    place: Place


class Looked(NamedTuple):
    """What each watcher saw in some events."""

    looks: Sequence[Any]


class TurnReader(LogReader):
    """Tells when a turn of its own begins and ends, and what comes between; ReadsAlone."""

    def __init__(
        self, choice: SourceChoice, reading: Reading, turns: Turns, on_progress: Progress | None
    ) -> None:
        super().__init__(choice, reading, on_progress=on_progress)
        self._turns = turns
        self._decoded: list[tuple[int, list[bytes], Made, RefusedLine | None]] = []  # as _told has it

    def _decoding_of(self, source: Source, lines: list[bytes]) -> DecodeBlock:
        with room_for_nesting():
            dialect = self._reading.dialect_of(source.path, lines)
        if dialect.foresight is not None:
            raise ReadsAlone
        return super()._decoding_of(source, lines)

    def _parts(self, source: Source, lines: list[bytes], decode: DecodeBlock) -> Iterable[Any]:
        if self._numbers is not None:
            raise ReadsAlone
        if not self._turns.is_next():
            return ()
        refused = taken_refused(lines)
        self._decoded.append((source.lines, lines, decode(lines), refused))
        if self._reading.keeps_anything:
            raise ReadsAlone
        return self._turn(source, ends=True) if self._turns.ends_here() else ()

    def _rest(self, source: Source) -> Iterable[Any]:
        return self._turn(source, ends=False) if self._decoded else ()

    def _turn(self, source: Source, *, ends: bool) -> Iterator[Begun | Part | Turn]:
        """What was decoded, at its place; ends: whether others are next."""
        place = self._turns.begin()
        seqs = sum(made.seqs + (refused is not None) for _, _, made, refused in self._decoded)
        latest = max(_latest(made) for _, _, made, _ in self._decoded)
        self._turns.end(Place(place.seqs + seqs, max(place.clock, latest)), pass_on=ends)
        first_seq, line = place.seqs + 1, self._decoded[0][0] + 1
        self.seqs, self.blank = place.seqs, 0
        at_ends, self.notices = self.notices, {}
        self.origins = Origins([(source.path, first_seq)], [(first_seq, line, 1)])
        yield Begun(place)
        for one in self._decoded:
            yield from self._told(*one)
        batches = [*self.origins.batches][1:]  # the first was to have a beginning
        yield Turn(len(self.sources) - 1, (first_seq, seqs), ends, self.blank, batches, self.notices, {})
        self.notices = at_ends
        self._decoded.clear()


class TurnIntake(Intake):
    """Gives the items of such blocks, what watchers saw, and where turns begin and end."""

    def __init__(
        self,
        log: Log,
        options: ReplayOptions,
        watchers: Sequence[Watcher],
        scratch: Path,
        on_progress: Progress | None,
        turns: Turns,
    ) -> None:
        self._turns = turns
        super().__init__(log, options, watchers, scratch, on_progress)

    def _made_reader(self, sorting: tuple[str, Path] | None, on_progress: Progress | None) -> LogReader:
        return TurnReader(self._choice, self._reading, self._turns, on_progress)

    def __iter__(self) -> Generator[Any, None, None]:
        for part in self._reader:
            if isinstance(part, Begun):
                yield part
            elif isinstance(part, Turn):
                yield part._replace(long_lines=self._long_lines, last_long_line=self._last_long_line)
                self._long_lines = {}
            else:
                yield from self._items_of(part)

    def _seen(self, block: Block) -> Iterator[Any]:
        yield Looked([watcher.look(block) for watcher in self._watchers])


def _latest(made: Made) -> datetime:
    if made.items is None:
        return latest_arrival(made.events)
    return latest_arrival(
        [
            item
            for items in made.items
            for item in items
            if item is not None and not isinstance(item, Unusable | TouchesNobody)
        ]
    )
