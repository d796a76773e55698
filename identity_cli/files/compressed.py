"""Compressed logs: streams one after the other, each whole, with nothing behind the last.

The standard library's own file objects end in silence where a later stream is damaged. Here what
follows a stream is another one or an error, and as much is decompressed at a time as is asked for.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from identity_cli.files import brotli_file, zstd_file
from identity_cli.files.raw_file import BUFFER_BYTES, Damaged, Peekable

XZ_MEMORY = 256 << 20
"""Bytes that a stream of xz may ask for to be decompressed: its strongest preset takes 65 MiB."""
MAGIC_BYTES = 8
PEEKED_BYTES = 1 << 12
LAYERS = 4
"""How often a file may be compressed within itself; nobody does so more than once by mistake."""


class Stream(Protocol):
    """What decompresses one stream; the interface of the standard library's bz2 and lzma."""

    @property
    def needs_input(self) -> bool:
        """Whether it gives nothing more before it is given something."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """What follows its end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next plain bytes, so many at most."""


class Compression(NamedTuple):
    """One format. padding: what may stand between and after its streams."""

    name: str
    is_at: Callable[[bytes], bool]
    new_stream: Callable[[], Stream]
    padding: bytes = b""


class GzipStream:
    """One member of a gzip file, its checksum and length verified."""

    unused_data = b""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._left = b""

    @property
    def needs_input(self) -> bool:
        """Whether all input was used up."""
        return not self._left

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""
        return self._member.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next plain bytes, so many at most."""
        plain = self._member.decompress(self._left + data, max_length)
        self._left, self.unused_data = self._member.unconsumed_tail, self._member.unused_data
        return plain


COMPRESSIONS: tuple[Compression, ...] = (
    Compression("gzip", lambda start: start.startswith(b"\x1f\x8b"), GzipStream, padding=b"\0"),
    Compression("bzip2", lambda start: start.startswith(b"BZh"), bz2.BZ2Decompressor),
    Compression(
        "xz",
        lambda start: start.startswith(b"\xfd7zXZ\x00"),
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY),
        padding=b"\0",
    ),
    Compression("Zstandard", zstd_file.is_at, zstd_file.ZstdStream),
    Compression("brotli", brotli_file.is_at, brotli_file.BrotliStream),
)

_ERRORS = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)


def decompressed(raw: Peekable) -> Peekable:
    """The plain bytes, however often they are compressed."""
    for _ in range(LAYERS):
        start = raw.peek(PEEKED_BYTES)
        compression = next((one for one in COMPRESSIONS if one.is_at(start)), None)
        if compression is None:
            break
        raw = Peekable(DecompressingReader(raw, compression))
    return raw


class DecompressingReader(io.RawIOBase):
    """The plain bytes of a file's streams; Damaged where it is no such file to its very end."""

    def __init__(self, raw: io.RawIOBase, compression: Compression) -> None:
        """ExtraMissing without the library."""
        self._raw = raw
        self._kind = compression
        self._stream = compression.new_stream()
        self._streams = 1
        self._input = b""
        self._taken = 0
        self._plain = memoryview(b"")

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with plain bytes; 0 at the end."""
        if not self._plain:
            self._plain = memoryview(self._next())
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def close(self) -> None:
        """Close what is below."""
        self._raw.close()
        super().close()

    def _next(self) -> bytes:
        plain = b""
        while not plain and (not self._stream.eof or self._begins_another()):
            wants_more = self._stream.needs_input
            data = self._more() if wants_more else b""
            try:
                plain = self._stream.decompress(data, BUFFER_BYTES)
            except _ERRORS as error:
                raise self._damaged(str(error) or type(error).__name__) from None
            if wants_more and not data and not plain and not self._stream.eof:
                raise self._damaged("it is cut off")
        return plain

    def _more(self) -> bytes:
        """Compressed bytes not yet used; none at the end of the file."""
        data, self._input = self._input or self._raw.read(BUFFER_BYTES) or b"", b""
        self._taken += len(data)
        return data

    def _begins_another(self) -> bool:
        """Whether the stream that has ended is followed by one more."""
        rest = self._stream.unused_data
        self._taken -= len(rest)
        while True:
            kept = rest.lstrip(self._kind.padding) if self._kind.padding else rest
            self._taken += len(rest) - len(kept)
            rest = kept
            if len(rest) >= MAGIC_BYTES:
                break
            more = self._raw.read(BUFFER_BYTES)
            if not more:
                break
            rest += more
        if not rest:
            return False
        if not self._kind.is_at(rest):
            raise self._damaged("what follows is no such stream")
        self._stream, self._input = self._kind.new_stream(), rest
        self._streams += 1
        return True

    def _damaged(self, reason: str) -> Damaged:
        which = "" if self._streams == 1 else f" (its stream {self._streams:,})"
        return Damaged(f"{self._kind.name} damaged near byte {self._taken:,}{which}: {reason}")
