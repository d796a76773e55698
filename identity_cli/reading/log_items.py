"""What reading a log comes to: its items, in ingestion order, and at the end what there is to say of it.

Values that can also be told to another process, see child_process.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from identity_cli.files.sources import PassedOver, Source
from identity_cli.origins import Origin, Origins, SeqRange
from identity_cli.reading.reader import Noticed

REPEAT = "repeats an earlier event"
LEFT_OUT = "left out by the plan"
EventT = TypeVar("EventT")


class ReadsAlone(Exception):
    """Several processes cannot share this log: it grew, or what a line means depends on those before it.

    One process alone reads it.
    """


class KeptLine(NamedTuple):
    """A line that may turn out to be unusable; None: the same as was told last."""

    origin: Origin
    line: bytes | None


class Batch(msgspec.Struct, Generic[EventT], tag=True, array_like=True, gc=False):
    """Consecutive events to resolve, the first with first_seq; kept: by seq, those that may be rejected.

    linking: indexes of the events that have links beside them. is_large: in bytes.
    """

    first_seq: int
    events: list[EventT]
    kept: dict[int, KeptLine]
    linking: list[int]
    is_large: bool

    @property
    def seqs(self) -> range:
        """Of its events."""
        return range(self.first_seq, self.first_seq + len(self.events))


class Skipped(msgspec.Struct, Generic[EventT], tag=True, array_like=True, gc=False):
    """Consecutive events that are not resolved, and why; repeats: the seqs of those that they repeat."""

    first_seq: int
    events: list[EventT]
    reason: str
    repeats: list[int] | None = None


class Rejected(msgspec.Struct, tag=True, array_like=True, gc=False):
    """A line, or one event of several on it, that cannot be used; line None: the same as was told last."""

    seq: int
    reason: str
    line: bytes | None
    origin: Origin


class Nobodys(msgspec.Struct, tag=True, array_like=True, gc=False):
    """An event that concerns no person, and why."""

    seq: int
    event: str
    uuid: Any
    why: str


class Rows(msgspec.Struct, tag=True, array_like=True, gc=False):
    """What a watcher found: rows for a table of the run."""

    table: str
    rows: Sequence[tuple[Any, ...]]


class Turn(NamedTuple):
    """What blocks come to that one of several processes read, but for their events, which are in files.

    source: which one it is of, from 0. seqs: the first, and how many. ends: whether others are next. blank:
    how many of the seqs stand for no event. batches: of several events on a line, see Origins. notices and
    long_lines by kind; last_long_line: path and line of the last of these. looks: what every watcher saw, for
    each run of events. is_large: in bytes.
    """

    source: int
    seqs: tuple[int, int]
    ends: bool
    blank: int
    batches: Sequence[SeqRange]
    notices: dict[str, Noticed]
    long_lines: dict[str, Noticed]
    last_long_line: tuple[str, int] | None = None
    looks: Sequence[Sequence[Any]] = ()
    is_large: bool = False


Item = Batch[Any] | Skipped[Any] | Nobodys | Rejected | Rows


@dataclass(frozen=True, slots=True)
class LogRead:
    """What there is to say of a log once it is read.

    moved: lines that sorting put elsewhere. left_out_nothing: at how many of the places to be left out there
    was no event.
    """

    sources: list[Source]
    origins: Origins
    lines: int
    blank: int
    seqs: int
    moved: int
    notices: dict[str, Noticed]
    left_out_nothing: int
    passed_over: list[PassedOver]

    def event_count(self, rejected: int) -> int:
        """How many events there were; rejected: lines, or events of several on a line, that were none."""
        return self.seqs - self.blank - rejected


class ItemReader(Protocol):
    """What gives the items of a log; iterate once, then ask for what was read."""

    def __iter__(self) -> Generator[Item, None, None]: ...

    def log_read(self) -> LogRead:
        """What was read, all of it."""
