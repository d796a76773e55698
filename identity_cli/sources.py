"""Log files as lines of bytes: what is opened, how it is decompressed, and its fingerprint.

A source is read once, from front to end. The hash is of the file's own bytes, compressed
or not, so that a later command can tell whether the log is still the one replayed.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

import xxhash

from identity_cli import zstd_file
from identity_cli.errors import LogShrank, LogUnreadable, NoLogs
from identity_cli.run_mark import is_run

STANDARD_INPUT = "-"
STANDARD_INPUT_NUMBER = 0
BUFFER_BYTES = 1 << 16  # what was read is still in the processor's cache when lines are made of it
HASHED_AT_ONCE = 1 << 20
PARQUET_MAGIC = b"PAR1"

_OPENERS: tuple[tuple[bytes, Callable[[io.BufferedReader], Any]], ...] = (
    (b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=raw, mode="rb")),
    (b"BZh", lambda raw: bz2.BZ2File(raw, "rb")),
    (b"\xfd7zXZ\x00", lambda raw: lzma.LZMAFile(raw, "rb")),
    (zstd_file.MAGIC, zstd_file.ZstdFile),
)


@dataclass(slots=True)
class Source:
    """One log file: its place in the run, and what it was when it was read.

    first_seq: the seq of its first line. size: bytes on disk; hash: XXH3 of these bytes.
    dialect: the name of its input format. names_persons: whether its first lines say what
    person the platform gave them.
    """

    path: str
    first_seq: int
    size: int = 0
    hash: str = ""
    lines: int = 0
    dialect: str = ""
    names_persons: bool = False


class LineSource(Protocol):
    """What a reader asks of a source."""

    path: str

    @property
    def bytes_read(self) -> int:
        """Bytes taken from it so far."""

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next whole lines, about so many bytes of them; none at the end."""

    def finish(self, source: Source) -> None:
        """Note size and hash of what was read."""

    def close(self) -> None:
        """Let go of it; called whatever happened."""


class SourceFile:
    """An open file: lines to read, and bytes read so far."""

    def __init__(self, path: str) -> None:
        self.path = os.fsencode(path).decode("utf-8", "replace")  # as it is shown and stored
        try:
            raw = _open_raw(path)
            self._size_at_start = os.fstat(raw.fileno()).st_size if path != STANDARD_INPUT else None
            self._raw = _HashingReader(raw)
            self._lines = _decompressed(io.BufferedReader(self._raw, BUFFER_BYTES))
        except OSError as error:
            raise LogUnreadable(self.path, error.strerror or str(error)) from None

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next whole lines, about so many bytes of them; none at the end."""
        try:
            return self._lines.readlines(about_bytes)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise LogUnreadable(self.path, str(error) or type(error).__name__) from None

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the disk so far."""
        return self._raw.bytes_read

    def finish(self, source: Source) -> None:
        """Note size and hash; LogShrank if the file lost bytes meanwhile."""
        source.size, source.hash = self._raw.bytes_read, self._raw.hash.hexdigest()
        if self._size_at_start is not None and source.size < self._size_at_start:
            raise LogShrank(self.path, self._size_at_start, source.size)

    def close(self) -> None:
        """Close the file and what decompresses it."""
        self._lines.close()
        self._raw.close()


class EventSource:
    """Events already in memory, as JSON objects; each becomes a line."""

    path = "<events>"

    def __init__(self, events: Iterable[Any]) -> None:
        self._events = iter(events)
        self._hash = xxhash.xxh3_128()
        self.bytes_read = 0

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next events, as lines."""
        lines = [
            json.dumps(event, default=str).encode() + b"\n"
            for event in islice(self._events, about_bytes // 1024)
        ]
        for line in lines:
            self._hash.update(line)
            self.bytes_read += len(line)
        return lines

    def finish(self, source: Source) -> None:
        """Note size and hash of the lines."""
        source.size, source.hash = self.bytes_read, self._hash.hexdigest()

    def close(self) -> None:
        """Nothing to let go of."""


class _HashingReader(io.RawIOBase):
    """Passes a file's bytes on, and keeps count and hash of them."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw
        self.bytes_read = 0
        self.hash = xxhash.xxh3_128()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._raw.readinto(buffer)
        self.hash.update(memoryview(buffer)[:count])
        self.bytes_read += count
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def expand(paths: Iterable[str]) -> list[str]:
    """The files to read, in the order given; a folder stands for its files, by name."""
    files: list[str] = []
    for path in paths:
        if path != STANDARD_INPUT and Path(path).is_dir():
            files += _files_in(Path(path))
        else:
            files.append(path)
    total_size(files)  # a missing one shows now, not after the first is read
    return files


def total_size(paths: Sequence[str]) -> int | None:
    """Bytes on disk of all files; None when standard input is among them."""
    sizes = [_size(path) for path in paths if path != STANDARD_INPUT]
    return None if STANDARD_INPUT in paths else sum(sizes)


def hash_of_start(path: str, size: int) -> str | None:
    """The hash of a file's first bytes, as Source.hash is of all; None if it has fewer, or is no file."""
    if not Path(path).is_file() or _size(path) < size:
        return None
    found = xxhash.xxh3_128()
    try:
        with open(path, "rb") as file:
            while size > 0 and (block := file.read(min(size, HASHED_AT_ONCE))):
                found.update(block)
                size -= len(block)
    except OSError as error:
        raise LogUnreadable(path, error.strerror or str(error)) from None
    return None if size else found.hexdigest()


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError as error:
        raise LogUnreadable(path, error.strerror or str(error)) from None


def _files_in(folder: Path) -> list[str]:
    try:
        files = [str(path) for path in sorted(_walk(folder))]
    except OSError as error:
        raise LogUnreadable(str(folder), error.strerror or str(error)) from None
    if not files:
        raise NoLogs(str(folder))
    return files


def _walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, except hidden ones and those of a run: its tables look like logs."""
    if is_run(folder):
        return
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if not path.is_symlink():  # it may lead back to where we are
                yield from _walk(path)
        elif path.is_file():
            yield path


def _open_raw(path: str) -> io.FileIO:
    if path == STANDARD_INPUT:
        return open(STANDARD_INPUT_NUMBER, "rb", buffering=0, closefd=False)
    return open(path, "rb", buffering=0)


def _decompressed(buffered: io.BufferedReader) -> IO[bytes]:
    """The plain bytes; what a file is follows from its first bytes, never from its name."""
    start = buffered.peek(8)
    if start.startswith(PARQUET_MAGIC):
        raise OSError("Parquet is read from its end, so it has to be a file")
    for magic, opener in _OPENERS:
        if start.startswith(magic):
            return io.BufferedReader(opener(buffered), BUFFER_BYTES)
    return buffered
