"""What a table of a run is: named columns of a kind each, told some records at a time.

Writing during a replay and exporting from a finished run use the same columns and the same
formats, so the two cannot differ.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import IO, Any, NamedTuple, Protocol, TypeVar

Item = TypeVar("Item")
Record = tuple[Any, ...]
Columns = Sequence[Sequence[Any]]
"""Some consecutive records of a table, column by column."""
RECORDS_AT_ONCE = 1_000


class ColumnKind(Enum):
    """What a column holds. Each format says how the values of each kind look in it."""

    TEXT = auto()  # from the log: may hold anything
    NUMBER = auto()
    NTH = auto()  # a number that mostly is not there
    WORD = auto()  # a person id, one of our own words
    TIME = auto()  # ISO 8601 in UTC with milliseconds
    BOOL = auto()
    LIST = auto()  # of texts, as JSON text
    JSON = auto()  # JSON text already


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, its columns in order, and whether each run has its file."""

    name: str
    columns: tuple[tuple[str, ColumnKind], ...]
    is_in_folder: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The column names."""
        return tuple(name for name, _ in self.columns)

    def cells(self, columns: Columns, looks: "LooksOf") -> list[Iterable[str]]:
        """The columns as text, each kind as a format has it."""
        return [looks[kind](column) for (_, kind), column in zip(self.columns, columns, strict=True)]


LooksOf = dict[ColumnKind, Callable[[Any], Iterable[str]]]
"""How the values of a column of each kind look in a format that is text."""


class TableWriter(Protocol):
    """Writes one table into a file that is open already, and that it does not close."""

    def write(self, columns: Columns) -> None:
        """Add records."""

    def finish(self) -> None:
        """Write what stands behind the last record."""


class TableFormat(NamedTuple):
    """A format of tables: its name, which is also the end of its files' names, and what writes it.

    unguarded: the same for programs, where the format guards text against spreadsheets that would take it
    for a formula. is_json: text that says the same with escapes. check: raises ExtraMissing where it cannot
    be written here.
    """

    name: str
    writer: Callable[[Table, IO[bytes]], TableWriter]
    unguarded: Callable[[Table, IO[bytes]], TableWriter] | None = None
    is_text: bool = True
    is_json: bool = False
    check: Callable[[], None] = lambda: None

    def file_of(self, table: Table) -> str:
        """What a file of that table is called."""
        return f"{table.name}.{self.name}"

    def for_programs(self) -> "TableFormat":
        """The same without a guard: text as the log has it."""
        return self if self.unguarded is None else self._replace(writer=self.unguarded)


def batches(items: Iterable[Item], at_once: int | None = None) -> Iterator[list[Item]]:
    """The items, a thousand or so at a time, or as few as are asked for."""
    iterator = iter(items)
    while batch := list(islice(iterator, at_once or RECORDS_AT_ONCE)):
        yield batch


def write_table(file: IO[bytes], table: Table, records: Iterable[Record], form: TableFormat) -> None:
    """Write a whole table."""
    writer = form.writer(table, file)
    for batch in batches(records):
        writer.write([*zip(*batch, strict=True)])
    writer.finish()
