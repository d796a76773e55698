"""Numbers of 64 bits in a file without a name: written one after the other, then looked at like an array."""

import mmap
import tempfile
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import IO


class NumberFile:
    """Written by one process, perhaps a child, and then read by another; takes none of their memory."""

    def __init__(self, folder: Path, kind: str = "q") -> None:
        """folder: on whose disk it takes its place. kind: q, or Q without a sign."""
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)
        self._kind = kind

    def add(self, numbers: Sequence[int]) -> None:
        """Write some more."""
        self._file.write(array(self._kind, numbers).tobytes())

    def flush(self) -> None:
        """Hold nothing back, so that another process may read them."""
        self._file.flush()

    def numbers(self) -> Sequence[int]:
        """All of them."""
        if not self._file.seek(0, 2):
            return ()
        everything = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return memoryview(everything).cast(self._kind)  # type: ignore[call-overload, no-any-return]

    def close(self) -> None:
        """Let go of the file; what is looked at stays until nobody does."""
        self._file.close()
