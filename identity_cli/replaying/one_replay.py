"""What a replay consists of: it reads, resolves and writes, one step after the other."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from identity_cli.audits.config import Config
from identity_cli.errors import LineRejected
from identity_cli.events import LONG_AGO, Event, arrival_of
from identity_cli.facts import (
    DistinctIdAttached,
    EventAttributed,
    EventDropped,
    EventRejected,
    EventTouchedNobody,
    Fact,
    PersonCreated,
)
from identity_cli.files.sources import PassedOver, Source
from identity_cli.findings.in_run import rows_of, write_files
from identity_cli.findings.kept import AUDITED, audited_with
from identity_cli.pieces.new_resolver import resolver_for
from identity_cli.reading.earlier import Earlier
from identity_cli.reading.either_process import items_of
from identity_cli.reading.intake import Log, Progress, names_to_keep
from identity_cli.reading.left_out import BlockedIds
from identity_cli.reading.log_items import (
    LEFT_OUT,
    Batch,
    Item,
    ItemReader,
    KeptLine,
    LogRead,
    Nobodys,
    Rejected,
    Rows,
    Skipped,
)
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.own_ids import OwnIds
from identity_cli.reading.rejections import Rejections
from identity_cli.reading.remembering import TABLE, remembered
from identity_cli.reading.room_for_ids import RoomForIds
from identity_cli.reading.watcher import Watching, watched
from identity_cli.reading.watchers import NOBODY, watchers_of
from identity_cli.replaying.at_end.auditing import audit_report
from identity_cli.replaying.at_end.end_in_pieces import OF_THE_WHOLE, rows_of_end
from identity_cli.replaying.at_end.finishing import Finishing, Whoever
from identity_cli.replaying.at_end.log_end import (
    ASKED,
    END,
    REJECTED,
    REJECTIONS,
    Asked,
    LogEnd,
    OptionsAsked,
)
from identity_cli.replaying.at_end.order_trials import order_trials
from identity_cli.resolver.open_end import OpenEnd
from identity_cli.rules.own_id import own_id
from identity_cli.store.ours import sizes_beside
from identity_cli.store.reading import queries
from identity_cli.store.reading.run import Run
from identity_cli.store.writing.internal_marks import mark_internal
from identity_cli.store.writing.journal_writer import JournalWriter
from identity_cli.store.writing.rejected_lines import RejectedLines
from identity_cli.tables.run_files import write_events

if TYPE_CHECKING:
    from identity_cli.internal_users import InternalUsers


def _landmarks(sources: Sequence[Source]) -> Iterator[tuple[Any, ...]]:
    """Rows that tell where lines stand, of the sources of which that is known."""
    for number, source in enumerate(sources, 1):
        if source.landmarks is not None:
            yield (number, *source.landmarks.packed)


def _internal_users(options: ReplayOptions) -> "InternalUsers | None":
    if options.internal_users is None:
        return None
    from identity_cli.internal_users import read_internal_users  # takes its time to import

    return read_internal_users(options.internal_users)


class Replay:
    """One replay, from the log to its tables."""

    def __init__(
        self,
        log: Log,
        folder: Path,
        journal: JournalWriter,
        options: ReplayOptions,
        on_progress: Progress | None,
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._options = options
        self._rules = options.applied_rules
        self._internal_users = _internal_users(options)
        is_changed = options.order is not None or bool(options.left_out)
        watching = Watching(
            rules=self._rules,
            team_id=options.team_id,
            dedupe=options.dedupe,
            is_changed=is_changed,
            scratch=folder,
            internal_users=self._internal_users,
            own_ids=OwnIds(self._rules),
            evidence=options.evidence,
        )
        self._watchers = NOBODY if options.only_persons else watchers_of(watching)
        self._items = self._reader(log, on_progress)
        self._resolver = resolver_for(options)
        self._finishing = Finishing(folder, journal, options, self._whoever())
        self._room = RoomForIds(log, options)
        self._blocked = BlockedIds(() if options.may_be_empty else options.blocked_ids)
        self._rejected = RejectedLines(folder)
        self._rejections = Rejections(options.max_rejected, options.dialect, options.mapping)
        self._kept: dict[int, KeptLine] = {}
        self._told_line = b""
        self._has_large_values = False

    def _reader(self, log: Log, on_progress: Progress | None) -> ItemReader:
        given = log, self._options, self._watchers.reading, self._folder, on_progress
        return items_of(*given, earlier=self._earlier_reading)

    @property
    def _earlier_reading(self) -> Earlier | None:
        """What reading goes on with, if anything."""
        return None

    def _whoever(self) -> Whoever:
        """What knows everybody in the end."""
        return self._resolver

    def _resolve_rest(self, read: LogRead) -> None:
        """The log is at its end; read: what was read."""
        if self._options.is_remembered:
            end = self._open_end()
            self._remember(LogEnd(end.clock, next_person=end.next_person))
            self._journal.insert(TABLE, rows_of_end(end, self._kept, self._names_kept))
        self._keep(rows for watcher in self._watchers.resolving for rows in watcher.rows())
        for facts in self._resolver.finish_by_and_by():
            self._write_facts(facts)

    def _remember(self, end: LogEnd) -> None:
        """Keep how things are before the log's end changes them, so that it can go on another day.

        All but what is IN_PIECES.
        """
        end = replace(
            end,
            marks=self._marks,
            attached=self._journal.count(DistinctIdAttached),
            has_large_values=self._has_large_values,
        )
        for name, one, kinds in (
            (END, end, OF_THE_WHOLE),
            (ASKED, OptionsAsked(Asked.of(self._options)), {"options": Asked}),
            (REJECTED, self._rejected, self._rejected.remembers),
            (REJECTIONS, self._rejections, self._rejections.remembers),
            *((type(one).__name__, one, one.remembers) for one in self._watchers.resolving),
        ):
            self._journal.insert(TABLE, remembered(name, one, kinds))

    @property
    def _marks(self) -> dict[str, int]:
        """How far the journal went before anybody was told that the log has ended."""
        return self._finishing.marks

    def _open_end(self) -> OpenEnd:
        return self._resolver.open_end()

    @property
    def _names_kept(self) -> Sequence[str]:
        """The event properties that records keep."""
        return names_to_keep(self._rules, self._watchers.reading)

    def write(self, config: Config) -> tuple[int, list[PassedOver]]:
        """Read, resolve and write everything; how many events there were, and which files had none."""
        with closing(self._rejected):
            with closing(iter(self._items)) as items:
                for item in items:
                    self._take(item)
            read = self._items.log_read()
            with self._finishing.beside:
                self._resolve_rest(read)
                self._rejections.check_share(read.sources)
                if not self._options.may_be_empty:
                    self._rejections.check_named(read.sources, read.passed_over)
                    self._blocked.finish()
                self._write_tables(read)
                self._rejected.close()
                self._finishing.let_go()
                if not self._options.only_persons:
                    self._note_findings(config)
            self._journal.note("files", sizes_beside(self._folder))
            return read.event_count(self._rejections.count), read.passed_over

    def reasons(self, passed_over: Iterable[PassedOver]) -> list[str]:
        """What is wrong with the first lines that were rejected, and with files that had no event."""
        return self._rejections.reasons(passed_over)

    def close(self) -> None:
        """Let go of what the replay alone needed."""

    def _note_findings(self, config: Config) -> None:
        """Keep what audits find, now that the run can be asked."""
        if self._options.evidence:
            with Run(self._folder, is_finished=False) as run:
                self._journal.note("order_trials", order_trials(run, self._rules))
        report = audit_report(self._folder, config, processes=self._finishing.auditors())
        self._journal.add(rows_of(report))
        self._journal.note("verdict", report.verdict)
        self._journal.note(AUDITED, audited_with(config))
        if self._options.table_formats:
            write_files(report, self._folder)

    def _take(self, item: Item) -> None:
        if isinstance(item, Batch):
            self._keep(watched(self._watchers.resolving, item))
            self._resolve(item)
        elif isinstance(item, Rejected):
            self._reject(item.seq, item.reason, self._whole(KeptLine(item.origin, item.line)))
        elif isinstance(item, Nobodys):
            self._note_nobodys(item)
        elif isinstance(item, Rows):
            self._keep((item,))
        else:
            self._skip(item)

    def _keep(self, found: Iterable[Rows]) -> None:
        """What watchers found."""
        for rows in found:
            self._finishing.take(rows)

    def _note_nobodys(self, item: Nobodys) -> None:
        self._journal.write([EventTouchedNobody(item.seq, item.event, item.why)])
        if self._options.with_events:
            team_id = self._options.team_id
            fact = EventAttributed(item.seq, item.uuid, item.event, team_id, "", None, item.why, *(None,) * 3)
            self._journal.write([fact])

    def _skip(self, skipped: Skipped[Event]) -> None:
        self._journal.write(
            [
                self._dropped(seq, event, skipped.reason)
                for seq, event in enumerate(skipped.events, skipped.first_seq)
            ]
        )
        if skipped.reason == LEFT_OUT:  # the clock is not what is wrong with them
            for seq, event in enumerate(skipped.events, skipped.first_seq):
                self._blocked.see_left_out(event, self._rules)
                self._write_facts(self._resolver.pass_time(seq, arrival_of(event) or LONG_AGO))

    def _dropped(self, seq: int, event: Event, reason: str) -> EventDropped:
        team_id = self._options.team_id if event.team_id is None else event.team_id
        return EventDropped(seq, team_id, own_id(event, self._rules) or "", reason)

    def _resolve(self, batch: Batch[Event]) -> None:
        if batch.kept:
            self._kept.update((seq, self._whole(kept)) for seq, kept in batch.kept.items())
        facts = (
            self._resolver.apply_linking(batch.first_seq, batch.events, batch.linking)
            if batch.linking
            else self._resolver.apply_all(batch.first_seq, batch.events)
        )
        if facts:
            self._write_facts(facts)
        self._room.check(self._ids_held)
        if batch.is_large:
            self._journal.flush()
            self._has_large_values = True
        if self._kept:
            # An event that fails when the buffer releases it is kept with its line, like any other.
            waiting = set(self._resolver.waiting_since(min(self._kept)))
            self._kept = {seq: kept for seq, kept in self._kept.items() if seq in waiting}

    @property
    def _ids(self) -> int:
        """How many ids have a person by now."""
        return self._journal.count(PersonCreated) + self._journal.count(DistinctIdAttached)

    @property
    def _ids_held(self) -> int:
        """How many memory holds, with a person or without."""
        return self._ids + self._resolver.personless_count

    def _whole(self, kept: KeptLine) -> KeptLine:
        """With its line, which is told once for all events on it."""
        if kept.line is None:
            return KeptLine(kept.origin, self._told_line)
        self._told_line = kept.line
        return kept

    def _write_facts(self, facts: list[Fact]) -> None:
        self._journal.write(facts)
        if self._blocked.missing:
            self._blocked.see(facts)
        if not self._kept:  # only events that own_id.may_be_rejected names can be, and these are kept
            return
        for fact in facts:
            if type(fact) is EventRejected:
                self._reject(fact.seq, fact.reason, self._kept[fact.seq], by_platform=fact.by_platform)

    def _reject(self, seq: int, reason: str, kept: KeptLine, *, by_platform: bool = False) -> None:
        if self._options.strict and not by_platform:
            raise LineRejected(kept.origin, reason)
        assert kept.line is not None
        if not by_platform:
            self._rejections.add(kept.origin, reason, kept.line)
        self._journal.reject(seq, reason, kept.line)
        self._rejected.add(kept.origin, reason, kept.line)

    def _write_tables(self, read: LogRead) -> None:
        journal, origins = self._journal, read.origins
        journal.flush()
        sources = [(s.path, s.first_seq, s.lines, s.size, s.hash, s.dialect) for s in read.sources]
        journal.insert("sources", sources)
        journal.insert("batches", origins.batches)
        journal.insert("landmarks", _landmarks(read.sources))
        if origins.order is not None:
            journal.insert("line_order", enumerate(origins.order, 1))
        self._finishing.write(read, self._rejected.count, has_large_values=self._has_large_values)
        if self._internal_users is not None:
            mark_internal(journal.database, self._internal_users, self._finishing.remarks)
        if self._options.with_events:
            records = queries.events(journal.database, origins)
            write_events(self._folder, self._options.written_tables, records)
