"""One replay: reader, resolver and store, connected.

The left half of the tool. Everything else reads the finished Run.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, groupby, islice
from pathlib import Path
from typing import Any

from identity_cli import __version__
from identity_cli.arrivals import ArrivalWatch
from identity_cli.buffer import LONG_AGO, arrival_of
from identity_cli.dialects import POSTHOG, dialect_named, generic
from identity_cli.dialects.base import Dialect
from identity_cli.dialects.mapping import read_mapping
from identity_cli.door import may_be_refused, refusals
from identity_cli.errors import BadMapping, LineRejected
from identity_cli.events import Event
from identity_cli.facts import (
    DistinctIdAttached,
    EventDropped,
    EventHeld,
    EventRejected,
    Fact,
    Linked,
    PersonCreated,
)
from identity_cli.internal_users import EventMarks, read_internal_users
from identity_cli.origins import Origins
from identity_cli.parquet_file import open_log
from identity_cli.reader import Block, LogReader, Reading, RejectedLine
from identity_cli.repeats import RepeatCounter, RepeatFilter
from identity_cli.resolver import PersonResolver, own_id
from identity_cli.rules import rule_set
from identity_cli.rules.copying import names_to_read
from identity_cli.sorted_reader import SortedLogReader
from identity_cli.sources import EventSource, LineSource, expand
from identity_cli.store import final, queries, tables
from identity_cli.store.folder import new_run
from identity_cli.store.graph import write_graph
from identity_cli.store.internal import mark_internal
from identity_cli.store.rejects import RejectedLines
from identity_cli.store.run import Run
from identity_cli.store.writer import JournalWriter

DEFAULT_RUN = "idcli-run"
REPEAT = "repeats an earlier event"
LEFT_OUT = "left out by the plan"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How to replay; None: buffer_seconds as the rule set says, the dialect of each file as detected.

    mapping: where the fields of any other log stand, see dialects.mapping. order: sort the log
    first, by "arrival" or by "time". dedupe: skip events that repeat an earlier one. left_out: events, as
    FILE:LINE, that are dropped.
    """

    rules: str = "guide"
    buffer_seconds: float | None = None
    team_id: int = 1
    table_formats: tuple[str, ...] = ("csv",)
    with_events: bool = False
    strict: bool = False
    dialect: str | None = None
    mapping: tuple[str, ...] = ()
    order: str | None = None
    dedupe: bool = False
    left_out: tuple[str, ...] = ()
    internal_users: str | Path | None = None


def replay(
    log: str | Path | Iterable[Any],
    run: str | Path = DEFAULT_RUN,
    rules: str = "guide",
    buffer: float | None = None,
    **options: Any,
) -> Run:
    """Replay a log into a run folder and open it.

    log: a path, several paths, or events as JSON objects (dicts). buffer: seconds, 0 for
    none. options: the other fields of ReplayOptions. IdcliError if it cannot be done.
    """
    asked = ReplayOptions(rules=rules, buffer_seconds=buffer, **options)
    items = iter([log] if isinstance(log, str | Path) else log)
    first = list(islice(items, 1))
    everything = chain(first, items)
    if first and isinstance(first[0], str | Path):
        return replay_sources(file_openers(map(str, everything)), Path(run), asked)
    return replay_sources([partial(EventSource, everything)], Path(run), asked)


def file_openers(paths: Iterable[str]) -> list[Callable[[], LineSource]]:
    """What opens each file of these paths, folders expanded."""
    return [partial(open_log, path) for path in expand(paths)]


def replay_sources(
    openers: list[Callable[[], LineSource]],
    run: Path,
    options: ReplayOptions,
    on_progress: Progress | None = None,
) -> Run:
    """Replay opened sources into a run folder; it appears whole or not at all."""
    started = time.perf_counter()
    with new_run(run) as folder, _without_garbage_collection():
        _Replay(openers, folder, options, on_progress).write()
    finished = Run(run)
    finished.seconds = time.perf_counter() - started
    return finished


def log_reader(
    openers: list[Callable[[], LineSource]],
    options: ReplayOptions,
    copied_names: Iterable[str],
    scratch: Path,
    on_progress: Progress | None = None,
) -> LogReader:
    """What reads a log as the options say; scratch: a folder for sorting."""
    reading = Reading(tuple(dict.fromkeys(copied_names)), _dialect(options))
    if options.order is None:
        return LogReader(openers, reading, on_progress=on_progress)
    return SortedLogReader(openers, reading, (options.order, scratch), on_progress)


def _dialect(options: ReplayOptions) -> Dialect | None:
    """The dialect insisted on."""
    named, mapping = options.dialect, options.mapping
    if mapping and named in (None, generic.NAME):
        return generic.dialect(read_mapping(mapping))
    if mapping:
        raise BadMapping(" ".join(mapping), f"the dialect {named} knows where its fields stand")
    return None if named is None else dialect_named(named)


class _Replay:
    def __init__(
        self,
        openers: list[Callable[[], LineSource]],
        folder: Path,
        options: ReplayOptions,
        on_progress: Progress | None,
    ) -> None:
        self._folder = folder
        self._options = options
        self._rules = rule_set(options.rules)
        self._internal_users = (
            None if options.internal_users is None else read_internal_users(options.internal_users)
        )
        self._marks = self._event_marks()
        self._reader = log_reader(openers, options, self._names(), folder, on_progress)
        self._arrivals = ArrivalWatch()
        self._repeats = RepeatFilter() if options.dedupe else RepeatCounter()
        self._resolver = PersonResolver(
            self._rules,
            team_id=options.team_id,
            buffer_seconds=options.buffer_seconds,
            attributing=options.with_events,
        )
        self._journal = JournalWriter(folder, with_events=options.with_events)
        self._rejected = RejectedLines(folder)
        self._waiting_lines: dict[int, bytes] = {}
        self._left_out = frozenset(options.left_out)

    def _event_marks(self) -> EventMarks | None:
        """What gathers who is internal by its events, where filters ask for their properties."""
        users = self._internal_users
        if users is None or not users.event_property_names:
            return None
        return EventMarks(users, self._options.team_id, partial(own_id, rules=self._rules))

    def _names(self) -> Iterable[str]:
        """The event properties that rules and filters ask for."""
        return names_to_read(self._rules.copied) + (self._marks.event_property_names if self._marks else ())

    def write(self) -> None:
        """Read, resolve and write everything."""
        with closing(self._journal), closing(self._rejected), closing(iter(self._reader)) as items:
            for item in items:
                if isinstance(item, RejectedLine):
                    self._reject(item.seq, item.reason, item.line)
                else:
                    self._see(item)
            self._write_facts(self._resolver.finish(), None)
            self._write_tables()

    def _see(self, block: Block) -> None:
        """Take a block; its repeats are dropped, or only counted."""
        if self._left_out:
            for part in self._without_left_out(block):
                self._see_all(part)
        else:
            self._see_all(block)

    def _without_left_out(self, block: Block) -> Iterator[Block]:
        """The block but for the events that a plan leaves out."""
        origins = self._reader.origins
        seqs = range(block.first_seq, block.first_seq + len(block.events))
        for is_out, group in groupby(seqs, lambda seq: str(origins[seq]) in self._left_out):
            places = [seq - block.first_seq for seq in group]
            part = slice(places[0], places[-1] + 1)
            kept = Block(block.first_seq + places[0], block.events[part], block.lines[part])
            if not is_out:
                yield kept
                continue
            self._journal.write([*map(self._left, count(kept.first_seq), kept.events)])
            for event in kept.events:  # the clock is not what is wrong with them
                facts = self._resolver.pass_time(kept.first_seq, arrival_of(event) or LONG_AGO)
                self._write_facts(facts, block)

    def _see_all(self, block: Block) -> None:
        self._arrivals.see(block.first_seq, block.events)
        if may_be_refused(block.events) and self._is_of_posthog:
            self._journal.insert("refused_at_door", refusals(block.first_seq, block.events))
        if isinstance(self._repeats, RepeatCounter):
            self._repeats.see(block.events, block.lines)
            self._resolve(block)
            return
        new = self._repeats.are_new(block.events, block.lines)
        for is_new, group in groupby(range(len(new)), new.__getitem__):
            places = [*group]
            part = slice(places[0], places[-1] + 1)
            first = block.first_seq + places[0]
            if is_new:
                self._resolve(Block(first, block.events[part], block.lines[part]))
            else:
                self._journal.write([*map(self._repeat, count(first), block.events[part])])

    @property
    def _is_of_posthog(self) -> bool:
        """Whether the events of now would have come to PostHog's own door."""
        return self._reader.sources[-1].dialect.startswith(POSTHOG.name)

    def _repeat(self, seq: int, event: Event) -> EventDropped:
        return self._dropped(seq, event, REPEAT)

    def _left(self, seq: int, event: Event) -> EventDropped:
        return self._dropped(seq, event, LEFT_OUT)

    def _dropped(self, seq: int, event: Event, reason: str) -> EventDropped:
        team_id = self._options.team_id if event.team_id is None else event.team_id
        return EventDropped(seq, team_id, own_id(event, self._rules) or "", reason)

    def _resolve(self, block: Block) -> None:
        resolver = self._resolver
        if self._marks is not None:
            self._marks.see(block.events)
        facts = resolver.apply_all(block.first_seq, block.events)
        if resolver.may_reject_later:
            # An event that fails when the buffer releases it is kept with its line, like any other.
            for seq in resolver.waiting_since(block.first_seq):
                self._waiting_lines[seq] = block.lines[seq - block.first_seq]
        if facts:
            self._write_facts(facts, block)

    def _write_facts(self, facts: list[Fact], block: Block | None) -> None:
        self._journal.write(facts)
        for fact in facts:
            if type(fact) is EventRejected:
                if block is not None and fact.seq >= block.first_seq:
                    line = block.lines[fact.seq - block.first_seq]
                else:
                    line = self._waiting_lines[fact.seq]
                self._reject(fact.seq, fact.reason, line, by_platform=fact.by_platform)
        if self._waiting_lines:
            for fact in facts:
                if type(fact) is EventHeld:
                    self._waiting_lines.pop(fact.seq, None)

    def _reject(self, seq: int, reason: str, line: bytes, *, by_platform: bool = False) -> None:
        origin = self._reader.origins[seq]
        if self._options.strict and not by_platform:
            raise LineRejected(origin, reason)
        self._journal.reject(seq, reason, line)
        self._rejected.add(origin, reason, line)

    def _write_tables(self) -> None:
        journal, resolver, reader = self._journal, self._resolver, self._reader
        journal.flush()
        sources = [(s.path, s.first_seq, s.lines, s.size, s.hash, s.dialect) for s in reader.sources]
        journal.insert("sources", sources)
        journal.insert("batches", reader.origins.batches)
        if reader.origins.order is not None:
            journal.insert("line_order", [(reader.origins.order.tobytes(),)])
        origins = reader.origins
        totals = final.totals_of(resolver.persons, resolver.distinct_ids())
        attributed = sum(totals.events)
        with self._table(tables.PERSONS) as emit:
            person_ids = final.write_persons(resolver.persons, totals, journal.insert, emit)
        del totals
        with self._table(tables.DISTINCT_IDS) as emit:
            final.write_distinct_ids(resolver.distinct_ids(), person_ids, origins, (journal.insert, emit))
        about = self._metadata(attributed)
        del person_ids, resolver, self._resolver  # whose room the counting of repeats may have
        journal.finish({**about, "repeats": self._repeat_count()})
        if self._internal_users is not None:
            mark_internal(journal.database, self._internal_users, self._marks)
        self._write_from_database(origins)

    def _write_from_database(self, origins: Origins) -> None:
        database = self._journal.database
        wanted = [
            (tables.LINKS, queries.links(database, origins)),
            (tables.WARNINGS, queries.warnings(database, origins)),
        ]
        if self._options.with_events:
            wanted.append((tables.EVENTS, queries.events(database, origins)))
        for table, records in wanted:
            with self._table(table) as emit:
                for batch in tables.batches(records):
                    emit(batch)
        write_graph(database, origins, self._folder)

    @contextmanager
    def _table(self, table: tables.Table) -> Iterator[final.Emit]:
        """Files of one table in the formats asked for; gives what takes its records, batch by batch."""
        files = [
            tables.TableFile(table, table_format, self._folder / f"{table.name}.{table_format}")
            for table_format in self._options.table_formats
        ]

        def emit(records: Iterable[tables.Record]) -> None:
            records = list(records)
            for file in files:
                file.write(records)

        yield emit
        for file in files:
            file.close()

    def _repeat_count(self) -> int:
        repeats = self._repeats
        return repeats.repeats if isinstance(repeats, RepeatFilter) else repeats.count()

    def _metadata(self, attributed: int) -> dict[str, Any]:
        options, reader, counts = self._options, self._reader, self._journal.fact_counts
        personless = sum(1 for _, _, seen in self._resolver.distinct_ids() if seen.person is None)
        buffer = self._rules.buffer_seconds if options.buffer_seconds is None else options.buffer_seconds
        return {
            "idcli_version": __version__,
            "names_persons": [source.path for source in reader.sources if source.names_persons],
            "options": {
                "rules": options.rules,
                "buffer_seconds": options.buffer_seconds,
                "team_id": options.team_id,
                "dialect": options.dialect,
                "mapping": options.mapping,
                "order": options.order,
                "dedupe": options.dedupe,
                "left_out": options.left_out,
            },
            "rule_set": self._rules.name,
            "buffer_seconds": buffer,
            "team_id": options.team_id,
            "order": options.order,
            "moved": reader.moved if isinstance(reader, SortedLogReader) else 0,
            "arrivals": self._arrivals.told(),
            "deduped": options.dedupe,
            "lines": reader.lines,
            "blank": reader.blank,
            "rejected": self._rejected.count,
            "seqs": reader.seqs,
            "events": reader.seqs - reader.blank - self._rejected.count,
            "attributed": attributed,
            "links": counts[Linked],
            "distinct_ids": counts[PersonCreated] + counts[DistinctIdAttached] + personless,
        }


@contextmanager
def _without_garbage_collection() -> Any:
    """A replay makes millions of objects and no cycles: collecting costs a fifth of the time for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
