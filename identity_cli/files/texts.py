"""What a text is by its first bytes: lines, one JSON document, a table."""

from collections.abc import Callable, Sequence
from typing import Protocol

from identity_cli.files import delimited, json_document
from identity_cli.files.plain_lines import PlainLines
from identity_cli.files.raw_file import Peekable
from identity_cli.files.sources import NextPage
from identity_cli.files.utf16 import Utf8Reader, encoding_at

PEEKED_BYTES = 16


class Lines(Protocol):
    """The lines of a text, whatever it is.

    numbers: which line of the file each of those last read is, or begins on; None where they follow one
    another. next_page: see sources.Source, known at the end.
    """

    numbers: Sequence[int] | None
    next_page: NextPage | None

    def read(self, about_bytes: int) -> list[bytes]:
        """The next lines, about so many bytes of them; none at the end. A RefusedLine is the last of them."""

    def close(self) -> None:
        """Close what is below."""


TEXTS: tuple[Callable[[Peekable, int], Lines | None], ...] = (json_document.opened, delimited.opened)
"""What makes lines of a text of its kind; None for another."""


def lines_of(raw: Peekable, longest_line: int) -> Lines:
    """The lines of a text of any kind."""
    text = _in_utf8(raw)
    for opened in TEXTS:
        lines = opened(text, longest_line)
        if lines is not None:
            return lines
    return PlainLines(text, longest_line)


def plain_lines_of(raw: Peekable, longest_line: int) -> Lines:
    """The lines of a text as they stand, whatever its kind."""
    return PlainLines(_in_utf8(raw), longest_line)


def _in_utf8(raw: Peekable) -> Peekable:
    encoding = encoding_at(raw.peek(PEEKED_BYTES))
    return raw if encoding is None else Peekable(Utf8Reader(raw, encoding))
