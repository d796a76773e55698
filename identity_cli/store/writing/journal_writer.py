"""Writes a run: the journal while the log is replayed, the tables at its end.

One SQLite transaction without a journal file: if anything fails, the whole folder is
thrown away. Nothing written depends on the clock or on hash order.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from identity_cli import facts
from identity_cli.run_mark import APPLICATION_ID, DATABASE
from identity_cli.store import schema
from identity_cli.store.writing.earlier_journal import copy_journal, copy_people, marks_of, stored_columns
from identity_cli.store.writing.spool import Spool
from identity_cli.tables.journal_columns import STORED
from identity_cli.tables.people import Ids, People
from identity_cli.tables.person_names import PersonNames
from identity_cli.tables.table import Columns

FACTS_AT_ONCE = 10_000
LITTLE_MEMORY = "PRAGMA cache_size=-16384"
"""Of SQLite's, in KiB; also what the indexes' sorting may take."""
ROWS_AT_ONCE = 50  # a third faster than one by one, and within what older SQLite takes in one statement
EXCERPT_CHARACTERS = 200


class JournalWriter:
    """Takes facts in the order in which they happened."""

    def __init__(self, folder: Path, *, with_events: bool) -> None:
        self.database = _new_database(folder / DATABASE, with_events)
        self._values = _values_by_table(self.database)
        self.links = Spool(folder)
        self.warnings = Spool(folder)
        self.names = PersonNames()
        self._spools: dict[type, Spool] = {facts.Linked: self.links, facts.IngestionWarning: self.warnings}
        self._waiting: defaultdict[type, list[Any]] = defaultdict(list)
        self._counts: Counter[type] = Counter()
        self._pending = 0

    def write(self, journal: Sequence[facts.Fact]) -> None:
        """Append facts."""
        waiting = self._waiting
        for fact in journal:
            waiting[type(fact)].append(fact)
        self._pending += len(journal)
        if self._pending >= FACTS_AT_ONCE:
            self.flush()

    def spare_memory(self) -> None:
        """Keep few of the pages that are written, where memory counts."""
        self.database.execute(LITTLE_MEMORY)

    def count(self, kind: type) -> int:
        """How many facts of that kind were written."""
        return self._counts[kind] + len(self._waiting[kind])

    def go_on(self, earlier: Path, marks: Mapping[str, int], counts: Mapping[type, int]) -> None:
        """Begin with what an earlier run's database has up to these marks; counts: of its facts so far."""
        self.flush()
        self.database.execute("COMMIT")  # within a transaction none is attached
        copy_journal(self.database, earlier, marks)
        self.database.execute("BEGIN")
        self._counts.update(counts)
        for kind, spool in self._spools.items():
            for columns in stored_columns(self.database, STORED[kind][0]):
                spool.add(columns)

    def marks(self) -> dict[str, int]:
        """How far each table goes so far, by its last row."""
        self.flush()
        return marks_of(self.database)

    def marks_since(self, read: Mapping[str, int]) -> dict[str, int]:
        """The same where the log was read first, and all of it then resolved.

        read: once it was read; what else watchers wrote since is of its end.
        """
        return {**read, **{table: last for table, last in self.marks().items() if table in _RESOLVED}}

    def reject(self, seq: int, reason: str, line: bytes) -> None:
        """Note a line that could not be used."""
        excerpt = line[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace").rstrip("\r\n")
        self.insert("rejected", [(seq, reason, len(line), excerpt[:EXCERPT_CHARACTERS])])

    def write_people(self, people: People | Ids) -> None:
        """Note persons and their distinct ids, or ids without a person."""
        if isinstance(people, People):
            self.insert("persons", zip(*people.merged, strict=True))
            self._insert_columns("persons", people.stored())
            people = people.ids
        self._insert_columns("distinct_ids", people.stored())

    def finish_people(self) -> None:
        """Nothing else is written here: another run takes them."""
        self.database.execute("COMMIT")

    def take_people(self, path: Path) -> None:
        """Copy everybody from a database in which they were finished."""
        self.flush()
        self.database.execute("COMMIT")
        copy_people(self.database, path)
        self.database.execute("BEGIN")

    def finish(self, metadata: dict[str, Any]) -> None:
        """Write the run's own data and the indexes; the database stays open to be read."""
        for key, value in metadata.items():
            self.note(key, value)
        self.database.execute(LITTLE_MEMORY)
        for statement in schema.INDEXES.split(";"):
            self.database.execute(statement)
        self.database.execute("COMMIT")

    def add(self, tables: Iterable[tuple[str, Iterable[Sequence[Any]]]]) -> None:
        """Insert rows that follow from a finished run."""
        self.database.execute("BEGIN")
        for table, rows in tables:
            self.insert(table, rows)
        self.database.execute("COMMIT")

    def note(self, key: str, value: Any) -> None:
        """Note something about the run itself."""
        self.insert("run", [(key, json.dumps(value))])

    def close(self) -> None:
        """Let go of the files."""
        self.database.close()
        self.links.close()
        self.warnings.close()

    def flush(self) -> None:
        """Write the facts gathered so far."""
        for kind, waiting in self._waiting.items():
            self._counts[kind] += len(waiting)
            if kind is facts.PersonCreated:
                self.names.add(waiting)
            if waiting and kind in STORED:
                table, columns_of = STORED[kind]
                columns = columns_of(waiting)
                self._insert_columns(table, columns)
                if kind in self._spools:
                    self._spools[kind].add(columns)
            waiting.clear()
        self._pending = 0
        for spool in self._spools.values():
            spool.flush()

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows, with a value for each column of the table, or as _VALUES has it."""
        self.database.executemany(f"INSERT INTO {table} VALUES ({self._values[table]})", rows)

    def _insert_columns(self, table: str, columns: Columns) -> None:
        """Insert many rows, given as columns."""
        width, count = len(columns), len(columns[0])
        values: list[Any] = [None] * (width * count)
        for index, column in enumerate(columns):
            values[index::width] = column
        several = f"INSERT INTO {table} VALUES {','.join([f'({self._values[table]})'] * ROWS_AT_ONCE)}"
        size = width * ROWS_AT_ONCE
        rest = len(values) - len(values) % size
        self.database.executemany(several, (values[start : start + size] for start in range(0, rest, size)))
        self.insert(table, (values[start : start + width] for start in range(rest, len(values), width)))


# What is mostly NULL is not handed over as None, for which sqlite3 looks up an adapter each time.
_VALUES = {
    "sources": "NULL,?,?,?,?,?,?",
    "persons": "?,?,?,?,?,?,nullif(?,0),nullif(?,-1),?,?,?,?,?",
}
"""Of tables whose rows are given in another form than they are kept in."""


_RESOLVED = frozenset({"rejected", *(table for table, _ in STORED.values())})
"""Tables of what comes of events, and not of watching them."""


def _values_by_table(database: sqlite3.Connection) -> dict[str, str]:
    """The placeholders of a row of each table: one for each of its columns, but for those of _VALUES."""
    tables = "SELECT * FROM sqlite_master UNION ALL SELECT * FROM sqlite_temp_master"
    counted = database.execute(
        f"SELECT t.name, count(*) FROM ({tables}) t, pragma_table_info(t.name)"
        " WHERE t.type = 'table' GROUP BY t.name"
    )
    return {table: ",".join("?" * columns) for table, columns in counted} | _VALUES


def _new_database(path: Path, with_events: bool) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, cached_statements=32, uri=True)
    for pragma in (
        "page_size=16384",  # first: what writes the first page settles it
        "journal_mode=OFF",  # before anything is written, or a kill leaves a journal that nobody knows
        f"application_id={APPLICATION_ID}",
        f"user_version={schema.SCHEMA_VERSION}",
        "synchronous=OFF",
        "locking_mode=EXCLUSIVE",
        "cache_size=-65536",
        "temp_store=FILE",
    ):
        database.execute(f"PRAGMA {pragma}")
    database.executescript(schema.script(with_events=with_events) + schema.SCRATCH_TABLES)
    database.execute("BEGIN")
    return database
