"""Parquet files as logs: each row becomes the line that the same export would have as JSON lines."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

import xxhash

from identity_cli.errors import ExtraMissing, LogShrank, LogUnreadable
from identity_cli.files.sources import LONGEST_LINE, LineSource, RefusedLine, Source

PARQUET_MAGIC = b"PAR1"
ROWS_AT_ONCE = 1_000
BYTES_AT_ONCE = 1 << 20
UUID_BYTES = 16


class ParquetFile:
    """The rows of a Parquet file, batch by batch, as lines of JSON; nulls are left out.

    So are columns that cannot be decoded, where others can: whether events need them, the reader says.
    """

    numbers = None

    def __init__(self, path: str, named: str = "", longest_line: int = LONGEST_LINE) -> None:
        """ExtraMissing without the library."""
        try:
            from pyarrow import lib, parquet
        except ImportError:
            raise ExtraMissing(f"{path} is a Parquet file", "parquet") from None
        self.path = os.fsencode(path).decode("utf-8", "replace")  # as it is shown and stored
        self.named = named
        self.is_found = not named
        self._longest_line = longest_line
        self._again: Callable[[], LineSource] = partial(ParquetFile, path, named, longest_line)
        self._ahead: list[bytes] = []
        self._errors = (OSError, ValueError, lib.ArrowException)
        self._rows_read = 0
        self.unreadable: Sequence[str] = ()
        try:
            self._raw = open(path, "rb")  # ours, so that what is hashed is what was read
            self._size = os.fstat(self._raw.fileno()).st_size
        except OSError as error:
            raise LogUnreadable(self.path, error.strerror or str(error)) from None
        try:
            self._file = parquet.ParquetFile(self._raw, buffer_size=BYTES_AT_ONCE)
            self._rows: int = self._file.metadata.num_rows
            self._batches = self._file.iter_batches(batch_size=ROWS_AT_ONCE)
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
        lines, self._ahead = self._ahead or self._next_lines(), []
        for index, line in enumerate(lines):
            if len(line) > self._longest_line:
                self._ahead = lines[index + 1 :]
                return [*lines[:index], RefusedLine.too_long(line, self._longest_line)]
        return lines

    def again(self) -> LineSource:
        """The same from its beginning."""
        return self._again()

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

    def _next_lines(self) -> list[bytes]:
        try:
            batch = next(self._batches, None)
        except self._errors as error:
            self._go_on_without_unreadable(error)
            return self._next_lines()
        lines = [] if batch is None else lines_of_rows(batch)
        self._rows_read += len(lines)
        return lines

    def _go_on_without_unreadable(self, error: Exception) -> None:
        """Read on without the columns that cannot be decoded; LogUnreadable if one is nested."""
        from pyarrow import types

        columns = [] if self.unreadable else [*self._file.schema_arrow]
        names = [column.name for column in columns]
        fine = [name for name in names if self._can_be_read(name)]
        if not fine or any(types.is_nested(one.type) for one in columns if one.name not in fine):
            after = f", after row {self._rows_read:,}" if self._rows_read else ""
            raise LogUnreadable(self.path, f"{error}{after}") from None
        self.unreadable = [name for name in names if name not in fine]
        batches = self._file.iter_batches(batch_size=ROWS_AT_ONCE, columns=fine)
        self._batches = islice(batches, self._rows_read // ROWS_AT_ONCE, None)

    def _can_be_read(self, column: str) -> bool:
        try:
            for _ in self._file.iter_batches(batch_size=ROWS_AT_ONCE, columns=[column]):
                pass
        except self._errors:
            return False
        return True


def lines_of_rows(batch: Any) -> list[bytes]:
    """The rows of a batch, as lines."""
    return [_line(row) for row in _objects(batch)]


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
    except Exception:  # whatever a value of it is, the others and the other columns are of use
        return [_value(scalar) for scalar in column]


def _value(scalar: Any) -> Any:
    """What can be had of a value that Python cannot hold: times beyond its calendar, bytes as a string."""
    if not scalar.is_valid:
        return None
    for way in (scalar.as_py, partial(_parts_of, scalar), lambda: scalar.cast("string").as_py()):
        with suppress(Exception):
            return way()
    return str(scalar.value) if hasattr(scalar, "value") else None


def _parts_of(scalar: Any) -> Any:
    """The same of what holds other values; TypeError of what holds none."""
    from pyarrow import types

    kind = scalar.type
    if types.is_struct(kind):
        return {kind.field(index).name: _value(scalar[index]) for index in range(kind.num_fields)}
    if types.is_nested(kind):
        return [_value(one) for one in scalar.values]
    if types.is_dictionary(kind):
        return _value(scalar.value)
    if types.is_string(kind) or types.is_large_string(kind):
        return scalar.as_buffer().to_pybytes().decode("utf-8", "surrogateescape")
    raise TypeError(kind)


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
