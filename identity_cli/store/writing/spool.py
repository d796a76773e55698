"""What the journal told, kept in a file until the end: the tables need it when all places are known."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from identity_cli.tables.table import Columns

_decode = msgspec.json.Decoder(list[list[Any]]).decode


class Spool:
    """Records in columns, some at a time; take them all once, when nothing is added any more."""

    def __init__(self, folder: Path) -> None:
        """folder: where its file, which has no name, takes its place."""
        self._file = tempfile.TemporaryFile(dir=folder)
        self._encode = msgspec.json.Encoder().encode

    def add(self, columns: Columns) -> None:
        """Keep some records."""
        self._file.write(self._encode(columns) + b"\n")

    def flush(self) -> None:
        """Hold nothing back, so that another process may take them."""
        self._file.flush()

    def __iter__(self) -> Iterator[Columns]:
        self._file.seek(0)
        return map(_decode, self._file)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
