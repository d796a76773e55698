"""Writes a run: the journal while the log is replayed, the tables at its end.

One SQLite transaction without a journal file: if anything fails, the whole folder is
thrown away. Nothing written depends on the clock or on hash order.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from identity_cli import facts
from identity_cli.persons import NEVER_YET
from identity_cli.store import schema
from identity_cli.store.cells import json_text, time_text, uuid_text
from identity_cli.store.folder import DATABASE

Row = tuple[Any, ...]
ROWS_AT_ONCE = 5_000
EXCERPT_CHARACTERS = 200
END_OF_LOG = 2**53  # released_before of events that waited until the end


class JournalWriter:
    """Takes facts in the order in which they happened."""

    def __init__(self, folder: Path, *, with_events: bool) -> None:
        self.database = _new_database(folder / DATABASE, with_events)
        self.fact_counts: Counter[type] = Counter()
        self._rows: dict[str, list[Row]] = {}

    def write(self, journal: Iterable[facts.Fact]) -> None:
        """Append facts."""
        counts = self.fact_counts
        for fact in journal:
            kind = type(fact)
            counts[kind] += 1
            row_of = _ROWS.get(kind)
            if row_of is not None:
                self._append(*row_of(fact))

    def reject(self, seq: int, reason: str, line: bytes) -> None:
        """Note a line that could not be used."""
        excerpt = line[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace").rstrip("\r\n")
        self._append("rejected", (seq, reason, len(line), excerpt[:EXCERPT_CHARACTERS]))

    def finish(self, metadata: dict[str, Any]) -> None:
        """Write the run's own data and the indexes; the database stays open to be read."""
        rows = [(key, json.dumps(value)) for key, value in metadata.items()]
        self.insert("run", rows)
        for statement in schema.INDEXES.split(";"):
            self.database.execute(statement)
        self.database.execute("COMMIT")

    def flush(self) -> None:
        """Write the rows gathered so far, so that they can be read back."""
        for table in list(self._rows):
            self._flush(table)

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Insert whole rows of a table, as its columns stand in the schema."""
        width = len(self.database.execute(f"SELECT * FROM {table} LIMIT 0").description)
        places = ",".join("?" * width)
        self.database.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    def _append(self, table: str, row: Row) -> None:
        rows = self._rows.get(table)
        if rows is None:
            rows = self._rows[table] = []
        rows.append(row)
        if len(rows) >= ROWS_AT_ONCE:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._rows[table]
        self.insert(table, rows)
        rows.clear()


def _new_database(path: Path, with_events: bool) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, cached_statements=32)
    for pragma in (
        f"application_id={schema.APPLICATION_ID}",
        f"user_version={schema.SCHEMA_VERSION}",
        "journal_mode=OFF",
        "synchronous=OFF",
        "locking_mode=EXCLUSIVE",
        "cache_size=-16384",
        "temp_store=MEMORY",
    ):
        database.execute(f"PRAGMA {pragma}")
    database.executescript(schema.SCHEMA + (schema.EVENTS_TABLE if with_events else ""))
    database.execute("BEGIN")
    return database


def _time(moment: Any) -> str | None:
    return None if moment is None or moment is NEVER_YET else time_text(moment)


def _link(fact: facts.Linked) -> tuple[str, Row]:
    dropped = json_text(fact.dropped) if fact.dropped else None
    return "links", (
        fact.seq,
        uuid_text(fact.uuid),
        fact.event,
        _time(fact.time),
        fact.team_id,
        fact.source_distinct_id,
        fact.target_distinct_id,
        fact.outcome.value,
        fact.source_person,
        fact.target_person,
        fact.source_identified,
        fact.person,
        dropped,
    )


def _change(fact: facts.PropertiesChanged) -> tuple[str, Row]:
    return "property_changes", (
        fact.seq,
        fact.person,
        fact.event,
        _time(fact.time),
        json_text(fact.changes),
    )


def _warning(fact: facts.IngestionWarning) -> tuple[str, Row]:
    return "warnings", (
        fact.seq,
        uuid_text(fact.uuid),
        fact.team_id,
        fact.type,
        fact.distinct_id,
        fact.person,
        json_text(fact.details),
    )


def _held(fact: facts.EventHeld) -> tuple[str, Row]:
    before = END_OF_LOG if fact.released_before is None else fact.released_before
    arrived, due = _time(fact.arrived), _time(fact.due)
    return "held", (fact.seq, fact.team_id, fact.distinct_id, arrived, due, before, fact.person_existed)


def _dropped(fact: facts.EventDropped) -> tuple[str, Row]:
    return "dropped", tuple(fact)


def _event(fact: facts.EventAttributed) -> tuple[str, Row]:
    return "events", (fact.seq, uuid_text(fact.uuid), *fact[2:])


# Creations, attachments and identified marks stand in the tables of persons and distinct ids.
_ROWS: dict[type, Any] = {
    facts.Linked: _link,
    facts.PropertiesChanged: _change,
    facts.IngestionWarning: _warning,
    facts.EventHeld: _held,
    facts.EventDropped: _dropped,
    facts.EventAttributed: _event,
}
