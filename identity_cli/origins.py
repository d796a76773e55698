"""From a seq, an event's place in ingestion order, to its file and line.

Mostly one line is one event, and a seq is a line's number over all sources. A line that
holds several events takes a seq for each of them. A log that was sorted first has its events
in another order than its files: there each seq stands for the one that the event would have
had without sorting.
"""

# pathlib alone costs half a start of Python

import os.path
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, TypedDict

SeqRange = tuple[int, int, int]
"""A line of several events, or one that is not the line after the last.

Its first seq, without sorting, its number in its file, how many events.
"""
Places = tuple[Sequence[str], Sequence[int], Sequence[int | None]]
"""Of many events the path, the line and the nth of each, as in Origin."""
CUT = "…"
"""What stands in a shown id or path for the part that there was no room for."""
_ADDRESS = r"(?s:(?:(?P<path>.+):)?(?P<line>[0-9]{1,18})(?:#(?P<nth>[0-9]{1,18}))?)"


class Address(TypedDict):
    """Where an event stands; nth: which of its line's events it is, from 1, where the line has several."""

    file: str
    line: int
    nth: int | None


class Origin(NamedTuple):
    """Where an event stands; prints as `path:line`, which editors open, or `path:line#nth`.

    nth: which of several calls on its line the event is, from 1; None on a line with one.
    """

    path: str
    line: int
    nth: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" + ("" if self.nth is None else f"#{self.nth}")

    @property
    def place(self) -> Address:
        """The same as it stands in JSON."""
        return {"file": self.path, "line": self.line, "nth": self.nth}


class Origins:
    """Where each seq stands."""

    def __init__(
        self,
        sources: Iterable[tuple[str, int]] = (),
        batches: Iterable[SeqRange] = (),
        order: "array[int] | None" = None,
        seqs: int | None = None,
    ) -> None:
        """sources: path and first seq of each, in order; batches in order; order: see reorder.

        seqs: how many there are, None where more are to come.
        """
        self._last = 2**62 if seqs is None else seqs
        self._paths: list[str] = []
        self._starts: list[int] = []
        self._batches = tuple(array("q") for _ in range(3))
        self.order = order
        for source in sources:
            self.add_source(*source)
        for batch in batches:
            self.add_batch(*batch)

    def reorder(self, order: "array[int]") -> None:
        """The log was sorted: order[seq - 1] is the seq that the event would have had without."""
        self.order = order

    def add_source(self, path: str, first_seq: int) -> None:
        """From that seq on, without sorting, it is that file."""
        self._paths.append(path)
        self._starts.append(first_seq)

    def add_batch(self, first_seq: int, line: int, events: int) -> None:
        """On that line of the current file so many events stand, or one, where it is not the next line."""
        for column, value in zip(self._batches, (first_seq, line, events), strict=True):
            column.append(value)

    def share_line(self, seq: int, line: int, events: int) -> None:
        """On the line of the seq before, which is of the same file, so many events more stand."""
        first_seqs, lines, counts = self._batches
        if first_seqs and lines[-1] == line and first_seqs[-1] + counts[-1] == seq:
            counts[-1] += events
        else:
            self.add_batch(seq - 1, line, 1 + events)

    @property
    def paths(self) -> Sequence[str]:
        """The files, in order."""
        return self._paths

    @property
    def batches(self) -> Iterator[SeqRange]:
        """The lines that hold several events, in order."""
        return zip(*self._batches, strict=True)

    def events_on_shared_lines(self) -> dict[tuple[str, int], int]:
        """By path and number, how many events a line holds, of those that hold several."""
        return {
            (self._paths[self.source_of(first)], line): count
            for first, line, count in self.batches
            if count > 1
        }

    def source_of(self, unsorted: int) -> int:
        """Which source, from 0, has the event that has that seq without sorting."""
        return bisect_right(self._starts, unsorted) - 1

    def __getitem__(self, seq: int) -> Origin:
        unsorted = self._unsorted(seq)
        index = self.source_of(unsorted)
        return Origin(self._paths[index], self._line_of(unsorted, self._starts[index]), self._nth(unsorted))

    def _unsorted(self, seq: int) -> int:
        return seq if self.order is None else self.order[seq - 1]

    def seqs_at(self, named: str) -> list[int]:
        """The seqs of the events at FILE:LINE or FILE:LINE#NTH; none where no such line is.

        FILE is a path as given to the replay, its last part, its end behind an ellipsis, or another way to
        the same file; without it, only one file of the log may have that line. AmbiguousEvent where several
        that may be meant have it, NoSuchLine where none of them has.
        """
        address = address_in(named)
        if address is None:
            return []
        indexes = self.files_named(address.path)
        on_line = {index: [*self._unsorted_on(index, address.line)] for index in indexes}
        having = [index for index, seqs in on_line.items() if seqs]
        if len(having) > 1:
            from identity_cli.errors import AmbiguousEvent

            raise AmbiguousEvent(named, [address._replace(path=self._paths[one]) for one in having])
        if len(indexes) > 1 and not having:
            from identity_cli.errors import NoSuchLine

            raise NoSuchLine(named, [(self._paths[one], self._last_line(one)) for one in indexes])
        found = [seq for seqs in on_line.values() for seq in seqs]
        return self._sorted([seq for seq in found if address.nth in (None, self._nth(seq) or 1)])

    def _sorted(self, unsorted: list[int]) -> list[int]:
        if self.order is None:
            return unsorted
        if len(unsorted) == 1:  # mostly; a plan may ask for thousands, one by one
            with suppress(ValueError):
                return [self.order.index(unsorted[0]) + 1]
        wanted = set(unsorted)
        return [seq for seq, before in enumerate(self.order, 1) if before in wanted]

    def files_named(self, path: str) -> list[int]:
        """Which sources, from 0, a path may mean; no path, any."""
        known = list(enumerate(self._paths))
        for is_meant in (
            lambda one: path in ("", one),
            lambda one: one.endswith(f"/{path}"),
            lambda one: path.startswith(CUT) and one.endswith(path.removeprefix(CUT)),
            lambda one: os.path.realpath(one) == os.path.realpath(path),
        ):
            if found := [index for index, one in known if is_meant(one)]:
                return found
        return []

    def _unsorted_on(self, index: int, line: int) -> Iterator[int]:
        # Lines never go back from seq to seq, and none is behind its seq.
        first, end = self._starts[index], self._end_of(index)
        seq = bisect_left(range(first, first + (1 << 40)), line, key=lambda seq: self._line_of(seq, first))
        seq += first
        while seq < end and self._line_of(seq, first) == line:
            yield seq
            seq += 1

    def _end_of(self, index: int) -> int:
        """The seq behind the last of a source."""
        return min(self._starts[index + 1 :], default=self._last + 1)

    def _last_line(self, index: int) -> int:
        """The line of a source's last event; 0 where it has none."""
        first, end = self._starts[index], self._end_of(index)
        return self._line_of(end - 1, first) if end > first else 0

    def _line_of(self, unsorted: int, start: int) -> int:
        """The line of an event in a file whose first seq is start."""
        first_seqs, lines, counts = self._batches
        batch = bisect_right(first_seqs, unsorted) - 1
        if batch < 0 or first_seqs[batch] < start:
            return unsorted - start + 1
        beyond = unsorted - first_seqs[batch] - counts[batch]
        return lines[batch] + max(0, beyond + 1)

    def index_in_line(self, seq: int) -> int:
        """Which of its line's events the event at a seq is, from 0."""
        return (self._nth(self._unsorted(seq)) or 1) - 1

    def _nth(self, unsorted: int) -> int | None:
        """Which of its line's events one is, from 1; None where it is the only one."""
        first_seqs, _, counts = self._batches
        batch = bisect_right(first_seqs, unsorted) - 1
        if batch < 0 or unsorted >= first_seqs[batch] + counts[batch] or counts[batch] == 1:
            return None
        return unsorted - first_seqs[batch] + 1

    def places(self, seqs: Sequence[int]) -> Places:
        """Where many seqs stand."""
        if not self._batches[0] and self.order is None:  # an event a line, as nearly always
            if len(self._starts) == 1:
                return self._paths * len(seqs), seqs, [None] * len(seqs)
            indexes = [bisect_right(self._starts, seq) - 1 for seq in seqs]
            befores = [start - 1 for start in self._starts]
            lines = [seq - befores[index] for seq, index in zip(seqs, indexes, strict=True)]
            return [self._paths[index] for index in indexes], lines, [None] * len(seqs)
        origins = [self[seq] for seq in seqs]
        return [one.path for one in origins], [one.line for one in origins], [one.nth for one in origins]


def address_in(named: str) -> Origin | None:
    """The address that a text is: LINE or FILE:LINE, perhaps with #NTH; its path is "" without FILE."""
    found = re.fullmatch(_ADDRESS, as_stored(named))
    if found is None:
        return None
    nth = found["nth"]
    return Origin(found["path"] or "", int(found["line"]), None if nth is None else int(nth))


def as_stored(typed: str) -> str:
    """Text as a run has it: what a shell passes may not be text, and is U+FFFD there."""
    if typed.isascii():  # mostly; the codec below is imported when it is used
        return typed
    return typed.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
