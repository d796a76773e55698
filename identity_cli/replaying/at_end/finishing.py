"""Writes who is who once the whole log is resolved: into the database, into the files, and in figures."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from identity_cli import __version__
from identity_cli.dialects import POSTHOG
from identity_cli.facts import DistinctIdAttached, Everybody, Linked, PersonCreated, Whose
from identity_cli.files.folders import container_of
from identity_cli.files.sources import LONGEST_LINE
from identity_cli.origins import Origins
from identity_cli.reading.log_items import LogRead, Rows
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.remembering import TABLE
from identity_cli.reading.watcher import NOTICES, REMARKS, RUN
from identity_cli.replaying.at_end.halves import Halves
from identity_cli.replaying.at_end.overflow import OverflowWatch
from identity_cli.replaying.at_end.tally import Tallied, Tally
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.store.writing.journal_writer import JournalWriter
from identity_cli.tables.people import Ids, People, people_of
from identity_cli.tables.run_files import RunFiles

if TYPE_CHECKING:
    from identity_cli.replaying.at_end.people_beside import PeopleBeside

WORTH_IT_PERSONS = 20_000
"""To write the tables of, and to audit; with less, a second process does not pay."""
MOST_PERSONS_SHARED = 300_000
"""For a second process at the end: the two come to hold everybody twice, and what audits add up; of more
persons that is more memory than the time is worth."""
MOST_AUDITORS = 4
"""One audit takes a fourth of the time of all: with more they would wait for that."""
PERSONS_AT_ONCE = 1_000
LARGE_PERSONS_AT_ONCE = 10
"""Their properties stand in memory several times while they are written."""

Listener = Callable[[People | Ids], None]


def persons_at_once(*, has_large_values: bool) -> int:
    """How many persons are worked out, told and written at a time."""
    return LARGE_PERSONS_AT_ONCE if has_large_values else PERSONS_AT_ONCE


class Whoever(Protocol):
    """What knows everybody once the log is resolved, as a PersonResolver does."""

    def everybody(self, at_once: int) -> Iterator[Everybody] | Iterator[People | Ids]:
        """Every person and every distinct id, so many at a time; asked once."""

    def whose(self, team_id: int, distinct_id: str) -> Whose | None:
        """What has become of an id that a link named; None if no event ever showed it."""

    def forget_all(self) -> None:
        """Let go of everybody, once nothing more is asked."""


class Finishing:
    """What is written of a run at its end."""

    def __init__(
        self, folder: Path, journal: JournalWriter, options: ReplayOptions, whoever: Whoever
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._options = options
        self._rules = options.applied_rules
        self._whoever = whoever
        self._at_once = PERSONS_AT_ONCE
        self._people: PeopleBeside | None = None
        self.marks: dict[str, int] = {}  # of the journal, before watchers are told that the log has ended
        self.beside = ExitStack()  # of what goes on in another process: the run is whole once it is closed
        self._gathered: dict[str, dict[str, Any]] = {RUN: {}, NOTICES: {}, REMARKS: {}}

    def take(self, found: Rows) -> None:
        """Write rows that a watcher found, or gather those that come into the run's own data."""
        if found.table == TABLE and not self.marks:
            self.marks = self._journal.marks()
        if found.table in self._gathered:
            self._gathered[found.table].update(found.rows)
        else:
            self._journal.insert(found.table, found.rows)

    @property
    def remarks(self) -> Iterable[str]:
        """Sentences on internal users that watchers had."""
        return self._gathered[REMARKS].values()

    def write(self, read: LogRead, rejected: int, *, has_large_values: bool) -> None:
        """Finish the database, and the files beside it: where it pays, those in a second process.

        rejected: how many lines were.
        """
        self._at_once = persons_at_once(has_large_values=has_large_values)
        with ExitStack() as until_finished:
            tallied = self._tell_everybody(read, until_finished)
            self._journal.finish(self._metadata(read, rejected, tallied))

    def begin(self, read: LogRead, whoever: Whoever, persons: int, at_once: int) -> None:
        """Let another process write everybody, where that pays, while the journal is still told.

        whoever: may be asked by several processes, and already. persons: how many there are.
        """
        if self.pays_to_share(persons):
            from identity_cli.replaying.at_end.people_beside import PeopleBeside  # takes its time to import

            everybody = map(people_of, whoever.everybody(at_once))
            people = PeopleBeside(self._folder, everybody, self._tally(read))
            self._people = self.beside.enter_context(closing(people))

    def _tell_everybody(self, read: LogRead, until_finished: ExitStack) -> Tallied:
        """Write everybody into database and files: where it pays, the files in another process."""
        whoever, origins, tally = self._whoever, read.origins, self._tally(read)
        listeners = self._journal.write_people, tally.see
        if self._people is not None:
            self.beside.enter_context(_beside(partial(self._write_files, origins, self._everybody())))
            return self._people.hand_over(self._journal)
        if isinstance(whoever, PersonResolver) and self.pays_to_share(self._journal.count(PersonCreated)):
            halves = until_finished.enter_context(
                closing(Halves(whoever.in_order(), self._at_once, self._folder))
            )
            until_finished.enter_context(_beside(partial(self._write_beside, origins, halves)))
            _tell(halves.here(), *listeners)
        else:
            self._write_files(origins, self._everybody(), *listeners)
        return tally.tallied()

    def _tally(self, read: LogRead) -> Tally:
        has_overflow = any(source.dialect.startswith(POSTHOG.name) for source in read.sources)
        return Tally(OverflowWatch(self._rules, read.origins) if has_overflow else None)

    def _everybody(self) -> Iterator[People | Ids]:
        return map(people_of, self._whoever.everybody(self._at_once))

    def let_go(self) -> None:
        """Free the memory that everybody takes, once all is written: audits take some of their own."""
        self._whoever.forget_all()
        self._journal.names.forget_all()

    def _write_beside(self, origins: Origins, halves: Halves) -> None:
        """The same in another process, which helps to work out everybody."""
        halves.work_out_beside()
        self._write_files(origins, halves.beside())

    def _write_files(self, origins: Origins, everybody: Iterable[People | Ids], *also: Listener) -> None:
        """Write the files beside the database; also: who is told of everybody too."""
        journal, whose = self._journal, self._whoever.whose
        formats = (self._options.written_tables, self._options.written_graphs)
        with closing(RunFiles(self._folder, formats, journal.names, whose, origins)) as files:
            files.write_journal(journal.links, journal.warnings)
            _tell(everybody, *also, files.write_people)
            files.finish()

    def pays_to_share(self, persons: int) -> bool:
        """Whether what comes at the end is done by several processes: not where memory is to be spared."""
        options = self._options
        may_be = options.parts_at_a_time > 1 if options.spill else persons <= MOST_PERSONS_SHARED
        if options.one_process or not may_be or persons < WORTH_IT_PERSONS:
            return False
        from identity_cli.files.processes import is_possible

        return is_possible()

    @property
    def _most_shared(self) -> int:
        """Persons that several processes may audit: more of them where no resolver holds everybody."""
        return MOST_PERSONS_SHARED * (3 if self._options.spill else 1)

    def auditors(self) -> int:
        """How many processes audit: each adds up what it needs of each id, so fewer where there are many."""
        persons = self._journal.count(PersonCreated)
        if not self.pays_to_share(persons):
            return 1
        room_for = 1 + self._most_shared // max(1, persons)
        return max(2, min(self._options.processes, MOST_AUDITORS, room_for))

    def _metadata(self, read: LogRead, rejected: int, tallied: Tallied) -> dict[str, Any]:
        options, count = self._options, self._journal.count
        buffer = self._rules.buffer_seconds if options.buffer_seconds is None else options.buffer_seconds
        return {
            "idcli_version": __version__,
            "names_persons": [container_of(source.path) for source in read.sources if source.names_persons],
            "options": {
                "rules": self._rules.name,
                "buffer_seconds": options.buffer_seconds,
                "team_id": options.team_id,
                "dialect": options.dialect,
                "mapping": options.mapping,
                "order": options.order,
                "dedupe": options.dedupe,
                "left_out": options.left_out,
                "blocked_ids": options.blocked_ids,
                **({} if options.longest_line == LONGEST_LINE else {"longest_line": options.longest_line}),
            },
            **(
                {"passed_over": [(one.path, one.reason) for one in read.passed_over]}
                if read.passed_over
                else {}
            ),
            "rule_set": self._rules.name,
            "rules_are_of_log": options.is_of_log,
            "rules_by_dates": options.by_dates,
            "buffer_seconds": buffer,
            "team_id": options.team_id,
            "order": options.order,
            "moved": read.moved,
            **self._gathered[RUN],
            "notices": {
                **{kind: asdict(noticed) for kind, noticed in read.notices.items()},
                **self._gathered[NOTICES],
                **{kind: asdict(noticed) for kind, noticed in tallied.notices.items()},
            },
            "deduped": options.dedupe,
            "left_out_nothing": read.left_out_nothing,
            "lines": read.lines,
            "blank": read.blank,
            "rejected": rejected,
            "seqs": read.seqs,
            "events": read.event_count(rejected),
            "attributed": tallied.attributed,
            "teams": tallied.teams,
            "links": count(Linked),
            "distinct_ids": count(PersonCreated) + count(DistinctIdAttached) + tallied.personless,
        }


def _beside(writes: Callable[[], None]) -> AbstractContextManager[None]:
    from identity_cli.files.processes import done_beside  # takes its time to import

    return done_beside(writes, "writes the tables")


def _tell(everybody: Iterable[People | Ids], *listeners: Listener) -> None:
    """Tell everybody to each of these, some at a time."""
    for people in everybody:
        for listen in listeners:
            listen(people)
