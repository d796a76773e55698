"""A log file, or a member of an archive, as lines: decompressed, made text, read, its fingerprint taken."""

from collections.abc import Callable, Sequence

from identity_cli.errors import LogShrank, LogUnreadable, NotALog
from identity_cli.files import foreign
from identity_cli.files.plain_lines import PlainLines
from identity_cli.files.raw_file import Damaged, HashingReader, Peekable
from identity_cli.files.sources import LineSource, Source
from identity_cli.files.texts import Lines

READING_ERRORS = (OSError, EOFError, Damaged)


class SourceFile:
    """An open source: lines to read, and bytes read so far."""

    unreadable: Sequence[str] = ()

    def __init__(self, path: str, named: str, raw: HashingReader, reopen: Callable[[], LineSource]) -> None:
        """raw: its bytes as they lie there; reopen: opens it again. Then let it `read_as`."""
        self.path, self.named = path, named
        self.is_found = path != named
        self.size_at_start: int | None = None
        self._raw = raw
        self._reopen = reopen
        self._lines_read = 0
        self._lines: Lines
        self._landmarks = raw.landmarks

    def read_as(
        self, plain: Peekable, longest_line: int, lines_of: Callable[[Peekable, int], Lines]
    ) -> "SourceFile":
        """Read its plain bytes as what they are; NotALog, LogUnreadable."""
        what = foreign.described(plain.peek(foreign.PEEKED_BYTES), self.path)
        if what is not None:
            raise NotALog(self.path, what)
        try:
            self._lines = lines_of(plain, longest_line)
        except READING_ERRORS as error:
            raise self._unreadable(error) from None
        if not isinstance(self._lines, PlainLines):
            self._landmarks = None
        return self

    def read_lines(self, about_bytes: int) -> list[bytes]:
        """The next whole lines, about so many bytes of them; none at the end."""
        try:
            lines = self._lines.read(about_bytes)
        except READING_ERRORS as error:
            raise self._unreadable(error) from None
        self._lines_read += len(lines)
        if self._landmarks is not None and lines:
            self._landmarks.add_lines(lines)
        return lines

    @property
    def numbers(self) -> Sequence[int] | None:
        """Which line each of those last read is, where they do not follow one another."""
        return self._lines.numbers

    @property
    def bytes_read(self) -> int:
        """Bytes taken so far from where it lies."""
        return self._raw.bytes_read

    def again(self) -> LineSource:
        """The same from its beginning."""
        return self._reopen()

    def finish(self, source: Source) -> None:
        """Note size, hash and the next page; LogShrank if the file lost bytes meanwhile."""
        source.size, source.hash = self._raw.bytes_read, self._raw.hash.hexdigest()
        source.next_page = self._lines.next_page
        if self._landmarks is not None and self._landmarks.are_exact:
            source.landmarks = self._landmarks
        if self.size_at_start is not None and source.size < self.size_at_start:
            raise LogShrank(self.path, self.size_at_start, source.size)

    def close(self) -> None:
        """Close the file and what decompresses it."""
        self._lines.close()
        self._raw.close()

    def _unreadable(self, error: Exception) -> LogUnreadable:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        after = f", after line {self._lines_read:,}" if self._lines_read else ""
        return LogUnreadable(self.path, reason + after)
