"""The tables of a run as files: which columns, and one line of each format.

Writing during a replay and exporting from a finished run use the same records and the
same lines, so the two cannot differ.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from identity_cli.store import cells

Item = TypeVar("Item")
Record = tuple[Any, ...]
LinesOf = Callable[[Iterable[Record]], list[str]]
BUFFER_BYTES = 1 << 20
RECORDS_AT_ONCE = 1_000


class Kind(Enum):
    """What a column holds: how a value is written in CSV and in JSON, as an expression."""

    TEXT = ("csv_text({})", "json_text({})")  # from the log: may hold anything
    PLAIN = ("'' if {0} is None else {0}", "json_text({})")  # a number, a time, one of our own words
    BOOL = ("'true' if {} else 'false'", "'true' if {} else 'false'")
    JSON = ("csv_json({})", "'null' if {0} is None else {0}")  # JSON text already

    def __init__(self, csv: str, json: str) -> None:
        self.csv = csv
        self.json = json


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, its columns in order, and what one record of it looks like."""

    name: str
    columns: tuple[tuple[str, Kind], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names."""
        return tuple(name for name, _ in self.columns)

    def header(self) -> str:
        """The first line of a CSV file."""
        return ",".join(self.names) + "\n"

    def csv_lines(self) -> LinesOf:
        """The function that writes records as lines of CSV."""
        cells_ = [f"{{{kind.csv.format(name)}}}" for name, kind in self.columns]
        return self._compiled(",".join(cells_))

    def json_lines(self) -> LinesOf:
        """The function that writes records as lines of NDJSON."""
        members = [f'"{name}":{{{kind.json.format(name)}}}' for name, kind in self.columns]
        return self._compiled("{{" + ",".join(members) + "}}")

    def _compiled(self, template: str) -> LinesOf:
        """One f-string with our own column names in it: a third of the time of a loop over cells."""
        functions = {"csv_text": cells.csv_text, "csv_json": cells.csv_json, "json_text": cells.json_text}
        names = ", ".join(self.names)
        source = f'lambda records: [f"""{template}\\n""" for {names} in records]'
        compiled: LinesOf = eval(source, functions)
        return compiled


PERSONS = Table(
    "persons",
    (
        ("team_id", Kind.PLAIN),
        ("person_id", Kind.PLAIN),
        ("creator_distinct_id", Kind.TEXT),
        ("distinct_ids", Kind.JSON),
        ("is_identified", Kind.BOOL),
        ("created_at", Kind.PLAIN),
        ("properties", Kind.JSON),
        ("event_count", Kind.PLAIN),
        ("first_seen", Kind.PLAIN),
        ("last_seen", Kind.PLAIN),
    ),
)
DISTINCT_IDS = Table(
    "distinct_ids",
    (
        ("team_id", Kind.PLAIN),
        ("distinct_id", Kind.TEXT),
        ("person_id", Kind.PLAIN),
        ("event_count", Kind.PLAIN),
        ("file", Kind.TEXT),
        ("line", Kind.PLAIN),
    ),
)
LINKS = Table(
    "links",
    (
        ("file", Kind.TEXT),
        ("line", Kind.PLAIN),
        ("event_uuid", Kind.TEXT),
        ("event", Kind.TEXT),
        ("time", Kind.PLAIN),
        ("team_id", Kind.PLAIN),
        ("source_distinct_id", Kind.TEXT),
        ("target_distinct_id", Kind.TEXT),
        ("outcome", Kind.PLAIN),
        ("source_person_id", Kind.PLAIN),
        ("target_person_id", Kind.PLAIN),
        ("source_identified", Kind.BOOL),
        ("person_id", Kind.PLAIN),
        ("dropped", Kind.JSON),
    ),
)
WARNINGS = Table(
    "warnings",
    (
        ("file", Kind.TEXT),
        ("line", Kind.PLAIN),
        ("event_uuid", Kind.TEXT),
        ("team_id", Kind.PLAIN),
        ("type", Kind.PLAIN),
        ("distinct_id", Kind.TEXT),
        ("person_id", Kind.PLAIN),
        ("details", Kind.JSON),
    ),
)
EVENTS = Table(
    "events",
    (
        ("file", Kind.TEXT),
        ("line", Kind.PLAIN),
        ("uuid", Kind.TEXT),
        ("event", Kind.TEXT),
        ("team_id", Kind.PLAIN),
        ("distinct_id", Kind.TEXT),
        ("person_id_at_ingestion", Kind.PLAIN),
        ("person_id", Kind.PLAIN),
        ("note", Kind.PLAIN),
    ),
)
REJECTED = Table(
    "rejected",
    (
        ("file", Kind.TEXT),
        ("line", Kind.PLAIN),
        ("reason", Kind.TEXT),
        ("raw", Kind.TEXT),
    ),
)

TABLES = {table.name: table for table in (PERSONS, DISTINCT_IDS, LINKS, WARNINGS, EVENTS, REJECTED)}


class TableFile:
    """A file of one table, written record by record."""

    def __init__(self, table: Table, table_format: str, path: Path) -> None:
        self._file = open(path, "w", BUFFER_BYTES, encoding="utf-8", newline="")
        self._parts = _formatter(table, table_format)
        self._file.write(table.header() if table_format == "csv" else "")

    def write(self, records: Iterable[Record]) -> None:
        """Add records."""
        self._file.write("".join(self._parts(records)))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def lines(table: Table, table_format: str, records: Iterable[Record]) -> Iterator[str]:
    """The table as pieces of text, some lines each: format is csv or ndjson."""
    if table_format == "csv":
        yield table.header()
    parts = _formatter(table, table_format)
    for batch in batches(records):
        yield "".join(parts(batch))


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items, a thousand or so at a time."""
    iterator = iter(items)
    while batch := list(islice(iterator, RECORDS_AT_ONCE)):
        yield batch


def _formatter(table: Table, table_format: str) -> LinesOf:
    return table.csv_lines() if table_format == "csv" else table.json_lines()
