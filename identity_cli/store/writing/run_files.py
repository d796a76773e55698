"""The files of a run beside its database: the tables, and the merge graph.

First what the journal tells, then everybody; each batch goes to every file that shows it.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from identity_cli.origins import Origins
from identity_cli.resolver.person_state import DistinctId, Person, person_uuids
from identity_cli.store.writing.merge_graph import Links, MergeGraph
from identity_cli.store.writing.people import Ids, People
from identity_cli.tables import run_tables
from identity_cli.tables.formats import TableFiles
from identity_cli.tables.table import Columns, Record, Table, batches


class RunFiles:
    """The files of one run, being written."""

    def __init__(
        self,
        folder: Path,
        formats: tuple[Sequence[str], Sequence[str]],
        persons: Sequence[Person],
        find: Callable[[int, str], DistinctId | None],
        origins: Origins,
    ) -> None:
        """formats: of tables, and of the graph; persons: all of them, by number.

        find: what a team's distinct id has come to.
        """
        self._folder = folder
        self._formats, graph_formats = formats
        self._person_numbered = persons
        self._origins = origins
        self._graph = MergeGraph(folder, graph_formats, find)
        self._persons = self._open(run_tables.PERSONS)
        self._distinct_ids = self._open(run_tables.DISTINCT_IDS)

    def write_journal(self, links: Iterable[Columns], warnings: Iterable[Columns]) -> None:
        """Write what the journal tells, as the database has it."""
        self._write_links(links)
        self._write_warnings(warnings)

    def write_people(self, people: People | Ids) -> None:
        """Write persons and their distinct ids, or ids without a person; after the journal."""
        if isinstance(people, People):
            self._persons.write(people.shown())
            self._graph.add_people(people)
            people = people.ids
        self._distinct_ids.write(people.shown(self._origins))

    def finish(self) -> None:
        """Complete the files."""
        self._graph.finish()
        self._persons.finish()
        self._distinct_ids.finish()

    def close(self) -> None:
        """Let go of the files."""
        self._persons.close()
        self._distinct_ids.close()
        self._graph.close()

    def _write_links(self, parts: Iterable[Columns]) -> None:
        files = self._open(run_tables.LINKS)
        for columns in parts:
            links = Links(*columns)
            paths, lines, nths = places = self._origins.places(links.seq)
            owners = map(self._ids_of, (links.source_person, links.target_person, links.person))
            source_ids, target_ids, person_ids = owners
            files.write(
                [
                    *(paths, lines, links.uuid, links.event, links.time, links.team_id),
                    *(links.source_distinct_id, links.target_distinct_id, links.outcome),
                    *(source_ids, target_ids, links.source_identified, person_ids, links.dropped, nths),
                ]
            )
            self._graph.add_links(links, places)
        self._graph.close_links()
        files.finish()

    def _write_warnings(self, parts: Iterable[Columns]) -> None:
        files = self._open(run_tables.WARNINGS)
        for columns in parts:
            seqs, uuids, teams, types, distinct_ids, persons, details = columns
            paths, lines, nths = self._origins.places(seqs)
            owners = self._ids_of(persons)
            files.write([paths, lines, uuids, teams, types, distinct_ids, owners, details, nths])
        files.finish()

    def _open(self, table: Table) -> TableFiles:
        return TableFiles(table, self._folder, self._formats)

    def _ids_of(self, numbers: Sequence[int | None]) -> list[str | None]:
        """The person ids of persons by number."""
        persons = [self._person_numbered[number] for number in numbers if number is not None]
        person_ids = iter(person_uuids((person.team_id, person.creator) for person in persons))
        return [None if number is None else next(person_ids) for number in numbers]


def write_events(folder: Path, table_formats: Sequence[str], records: Iterable[Record]) -> None:
    """Write the table of events."""
    with closing(TableFiles(run_tables.EVENTS, folder, table_formats)) as files:
        for batch in batches(records):
            files.write([*zip(*batch, strict=True)])
        files.finish()
