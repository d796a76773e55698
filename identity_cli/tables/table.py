"""The tables of a run as files: which columns, and how their lines look in each format.

Writing during a replay and exporting from a finished run use the same columns and the
same lines, so the two cannot differ.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from identity_cli.tables import cells

Item = TypeVar("Item")
Record = tuple[Any, ...]
Columns = Sequence[Sequence[Any]]
"""Some consecutive records of a table, column by column."""
CellsOf = Callable[[Any], Iterable[str]]
BUFFER_BYTES = 1 << 20
RECORDS_AT_ONCE = 1_000


class ColumnKind(Enum):
    """What a column holds: how its values become cells of CSV and of JSON."""

    TEXT = (cells.csv_texts, cells.json_texts)  # from the log: may hold anything
    NUMBER = (cells.csv_numbers, cells.json_texts)
    NTH = (cells.csv_nths, cells.json_texts)  # a number that mostly is not there
    WORD = (cells.csv_words, cells.json_texts)  # a time, a person id, one of our own words
    BOOL = (cells.flags, cells.flags)
    JSON = (cells.csv_jsons, cells.json_as_it_is)  # JSON text already

    def __init__(self, csv: CellsOf, json: CellsOf) -> None:
        self.csv = csv
        self.json = json


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, and its columns in order."""

    name: str
    columns: tuple[tuple[str, ColumnKind], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names."""
        return tuple(name for name, _ in self.columns)

    def header(self) -> str:
        """The first line of a CSV file."""
        return ",".join(self.names) + "\n"

    def csv_lines(self, columns: Columns) -> str:
        """Lines of CSV."""
        cells_ = [kind.csv(column) for (_, kind), column in zip(self.columns, columns, strict=True)]
        return "\n".join([*map(",".join, zip(*cells_, strict=True)), ""])

    def json_lines(self, columns: Columns) -> str:
        """Lines of NDJSON."""
        cells_ = [kind.json(column) for (_, kind), column in zip(self.columns, columns, strict=True)]
        template = "{" + ",".join(f'"{name}":%s' for name in self.names) + "}"
        return "\n".join([*map(template.__mod__, zip(*cells_, strict=True)), ""])

    def lines_in(self, table_format: str) -> Callable[[Columns], str]:
        """What writes lines in a format: csv or ndjson."""
        return self.csv_lines if table_format == "csv" else self.json_lines


class TableFile:
    """A file of one table."""

    def __init__(self, table: Table, table_format: str, folder: Path) -> None:
        path = folder / f"{table.name}.{table_format}"
        self._file = open(path, "w", BUFFER_BYTES, encoding="utf-8", newline="")
        self._lines_of = table.lines_in(table_format)
        self._file.write(table.header() if table_format == "csv" else "")

    def write(self, columns: Columns) -> None:
        """Add records."""
        self._file.write(self._lines_of(columns))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class TableFiles:
    """One table in several formats, or in none."""

    def __init__(self, table: Table, folder: Path, table_formats: Iterable[str]) -> None:
        self._files = [TableFile(table, name, folder) for name in table_formats]

    def write(self, columns: Columns) -> None:
        """Add records."""
        for file in self._files:
            file.write(columns)

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()


def lines(table: Table, table_format: str, records: Iterable[Record]) -> Iterator[str]:
    """The table as pieces of text, some lines each: format is csv or ndjson."""
    if table_format == "csv":
        yield table.header()
    lines_of = table.lines_in(table_format)
    for batch in batches(records):
        yield lines_of([*zip(*batch, strict=True)])


def batches(items: Iterable[Item], at_once: int | None = None) -> Iterator[list[Item]]:
    """The items, a thousand or so at a time, or as few as are asked for."""
    iterator = iter(items)
    while batch := list(islice(iterator, at_once or RECORDS_AT_ONCE)):
        yield batch
