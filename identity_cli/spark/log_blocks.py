"""A log in blocks that can be read each by itself: byte ranges of plain files, row groups, whole files.

Read through Arrow's file systems and not by Spark, so that every line keeps its place.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from pyarrow import fs as file_systems
from pyarrow import parquet

from identity_cli.dialects.base import Dialect
from identity_cli.errors import LogUnreadable, NoLogs, NotALog, OutputThere
from identity_cli.files import foreign
from identity_cli.files.compressed import COMPRESSIONS, PEEKED_BYTES, decompressed
from identity_cli.files.folders import expand
from identity_cli.files.opening import FROM_THEIR_END, is_tar
from identity_cli.files.parquet_file import PARQUET_MAGIC, ROWS_AT_ONCE, lines_of_rows
from identity_cli.files.plain_lines import PlainLines
from identity_cli.files.raw_file import Damaged, Peekable
from identity_cli.files.sources import RefusedLine
from identity_cli.files.texts import PEEKED_BYTES as ENCODING_BYTES
from identity_cli.files.texts import begins_with_object, of_kind, plain_lines_of
from identity_cli.files.utf16 import encoding_at
from identity_cli.reading.source_choice import BLOCK_BYTES

READ_AT_ONCE = 8 << 20  # of a store in which every read is a request
FILES_AT_ONCE = 16  # looked at side by side, for the same reason
BYTES, ROW_GROUPS, WHOLE = "bytes", "row groups", "whole"
Lines = Iterator[list[bytes]]


class File(NamedTuple):
    """A file of the log: its path as tables show it, and as a file system has it.

    root: the URI of that file system, "" for this machine's. is_found: in a folder, perhaps no log.
    """

    shown: str
    root: str
    path: str
    is_found: bool


class LogBlock(NamedTuple):
    """A part of a file, from start to before end: bytes, row groups, or all of it."""

    number: int
    file: File
    dialect: str
    kind: str
    start: int
    end: int


def log_blocks(
    paths: Iterable[str],
    dialect_of: Callable[[str, list[bytes]], Dialect],
    block_bytes: int,
    longest_line: int,
) -> list[LogBlock]:
    """The blocks of a log in its order: files as given, a folder's by name.

    dialect_of: of a file, by its path and first lines. LogUnreadable, NoLogs.
    """
    files = [*chain.from_iterable(map(_files_at, paths))]
    look = partial(_parts_of, dialect_of=dialect_of, block_bytes=block_bytes, longest_line=longest_line)
    with ThreadPoolExecutor(FILES_AT_ONCE) as several:
        found = [*chain.from_iterable(several.map(look, files))]
    return [block._replace(number=number) for number, block in enumerate(found)]


def lines_of(block: LogBlock, longest_line: int) -> Lines:
    """The lines that start in a block, some at a time; LogUnreadable."""
    with _readable(block.file) as raw:
        if block.kind == ROW_GROUPS:
            yield from _rows(raw, range(block.start, block.end), longest_line)
        elif block.kind == WHOLE:
            yield from _read(plain_lines_of(decompressed(Peekable(_Piece(raw))), longest_line))
        else:
            start, end = _line_start(raw, block.start), _line_start(raw, block.end)
            yield from _read(PlainLines(_Piece(raw, start, end), longest_line))


def record_of(block: LogBlock) -> dict[str, Any]:
    """A block as a row of a frame."""
    record = block._asdict()
    record |= record.pop("file")._asdict()
    return record


def block_of(record: dict[str, Any]) -> LogBlock:
    """The same back."""
    file = File(**{name: record.pop(name) for name in File._fields})
    return LogBlock(file=file, **record)


def place_of(path: str) -> str:
    """A folder for Spark, which would seek a relative one where its own process was started."""
    return path.rstrip("/") if "://" in path else str(Path(path).absolute())


def write_new(path: str, lines: Iterable[bytes]) -> None:
    """Write a file that is not there yet; OutputThere."""
    system, place = file_systems.FileSystem.from_uri(place_of(path))
    if system.get_file_info(place).type != file_systems.FileType.NotFound:
        raise OutputThere(path)
    with system.open_output_stream(place) as file:
        for line in lines:
            file.write(line)


# Which files there are


def _files_at(path: str) -> Iterator[File]:
    if "://" not in path:
        for found in expand([path]):
            yield File(found.path, "", str(Path(found.path).absolute()), not found.named)
        return
    system, root = file_systems.FileSystem.from_uri(path)
    info = system.get_file_info(root)
    if info.type == file_systems.FileType.NotFound:
        raise LogUnreadable(path, "No such file or directory")
    if info.type == file_systems.FileType.File:
        yield File(path, path, root, is_found=False)
        return
    below = system.get_file_info(file_systems.FileSelector(root, recursive=True))
    inside = [one.path for one in below if one.type == file_systems.FileType.File]
    kept = [one for one in inside if not _is_hidden(one[len(root) :])]
    if not kept:
        raise NoLogs(path)
    for one in sorted(kept, key=lambda found: found.split("/")):
        yield File(path.rstrip("/") + one[len(root.rstrip("/")) :], path, one, is_found=True)


def _is_hidden(path: str) -> bool:
    """Whether a file is what systems leave behind, as `_SUCCESS` and `.crc`."""
    return any(part.startswith((".", "_")) for part in path.split("/"))


# What each of them is


def _parts_of(
    file: File, dialect_of: Callable[[str, list[bytes]], Dialect], block_bytes: int, longest_line: int
) -> list[LogBlock]:
    try:
        with _readable(file) as raw:
            kind, size = _kind_of(raw, file)
            first_lines = next(lines_of(_block(file, "", kind, 0, min(size, BLOCK_BYTES)), longest_line), [])
    except NotALog:
        if file.is_found:
            return []
        raise
    dialect = dialect_of(file.shown, first_lines)
    step = {BYTES: block_bytes, ROW_GROUPS: 1, WHOLE: 1}[kind]
    cuts = range(0, max(1, size), step)
    return [_block(file, dialect.name, kind, cut, min(cut + step, size)) for cut in cuts]


def _block(file: File, dialect: str, kind: str, start: int, end: int) -> LogBlock:
    return LogBlock(0, file, dialect, kind, start, end)


def _kind_of(raw: Any, file: File) -> tuple[str, int]:
    """How a file is read, and how much there is of it: bytes, row groups, one."""
    start = raw.read(PEEKED_BYTES)
    raw.seek(0)
    if start.startswith(PARQUET_MAGIC):
        return ROW_GROUPS, parquet.ParquetFile(raw).metadata.num_row_groups
    plain = decompressed(Peekable(_Piece(raw)))
    _check(plain, file)
    is_packed = any(one.is_at(start) for one in COMPRESSIONS)
    if is_packed or encoding_at(start[:ENCODING_BYTES]) is not None:
        return WHOLE, 1
    return BYTES, raw.size()


def _check(plain: Peekable, file: File) -> None:
    """NotALog, LogUnreadable for what has no lines that are events."""
    start = plain.peek(PEEKED_BYTES)
    what = foreign.described(plain.peek(foreign.PEEKED_BYTES), file.shown)
    if what is not None:
        raise NotALog(file.shown, what)
    if is_tar(start) or any(start.startswith(magic) for magic in FROM_THEIR_END):
        raise LogUnreadable(file.shown, "an archive is not read in blocks: unpack it into the folder")
    if not begins_with_object(plain) and of_kind(plain, BLOCK_BYTES) is not None:
        raise LogUnreadable(
            file.shown, "a JSON document or a table of text is not read in blocks: make JSON lines of it"
        )


# Its lines


@contextmanager
def _readable(file: File) -> Iterator[Any]:
    """The file, open; what goes wrong with it meanwhile is LogUnreadable."""
    try:
        system = (
            file_systems.FileSystem.from_uri(file.root)[0] if file.root else file_systems.LocalFileSystem()
        )
        with system.open_input_file(file.path) as raw:
            yield raw
    except (OSError, Damaged) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise LogUnreadable(file.shown, reason) from None


class _Piece(io.RawIOBase):
    """The bytes of a file from start to before end, read from it many at a time."""

    def __init__(self, raw: Any, start: int = 0, end: int | None = None) -> None:
        self._raw = raw
        self._raw.seek(start)
        self._left = (raw.size() if end is None else end) - start
        self._ahead = memoryview(b"")

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        if not self._ahead and self._left > 0:
            self._ahead = memoryview(self._raw.read(min(READ_AT_ONCE, self._left)))
            self._left -= len(self._ahead)
        count = min(len(buffer), len(self._ahead))
        buffer[:count] = self._ahead[:count]
        self._ahead = self._ahead[count:]
        return count


def _line_start(raw: Any, at: int) -> int:
    """Where the first line begins that begins there or later."""
    if at == 0:
        return 0
    size: int = raw.size()
    raw.seek(at - 1)
    while some := raw.read(BLOCK_BYTES):
        end: int = some.find(b"\n")
        if end >= 0:
            return at + end
        at += len(some)
    return min(at, size)


def _read(lines: Any) -> Lines:
    while some := lines.read(BLOCK_BYTES):
        yield some


def _rows(raw: Any, groups: Iterable[int], longest_line: int) -> Lines:
    file = parquet.ParquetFile(raw)
    for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, row_groups=[*groups]):
        yield lines_within(batch, longest_line)


def lines_within(rows: Any, longest_line: int) -> list[bytes]:
    """Rows as lines; those that are longer are refused."""
    return [
        line if len(line) <= longest_line else RefusedLine.too_long(line, longest_line)
        for line in lines_of_rows(rows)
    ]
