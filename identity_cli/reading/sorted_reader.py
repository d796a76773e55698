"""Reads a log whose lines are not in the order in which they arrived: sorts them first.

Two passes: one finds each line's time, and the seqs that its events would have without sorting; the
other reads the sorted lines as if they were the log. Origins tell where each event stands in its
file. A line that holds several events moves whole.
"""

from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from identity_cli.dialects.base import (
    NO_TIME_TO_SORT_BY,
    UNREADABLE_TIME,
    Dialect,
    Item,
    TouchesNobody,
    Unusable,
)
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.errors import NothingToSortBy
from identity_cli.events import Event, arrival_told, time_of
from identity_cli.files.external_sort import SortEntry, sorted_entries
from identity_cli.files.sources import LineSource, RefusedLine, Source
from identity_cli.origins import Origin
from identity_cli.reading.decoding import Reading
from identity_cli.reading.reader import LogReader, Noticed, Part
from identity_cli.reading.source_choice import BLOCK_BYTES, SourceChoice

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEFORE_ALL = -(2**62)
LINES_AT_ONCE = 64
ORDERS: dict[str, Callable[[Event], datetime | None]] = {"arrival": arrival_told, "time": time_of}
"""What --order sorts by."""


class SortedLogReader(LogReader):
    """A LogReader that sorts the lines of all its sources by the time of their events.

    A line without a time stays behind the one before it in its file.
    """

    def __init__(
        self,
        choice: SourceChoice,
        reading: Reading,
        order: tuple[str, Path],
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """order: a key of ORDERS, and a folder for what does not fit into memory."""
        super().__init__(choice, reading, on_progress=on_progress)
        self._order, self._folder = order
        self._time_of = ORDERS[self._order]
        self._dialects: list[Dialect] = []
        self._unsorted = 0  # seqs of all sources so far, as they would be without sorting
        self._sorted = array("q")
        self.moved = 0

    def __iter__(self) -> Generator[Part, None, None]:
        self.origins.reorder(self._sorted)
        entries = sorted_entries(self._with_times(), self._folder)
        all_lines = Source("", 1)
        for dialect, group in groupby(entries, lambda entry: self._dialects[self._source_of(entry.number)]):
            self.dialect = dialect.name
            decode = self._reading.block_decoder(dialect)
            for chunk in _chunks(group):
                self._numbers = [entry.number for entry in chunk]
                lines = [entry.line for entry in chunk]
                count = len(lines)
                yield from self._parts(all_lines, lines, decode)
                all_lines.lines += count

    def _place(self, seq: int, number: int, events: int = 1) -> None:
        """Note where the events of a sorted line, the next ones, would be without sorting."""
        self._sorted.extend(range(number, number + events))
        self.moved += number != seq

    def _with_times(self) -> Iterator[SortEntry]:
        """Every line with its time and the first seq of its events, in the order of the files."""
        found_any = False
        for file, lines in self._choice.sources(self._reading):
            source = Source(file.path, self._unsorted + 1, named=file.named)
            self.sources.append(source)
            self.origins.add_source(file.path, source.first_seq)
            self._next_number = 1
            key = BEFORE_ALL
            for line, moment, events in self._times_of(file, lines, source):
                if moment is not None:
                    key, found_any = (moment - EPOCH) // timedelta(microseconds=1), True
                yield SortEntry(key, self._unsorted + 1, line)
                self._unsorted += events
            self._finish(file, source)
            self.lines += source.lines
        if self.lines and not found_any:
            raise NothingToSortBy(self._order, self._example_of_none())

    def _times_of(
        self, file: LineSource, lines: list[bytes], source: Source
    ) -> Iterator[tuple[bytes, datetime | None, int]]:
        """Each line of the file, its time, and how many events it has; lines: the first."""
        # Decoders that keep state see the lines in another order now; those of the second pass start afresh.
        with room_for_nesting():
            dialect = self._reading.dialect_of(source.path, lines)
        source.dialect = dialect.name if lines else ""
        self._dialects.append(dialect)
        decode = self._reading.afresh(dialect)
        while lines:
            numbers = file.numbers or range(source.lines + 1, source.lines + 1 + len(lines))
            with room_for_nesting():
                decoded = [_refusal(line) or decode(line) for line in lines]
            for number, line, events in zip(numbers, lines, decoded, strict=True):
                if len(events) > 1 or file.numbers is not None:
                    super()._place(self._unsorted + 1, number, len(events))
                moment = self._earliest(events)
                if moment is None:
                    self._note_untimed(events, Origin(source.path, number))
                source.items += sum(event is not None for event in events)
                yield line, moment, len(events)
            source.lines += len(lines)
            if self._on_progress:
                self._on_progress(sum(one.size for one in self.sources) + file.bytes_read)
            lines = file.read_lines(BLOCK_BYTES)

    def _earliest(self, events: Iterable[Item | None]) -> datetime | None:
        times = (
            event.moment if isinstance(event, Unusable | TouchesNobody) else self._time_of(event)
            for event in events
            if event is not None
        )
        return min((time for time in times if time is not None), default=None)

    def _note_untimed(self, events: Iterable[Item | None], origin: Origin) -> None:
        """Count a line of events without a time; what stands there shows why, if anything does."""
        nothing_to_sort = Unusable | TouchesNobody | None
        decoded = [event for event in events if not isinstance(event, nothing_to_sort)]
        if not decoded:
            return
        shown = [what for event in decoded for kind, what in event.notices if kind == UNREADABLE_TIME]
        self.notices.setdefault(NO_TIME_TO_SORT_BY, Noticed(origin, "".join(shown[:1]))).count += 1

    def _example_of_none(self) -> str:
        untimed = self.notices.get(NO_TIME_TO_SORT_BY)
        return f", e.g. {untimed.what!r} at {untimed.origin}" if untimed and untimed.what else ""

    def _source_of(self, number: int) -> int:
        return self.origins.source_of(number)


def _refusal(line: bytes) -> Sequence[Unusable]:
    return (Unusable(line.reason),) if isinstance(line, RefusedLine) else ()


def _chunks(entries: Iterable[SortEntry]) -> Iterator[list[SortEntry]]:
    chunk: list[SortEntry] = []
    size = 0
    for entry in entries:
        chunk.append(entry)
        size += len(entry.line)
        if len(chunk) == LINES_AT_ONCE or size >= BLOCK_BYTES or isinstance(entry.line, RefusedLine):
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
