"""Logs compressed with Zstandard, for those who installed the extra for it."""

from typing import Any

from identity_cli.errors import ExtraMissing

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"
"""What follows the first byte of a frame that is to be passed over, as parallel compressors begin with."""
WINDOW_BYTES = 128 << 20
"""How far back a frame may refer; as zstd itself allows without being asked."""
FED_BYTES = 1 << 10
"""Given to the library at a time, which has no bound for what it gives back: 4 bytes can become 128 KiB."""


def is_at(start: bytes) -> bool:
    """Whether a frame begins there."""
    return start.startswith(MAGIC) or (start[1:4] == SKIPPABLE and start[0] >> 4 == 5)


class ZstdStream:
    """One frame, see compressed.Stream."""

    def __init__(self) -> None:
        """ExtraMissing without the library."""
        try:
            import zstandard
        except ImportError:
            raise ExtraMissing("the log is compressed with Zstandard", "zstd") from None
        self._frame: Any = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES).decompressobj()
        self._error = zstandard.ZstdError
        self._left = b""

    @property
    def needs_input(self) -> bool:
        """Whether all input was used up."""
        return not self._left

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        """What follows the frame."""
        return bytes(self._frame.unused_data) + self._left

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """The next plain bytes; a bounded number, as the library has no maximum."""
        data = self._left + data if self._left else data
        fed, self._left = data[:FED_BYTES], data[FED_BYTES:]
        try:
            return bytes(self._frame.decompress(fed))
        except self._error as error:
            raise ValueError(str(error)) from None
