"""From log files to events, in the order of the file, which is ingestion order.

Never sorts, never drops in silence: a line that is no event comes out as a rejected line
with its place, its reason and its own bytes. Lines are counted over all files; that
count, `seq`, is an event's place in ingestion order.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

from identity_cli.dialects.base import Dialect, Unusable
from identity_cli.events import Event, Origin
from identity_cli.sources import LineSource, Source

BLOCK_BYTES = 1 << 16  # small enough to stay in the processor's cache between reading and decoding


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive events, each with the line it came from; the first has first_seq."""

    first_seq: int
    events: Sequence[Event]
    lines: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that is no event."""

    seq: int
    reason: str
    line: bytes


class LogReader:
    """Reads sources one after the other; iterate once, then ask for its counts."""

    def __init__(
        self,
        openers: Sequence[Callable[[], LineSource]],
        dialect: Dialect,
        copied_names: Iterable[str] = (),
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """on_progress is told the bytes read from disk so far, now and then."""
        self.sources: list[Source] = []
        self.lines = 0
        self.blank = 0
        self._openers = openers
        self._decode = dialect.decoder(copied_names)
        self._decode_leniently = dialect.lenient_decoder(copied_names)
        self._on_progress = on_progress

    def __iter__(self) -> Generator[Block | RejectedLine, None, None]:
        finished_bytes = 0
        for open_source in self._openers:
            file = open_source()
            source = Source(file.path, self.lines + 1)
            self.sources.append(source)
            try:
                while lines := file.read_lines(BLOCK_BYTES):
                    first_seq = self.lines + 1
                    self.lines += len(lines)
                    yield from self._decoded(first_seq, lines)
                    if self._on_progress:
                        self._on_progress(finished_bytes + file.bytes_read)
                file.finish(source)
            finally:
                file.close()
            source.lines = self.lines + 1 - source.first_seq
            finished_bytes += source.size

    def origin(self, seq: int) -> Origin:
        """Where the line with that seq stands."""
        source = next(source for source in reversed(self.sources) if source.first_seq <= seq)
        return Origin(source.path, seq - source.first_seq + 1)

    def _decoded(self, first_seq: int, lines: list[bytes]) -> Iterator[Block | RejectedLine]:
        try:
            events = list(map(self._decode, lines))
        except Exception:  # whatever the fast decoder found, the lenient one tells line by line
            yield from self._decoded_one_by_one(first_seq, lines)
        else:
            yield Block(first_seq, events, lines)

    def _decoded_one_by_one(self, first_seq: int, lines: list[bytes]) -> Iterator[Block | RejectedLine]:
        events: list[Event] = []
        start = 0  # of the events at hand, among the lines
        for index, line in enumerate(lines):
            event = self._event_or_reason(line)
            if not isinstance(event, str) and event is not None:
                events.append(event)
                continue
            if events:
                yield Block(first_seq + start, events, lines[start:index])
                events = []
            start = index + 1
            if event is None:
                self.blank += 1
            else:
                yield RejectedLine(first_seq + index, event, line)
        if events:
            yield Block(first_seq + start, events, lines[start:])

    def _event_or_reason(self, line: bytes) -> Event | str | None:
        """The event of a line, or why it is none; None for a blank line."""
        try:
            return self._decode(line)
        except Exception:  # the strict decoder may raise whatever it likes; the lenient one decides
            pass
        if not line.strip():
            return None
        try:
            return self._decode_leniently(line)
        except Unusable as unusable:
            return str(unusable)
