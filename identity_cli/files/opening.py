"""Paths to sources: a file is one, an archive holds several, a folder stands for its files."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from identity_cli.errors import ColumnsUnreadable, LogUnreadable, NotALog
from identity_cli.files.compressed import decompressed
from identity_cli.files.landmarks import Landmarks
from identity_cli.files.parquet_file import PARQUET_MAGIC, ParquetFile
from identity_cli.files.raw_file import STANDARD_INPUT, HashingReader, Peekable, is_regular, open_raw
from identity_cli.files.source_file import READING_ERRORS, SourceFile
from identity_cli.files.sources import LONGEST_LINE, LineSource, Opened, PassedOver
from identity_cli.files.texts import Lines, lines_of, plain_lines_of

BYTES_AT_ONCE = 1 << 20
LinesOf = Callable[[Peekable, int], Lines]
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
"""Of a zip archive, and of an empty one."""
FROM_THEIR_END = {PARQUET_MAGIC: "Parquet", **dict.fromkeys(ZIP_MAGICS, "zip")}
"""Formats that cannot be read from front to end, by how they begin."""
_TAR_BYTES, _TAR_MAGIC, _TAR_MAGIC_AT = 512, b"ustar", 257
_ARCHIVE_IN_ARCHIVE = "it is an archive within an archive: unpack the outer one and replay the folder"


def sources_at(
    path: str, named: str = "", longest_line: int = LONGEST_LINE, lines_of: LinesOf = lines_of
) -> Opened:
    """The sources of a file, see sources.Opened; named: see Source. LogUnreadable, ExtraMissing.

    A file that is known to be no log is passed over, unless it is named itself. lines_of: what makes lines
    of its text.
    """
    shown = os.fsencode(path).decode("utf-8", "replace")  # as it is shown and stored
    opener = _Opener(path, shown, shown if named == path else named, longest_line, lines_of)
    try:
        start = _start_of(path)
        if start.startswith(PARQUET_MAGIC):
            yield ParquetFile(path, named, longest_line)
        elif start.startswith(ZIP_MAGICS):
            yield from opener.members_of_zip()
        else:
            yield from opener.one_or_members_of_tar()
    except NotALog as it:
        if named == path:
            raise
        yield PassedOver(shown, it.what)
    except READING_ERRORS as error:
        raise LogUnreadable(shown, getattr(error, "strerror", None) or str(error)) from None


def _start_of(path: str) -> bytes:
    """The first bytes, of regular files only: what is read from a pipe to look at it is gone."""
    if not is_regular(path):
        return b""
    with open(path, "rb") as file:
        return file.read(max(map(len, FROM_THEIR_END)))


class _Opener:
    """What is known of a file that is opened."""

    def __init__(self, path: str, shown: str, named: str, longest_line: int, lines_of: LinesOf) -> None:
        self._path, self._shown, self._named = path, shown, named
        self._longest_line, self._lines_of = longest_line, lines_of

    def one_or_members_of_tar(self) -> Opened:
        raw = open_raw(self._path)
        size = os.fstat(raw.fileno()).st_size if self._path != STANDARD_INPUT else None
        hashing = HashingReader(raw, Landmarks() if is_regular(self._path) else None)
        with ExitStack() as unless_read_on:
            unless_read_on.callback(hashing.close)
            plain = decompressed(self._from_front(Peekable(hashing)))
            if is_tar(plain.peek(_TAR_BYTES)):
                from identity_cli.files import tar_file  # whose library takes its time to import

                yield from self._members(tar_file.TarMembers(plain))
                return
            file = SourceFile(self._shown, self._named, hashing, self._again(0))
            file.size_at_start = size
            file.read_as(self._from_front(plain), self._longest_line, self._lines_of)
            unless_read_on.pop_all()
        yield file

    def members_of_zip(self) -> Opened:
        from identity_cli.files import zip_file  # whose library takes its time to import

        members = zip_file.ZipMembers(self._path)
        with closing(members):
            if members.office_document is not None:
                raise NotALog(self._shown, f"it is {members.office_document}")
            yield from self._members(members)

    def _members(self, members: Any) -> Opened:
        seen = ((name, content) for name, content in members if not _is_hidden(name))
        for index, (name, content) in enumerate(seen):
            path = f"{self._shown}/{_shown_name(name)}"
            try:
                yield self._member(path, content, index)
            except NotALog as it:
                yield PassedOver(path, it.what, self._named)

    def _member(self, path: str, content: Any, index: int) -> LineSource:
        hashing = HashingReader(content)
        try:
            plain = decompressed(Peekable(hashing))
            start = plain.peek(_TAR_BYTES)
            if is_tar(start) or start.startswith(ZIP_MAGICS):
                raise LogUnreadable(path, _ARCHIVE_IN_ARCHIVE)
            self._from_front(plain)
        except READING_ERRORS as error:
            raise LogUnreadable(path, str(error)) from None
        file = SourceFile(path, self._named, hashing, self._again(index))
        return file.read_as(plain, self._longest_line, self._lines_of)

    def _again(self, index: int) -> Callable[[], LineSource]:
        return partial(_nth_source, self._path, self._named, self._longest_line, index)

    def _from_front(self, plain: Peekable) -> Peekable:
        for magic, kind in FROM_THEIR_END.items():
            if plain.peek(len(magic)) == magic:
                raise OSError(f"{kind} is read from its end, so it has to be a file of its own")
        return plain


def _nth_source(path: str, named: str, longest_line: int, index: int) -> LineSource:
    """The source of that index, of all that were opened or passed over."""
    found = next(islice(sources_at(path, named, longest_line), index, None))
    assert not isinstance(found, PassedOver), "it was opened before"
    return found


def is_tar(start: bytes) -> bool:
    """Whether a tar archive begins so."""
    return start[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC)


def _shown_name(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_hidden(name: str) -> bool:
    """Whether a member is what systems leave behind, as in folders."""
    return any(
        (part.startswith(".") and part != ".") or part == "__MACOSX" for part in PurePosixPath(name).parts
    )


def source_paths(path: str) -> list[str]:
    """The path of a file, or of each member of an archive; of what can be read once, the path alone."""
    if not is_regular(path):
        return [path]
    found = []
    for source in sources_at(path, path):
        found.append(source.path)
        if not isinstance(source, PassedOver):
            source.close()
    return found


def numbered_lines(
    source: LineSource, on_progress: Callable[[int], None] | None = None
) -> Iterator[tuple[int, bytes]]:
    """The lines of a source, which it closes, with their numbers; on_progress is told the bytes read."""
    with closing(source):
        number = 0
        while lines := source.read_lines(BYTES_AT_ONCE):
            numbers = source.numbers or range(number + 1, number + 1 + len(lines))
            for number, line in zip(numbers, lines, strict=True):
                yield number, line
            if on_progress is not None:
                on_progress(source.bytes_read)


def _all_lines(
    source: LineSource, on_progress: Callable[[int], None] | None = None
) -> Iterator[tuple[int, bytes]]:
    """The same of what is needed whole; ColumnsUnreadable."""
    yield from numbered_lines(source, on_progress)
    if source.unreadable:
        raise ColumnsUnreadable(source.path, source.unreadable)


def rows_of(path: str, named: str = "", on_progress: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """The lines of a file of any kind, and of all that it holds; on_progress is told the bytes read."""
    for source in sources_at(path, named):
        if not isinstance(source, PassedOver):
            for _, line in _all_lines(source, on_progress):
                yield line


def text_at(path: str) -> bytes:
    """The text of a file in UTF-8, whole: of an archive that of all members, of Parquet its rows as JSON."""
    parts: list[bytes] = []
    for source in sources_at(path, path, lines_of=plain_lines_of):
        if not isinstance(source, PassedOver):
            parts += (line for _, line in _all_lines(source))
    return b"".join(parts)
