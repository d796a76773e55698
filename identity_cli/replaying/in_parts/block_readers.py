"""Reads a log in several processes, each of which decodes some blocks in turn for watchers to see.

Events and rejected lines go into files; what watchers saw comes here, in the order of the log.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from identity_cli.origins import Origins, SeqRange
from identity_cli.reading.child_process import SecondProcess
from identity_cli.reading.intake import Intake, Log, Progress
from identity_cli.reading.log_items import Batch, Item, LogRead, ReadsAlone, Turn
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.reader import Noticed
from identity_cli.reading.watcher import Watcher, taken
from identity_cli.replaying.in_parts.gathering import Gathered, Gatherer, a_large_one
from identity_cli.replaying.in_parts.turn_reader import Begun, Looked, TurnIntake
from identity_cli.replaying.in_parts.turns import Ring


class BlockReaders:
    """An ItemReader that gives what watchers find, and an empty batch where there was a large one.

    ReadsAlone where one process has to read the log.
    """

    def __init__(
        self,
        log: Log,
        options: ReplayOptions,
        watchers: Sequence[Watcher],
        gathered: Sequence[Gathered],
        on_progress: Progress | None,
        scratch: Path,
    ) -> None:
        """gathered: of each process, which decides how many there are."""
        self._log, self._options, self._scratch = log, options, scratch
        self._watchers = watchers
        self._gathered = gathered
        self._counted = _Counted()
        self._read: LogRead | None = None
        self._on_progress = on_progress
        self._readers: list[SecondProcess] = []

    def __iter__(self) -> Generator[Item, None, None]:
        try:
            self._start()
            yield from self._items()
        finally:
            for reader in self._readers:
                reader.close()
        self._read = self._counted.whole(self._readers[0].log_read())
        watching = Intake(self._log, self._options, self._watchers, self._scratch)
        yield from watching.rows_of(self._read, self._counted.last_long_line)

    def log_read(self) -> LogRead:
        """What was read, all of it."""
        assert self._read is not None, "not at its end"
        return self._read

    def _start(self) -> None:
        """Let all of them begin; those that have begun are to be closed, even where one cannot."""
        with closing(Ring(len(self._gathered))) as ring:
            for number in range(len(self._gathered)):
                progress = None if number else self._on_progress  # they all read the same
                reader = SecondProcess(partial(self._reading, ring, number), (), progress)
                reader.start()
                self._readers.append(reader)

    def _reading(self, ring: Ring, number: int, on_progress: Progress) -> "_Reader":
        """What one of them does, in its process."""
        for other in self._readers:
            other.disown()
        given = self._log, self._options, self._watchers, self._scratch, on_progress, ring.turns(number)
        return _Reader(TurnIntake(*given), Gatherer(self._gathered[number], self._options))

    def _items(self) -> Iterator[Item]:
        each = [iter(reader) for reader in self._readers]
        for turn in _in_turn(each):
            self._counted.add(turn)
            for looks in turn.looks:
                yield from taken(self._watchers, looks)
            if turn.is_large:
                yield a_large_one(turn.seqs[0])
        if any(next(items, None) is not None for items in each):
            raise ReadsAlone
        first, *others = [_files(reader.log_read()) for reader in self._readers]
        if any(other != first for other in others):
            raise ReadsAlone


def _in_turn(each: Sequence[Iterator[Any]]) -> Iterator[Turn]:
    """What the processes tell, in the order of the log, up to where one of them is at its end."""
    for reader in cycle(each):
        for turn in reader:
            yield turn
            if turn.ends:
                break
        else:
            return


def _files(read: LogRead) -> list[tuple[str, int, str, int]]:
    """What was read, as all processes have to see it."""
    return [(source.path, source.size, source.hash, source.lines) for source in read.sources]


class _Reader:
    """What one of the processes does, turn by turn: an ItemReader that gives a Turn of each."""

    def __init__(self, intake: TurnIntake, gatherer: Gatherer) -> None:
        self._intake, self._gatherer = intake, gatherer

    def __iter__(self) -> Generator[Any, None, None]:
        looks: list[Sequence[Any]] = []
        is_large = False
        for item in self._intake:
            if isinstance(item, Begun):
                self._gatherer.go_on_at(item.place.clock)
                looks, is_large = [], False
            elif isinstance(item, Turn):
                yield item._replace(looks=looks, is_large=is_large)
            elif isinstance(item, Looked):
                looks.append(item.looks)
            else:
                is_large = is_large or (isinstance(item, Batch) and item.is_large)
                self._gatherer.take(item)
        self._gatherer.finish()

    def log_read(self) -> LogRead:
        """What it was, as this process knows it: not where in the log its sources begin."""
        return self._intake.log_read()


class _Counted:
    """Adds up turns."""

    def __init__(self) -> None:
        self._seqs, self._blank = 0, 0
        self._begin: list[tuple[int, int]] = []  # of each source: how many seqs and blank lines are before it
        self._batches: list[SeqRange] = []
        self._notices: dict[str, Noticed] = {}
        self._long_lines: dict[str, Noticed] = {}
        self.last_long_line: tuple[str, int] | None = None

    def add(self, turn: Turn) -> None:
        """Take the next one."""
        self._begin_up_to(turn.source)
        self._seqs += turn.seqs[1]
        self._blank += turn.blank
        self._batches += turn.batches
        self.last_long_line = turn.last_long_line if turn.long_lines else self.last_long_line
        for known, more in ((self._notices, turn.notices), (self._long_lines, turn.long_lines)):
            for kind, noticed in more.items():
                if kind in known:
                    known[kind].count += noticed.count
                else:
                    known[kind] = noticed

    def whole(self, read: LogRead) -> LogRead:
        """What all of it comes to; read: by one process, which knows all sources and some of their events."""
        self._begin_up_to(len(read.sources))
        origins = Origins()
        ends = zip(self._begin, self._begin[1:], strict=False)
        for source, ((seqs, blank), (seqs_after, blank_after)) in zip(read.sources, ends, strict=True):
            source.first_seq = seqs + 1
            source.items = seqs_after - seqs - (blank_after - blank)
            origins.add_source(source.path, source.first_seq)
        for batch in self._batches:
            origins.add_batch(*batch)
        notices = self._notices | read.notices | self._long_lines
        return replace(read, origins=origins, blank=self._blank, seqs=self._seqs, notices=notices)

    def _begin_up_to(self, source: int) -> None:
        while len(self._begin) <= source:
            self._begin.append((self._seqs, self._blank))
