"""The journal of an earlier run as the beginning of another's: its rows, copied in their order.

What the earlier run was told because its log ended is left behind: the rows after its marks, and events
that were let go at the end.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from identity_cli.tables.journal_columns import END_OF_LOG
from identity_cli.tables.table import Columns

ROWS_AT_ONCE = 10_000
_AT_THE_END = frozenset(
    {
        *("run", "sources", "batches", "landmarks", "line_order", "persons", "distinct_ids", "remembered"),
        *("findings", "finding_persons", "internal_persons"),
    }
)
"""Tables that are written once the whole log is replayed."""
_LET_GO = f"SELECT seq FROM earlier.held WHERE released_before = {END_OF_LOG}"
_LEFT_BEHIND = {"held": f"seq IN ({_LET_GO})", "attributed_events": f"seq IN ({_LET_GO})"}
_NONE = -1
"""Stands before every row: some are numbered from 0."""
_FLAGS = frozenset({"source_identified"})


def marks_of(database: sqlite3.Connection) -> dict[str, int]:
    """The last row of each table that is written while the log is replayed."""
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: _last_row(database, name) for name in names if name not in _AT_THE_END}


def copy_journal(database: sqlite3.Connection, earlier: Path, marks: Mapping[str, int]) -> None:
    """Copy what another database has up to these marks."""
    uri = f"file:{quote(str(earlier))}?mode=ro&immutable=1"
    database.execute("ATTACH ? AS earlier", (uri,))
    database.execute("BEGIN")
    for table, mark in marks.items():
        left_behind = _LEFT_BEHIND.get(table, "FALSE")
        database.execute(
            f"INSERT INTO main.{table} SELECT * FROM earlier.{table}"
            f" WHERE rowid <= ? AND NOT ({left_behind}) ORDER BY rowid",
            (mark,),
        )
    database.execute("COMMIT")
    database.execute("DETACH earlier")


def copy_people(database: sqlite3.Connection, other: Path) -> None:
    """Copy everybody from a database that has nothing else; none of them is there yet."""
    database.execute("ATTACH ? AS other", (str(other),))
    database.execute("BEGIN")
    for table in ("persons", "distinct_ids"):
        database.execute(f"INSERT INTO main.{table} SELECT * FROM other.{table}")  # as it stands, row by row
    database.execute("COMMIT")
    database.execute("DETACH other")


def stored_columns(database: sqlite3.Connection, table: str) -> Iterator[Columns]:
    """A table of the journal in columns, as the facts had them, some rows at a time."""
    cursor = database.execute(f"SELECT * FROM {table} ORDER BY rowid")
    names = [name for name, *_ in cursor.description]
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        columns = zip(*rows, strict=True)
        yield [
            [*map(bool, column)] if name in _FLAGS else column
            for name, column in zip(names, columns, strict=True)
        ]


def _last_row(database: sqlite3.Connection, table: str) -> int:
    (last,) = database.execute(f"SELECT max(rowid) FROM {table}").fetchone()
    return _NONE if last is None else int(last)
