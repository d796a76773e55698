"""The tables of a run as files: which columns, and one line of each format.

Writing during a replay and exporting from a finished run use the same records and the
same lines, so the two cannot differ.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import IO, Any

from identity_cli.store import cells

Record = tuple[Any, ...]


class Kind(Enum):
    """What a column holds, and how it is written as a CSV cell and in JSON."""

    TEXT = (cells.csv_text, cells.json_text)  # from the log: may hold anything
    PLAIN = (cells.csv_plain, cells.json_text)  # a number, a time, a person id, our own words
    BOOL = (cells.csv_bool, cells.csv_bool)
    JSON = (cells.csv_json, cells.json_or_null)  # JSON text already

    def __init__(self, csv: cells.Converter, json: cells.Converter) -> None:
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

    def csv_line(self) -> Callable[[Record], str]:
        """The function that writes one record as a line of CSV."""
        converters = [kind.csv for _, kind in self.columns]
        return lambda record: (
            ",".join([convert(value) for convert, value in zip(converters, record, strict=True)]) + "\n"
        )

    def json_line(self) -> Callable[[Record], str]:
        """The function that writes one record as a line of NDJSON."""
        parts = [(f'"{name}":', kind.json) for name, kind in self.columns]
        return lambda record: (
            "{"
            + ",".join([key + convert(value) for (key, convert), value in zip(parts, record, strict=True)])
            + "}\n"
        )


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


def emitter(table: Table, table_format: str, out: IO[str]) -> Callable[[Record], object]:
    """Starts a file of the table, and gives the function that adds a record to it."""
    write = out.write
    if table_format == "csv":
        write(table.header())
        line = table.csv_line()
    else:
        line = table.json_line()
    return lambda record: write(line(record))


def lines(table: Table, table_format: str, records: Iterable[Record]) -> Iterable[str]:
    """The table as lines of text: format is csv or ndjson."""
    if table_format == "csv":
        yield table.header()
        yield from map(table.csv_line(), records)
    else:
        yield from map(table.json_line(), records)
