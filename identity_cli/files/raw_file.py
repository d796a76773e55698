"""A file's own bytes: opened, counted, hashed, and looked at before they are read."""

import io
import os
import stat
from pathlib import Path
from typing import Any

import xxhash

from identity_cli.errors import LogIsPipe, LogUnreadable
from identity_cli.files.landmarks import Landmarks

STANDARD_INPUT = "-"
STANDARD_INPUT_NUMBER = 0
HASHED_AT_ONCE = 1 << 20
BUFFER_BYTES = 1 << 16  # what was read is still in the processor's cache when lines are made of it


class Damaged(Exception):
    """Bytes that are not what was written; the message is the reason, with the place."""


def is_regular(path: str) -> bool:
    """Whether that is a file which can be read more than once."""
    try:
        return path != STANDARD_INPUT and stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False  # opening it has the words


def check_rereadable(path: str) -> None:
    """LogIsPipe for what is there but can be read only once: opening it might wait for ever."""
    if Path(path).exists() and not is_regular(path):
        raise LogIsPipe(path)


def hash_of_start(path: str, size: int) -> str | None:
    """The hash of a file's first bytes, as Source.hash is of all; None if it has fewer, or is no file."""
    if not is_regular(path):
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


def open_raw(path: str) -> io.FileIO:
    """The file of that path, or standard input; OSError, also for a device, which has no end."""
    if path == STANDARD_INPUT:
        raw = open(STANDARD_INPUT_NUMBER, "rb", buffering=0, closefd=False)
    else:
        raw = open(path, "rb", buffering=0)
    if stat.S_ISCHR(os.fstat(raw.fileno()).st_mode) and not raw.isatty() and path != os.devnull:
        raw.close()
        raise OSError("it is a device, not a log")
    return raw


class HashingReader(io.RawIOBase):
    """Passes bytes on, and keeps count and hash of them."""

    def __init__(self, raw: Any, landmarks: Landmarks | None = None) -> None:
        """raw: has readinto. landmarks: told of each piece."""
        self._raw = raw
        self.bytes_read = 0
        self.hash = xxhash.xxh3_128()
        self.landmarks = landmarks

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        count: int = self._raw.readinto(buffer)
        piece = memoryview(buffer)[:count]
        self.hash.update(piece)
        if self.landmarks is not None and count:
            self.landmarks.add_piece(piece)
        self.bytes_read += count
        return count

    def close(self) -> None:
        """Close the file."""
        self._raw.close()
        super().close()


class Peekable(io.RawIOBase):
    """Bytes that may be looked at before they are read."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._ahead = memoryview(b"")
        self._at_end = False

    def peek(self, count: int) -> bytes:
        """The next bytes, so many or all there are."""
        parts: list[bytes | memoryview] = [self._ahead]
        size = len(self._ahead)
        while size < count and not self._at_end:
            part = self._raw.read(BUFFER_BYTES) or b""
            self._at_end = not part
            parts.append(part)
            size += len(part)
        if len(parts) > 1:
            self._ahead = memoryview(b"".join(parts))
        return bytes(self._ahead[:count])

    def has_line_within(self, count: int) -> bool:
        """Whether a line ends, or all does, within so many bytes."""
        size = BUFFER_BYTES
        while size < count:
            if b"\n" in self.peek(size) or len(self._ahead) < size:
                return True
            size *= 2
        start = self.peek(count + 1)
        return len(start) <= count or b"\n" in start

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        if self._ahead:
            count = min(len(buffer), len(self._ahead))
            buffer[:count] = self._ahead[:count]
            self._ahead = self._ahead[count:]
            return count
        return self._raw.readinto(buffer) or 0

    def close(self) -> None:
        """Close what is below."""
        self._raw.close()
        super().close()
