"""From a seq, an event's place in ingestion order, to its file and line.

Mostly one line is one event, and a seq is a line's number over all sources. A line that
holds several events takes a seq for each of them.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

from identity_cli.events import Origin

Batch = tuple[int, int, int]
"""A line of several events: its first seq, its number in its file, how many events."""


class Origins:
    """Where each seq stands."""

    def __init__(self, sources: Iterable[tuple[str, int]] = (), batches: Iterable[Batch] = ()) -> None:
        """sources: path and first seq of each, in order; batches in order."""
        self._paths: list[str] = []
        self._starts: list[int] = []
        self._batches = tuple(array("q") for _ in range(3))
        for source in sources:
            self.add_source(*source)
        for batch in batches:
            self.add_batch(*batch)

    def add_source(self, path: str, first_seq: int) -> None:
        """From that seq on, events come from that file."""
        self._paths.append(path)
        self._starts.append(first_seq)

    def add_batch(self, first_seq: int, line: int, events: int) -> None:
        """That line of the current file holds so many events."""
        for column, value in zip(self._batches, (first_seq, line, events), strict=True):
            column.append(value)

    @property
    def batches(self) -> Iterator[Batch]:
        """The lines that hold several events, in order."""
        return zip(*self._batches, strict=True)

    def __getitem__(self, seq: int) -> Origin:
        index = bisect_right(self._starts, seq) - 1
        start = self._starts[index]
        first_seqs, lines, counts = self._batches
        batch = bisect_right(first_seqs, seq) - 1
        if batch < 0 or first_seqs[batch] < start:
            return Origin(self._paths[index], seq - start + 1)
        beyond = seq - first_seqs[batch] - counts[batch]
        return Origin(self._paths[index], lines[batch] + max(0, beyond + 1))

    def places(self, seqs: Sequence[int]) -> tuple[Iterable[str], list[int]]:
        """Paths and lines of many seqs."""
        if len(self._starts) == 1 and not self._batches[0]:
            return repeat(self._paths[0], len(seqs)), [*seqs]
        origins = [self[seq] for seq in seqs]
        return [origin.path for origin in origins], [origin.line for origin in origins]
