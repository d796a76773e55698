"""Parquet files as logs: each row becomes the line that the same export would have as JSON lines."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import xxhash

from identity_cli.errors import ExtraMissing, LogShrank, LogUnreadable
from identity_cli.sources import PARQUET_MAGIC, STANDARD_INPUT, LineSource, Source, SourceFile

ROWS_AT_ONCE = 1_000
BYTES_AT_ONCE = 1 << 20
UUID_BYTES = 16


def open_log(path: str) -> LineSource:
    """The file as lines, whatever it is by its first bytes."""
    return ParquetFile(path) if _is_parquet(path) else SourceFile(path)


def rows_of(path: str, on_progress: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """The lines of any log or export; on_progress is told the bytes of it that were read."""
    file = open_log(path)
    try:
        while lines := file.read_lines(BYTES_AT_ONCE):
            yield from lines
            if on_progress:
                on_progress(file.bytes_read)
    finally:
        file.close()


def _is_parquet(path: str) -> bool:
    """Asked of regular files only: what is read from a pipe to look at it is gone."""
    if path == STANDARD_INPUT or not Path(path).is_file():
        return False
    try:
        with open(path, "rb") as file:
            return file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
    except OSError:
        return False  # SourceFile has the words for it


class ParquetFile:
    """The rows of a Parquet file, batch by batch, as lines of JSON; nulls are left out."""

    def __init__(self, path: str) -> None:
        """ExtraMissing without the library."""
        try:
            from pyarrow import lib, parquet
        except ImportError:
            raise ExtraMissing(f"{path} is a Parquet file", "parquet") from None
        self.path = os.fsencode(path).decode("utf-8", "replace")  # as it is shown and stored
        self._errors = (OSError, ValueError, lib.ArrowException)
        self._rows_read = 0
        try:
            self._raw = open(path, "rb")  # ours, so that what is hashed is what was read
            self._size = os.fstat(self._raw.fileno()).st_size
        except OSError as error:
            raise LogUnreadable(self.path, error.strerror or str(error)) from None
        try:
            file = parquet.ParquetFile(self._raw, buffer_size=BYTES_AT_ONCE)
            self._rows: int = file.metadata.num_rows
            self._batches = file.iter_batches(batch_size=ROWS_AT_ONCE)
        except self._errors as error:
            self._raw.close()
            raise LogUnreadable(self.path, str(error)) from None

    @property
    def bytes_read(self) -> int:
        """About how many bytes the rows so far take on disk."""
        return self._size * self._rows_read // max(1, self._rows)

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next rows, as lines; none at the end."""
        del about_bytes  # a batch is what there is
        try:
            batch = next(self._batches, None)
            rows = [] if batch is None else _objects(batch)
        except self._errors as error:
            raise LogUnreadable(self.path, str(error)) from None
        self._rows_read += len(rows)
        return [_line(row) for row in rows]

    def finish(self, source: Source) -> None:
        """Note size and hash of the file's bytes; LogShrank if it lost some meanwhile."""
        hashed, size = xxhash.xxh3_128(), 0
        try:
            self._raw.seek(0)
            while block := self._raw.read(BYTES_AT_ONCE):
                hashed.update(block)
                size += len(block)
        except OSError as error:
            raise LogUnreadable(self.path, error.strerror or str(error)) from None
        source.size, source.hash = size, hashed.hexdigest()
        if size < self._size:
            raise LogShrank(self.path, self._size, size)

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()


def _line(row: dict[str, Any]) -> bytes:
    """As JSON; a string that is no UTF-8 keeps its bytes, for the reader to judge as in any log."""
    return json.dumps(row, default=_as_json, ensure_ascii=False).encode("utf-8", "surrogateescape") + b"\n"


def _objects(batch: Any) -> list[dict[str, Any]]:
    """The rows; a column is there for every row, so null is how it says "absent"."""
    names = batch.schema.names
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*map(_values, batch.columns), strict=True)
    ]


def _values(column: Any) -> list[Any]:
    from pyarrow import types

    if types.is_timestamp(column.type):
        return _moments(column)
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:  # some writers call bytes a string that are no UTF-8
        values = column.cast("large_binary").to_pylist()
        return [value if value is None else value.decode("utf-8", "surrogateescape") for value in values]


def _moments(column: Any) -> list[Any]:
    """ISO 8601 in UTC, to the last digit; a time without zone is UTC, as the platform takes it."""
    from pyarrow import timestamp

    texts = column.cast(timestamp(column.type.unit)).cast("string").to_pylist()
    return [text if text is None else text.replace(" ", "T") + "Z" for text in texts]


def _as_json(value: Any) -> str:
    """What JSON has no word for: times within structures, decimals, bytes."""
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    return _text(value) if isinstance(value, bytes) else str(value)


def _text(value: bytes) -> str:
    """The text that bytes are, or else their digits: two ids must not become one."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return str(UUID(bytes=value)) if len(value) == UUID_BYTES else value.hex()
