"""Where the values of a JSON document begin and end, in memory that one value bounds.

Only brackets, strings and commas are looked at: what is wrong within a value is for those to say who read it.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from identity_cli.files.sources import KEPT_OF_LONG

_OPENING, _QUOTE = b"{[", ord('"')
_BETWEEN = b"}]:,"
_DEEP = re.compile(rb'(?:[^\[\]{}"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
"""Up to the next bracket, over whole strings."""
_FLAT = re.compile(rb'[^\[\]{}",:\s]*+')
"""The rest of a number or a word."""
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""Up to the end of a string."""
_SPACE = re.compile(rb"\s*")


class Value(NamedTuple):
    """A value of the document: its text, and the line it begins on. is_cut: only its beginning is kept."""

    line: int
    text: bytes
    is_cut: bool


class Mark(NamedTuple):
    """A bracket, comma or colon between values."""

    line: int
    byte: int


GoesInto = Callable[[int], bool]
"""Asked of a bracket that opens: whether the values within are wanted, and not the whole as one value."""


class JsonValues:
    """The values of a document, and the marks between them."""

    def __init__(self, longest_value: int, goes_into: GoesInto) -> None:
        self._longest = longest_value
        self._goes_into = goes_into
        self.line = 1
        self._begun: list[bytes] | None = None  # of the value that is not yet whole
        self._begun_on = 1
        self._size = 0
        self._depth = 0
        self._in_string = False
        self._after_backslash = False

    @property
    def unfinished_since(self) -> int | None:
        """The line on which the value begins that is not yet whole."""
        return None if self._begun is None else self._begun_on

    @property
    def is_within_brackets(self) -> bool:
        """Whether they end within one that has brackets, but not within a string."""
        return self._depth > 0 and not self._in_string

    def tokens(self, piece: bytes) -> Iterator[Value | Mark]:
        """The values that end in the next piece of the document, and the marks between them."""
        at = 0
        while at < len(piece):
            if self._begun is None:
                space = _SPACE.match(piece, at)
                end = space.end() if space else at
                self.line += piece.count(b"\n", at, end)
                at = end
                if at == len(piece):
                    return
                byte = piece[at]
                if byte in _BETWEEN or (byte in _OPENING and self._goes_into(byte)):
                    at += 1
                    yield Mark(self.line, byte)
                    continue
                self._begun, self._begun_on, self._size = [], self.line, 0
            end, is_whole = self._end(piece, at)
            self._keep(piece[at:end])
            at = end
            if is_whole:
                yield self._value()

    def last(self) -> Value | None:
        """At the end of the document the number or word that it ends with."""
        return self._value() if self._begun and not self._depth and not self._in_string else None

    def _value(self) -> Value:
        text = b"".join(self._begun or ())
        self._begun = None
        return Value(self._begun_on, text, self._size > self._longest)

    def _keep(self, part: bytes) -> None:
        assert self._begun is not None
        self.line += part.count(b"\n")
        if self._size > self._longest:
            self._begun = [b"".join(self._begun)[:KEPT_OF_LONG]]
        else:
            self._begun.append(part)
        self._size += len(part)

    def _end(self, piece: bytes, at: int) -> tuple[int, bool]:
        """Where the value ends that is begun, or the piece; and whether it is the value."""
        is_first = self._size == 0
        while at < len(piece):
            if self._in_string:
                at = self._after_string(piece, at)
                if not self._in_string and not self._depth:
                    return at, True
                continue
            if self._depth:
                at = _end_of(_DEEP, piece, at)
                if at == len(piece):
                    break
            byte = piece[at]
            if byte == _QUOTE:
                if not self._depth and not is_first:
                    return at, True  # what a word runs into
                self._in_string, at = True, at + 1
            elif byte in _OPENING:
                if not self._depth and not is_first:
                    return at, True
                self._depth, at = self._depth + 1, at + 1
            elif self._depth:
                self._depth, at = self._depth - 1, at + 1
                if not self._depth:
                    return at, True
            else:
                end = _end_of(_FLAT, piece, at)
                return end, end < len(piece)
            is_first = False
        return at, False

    def _after_string(self, piece: bytes, at: int) -> int:
        if self._after_backslash:
            self._after_backslash, at = False, at + 1
        at = _end_of(_IN_STRING, piece, at)
        if at < len(piece) and piece[at] == _QUOTE:
            self._in_string = False
            return at + 1
        if at < len(piece):  # a backslash at the very end
            self._after_backslash = True
            return len(piece)
        return at


def _end_of(pattern: re.Pattern[bytes], piece: bytes, at: int) -> int:
    found = pattern.match(piece, at)
    return found.end() if found else at
