"""Lines as they stand in a file, none longer than a limit, in memory that the limit bounds."""

import io
from collections.abc import Sequence
from typing import Any

from identity_cli.files.raw_file import BUFFER_BYTES
from identity_cli.files.sources import NextPage, RefusedLine

_TAIL_BYTES = 1 << 11  # in which most buffers have their last line's end


class PlainLines:
    """The lines of a file, see texts.Lines."""

    numbers: Sequence[int] | None = None
    next_page: NextPage | None = None

    def __init__(self, raw: io.RawIOBase, longest_line: int) -> None:
        self._longest = longest_line
        self._buffered = io.BufferedReader(_BoundedLines(raw, longest_line), BUFFER_BYTES)
        self._ahead: list[bytes] = []

    def read(self, about_bytes: int) -> list[bytes]:
        """The next lines, about so many bytes of them; none at the end."""
        lines, self._ahead = self._ahead or self._buffered.readlines(about_bytes), []
        if self._longest < about_bytes:
            self._end_at_first_long(lines)
        elif lines and len(lines[-1]) > self._longest:  # one before it would have been the last
            lines[-1] = RefusedLine.too_long(lines[-1], self._longest)
        return lines

    def close(self) -> None:
        """Close what is below."""
        self._buffered.close()

    def _end_at_first_long(self, lines: list[bytes]) -> None:
        for index, line in enumerate(lines):
            if len(line) > self._longest:
                self._ahead = lines[index + 1 :]
                lines[index:] = [RefusedLine.too_long(line, self._longest)]


class _BoundedLines(io.RawIOBase):
    """Passes bytes on, but of a line beyond the limit no more than a buffer beyond it."""

    def __init__(self, raw: Any, longest_line: int) -> None:
        self._raw = raw
        self._longest = longest_line
        self._since_newline = 0

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        while True:
            count: int = self._raw.readinto(buffer)
            is_skipping = self._since_newline > self._longest
            last = _last_newline(buffer, count)
            if last < 0:
                self._since_newline += count
                if count and is_skipping:
                    continue
                return count
            self._since_newline = count - last - 1
            return _without_first_line(buffer, count) if is_skipping else count

    def close(self) -> None:
        """Close what is below."""
        self._raw.close()
        super().close()


def _last_newline(buffer: Any, count: int) -> int:
    tail = max(0, count - _TAIL_BYTES)
    found = bytes(buffer[tail:count]).rfind(b"\n")
    return tail + found if found >= 0 or not tail else bytes(buffer[:tail]).rfind(b"\n")


def _without_first_line(buffer: Any, count: int) -> int:
    """Leave in the buffer what stands from the first newline on; how much that is."""
    kept = bytes(buffer[:count])
    kept = kept[kept.index(b"\n") :]
    buffer[: len(kept)] = kept
    return len(kept)
