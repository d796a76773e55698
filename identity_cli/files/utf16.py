"""Text in UTF-16 or UTF-32, as spreadsheets and PowerShell write it, made UTF-8."""

import codecs
import io
from typing import Any

from identity_cli.files.raw_file import BUFFER_BYTES, Damaged

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TRIED_BYTES = 16


def encoding_at(start: bytes) -> str | None:
    """UTF-16 or UTF-32 where a file begins with its mark, or with ASCII in UTF-16; else None."""
    for mark, encoding in _MARKS:
        if start.startswith(mark) and start != mark:
            return encoding
    even, odd = start[:_TRIED_BYTES:2], start[1:_TRIED_BYTES:2]
    if len(odd) == _TRIED_BYTES // 2:
        if not any(odd) and all(even):
            return "utf-16-le"
        if not any(even) and all(odd):
            return "utf-16-be"
    return None


class Utf8Reader(io.RawIOBase):
    """The same text in UTF-8. Half a surrogate pair becomes what no UTF-8 has, for its line to be told."""

    def __init__(self, raw: io.RawIOBase, encoding: str) -> None:
        self._raw = raw
        self._name = encoding.upper()
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="surrogatepass")
        self._taken = 0
        self._text = b""

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with UTF-8; 0 at the end."""
        while not self._text:
            data = self._raw.read(BUFFER_BYTES) or b""
            self._taken += len(data)
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise Damaged(f"{self._name} damaged near byte {self._taken:,}: {error.reason}") from None
            if not data:
                return 0
            self._text = text.encode("utf-8", "surrogatepass")
        count = min(len(buffer), len(self._text))
        buffer[:count] = self._text[:count]
        self._text = self._text[count:]
        return count

    def close(self) -> None:
        """Close what is below."""
        self._raw.close()
        super().close()
