"""What a text is by its first bytes: lines, one JSON document, a table."""

from collections.abc import Callable, Sequence
from typing import Protocol

from identity_cli.files import delimited, json_document
from identity_cli.files.plain_lines import PlainLines
from identity_cli.files.raw_file import Peekable
from identity_cli.files.utf16 import Utf8Reader, encoding_at

PEEKED_BYTES = 16


class Lines(Protocol):
    """The lines of a text, whatever it is.

    numbers: which line of the file each of those last read is, or begins on; None where they follow one
    another.
    """

    numbers: Sequence[int] | None

    def read(self, about_bytes: int) -> list[bytes]:
        """The next lines, about so many bytes of them; none at the end. A RefusedLine is the last of them."""

    def close(self) -> None:
        """Close what is below."""


TEXTS: tuple[Callable[[Peekable, int], Lines | None], ...] = (json_document.opened, delimited.opened)
"""What makes lines of a text of its kind; None for another."""


def lines_of(raw: Peekable, longest_line: int) -> Lines:
    """The lines of a text of any kind."""
    encoding = encoding_at(raw.peek(PEEKED_BYTES))
    if encoding is not None:
        raw = Peekable(Utf8Reader(raw, encoding))
    for opened in TEXTS:
        lines = opened(raw, longest_line)
        if lines is not None:
            return lines
    return PlainLines(raw, longest_line)
