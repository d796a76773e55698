"""Parquet files as logs: each row becomes the line that the same export would have as JSON lines."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import xxhash

from identity_cli.errors import ExtraMissing, LogShrank, LogUnreadable
from identity_cli.sources import PARQUET_MAGIC, STANDARD_INPUT, LineSource, Source, SourceFile

ROWS_AT_ONCE = 1_000
BYTES_AT_ONCE = 1 << 20


def open_log(path: str) -> LineSource:
    """The file as lines, whatever it is by its first bytes."""
    if path != STANDARD_INPUT:
        try:
            with open(path, "rb") as file:
                if file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC:
                    return ParquetFile(path)
        except OSError:
            pass  # which SourceFile has the words for
    return SourceFile(path)


class ParquetFile:
    """The rows of a Parquet file, batch by batch, as lines of JSON; nulls are left out."""

    def __init__(self, path: str) -> None:
        """ExtraMissing without the library."""
        try:
            from pyarrow import lib, parquet
        except ImportError:
            raise ExtraMissing(f"{path} is a Parquet file", "parquet") from None
        self.path = os.fsencode(path).decode("utf-8", "replace")
        self._errors = (OSError, lib.ArrowException, ValueError)
        self._size = os.stat(path).st_size
        self._rows_read = 0
        try:
            self._file = parquet.ParquetFile(path)
            self._batches = self._file.iter_batches(batch_size=ROWS_AT_ONCE)
        except self._errors as error:
            raise LogUnreadable(self.path, str(error)) from None

    @property
    def bytes_read(self) -> int:
        """About how many bytes the rows so far take on disk."""
        rows: int = self._file.metadata.num_rows
        return self._size * self._rows_read // max(1, rows)

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next rows, as lines; none at the end."""
        del about_bytes  # a batch is what there is
        try:
            batch = next(self._batches, None)
            rows = [] if batch is None else _with_microseconds(batch).to_pylist()
        except self._errors as error:
            raise LogUnreadable(self.path, str(error)) from None
        self._rows_read += len(rows)
        return [_line(row) for row in rows]

    def finish(self, source: Source) -> None:
        """Note size and hash of the file's bytes; LogShrank if it lost some meanwhile."""
        hashed = xxhash.xxh3_128()
        with open(self.path, "rb") as file:
            while block := file.read(BYTES_AT_ONCE):
                hashed.update(block)
                source.size += len(block)
        source.hash = hashed.hexdigest()
        if source.size < self._size:
            raise LogShrank(self.path, self._size, source.size)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _with_microseconds(batch: Any) -> Any:
    """The batch with nanosecond times cut to microseconds, which is what Python's times have."""
    from pyarrow import timestamp, types

    for index, field in enumerate(batch.schema):
        if types.is_timestamp(field.type) and field.type.unit == "ns":
            column = batch.column(index).cast(timestamp("us", field.type.tz), safe=False)
            batch = batch.set_column(index, field.name, column)
    return batch


def _line(row: dict[str, Any]) -> bytes:
    present = {name: value for name, value in row.items() if value is not None}
    return json.dumps(present, default=_as_json, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def rows_of(path: str) -> Iterator[bytes]:
    """The lines of any log or export."""
    file = open_log(path)
    try:
        while lines := file.read_lines(BYTES_AT_ONCE):
            yield from lines
    finally:
        file.close()
