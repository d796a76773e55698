"""From a seq, an event's place in ingestion order, to its file and line.

Mostly one line is one event, and a seq is a line's number over all sources. A line that
holds several events takes a seq for each of them; a log that was sorted first has its lines
in another order than its files.
"""

# pathlib alone costs half a start of Python

import os.path
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from identity_cli.errors import AmbiguousEvent
from identity_cli.events import Origin

Batch = tuple[int, int, int]
"""A line of several events, or one that is not the line after the last.

Its first seq, its number in its file, how many events.

In a sorted log the number is the line's place after sorting.
"""
Places = tuple[Sequence[str], Sequence[int], Sequence[int | None]]
"""Of many events the path, the line and the nth of each, as in Origin."""
_ADDRESS = re.compile(r"(?:(?P<path>.+):)?(?P<line>[0-9]{1,18})(?:#(?P<nth>[0-9]{1,18}))?", re.DOTALL)


class Origins:
    """Where each seq stands."""

    def __init__(
        self,
        sources: Iterable[tuple[str, int]] = (),
        batches: Iterable[Batch] = (),
        order: "array[int] | None" = None,
    ) -> None:
        """sources: path and first seq of each, in order; batches in order; order: see reorder."""
        self._paths: list[str] = []
        self._starts: list[int] = []
        self._batches = tuple(array("q") for _ in range(3))
        self.order = order
        for source in sources:
            self.add_source(*source)
        for batch in batches:
            self.add_batch(*batch)

    def reorder(self, order: "array[int]") -> None:
        """The lines were sorted: order[place - 1] is the number, over all sources, of the line put there."""
        self.order = order

    def add_source(self, path: str, first_seq: int) -> None:
        """From that seq on, or in a sorted log from that line over all sources on, it is that file."""
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
    def batches(self) -> Iterator[Batch]:
        """The lines that hold several events, in order."""
        return zip(*self._batches, strict=True)

    def source_of_line(self, number: int) -> int:
        """Which source, from 0, has the line of that number over all sources; for sorted logs."""
        return bisect_right(self._starts, number) - 1

    def __getitem__(self, seq: int) -> Origin:
        if self.order is not None:
            number = self.order[self._line_of(seq, 1) - 1]
            index = self.source_of_line(number)
            return Origin(self._paths[index], number - self._starts[index] + 1, self._nth(seq))
        index = bisect_right(self._starts, seq) - 1
        return Origin(self._paths[index], self._line_of(seq, self._starts[index]), self._nth(seq))

    def seqs_at(self, named: str) -> list[int]:
        """The seqs of the events at FILE:LINE or FILE:LINE#NTH; none where no such line is.

        FILE is a path as given to the replay, its last part, or another way to the same file; without
        it, the log must be one file. AmbiguousEvent where several files may be meant.
        """
        address = address_in(named)
        if address is None:
            return []
        indexes = self.files_named(address.path)
        if len(indexes) > 1:
            raise AmbiguousEvent(named, [address._replace(path=self._paths[one]) for one in indexes])
        seqs = [seq for index in indexes for seq in self._seqs_in(index, address.line)]
        return [seq for seq in seqs if address.nth in (None, self._nth(seq) or 1)]

    def files_named(self, path: str) -> list[int]:
        """Which sources, from 0, a path may mean; no path, any."""
        known = list(enumerate(self._paths))
        for is_meant in (
            lambda one: path in ("", one),
            lambda one: one.endswith(f"/{path}"),
            lambda one: os.path.realpath(one) == os.path.realpath(path),
        ):
            if found := [index for index, one in known if is_meant(one)]:
                return found
        return []

    def _seqs_in(self, index: int, line: int) -> Iterator[int]:
        start = self._starts[index]
        if self.order is not None:
            for wanted in _places_of(start + line - 1, self.order):
                yield from self._seqs_from(wanted, 1, ends=[])
        else:
            yield from self._seqs_from(line, start, self._starts[index + 1 :])

    def _seqs_from(self, wanted: int, first: int, ends: Iterable[int]) -> Iterator[int]:
        # Lines never go back from seq to seq, and none is behind its seq.
        end = min(ends, default=2**62)
        seq = bisect_left(range(first, first + (1 << 40)), wanted, key=lambda seq: self._line_of(seq, first))
        seq += first
        while seq < end and self._line_of(seq, first) == wanted:
            yield seq
            seq += 1

    def _line_of(self, seq: int, start: int) -> int:
        """The line of a seq in a file whose first seq is start."""
        first_seqs, lines, counts = self._batches
        batch = bisect_right(first_seqs, seq) - 1
        if batch < 0 or first_seqs[batch] < start:
            return seq - start + 1
        beyond = seq - first_seqs[batch] - counts[batch]
        return lines[batch] + max(0, beyond + 1)

    def index_in_line(self, seq: int) -> int:
        """Which of its line's events the event at a seq is, from 0."""
        return (self._nth(seq) or 1) - 1

    def _nth(self, seq: int) -> int | None:
        """Which of its line's events the event at a seq is, from 1; None where it is the only one."""
        first_seqs, _, counts = self._batches
        batch = bisect_right(first_seqs, seq) - 1
        if batch < 0 or seq >= first_seqs[batch] + counts[batch] or counts[batch] == 1:
            return None
        return seq - first_seqs[batch] + 1

    def places(self, seqs: Sequence[int]) -> Places:
        """Where many seqs stand."""
        if len(self._starts) == 1 and not self._batches[0] and self.order is None:
            return self._paths * len(seqs), seqs, [None] * len(seqs)
        origins = [self[seq] for seq in seqs]
        return [one.path for one in origins], [one.line for one in origins], [one.nth for one in origins]


def address_in(named: str) -> Origin | None:
    """The address that a text is: LINE or FILE:LINE, perhaps with #NTH; its path is "" without FILE."""
    found = _ADDRESS.fullmatch(as_stored(named))
    if found is None:
        return None
    nth = found["nth"]
    return Origin(found["path"] or "", int(found["line"]), None if nth is None else int(nth))


def _places_of(number: int, order: "array[int]") -> Iterator[int]:
    """Where after sorting the line of that number is, or, of a document, all that begin on it."""
    place = 0
    with suppress(ValueError):
        while True:
            place = order.index(number, place) + 1
            yield place


def as_stored(typed: str) -> str:
    """Text as a run has it: what a shell passes may not be text, and is U+FFFD there."""
    return typed.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
