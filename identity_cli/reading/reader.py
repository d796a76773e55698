"""From log files to events, in the order of the file, which is ingestion order.

Never sorts, never drops in silence: a line that is no event comes out as a rejected line
with its place, its reason and its own bytes. Each event takes the next `seq`, its place
in ingestion order over all files; so does a line that is none.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import NamedTuple

from identity_cli.dialects import POSTHOG
from identity_cli.dialects.base import (
    ONE_PAGE,
    UNREADABLE_COLUMN,
    Decoded,
    Notice,
    TouchesNobody,
    Unusable,
)
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.errors import ColumnsUnreadable
from identity_cli.files.sources import LineSource, RefusedLine, Source
from identity_cli.origins import Origin, Origins
from identity_cli.reading.decoding import DecodeBlock, Items, Made, Reading
from identity_cli.reading.source_choice import BLOCK_BYTES, SourceChoice
from identity_cli.reading.spared_columns import needed_columns


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive events, each with the line it came from; the first has first_seq.

    origins: of the whole log. dialect: its name. linking: indexes of the events that have links beside them.
    """

    first_seq: int
    events: Sequence[Decoded]
    lines: Sequence[bytes]
    origins: Origins
    dialect: str
    linking: Sequence[int] = ()

    @property
    def seqs(self) -> range:
        """Of its events."""
        return range(self.first_seq, self.first_seq + len(self.events))

    @property
    def is_of_posthog(self) -> bool:
        """Whether its events would have come to PostHog's own door."""
        return self.dialect.startswith(POSTHOG.name)

    def part(self, start: int, stop: int) -> "Block":
        """The events from one index to before another."""
        linking = [index - start for index in self.linking if start <= index < stop]
        events, lines = self.events[start:stop], self.lines[start:stop]
        return replace(self, first_seq=self.first_seq + start, events=events, lines=lines, linking=linking)


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line, or one event of several on a line, that cannot be used."""

    seq: int
    reason: str
    line: bytes


class NobodysEvent(NamedTuple):
    """An event that concerns no person."""

    seq: int
    event: TouchesNobody


Part = Block | NobodysEvent | RejectedLine
"""Of a log, what a reader gives."""


@dataclass(slots=True)
class Noticed:
    """Events with a notice of one kind: how many, and of the first where it stands and what stood there."""

    origin: Origin
    what: str
    count: int = 0


class LogReader:
    """Reads sources one after the other; iterate once, then ask for its counts."""

    def __init__(
        self,
        choice: SourceChoice,
        reading: Reading,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """choice: of the sources; on_progress is told the bytes read from disk so far, now and then."""
        self.sources: list[Source] = []
        self.origins = Origins()
        self.lines = 0
        self.blank = 0
        self.seqs = 0
        self.dialect = ""  # of the lines that are read now
        self.notices: dict[str, Noticed] = {}  # by kind
        self._choice = choice
        self._reading = reading
        self._numbers: Sequence[int] | None = None  # of the lines that are read now, see LineSource
        self._next_number = 1  # of a line, where nothing else is said
        self._on_progress = on_progress

    def __iter__(self) -> Generator[Part, None, None]:
        finished_bytes = 0
        for file, first_lines in self._choice.sources(self._reading):
            lines = first_lines
            source = Source(file.path, self.seqs + 1, named=file.named)
            self.sources.append(source)
            self.origins.add_source(file.path, source.first_seq)
            self._next_number = 1
            blank = self.blank
            decode = self._decoding_of(source, lines) if lines else None
            while lines and decode:
                self._numbers = file.numbers
                count = len(lines)
                yield from self._parts(source, lines, decode)
                source.lines += count
                if self._on_progress:
                    self._on_progress(finished_bytes + file.bytes_read)
                lines = file.read_lines(BLOCK_BYTES)
            yield from self._rest(source)
            self._finish(file, source)
            source.items = self.seqs + 1 - source.first_seq - (self.blank - blank)
            self.lines += source.lines
            finished_bytes += source.size

    def _parts(self, source: Source, lines: list[bytes], decode: DecodeBlock) -> Iterable[Part]:
        """What the next lines of that source come to, in turn."""
        refused = taken_refused(lines)
        yield from self._told(source.lines, lines, decode(lines), refused)

    def _rest(self, source: Source) -> Iterable[Part]:
        """What of that source is still to be told at its end."""
        del source
        return ()

    def _told(
        self, before: int, lines: list[bytes], made: Made, refused: RefusedLine | None
    ) -> Iterable[Part]:
        """What was made of lines, each event at its place; before: how many lines. refused: what follows."""
        if made.items is None:
            yield from self._one_a_line(lines, made.events)
        else:
            yield from self._several(before, lines, made.items)
        if refused is not None:
            yield self._refused(refused)

    def _finish(self, file: LineSource, source: Source) -> None:
        file.finish(source)
        if source.next_page is not None:
            line, what = source.next_page
            self.notices.setdefault(ONE_PAGE, Noticed(Origin(source.path, line), what)).count += 1
        if file.unreadable:
            self._spare_columns(file, source)

    def _spare_columns(self, file: LineSource, source: Source) -> None:
        """Note which columns are left out as they cannot be decoded; LogUnreadable where events need one."""
        with closing(file.again()) as anew, room_for_nesting():
            lines = anew.read_lines(BLOCK_BYTES)
            dialect = self._reading.dialect_of(source.path, lines)
            needed = needed_columns(file.unreadable, lines, lambda: self._reading.afresh(dialect))
        if needed:
            raise ColumnsUnreadable(source.path, needed)
        what = ", ".join(file.unreadable)
        self.notices.setdefault(UNREADABLE_COLUMN, Noticed(Origin(source.path, 1), what)).count += 1

    def _decoding_of(self, source: Source, lines: list[bytes]) -> DecodeBlock:
        """How blocks of lines of that source become events; lines: its first."""
        with room_for_nesting():
            dialect = self._reading.dialect_of(source.path, lines)
        source.dialect = dialect.name
        source.names_persons = any(b'"person_id"' in line for line in lines)
        self.dialect = dialect.name
        return self._reading.block_decoder(dialect)

    def _one_a_line(self, lines: list[bytes], events: list[Decoded]) -> Iterator[Part]:
        if not lines:
            return
        if self._numbers is not None:
            for seq, number in enumerate(self._numbers[: len(lines)], self.seqs + 1):
                self._place(seq, number)
        self.seqs += len(lines)
        yield self._block(self.seqs + 1 - len(lines), events, lines)

    def _several(self, before: int, lines: list[bytes], decoded: Sequence[Items]) -> Iterator[Part]:
        events: list[Decoded] = []
        lines_of_events: list[bytes] = []
        linking: list[int] = []
        numbers = self._numbers or range(before + 1, before + 1 + len(lines))
        for number, line, items in zip(numbers, lines, decoded, strict=False):
            if len(items) > 1 or self._numbers is not None:
                self._place(self.seqs + 1, number, len(items))
            for item in items:
                self.seqs += 1
                if item is not None and not isinstance(item, Unusable | TouchesNobody):
                    if item.links:
                        linking.append(len(events))
                    events.append(item)
                    lines_of_events.append(line)
                    if item.notices:
                        self._note(item.notices)
                    continue
                if events:
                    yield self._block(self.seqs - len(events), events, lines_of_events, linking)
                    events, lines_of_events, linking = [], [], []
                if item is None:
                    self.blank += 1
                elif isinstance(item, TouchesNobody):
                    yield NobodysEvent(self.seqs, item)
                else:
                    yield RejectedLine(self.seqs, str(item), line)
        if events:
            yield self._block(self.seqs + 1 - len(events), events, lines_of_events, linking)

    def _block(
        self, first_seq: int, events: list[Decoded], lines: list[bytes], linking: Sequence[int] = ()
    ) -> Block:
        return Block(first_seq, events, lines, self.origins, self.dialect, linking)

    def _refused(self, line: RefusedLine) -> RejectedLine:
        self.seqs += 1
        if self._numbers is not None:
            self._place(self.seqs, self._numbers[-1])
        return RejectedLine(self.seqs, line.reason, bytes(line))

    def _place(self, seq: int, number: int, events: int = 1) -> None:
        """Note on which line that many events stand, unless it is the one after the last."""
        if number == self._next_number - 1 and seq > self.sources[-1].first_seq:
            self.origins.share_line(seq, number, events)
        elif events > 1 or number != self._next_number:
            self.origins.add_batch(seq, number, events)
        self._next_number = number + 1

    def _note(self, notices: Sequence[Notice]) -> None:
        """Count what is to be told of the event just read, once for each kind."""
        for kind, what in dict(reversed(notices)).items():
            if kind not in self.notices:
                self.notices[kind] = Noticed(self.origins[self.seqs], what)
            self.notices[kind].count += 1


def taken_refused(lines: list[bytes]) -> RefusedLine | None:
    """The last line, taken off, if it is refused."""
    if not isinstance(lines[-1], RefusedLine):
        return None
    last = lines.pop()
    assert isinstance(last, RefusedLine)
    return last
