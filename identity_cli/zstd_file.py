"""Logs compressed with Zstandard, for those who installed the extra for it."""

import io
from typing import Any

from identity_cli.errors import ExtraMissing

MAGIC = b"\x28\xb5\x2f\xfd"
_AT_ONCE = 1 << 17


class ZstdFile(io.RawIOBase):
    """The plain bytes of a file's frames, one after the other.

    EOFError where the last frame is cut off, over which the library's own reader passes.
    """

    def __init__(self, raw: io.BufferedReader) -> None:
        """ExtraMissing without the library."""
        try:
            import zstandard
        except ImportError:
            raise ExtraMissing("the log is compressed with Zstandard", "zstd") from None
        self._raw = raw
        self._new_frame = zstandard.ZstdDecompressor().decompressobj
        self._error = zstandard.ZstdError
        self._frame: Any = None
        self._plain = memoryview(b"")

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with plain bytes; 0 at the end."""
        while not self._plain:
            compressed = self._next_compressed()
            if not compressed:
                return 0
            try:
                self._plain = memoryview(self._frame.decompress(compressed))
            except self._error as error:
                raise OSError(str(error)) from None
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _next_compressed(self) -> bytes:
        """What to decompress next; a frame that is whole is followed by another."""
        finished = self._frame is None or self._frame.eof
        left: bytes = self._frame.unused_data if finished and self._frame is not None else b""
        compressed = left or self._raw.read1(_AT_ONCE)
        if not compressed and not finished:
            raise EOFError("it is cut off within a Zstandard frame")
        if compressed and finished:
            self._frame = self._new_frame()
        return compressed
