"""Reads a log into files, to be resolved in parts: what of it goes through a process is let go at once."""

from collections.abc import Generator, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from identity_cli.files.messages import MessageFile
from identity_cli.files.number_file import NumberFile
from identity_cli.pieces.blocks import Block
from identity_cli.pieces.dealing import no_rows
from identity_cli.pieces.edges import Key
from identity_cli.reading.intake import Intake
from identity_cli.reading.log_items import LEFT_OUT, Batch, Item, LogRead, Nobodys, Rejected, Rows, Skipped
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.remembering import TABLE, remembered
from identity_cli.reading.watcher import BatchWatcher, watched

AT_ONCE = 1 << 14
"""Numbers that are held until they are written."""
SAMPLED = 1 << 10
"""One id of so many is counted."""


class Gathered:
    """The files of a log that is read and not yet resolved; made before another process reads it.

    rows: of its events, see pieces.blocks; none where a turn begins. aside: what is no event to
    resolve. edges: nodes that interact, in pairs. reached: seqs and times at which the log's clock went on.
    about: once, a sample of the ids, and those that links name and join to nobody.
    """

    def __init__(self, folder: Path) -> None:
        """folder: on whose disk they take their place, without names."""
        self.rows = MessageFile(folder)
        self.aside = MessageFile(folder)
        self.about = MessageFile(folder)
        self.edges = NumberFile(folder, "Q")
        self.reached = NumberFile(folder), NumberFile(folder)

    @property
    def _files(self) -> tuple[MessageFile | NumberFile, ...]:
        return self.rows, self.aside, self.about, self.edges, *self.reached

    def flush(self) -> None:
        """Hold nothing back, so that another process may read them."""
        for file in self._files:
            file.flush()

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()


class Gatherer:
    """Puts what is read into files."""

    def __init__(self, gathered: Gathered, options: ReplayOptions) -> None:
        self._files = gathered
        self._block = Block(options.applied_rules, options.team_id)
        self._sample: set[int] = set()
        self._told_line = b""
        self._last_aside = b""

    def take(self, item: Batch[Any] | Skipped[Any] | Nobodys | Rejected) -> None:
        """What comes next in the log."""
        if isinstance(item, Batch):
            self._gather(item)
        else:
            self._set_aside(item)

    def go_on_at(self, clock: datetime) -> None:
        """Others have read what comes before; clock: what the log shows by then."""
        self._block.clock = clock
        self._files.rows.add(no_rows())  # so a turn begins

    def finish(self) -> None:
        """The log is at its end."""
        self._write_numbers()
        self._files.about.add((sorted(self._sample), sorted(self._block.named)))
        self._files.flush()

    def _gather(self, batch: Batch[Any]) -> None:
        kept: dict[int, bytes | None] = {}
        before = None
        for seq, one in batch.kept.items():
            line = self._whole(one.line)
            kept[seq] = None if line is before else line
            before = line
        rows = self._block.rows(batch.first_seq, batch.events, kept)
        self._sample.update([node for node in rows.nodes if not node % SAMPLED])
        self._files.rows.add(rows)
        if len(self._block.edges) + len(self._block.reached) >= AT_ONCE:
            self._write_numbers()

    def _set_aside(self, item: Any) -> None:
        if isinstance(item, Rejected):
            line = self._whole(item.line)
            item = Rejected(item.seq, item.reason, None if line is self._last_aside else line, item.origin)
            self._last_aside = line
        elif isinstance(item, Skipped) and item.reason == LEFT_OUT:
            self._block.pass_time(item.first_seq, item.events)
        self._files.aside.add(item)

    def _whole(self, line: bytes | None) -> bytes:
        """The line itself, which is told once for all events on it."""
        if line is not None:
            self._told_line = line
        return self._told_line

    def _write_numbers(self) -> None:
        block = self._block
        self._files.edges.add(block.edges)
        del block.edges[:]
        for file, column in zip(self._files.reached, block.take_reached(), strict=True):
            file.add(column)


class Gathering:
    """An Intake whose events and rejected lines go into files.

    It gives what watchers find, and large batches: empty, so as to say that the log has some.
    """

    def __init__(
        self,
        intake: Intake,
        gathered: Gathered,
        options: ReplayOptions,
        watchers: Sequence[BatchWatcher],
    ) -> None:
        """watchers: of what would be resolved at once; they look on here."""
        self._intake = intake
        self._gatherer = Gatherer(gathered, options)
        self._watchers = watchers
        self._is_remembered = options.is_remembered

    def __iter__(self) -> Generator[Item, None, None]:
        for item in self._intake:
            if isinstance(item, Rows):
                yield item
                continue
            if isinstance(item, Batch):
                yield from watched(self._watchers, item)
                if item.is_large:
                    yield a_large_one(item.first_seq)
            self._gatherer.take(item)
        if self._is_remembered:
            for watcher in self._watchers:
                for row in remembered(type(watcher).__name__, watcher, watcher.remembers):
                    yield Rows(TABLE, [row])
        for watcher in self._watchers:
            yield from watcher.rows()
        self._gatherer.finish()

    def log_read(self) -> LogRead:
        """What was read, all of it."""
        return self._intake.log_read()


def a_large_one(first_seq: int) -> Batch[Any]:
    """An empty batch, to say that there was a large one."""
    return Batch(first_seq, [], {}, [], is_large=True)


def about(gathered: Iterable[Gathered]) -> tuple[int, list[Key]]:
    """How many ids a log has, about, and those that links name and join to nobody; by all that read it."""
    sample, named = set[int](), set[Key]()
    for one in gathered:
        nodes, keys = next(one.about.values(tuple[list[int], list[Key]]))
        sample.update(nodes)
        named.update(keys)
    return len(sample) * SAMPLED, sorted(named)
