"""The files of a run beside its database: the tables, and the merge graph.

First what the journal tells, then everybody; each batch goes to every file that shows it.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from identity_cli.facts import Whose
from identity_cli.origins import Origins
from identity_cli.tables import run_tables
from identity_cli.tables.formats import TableFiles
from identity_cli.tables.graph import GraphFormat
from identity_cli.tables.merge_graph import Links, MergeGraph
from identity_cli.tables.people import Ids, People
from identity_cli.tables.person_names import PersonNames
from identity_cli.tables.table import Columns, Record, Table, TableFormat, batches


class RunFiles:
    """The files of one run, being written."""

    def __init__(
        self,
        folder: Path,
        formats: tuple[Sequence[TableFormat], Sequence[GraphFormat]],
        names: PersonNames,
        whose: Callable[[int, str], Whose | None],
        origins: Origins,
    ) -> None:
        """formats: of tables, and of the graph; names: of all persons.

        whose: what a team's distinct id has come to.
        """
        self._folder = folder
        self._formats, graph_formats = formats
        self._names = names
        self._origins = origins
        self._graph = MergeGraph(folder, graph_formats, whose)
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
            owners = map(self._names.ids_of, (links.source_person, links.target_person, links.person))
            source_ids, target_ids, person_ids = owners
            files.write(
                [
                    *(paths, lines, links.uuid, links.event, links.time, links.team_id),
                    *(links.source_distinct_id, links.target_distinct_id, links.outcome),
                    *(source_ids, target_ids, links.source_identified, person_ids, links.dropped, nths),
                    *(links.lib, links.lib_version),
                ]
            )
            self._graph.add_links(links, places)
        self._graph.close_links()
        files.finish()

    def _write_warnings(self, parts: Iterable[Columns]) -> None:
        files = self._open(run_tables.WARNINGS)
        for columns in parts:
            seqs, uuids, teams, types, distinct_ids, persons, details, *sent = columns
            paths, lines, nths = self._origins.places(seqs)
            owners = self._names.ids_of(persons)
            files.write([paths, lines, uuids, teams, types, distinct_ids, owners, details, nths, *sent])
        files.finish()

    def _open(self, table: Table) -> TableFiles:
        return TableFiles(table, self._folder, self._formats)


def write_events(folder: Path, formats: Sequence[TableFormat], records: Iterable[Record]) -> None:
    """Write the table of events."""
    with closing(TableFiles(run_tables.EVENTS, folder, formats)) as files:
        for batch in batches(records):
            files.write([*zip(*batch, strict=True)])
        files.finish()
