"""Reads a log in several processes: one gives its events, in each other some watchers see them all.

Each of them reads the whole log, in order: so watchers find what they would find in one process, and it is
told where they would tell it.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import ClassVar

from identity_cli.reading.child_process import SecondProcess
from identity_cli.reading.intake import Intake, Progress
from identity_cli.reading.log_items import Batch, Item, ItemReader, LogGrew, LogRead, Rows
from identity_cli.reading.own_ids import Seen
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import TABLE, Kinds, of_part
from identity_cli.reading.watcher import Watcher, watched

_SEEN = ""
"""The table of a row that says which events were seen: the first seq, and how many."""


class WatchingIntake(Intake):
    """An Intake that gives what watchers find and no events, but says which they have seen."""

    def __iter__(self) -> Generator[Item, None, None]:
        for item in super().__iter__():
            if isinstance(item, Rows):
                yield item

    def _watched(self, block: Block) -> Iterator[Item]:
        yield from watched(self._watchers, block)
        yield Rows(_SEEN, [(block.first_seq, len(block.events))])


class Elsewhere:
    """Watchers in a process of their own, as one watcher here; it has no say in what is read here."""

    needs = ()
    remembers: ClassVar[Kinds] = {}

    def __init__(self, intake: Callable[[Progress], WatchingIntake], watchers: Sequence[Watcher]) -> None:
        """Let them begin; intake: with these watchers."""
        self._names = {type(one).__name__ for one in watchers}
        self._process = SecondProcess(intake, (), None)
        self._items = iter(self._process)
        self._rest: list[Rows] | None = None

    def look(self, block: Seen) -> tuple[int, int]:
        """Which they are: the first seq, and how many."""
        return block.first_seq, len(block.events)

    def take(self, looked: tuple[int, int]) -> Iterable[Rows]:
        """What they found in these events; LogGrew if they saw others."""
        found: list[Rows] = []
        for item in self._items:
            assert isinstance(item, Rows)
            if item.table == _SEEN:
                _check_same(item.rows == [looked])
                return found
            found.append(item)
        raise LogGrew

    def kept(self) -> Iterator[Rows]:
        """What another replay needs to go on, once all was seen."""
        for item in self._at_end():
            if item.table == TABLE:
                yield Rows(TABLE, [row for row in item.rows if of_part(row) in self._names])

    def rows(self) -> Iterable[Rows]:
        """The other rows."""
        return [item for item in self._at_end() if item.table != TABLE]

    def _at_end(self) -> list[Rows]:
        if self._rest is None:
            self._rest = [item for item in self._items if isinstance(item, Rows)]
            _check_same(all(item.table != _SEEN for item in self._rest))
        return self._rest

    def close(self) -> None:
        """End the process, should it not be at its end."""
        self._process.close()


def _check_same(is_same: bool) -> None:
    if not is_same:
        raise LogGrew


class SeveralReaders:
    """An ItemReader whose last watchers are elsewhere; iterate once, then ask for what was read."""

    def __init__(self, reader: ItemReader, last: Elsewhere) -> None:
        """reader: gives the events, and the rows of the other watchers."""
        self._reader, self._last = reader, last

    def __iter__(self) -> Generator[Item, None, None]:
        try:
            yield from self._items()
        finally:
            self._last.close()

    def _items(self) -> Iterator[Item]:
        kept: Iterable[Rows] = ()  # to be told after what the others keep, and before their other rows
        for item in self._reader:
            if isinstance(item, Batch):
                yield from watched((self._last,), item)
            elif isinstance(item, Rows) and item.table == TABLE:
                kept = self._last.kept()
            else:
                yield from kept
            yield item
        yield from kept
        yield from self._last.rows()

    def log_read(self) -> LogRead:
        """What was read, all of it."""
        return self._reader.log_read()
