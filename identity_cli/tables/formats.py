"""The formats that tables can have, and a table's files in several of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO

from identity_cli.tables.csv_format import CSV
from identity_cli.tables.json_formats import JSON, NDJSON
from identity_cli.tables.parquet_format import PARQUET
from identity_cli.tables.table import Columns, Table, TableFormat, TableWriter

TABLE_FORMATS = {form.name: form for form in (CSV, NDJSON, JSON, PARQUET)}
BUFFER_BYTES = 1 << 20


class TableFiles:
    """One table in several formats, or in none."""

    def __init__(self, table: Table, folder: Path, formats: Iterable[TableFormat]) -> None:
        self._files: list[IO[bytes]] = []
        self._writers: list[TableWriter] = []
        for form in formats:
            self._open(table, folder, form)

    def _open(self, table: Table, folder: Path, form: TableFormat) -> None:
        file = open(folder / form.file_of(table), "wb", BUFFER_BYTES)
        self._files.append(file)
        self._writers.append(form.writer(table, file))

    def write(self, columns: Columns) -> None:
        """Add records."""
        for writer in self._writers:
            writer.write(columns)

    def finish(self) -> None:
        """Complete the files."""
        for writer in self._writers:
            writer.finish()
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()
