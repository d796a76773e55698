"""Tables as JSON, an object for each record: one a line, or as the items of one array."""

from collections.abc import Iterator
from typing import IO

from identity_cli.tables import cells
from identity_cli.tables.table import ColumnKind, Columns, LooksOf, Table, TableFormat

_LOOKS: LooksOf = {
    ColumnKind.TEXT: cells.json_texts,
    ColumnKind.NUMBER: cells.json_texts,
    ColumnKind.NTH: cells.json_texts,
    ColumnKind.WORD: cells.json_texts,
    ColumnKind.TIME: cells.json_texts,
    ColumnKind.BOOL: cells.flags,
    ColumnKind.LIST: cells.json_as_it_is,
    ColumnKind.JSON: cells.json_as_it_is,
}


class NdjsonWriter:
    """A line for each record."""

    def __init__(self, table: Table, file: IO[bytes]) -> None:
        self._table = table
        self._file = file
        self._template = "{" + ",".join(f'"{name}":%s' for name in table.names) + "}"

    def objects(self, columns: Columns) -> Iterator[str]:
        """Each record as an object."""
        return map(self._template.__mod__, zip(*self._table.cells(columns, _LOOKS), strict=True))

    def write(self, columns: Columns) -> None:
        """Add records."""
        self._file.write("\n".join([*self.objects(columns), ""]).encode())

    def finish(self) -> None:
        """Nothing stands behind the last line."""


class JsonWriter(NdjsonWriter):
    """One array, each item a line."""

    def __init__(self, table: Table, file: IO[bytes]) -> None:
        super().__init__(table, file)
        self._before = "[\n"

    def write(self, columns: Columns) -> None:
        """Add records."""
        self._file.write((self._before + ",\n".join(self.objects(columns))).encode())
        self._before = ",\n"

    def finish(self) -> None:
        """Close the array."""
        self._file.write(b"[]\n" if self._before == "[\n" else b"\n]\n")


NDJSON = TableFormat("ndjson", NdjsonWriter, is_json=True)
JSON = TableFormat("json", JsonWriter, is_json=True)
