"""Logs compressed with brotli, for those who installed the extra for it.

A brotli stream has no mark of its own. What is no text, and nothing else that is known, is brotli if
that library makes text of it.
"""

from typing import Any

from identity_cli.errors import ExtraMissing
from identity_cli.files.utf16 import encoding_at

TRIED_BYTES = 1 << 10
FED_BYTES = 16
ENOUGH_BYTES = 8
"""Of text that is no accident."""
_CONTROL = {*map(chr, range(ord(" ")))} - {*"\t\r\n\f\x1e"}


def is_at(start: bytes) -> bool:
    """Whether a stream begins there, as far as the library can tell; False without it."""
    if is_text(start):
        return False
    try:
        import brotli
    except ImportError:
        return False
    stream, plain = brotli.Decompressor(), b""
    for at in range(0, len(start), FED_BYTES):
        try:
            plain += stream.process(start[at : at + FED_BYTES], output_buffer_limit=TRIED_BYTES)
        except brotli.error:
            break  # perhaps only what follows the stream
        if len(plain) >= TRIED_BYTES or not stream.can_accept_more_data():
            break
    return len(plain) >= ENOUGH_BYTES and (is_text(plain) or encoding_at(plain) is not None)


def is_text(start: bytes) -> bool:
    """Whether bytes are UTF-8 without control characters but those of lines; the last may be cut."""
    try:
        text = start.decode()
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:
            return False
        text = start[: error.start].decode()
    return not _CONTROL & {*text}


class BrotliStream:
    """One stream, see compressed.Stream."""

    unused_data = b""

    def __init__(self) -> None:
        """ExtraMissing without the library."""
        try:
            import brotli
        except ImportError:
            raise ExtraMissing("the log is compressed with brotli", "brotli") from None
        self._stream: Any = brotli.Decompressor()
        self._error = brotli.error

    @property
    def needs_input(self) -> bool:
        """Whether all input was used up."""
        return bool(self._stream.can_accept_more_data())

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return bool(self._stream.is_finished())

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next plain bytes, so many at most."""
        try:
            return bytes(self._stream.process(data, output_buffer_limit=max_length))
        except self._error as error:
            raise ValueError(str(error)) from None
