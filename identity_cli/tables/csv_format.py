"""Tables as CSV: RFC 4180, with a header, and no cell that a spreadsheet takes for a formula."""

from functools import partial
from typing import IO

from identity_cli.tables import cells
from identity_cli.tables.table import ColumnKind, Columns, LooksOf, Table, TableFormat

_LOOKS: LooksOf = {
    ColumnKind.TEXT: cells.csv_texts,
    ColumnKind.NUMBER: cells.csv_numbers,
    ColumnKind.NTH: cells.csv_nths,
    ColumnKind.WORD: cells.csv_words,
    ColumnKind.TIME: cells.csv_words,
    ColumnKind.BOOL: cells.flags,
    ColumnKind.LIST: cells.csv_jsons,
    ColumnKind.JSON: cells.csv_jsons,
}
_UNGUARDED: LooksOf = {**_LOOKS, ColumnKind.TEXT: cells.csv_texts_unguarded}


class CsvWriter:
    """A header, then a line for each record."""

    def __init__(self, table: Table, file: IO[bytes], looks: LooksOf = _LOOKS) -> None:
        self._table, self._looks = table, looks
        self._file = file
        file.write((",".join(table.names) + "\n").encode())

    def write(self, columns: Columns) -> None:
        """Add records."""
        lines = map(",".join, zip(*self._table.cells(columns, self._looks), strict=True))
        self._file.write("\n".join([*lines, ""]).encode())

    def finish(self) -> None:
        """Nothing stands behind the last line."""


CSV = TableFormat("csv", CsvWriter, unguarded=partial(CsvWriter, looks=_UNGUARDED))
