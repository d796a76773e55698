"""What a log is to those who read it: sources of lines, each a file or a member of an archive.

A source is read once, from front to end. Its hash is of the bytes that lie there, compressed or not,
so that a later command can tell whether the log is still the one replayed.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol

import xxhash

from identity_cli.files.landmarks import Landmarks

LONGEST_LINE = 64 << 20
"""Bytes of a line that are read, unless --max-line says otherwise: more than any platform takes."""
KEPT_OF_LONG = 1 << 10
"""Bytes that are kept of a line that is longer."""
ROWS = "results"
"""Where an answer of an API has its rows."""


class NextPage(NamedTuple):
    """Where an answer says that it is one page of several, and what it says."""

    line: int
    what: str


@dataclass(slots=True)
class Source:
    """One log file: its place in the run, and what it was when it was read.

    first_seq: the seq of its first line. size: bytes on disk; hash: XXH3 of these bytes. lines: how many
    it has, or, of what has none, rows; items: how many of them are not blank, each event of a line counted.
    dialect: the name of its input format. names_persons: whether its first lines say what person the
    platform gave them. named: the path that the user gave for it, unless that is a folder. next_page: of an
    answer that is not all there is. landmarks: of a file whose lines can be read one by one.
    """

    path: str
    first_seq: int
    size: int = 0
    hash: str = ""
    lines: int = 0
    items: int = 0
    dialect: str = ""
    names_persons: bool = False
    named: str = ""
    next_page: NextPage | None = None
    landmarks: Landmarks | None = None


class PassedOver(NamedTuple):
    """A file, in a folder or an archive, that holds no event, and how that shows; named as of a source."""

    path: str
    reason: str
    named: str = ""


class RefusedLine(bytes):
    """A line, or its beginning, of no use whatever its dialect; of the lines read at once the last."""

    reason = ""

    @classmethod
    def because(cls, reason: str, line: bytes) -> "RefusedLine":
        """The line, with the reason."""
        refused = cls(line)
        refused.reason = reason
        return refused

    @classmethod
    def too_long(cls, line: bytes, limit: int) -> "RefusedLine":
        """A line beyond the limit, of which the beginning is kept."""
        kept = line[:KEPT_OF_LONG]
        size = f"{len(kept):,} bytes"
        reason = f"longer than {limit:,} bytes (--max-line); the first {size} of the line are kept"
        return cls.because(reason, kept)


class LineSource(Protocol):
    """What a reader asks of a source.

    named: see Source. is_found: in a folder or an archive, and perhaps not meant to be a log. numbers:
    which line of the file each of the lines last read is, or begins on; None where they follow one another.
    unreadable: columns of a table that cannot be decoded and are left out, as it has shown so far.
    """

    path: str
    named: str
    is_found: bool

    @property
    def numbers(self) -> Sequence[int] | None:
        """Of the lines last read."""

    @property
    def unreadable(self) -> Sequence[str]:
        """See above."""

    @property
    def bytes_read(self) -> int:
        """Bytes taken from it so far."""

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next whole lines, about so many bytes of them; none at the end."""

    def again(self) -> "LineSource":
        """The same from its beginning; not of standard input or a pipe."""

    def finish(self, source: Source) -> None:
        """Note size and hash of what was read."""

    def close(self) -> None:
        """Let go of it; called whatever happened."""


class EventSource:
    """Events already in memory, as JSON objects; each becomes a line."""

    path = "<events>"
    named = ""
    is_found = False
    numbers = None
    unreadable: Sequence[str] = ()

    def __init__(self, events: Iterable[Any]) -> None:
        self._events = iter(events)
        self._hash = xxhash.xxh3_128()
        self.bytes_read = 0

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next events, as lines."""
        lines = [
            json.dumps(event, default=str).encode() + b"\n"
            for event in islice(self._events, about_bytes // 1024)
        ]
        for line in lines:
            self._hash.update(line)
            self.bytes_read += len(line)
        return lines

    def again(self) -> LineSource:
        """Events can be had only once."""
        raise NotImplementedError

    def finish(self, source: Source) -> None:
        """Note size and hash of the lines."""
        source.size, source.hash = self.bytes_read, self._hash.hexdigest()

    def close(self) -> None:
        """Nothing to let go of."""


Opened = Iterator[LineSource | PassedOver]
"""The sources of a file, one after the other: each is read before the next is asked for."""
