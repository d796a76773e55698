"""Tables as Parquet: typed, with real times, lists and JSON."""

from typing import IO, Any

from identity_cli.tables.arrow_columns import arrow, record_batch, schema_of
from identity_cli.tables.table import Columns, Table, TableFormat

ROWS_OF_A_GROUP = 100_000
BYTES_OF_A_GROUP = 64 << 20
"""Of a row group, whichever comes first: many rows, for readers; not too many bytes, for memory."""


class ParquetWriter:
    """Row groups of some size, and what tells where each is."""

    def __init__(self, table: Table, file: IO[bytes]) -> None:
        arrow()
        from pyarrow import parquet  # takes its time to import

        self._table = table
        self._schema = schema_of(table)
        self._file = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._waiting: list[Any] = []

    def write(self, columns: Columns) -> None:
        """Add records."""
        self._waiting.append(record_batch(self._table, columns))
        while sum(batch.num_rows for batch in self._waiting) >= ROWS_OF_A_GROUP:
            self._write_group()
        if sum(batch.nbytes for batch in self._waiting) >= BYTES_OF_A_GROUP:
            self._write_group()

    def finish(self) -> None:
        """Write the last group, and the table of contents."""
        if self._waiting:
            self._write_group()
        self._file.close()

    def _write_group(self) -> None:
        """Write what waits, up to as many rows as a group has."""
        waiting = arrow().Table.from_batches(self._waiting, self._schema)
        self._file.write_table(waiting.slice(0, ROWS_OF_A_GROUP))
        self._waiting = waiting.slice(ROWS_OF_A_GROUP).to_batches()


def _check() -> None:
    arrow()


PARQUET = TableFormat("parquet", ParquetWriter, is_text=False, check=_check)
