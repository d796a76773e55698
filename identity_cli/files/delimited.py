"""Tables as text, CSV or TSV with a header: each record becomes a line of JSON.

A quoted cell may hold several lines; its record is then one, and stands where its first line does.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from identity_cli.files.plain_lines import PlainLines
from identity_cli.files.raw_file import Damaged, Peekable
from identity_cli.files.records import Columns, without_guard
from identity_cli.files.sources import NextPage, RefusedLine

DELIMITERS = ",\t;|"
LONGEST_CELL = 16 << 20
"""Characters; beyond it a quotation mark was never closed."""
PEEKED_BYTES = 1 << 16
BYTE_ORDER_MARK = "\ufeff"
_NAME = re.compile(r'[^{}"\\<>\x00-\x1f]{1,300}')
_JSON_STARTS = ("{", "[")


def opened(raw: Peekable, longest_line: int) -> "DelimitedLines | None":
    """The file as such a table; None if it is none, by its beginning."""
    start = raw.peek(PEEKED_BYTES)
    has_line_feeds = b"\n" in start or b"\r" not in start
    text: io.RawIOBase = raw if has_line_feeds else _LineFeeds(raw)
    delimiter = delimiter_of((start if has_line_feeds else _fed(start)).decode("utf-8", "replace"))
    return None if delimiter is None else DelimitedLines(PlainLines(text, longest_line), delimiter)


def delimiter_of(start: str) -> str | None:
    """What parts the cells of a table that begins so; None if it is no table with a header.

    The header has several names, none twice, and the record after it as many cells; JSON is neither.
    """
    lines = io.StringIO(start.lstrip(BYTE_ORDER_MARK), newline="\n").readlines()
    if not lines or any(line.lstrip().startswith(_JSON_STARTS) for line in lines[:2]):
        return None
    for delimiter in sorted(DELIMITERS, key=lines[0].count, reverse=True):
        if delimiter in lines[0] and _is_table(lines, delimiter):
            return delimiter
    return None


def _is_table(lines: list[str], delimiter: str) -> bool:
    csv.field_size_limit(LONGEST_CELL)
    records = csv.reader(lines, delimiter=delimiter)
    try:
        header = next(records)
        first = next((record for record in records if record), None)
    except csv.Error:
        return False
    names = {name.strip() for name in header}
    if len(header) < 2 or len(names) < len(header) or not all(map(_NAME.fullmatch, names)):
        return False
    return first is None or len(first) == len(header)


def _fed(text: bytes) -> bytes:
    return text.replace(b"\r", b"\n")


class _LineFeeds(io.RawIOBase):
    """A table whose lines end in carriage returns alone, as spreadsheets write it for the old Macintosh."""

    def __init__(self, raw: Peekable) -> None:
        self._raw = raw

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes, with line feeds."""
        count = self._raw.readinto(buffer)
        buffer[:count] = _fed(bytes(buffer[:count]))
        return count

    def close(self) -> None:
        """Close what is below."""
        self._raw.close()
        super().close()


class DelimitedLines:
    """The records of such a table, see texts.Lines."""

    numbers: Sequence[int] | None
    next_page: NextPage | None = None

    def __init__(self, lines: PlainLines, delimiter: str) -> None:
        csv.field_size_limit(LONGEST_CELL)
        self.numbers = []
        self._lines = lines
        self._pulled: list[bytes] = []  # the lines of the record that is read now
        self._refused_within: RefusedLine | None = None
        self._records = csv.reader(self._texts(), delimiter=delimiter, strict=True)
        self._columns = Columns([name.strip() for name in next(self._records)])

    def read(self, about_bytes: int) -> list[bytes]:
        """The next records as lines, about so many bytes of them; none at the end."""
        found: list[bytes] = []
        numbers: list[int] = []
        size = 0
        while size < about_bytes:
            number = self._records.line_num + 1
            line = self._next_line(number)
            if line is None:
                break
            found.append(line)
            numbers.append(number)
            size += len(line)
            if type(line) is RefusedLine:
                break
        self.numbers = numbers
        return found

    def close(self) -> None:
        """Close what is below."""
        self._lines.close()

    def _next_line(self, number: int) -> bytes | None:
        self._pulled, self._refused_within = [], None
        try:
            cells = next(self._records, None)
        except csv.Error as error:
            return self._refused(str(error), number)
        if self._refused_within is not None:
            return self._refused_within
        if cells is None:
            return None
        if not cells:
            return b"\n"
        if len(cells) > len(self._columns.names):
            reason = f"{len(cells):,} cells, and the header has {len(self._columns.names):,}"
            return RefusedLine.because(reason, b"".join(self._pulled))
        return self._columns.line(map(without_guard, cells))

    def _refused(self, reason: str, number: int) -> RefusedLine:
        """A record that is none; Damaged where no end of it is in sight."""
        if "unexpected end" in reason or "field limit" in reason:
            raise Damaged(f"a quotation mark on line {number:,} is never closed")
        return RefusedLine.because(f"not CSV: {reason}", b"".join(self._pulled))

    def _texts(self) -> Iterator[str]:
        is_first = True
        while lines := self._lines.read(io.DEFAULT_BUFFER_SIZE):
            for line in lines:
                self._pulled.append(line)
                text = line.decode("utf-8", "surrogateescape")
                if isinstance(line, RefusedLine):
                    self._refused_within, text = line, ""
                yield text.removeprefix(BYTE_ORDER_MARK) if is_first else text
                is_first = False
