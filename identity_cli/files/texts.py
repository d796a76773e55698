"""What a text is by its first bytes: lines, one JSON document, a table."""

import json
from collections.abc import Sequence
from typing import Protocol

from identity_cli.files.plain_lines import PlainLines
from identity_cli.files.raw_file import Peekable
from identity_cli.files.sources import ROWS, NextPage
from identity_cli.files.utf16 import Utf8Reader, encoding_at

PEEKED_BYTES = 16
FIRST_LINE_BYTES = 1 << 16


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


def lines_of(raw: Peekable, longest_line: int) -> Lines:
    """The lines of a text of any kind."""
    text = _in_utf8(raw)
    return (None if begins_with_object(text) else of_kind(text, longest_line)) or PlainLines(
        text, longest_line
    )


def plain_lines_of(raw: Peekable, longest_line: int) -> Lines:
    """The lines of a text as they stand, whatever its kind."""
    return PlainLines(_in_utf8(raw), longest_line)


def begins_with_object(text: Peekable) -> bool:
    """Whether the first line is a JSON object, and not an answer that holds others: so are most logs'."""
    first, newline, _ = text.peek(FIRST_LINE_BYTES).partition(b"\n")
    if not newline or first[:1] != b"{":
        return False
    try:
        return ROWS not in json.loads(first)
    except (ValueError, RecursionError):
        return False


def of_kind(text: Peekable, longest_line: int) -> Lines | None:
    """The lines of a text that is a JSON document or a table; None for another."""
    from identity_cli.files import delimited, json_document  # they take their time, and most logs are neither

    return json_document.opened(text, longest_line) or delimited.opened(text, longest_line)


def _in_utf8(raw: Peekable) -> Peekable:
    encoding = encoding_at(raw.peek(PEEKED_BYTES))
    return raw if encoding is None else Peekable(Utf8Reader(raw, encoding))
