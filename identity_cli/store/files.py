"""The files of a run beside its database: the tables, and the merge graph.

First what the journal tells, then everybody; each batch goes to every file that shows it.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from identity_cli.origins import Origins
from identity_cli.persons import DistinctId, Person
from identity_cli.store import tables
from identity_cli.store.graph import Links, MergeGraph
from identity_cli.store.people import Everybody, Ids, People
from identity_cli.store.tables import Record, Table, TableFile, TableFiles, batches

_LINKS = (
    "SELECT seq, uuid, event, time, team_id, source_distinct_id, target_distinct_id, outcome,"
    " source_person, target_person, source_identified, person, dropped FROM links ORDER BY rowid"
)
_WARNINGS = "SELECT seq, uuid, team_id, type, distinct_id, person, details FROM warnings ORDER BY rowid"


class RunFiles:
    """The files of one run, being written."""

    def __init__(
        self,
        folder: Path,
        table_formats: Sequence[str],
        persons: Sequence[Person],
        find: Callable[[int, str], DistinctId | None],
        origins: Origins,
    ) -> None:
        """persons: all of them, by number; find: what a team's distinct id has come to."""
        self._folder = folder
        self._formats = table_formats
        self._person_numbered = persons
        self._origins = origins
        self._graph = MergeGraph(folder, find)
        self._persons = self._open(tables.PERSONS)
        self._distinct_ids = self._open(tables.DISTINCT_IDS)

    def write_journal(self, database: sqlite3.Connection) -> None:
        """Write what the journal tells: links and warnings."""
        self._write_links(database)
        self._write_warnings(database)
        for file in (self._persons, self._distinct_ids, self._graph):
            file.flush()

    def write_people(self, people: People | Ids) -> None:
        """Write persons and their distinct ids, or ids without a person; after the journal."""
        if isinstance(people, People):
            self._persons.write(people.shown())
            self._graph.add_people(people)
            people = people.ids
        self._distinct_ids.write(people.shown(self._origins))

    def write_everybody(self, everybody: Everybody, after_each_part: Callable[[], None]) -> None:
        """Write all persons and distinct ids, after the journal, and finish."""
        everybody.tell(self.write_people, lambda _: after_each_part())
        self.finish()

    def write_events(self, records: Iterable[Record]) -> None:
        """Write every event."""
        files = self._open(tables.EVENTS)
        for batch in batches(records):
            files.write([*zip(*batch, strict=True)])
        files.close()

    def finish(self) -> None:
        """Complete the files."""
        self._graph.finish()
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._persons.close()
        self._distinct_ids.close()
        self._graph.close()

    def _write_links(self, database: sqlite3.Connection) -> None:
        files = self._open(tables.LINKS)
        for rows in batches(database.execute(_LINKS)):
            links = Links(*zip(*rows, strict=True))
            places = self._origins.places(links.seq)
            owners = map(self._ids_of, (links.source_person, links.target_person, links.person))
            source_ids, target_ids, person_ids = owners
            files.write(
                [
                    *(*places, links.uuid, links.event, links.time, links.team_id),
                    *(links.source_distinct_id, links.target_distinct_id, links.outcome),
                    *(source_ids, target_ids, links.source_identified, person_ids, links.dropped),
                ]
            )
            self._graph.add_links(links, places)
        self._graph.close_links()
        files.close()

    def _write_warnings(self, database: sqlite3.Connection) -> None:
        files = self._open(tables.WARNINGS)
        for rows in batches(database.execute(_WARNINGS)):
            seqs, uuids, teams, types, distinct_ids, persons, details = zip(*rows, strict=True)
            places = self._origins.places(seqs)
            files.write([*places, uuids, teams, types, distinct_ids, self._ids_of(persons), details])
        files.close()

    def _open(self, table: Table) -> TableFiles:
        return TableFiles([TableFile(table, name, self._folder) for name in self._formats])

    def _ids_of(self, numbers: Iterable[int | None]) -> list[str | None]:
        """The person ids of persons by number."""
        persons = self._person_numbered
        return [None if number is None else persons[number].uuid for number in numbers]
