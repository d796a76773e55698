"""The reading side of a replay: a log's events in ingestion order, watched, counted and sorted out."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import Any, cast

from identity_cli.dialects import DIALECTS, dialect_named, generic
from identity_cli.dialects.base import LONG_LINE, Dialect, Wanted
from identity_cli.dialects.mapping import read_mapping
from identity_cli.dialects.pairs import FirstLinks
from identity_cli.dialects.record import WireEvent, forget
from identity_cli.errors import BadMapping
from identity_cli.events import Event
from identity_cli.files.folders import expand, total_size
from identity_cli.files.opening import sources_at
from identity_cli.files.raw_file import is_regular
from identity_cli.files.sources import LineSource, Opened, PassedOver
from identity_cli.reading.decoding import Reading
from identity_cli.reading.duplicates import RepeatFilter
from identity_cli.reading.earlier import Earlier, go_on_reading, of_decoders, of_reader
from identity_cli.reading.left_out import LeftOutFilter
from identity_cli.reading.log_items import (
    LEFT_OUT,
    REPEAT,
    Batch,
    Item,
    KeptLine,
    LogRead,
    Nobodys,
    Rejected,
    Rows,
    Skipped,
)
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.reader import Block, LogReader, NobodysEvent, Noticed, Part, RejectedLine
from identity_cli.reading.remembering import TABLE, Kinds, Row, recall, remembered
from identity_cli.reading.sorted_reader import SortedLogReader
from identity_cli.reading.source_choice import SourceChoice
from identity_cli.reading.watcher import Watcher, watched
from identity_cli.rules.base import RuleSet
from identity_cli.rules.copying import names_to_read
from identity_cli.rules.own_id import may_be_rejected, own_id

LONG_LINE_BYTES = 1 << 20
"""Of a line: some properties of it may be as large, and each person holds its own until the end."""
Progress = Callable[[int], None]
_REMEMBERS: Kinds = {
    "_long_lines": dict[str, Noticed],
    "_last_long_line": tuple[str, int] | None,
    "_choice.passed_over": list[PassedOver],
}


@dataclass(frozen=True, slots=True)
class Log:
    """What opens each of its files, given the longest line.

    size: bytes on disk, None where only reading will tell. paths: of the files.
    """

    openers: Sequence[Callable[[int], Opened]]
    size: int | None = None
    paths: Sequence[str] = ()

    @property
    def comes_again(self) -> bool:
        """Whether it can be read more than once: what came through a pipe cannot."""
        return bool(self.paths) and all(map(is_regular, self.paths))

    def after(self, read: Iterable[str]) -> "Log":
        """The same where the files of these paths are read already, and passed over."""
        if not self.paths:
            return self
        known = {os.path.realpath(path) for path in read if is_regular(path)}
        openers = [
            partial(_read_already, path) if os.path.realpath(path) in known else opener
            for opener, path in zip(self.openers, self.paths, strict=True)
        ]
        return replace(self, openers=openers)


def log_of(paths: Iterable[str]) -> Log:
    """The files of these paths as one log, folders expanded; each is read once, however often it is named."""
    files = expand(paths)
    found = [file.path for file in files]
    openers: list[Callable[[int], Opened]] = []
    seen: set[str] = set()
    for file in files:
        real = os.path.realpath(file.path)
        openers.append(partial(_read_already, file.path) if real in seen else partial(sources_at, *file))
        seen.add(real)
    return Log(openers, total_size(found), found)


def _read_already(path: str, longest_line: int) -> Opened:
    del longest_line
    return iter([PassedOver(path, "it is read already")])


class Intake:
    """Reads a log; iterate once, then ask for what was read."""

    def __init__(
        self,
        log: Log,
        options: ReplayOptions,
        watchers: Sequence[Watcher],
        scratch: Path,
        on_progress: Progress | None = None,
        earlier: Earlier | None = None,
    ) -> None:
        """watchers: see its events while it is read. scratch: a folder for sorting. earlier: see there."""
        parts = {} if earlier is None else earlier.parts
        self._rules = options.applied_rules
        self._left_out = LeftOutFilter(options.left_out) if options.left_out else None
        self._watchers = watchers
        read = names_to_read(self._rules)
        self._only_watched = [one for one in names_to_keep(self._rules, watchers) if one not in read]
        self._told_last: bytes | None = None
        self._long_lines: dict[str, Noticed] = {}
        self._last_long_line: tuple[str, int] | None = None
        self._repeats = RepeatFilter() if options.dedupe else None
        self._first_links = FirstLinks() if options.left_out and not options.every_link else None
        every_link = options.every_link or bool(options.left_out)
        wanted = wanted_of(options, watchers, every_link=every_link)
        own_rules = self._rules.name if options.is_of_log else None
        again = _again(log, options.longest_line)
        self._reading = Reading(wanted, dialect_asked(options), own_rules, again, parts)
        self._choice = SourceChoice(log.openers, options.longest_line, self._has_id)
        sorting = None if options.order is None else (options.order, scratch)
        self._reader = self._made_reader(sorting, on_progress)
        self._is_remembered = options.is_remembered and bool(watchers)
        for name, one, kinds in self._remembering:
            recall(name, one, kinds, parts)
        if earlier is not None:
            go_on_reading(self._reader, earlier)

    def _made_reader(self, sorting: tuple[str, Path] | None, on_progress: Progress | None) -> LogReader:
        if sorting is None:
            return LogReader(self._choice, self._reading, on_progress=on_progress)
        return SortedLogReader(self._choice, self._reading, sorting, on_progress)

    def __iter__(self) -> Generator[Item, None, None]:
        for part in self._reader:
            yield from self._items_of(part)
        if self._left_out is not None:
            self._left_out.finish(self._reader.origins)
        yield from self._rows()

    def _items_of(self, part: Part) -> Iterator[Item]:
        if isinstance(part, RejectedLine):
            origin, line = self._told(part.seq, part.line)
            yield Rejected(part.seq, part.reason, line, origin)
        elif isinstance(part, NobodysEvent):
            yield Nobodys(part.seq, part.event.event, part.event.uuid, part.event.why)
        elif self._left_out is None:
            yield from self._sorted_out(part)
        else:
            for is_out, some in _runs_of(part, self._left_out.are_out(part)):
                if is_out:
                    yield Skipped(some.first_seq, list(some.events), LEFT_OUT)
                else:
                    yield from self._sorted_out(some)

    def _rows(self) -> Iterator[Rows]:
        """What there is to note of the log at its end."""
        if self._is_remembered:
            for row in self._remembered():  # one by one: some are large
                yield Rows(TABLE, [row])
        if self._repeats is not None:
            yield from self._repeats.rows()
        for watcher in self._watchers:
            yield from watcher.rows()

    def rows_of(self, read: LogRead, last_long_line: tuple[str, int] | None) -> Iterator[Rows]:
        """The same of a log that others read, while these watchers took what there was to see."""
        reader = self._reader
        reader.sources, reader.seqs = read.sources, read.seqs
        reader.lines, reader.blank = read.lines, read.blank
        for kind, noticed in read.notices.items():
            (self._long_lines if kind == LONG_LINE else reader.notices)[kind] = noticed
        self._last_long_line = last_long_line
        self._choice.passed_over = read.passed_over
        yield from self._rows()

    def log_read(self) -> LogRead:
        """What was read, all of it."""
        reader = self._reader
        return LogRead(
            reader.sources,
            reader.origins,
            reader.lines,
            reader.blank,
            reader.seqs,
            reader.moved if isinstance(reader, SortedLogReader) else 0,
            reader.notices | self._long_lines,
            self._left_out.nothing_at if self._left_out else 0,
            self._choice.passed_over,
        )

    def _remembered(self) -> Iterator[Row]:
        """What another replay needs to go on, before anything is told that only the log's end can tell."""
        yield from of_reader(self._reader)
        yield from of_decoders(self._reading)
        for name, one, kinds in self._remembering:
            yield from remembered(name, one, kinds)

    @property
    def _remembering(self) -> Iterator[tuple[str, Any, Kinds]]:
        """What goes on with the log, what it is called, and what it remembers."""
        yield "intake", self, _REMEMBERS
        if self._repeats is not None:
            yield "repeats", self._repeats, self._repeats.remembers
        for watcher in self._watchers:
            yield type(watcher).__name__, watcher, watcher.remembers

    def _has_id(self, event: Event) -> bool:
        """Whether the platform could use an event."""
        return bool(own_id(event, self._rules))

    def _sorted_out(self, block: Block) -> Iterator[Item]:
        if self._first_links is not None:
            for index in block.linking:
                event: Any = block.events[index]
                event.links = self._first_links.of(event)
        if self._repeats is None:
            yield from self._watched(block)
            return
        firsts = self._repeats.firsts(block)
        are_new = [first == seq for seq, first in enumerate(firsts, block.first_seq)]
        for is_new, part in _runs_of(block, are_new):
            if is_new:
                yield from self._watched(part)
            else:
                start = part.first_seq - block.first_seq
                firsts_of_part = firsts[start : start + len(part.events)]
                yield Skipped(part.first_seq, list(part.events), REPEAT, firsts_of_part)

    def _watched(self, block: Block) -> Iterator[Item]:
        yield from self._seen(block)
        if self._only_watched and block.is_of_posthog:  # and need not come any further
            forget(cast(Sequence[WireEvent], block.events), self._only_watched)
        yield self._batch(block)

    def _seen(self, block: Block) -> Iterator[Item]:
        """What watchers have to say of a block."""
        yield from watched(self._watchers, block)

    def _batch(self, block: Block) -> Batch[Event]:
        kept = {
            block.first_seq + index: self._told(block.first_seq + index, block.lines[index])
            for index in may_be_rejected(block.events, self._rules)
        }
        is_large = len(block.lines[-1]) >= LONG_LINE_BYTES  # a block ends with the line that makes it large
        if is_large:
            self._note_long_line(block)
        return Batch(block.first_seq, list(block.events), kept, [*block.linking], is_large)

    def _note_long_line(self, block: Block) -> None:
        origin = self._reader.origins[block.first_seq + len(block.events) - 1]
        if origin[:2] != self._last_long_line:  # what is no event among its own parts it into blocks
            self._last_long_line = origin[:2]
            self._long_lines.setdefault(LONG_LINE, Noticed(origin, "")).count += 1

    def _told(self, seq: int, line: bytes) -> KeptLine:
        """The line of a seq to tell: once, though each of its events may need it."""
        origin = self._reader.origins[seq]
        if line is self._told_last:
            return KeptLine(origin, None)
        self._told_last = line
        return KeptLine(origin, line)


def wanted_of(options: ReplayOptions, watchers: Iterable[Watcher], *, every_link: bool) -> Wanted:
    """What rules and watchers want of the events."""
    rules = options.applied_rules
    return Wanted(names_to_keep(rules, watchers), rules.date, rules.pairs, every_link)


def names_to_keep(rules: RuleSet, watchers: Iterable[Watcher]) -> tuple[str, ...]:
    """The event properties that rules and watchers ask for."""
    needs = chain.from_iterable(watcher.needs for watcher in watchers)
    return tuple(dict.fromkeys((*names_to_read(rules), *needs)))


def _again(log: Log, longest_line: int) -> Callable[[], Iterator[LineSource]] | None:
    """What opens the log's sources once more, in turn; None where one of its files does not stay as it is."""
    if not log.comes_again:
        return None

    def sources() -> Iterator[LineSource]:
        for opener in log.openers:
            yield from (found for found in opener(longest_line) if not isinstance(found, PassedOver))

    return sources


def _runs_of(block: Block, flags: Sequence[bool]) -> Iterator[tuple[bool, Block]]:
    """The block in pieces of events that share a flag."""
    start = 0
    for flag, group in groupby(flags):
        stop = start + len(list(group))
        yield flag, block.part(start, stop)
        start = stop


def dialect_asked(options: ReplayOptions) -> Dialect | None:
    """The dialect insisted on."""
    named, mapping = options.dialect, options.mapping
    if named is None and len(mapping) == 1 and mapping[0] in DIALECTS and not Path(mapping[0]).exists():
        return DIALECTS[mapping[0]]  # the map that the tool brings
    if mapping and named in (None, generic.NAME):
        return generic.dialect(read_mapping(mapping))
    if mapping:
        raise BadMapping(" ".join(mapping), f"the dialect {named} knows where its fields stand")
    return None if named is None else dialect_named(named)
