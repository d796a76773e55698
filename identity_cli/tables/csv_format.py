"""Tables as CSV: RFC 4180, with a header, and no cell that a spreadsheet takes for a formula."""

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


class CsvWriter:
    """A header, then a line for each record."""

    def __init__(self, table: Table, file: IO[bytes]) -> None:
        self._table = table
        self._file = file
        file.write((",".join(table.names) + "\n").encode())

    def write(self, columns: Columns) -> None:
        """Add records."""
        lines = map(",".join, zip(*self._table.cells(columns, _LOOKS), strict=True))
        self._file.write("\n".join([*lines, ""]).encode())

    def finish(self) -> None:
        """Nothing stands behind the last line."""


CSV = TableFormat("csv", CsvWriter)
