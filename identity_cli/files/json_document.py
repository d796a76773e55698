"""A JSON document over many lines as a log: each event in it becomes a line, and stands where it begins.

Three forms: an array; values one after the other, each over several lines, as jq prints them; and what
an API answers, an object that holds its rows as `results`: objects, or arrays with the names in `columns`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from identity_cli.files.json_values import JsonValues, Mark, Value
from identity_cli.files.raw_file import BUFFER_BYTES, Damaged, Peekable
from identity_cli.files.records import Columns
from identity_cli.files.sources import ROWS, NextPage, RefusedLine

PEEKED_BYTES = 1 << 18
NAMES = "columns"
HELD_BYTES = 16 << 20
"""Of rows that come before the names of their columns."""
_MORE_TO_COME = ("next", "hasMore", "has_next")
"""What of an answer says that there are more pages than this one; null, false and nothing say no."""
_NO = (b"null", b"false", b'""')
_SHOWN = 60
_OF_AN_ANSWER = frozenset({"next", "previous", "count", "hasMore", "has_next", "types", NAMES})
_OF_AN_EVENT = frozenset({"event", "distinct_id", "type", "event_type", "userId", "anonymousId"})
_MARK_AND_SPACE = b"\xef\xbb\xbf \t\r\n"
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_VALUE_STARTS = b'{["-0123456789tfn'


def opened(raw: Peekable, longest_line: int) -> "DocumentLines | None":
    """The file as such a document; None if it is none, by its beginning."""
    start = raw.peek(PEEKED_BYTES).lstrip(_MARK_AND_SPACE)
    if start[:1] not in (b"{", b"["):
        return None
    first, newline, rest = start.partition(b"\n")
    if not newline and len(start) > PEEKED_BYTES // 2:  # one long line, of which the end is not in sight
        if _holds_rows(start) or (start[:1] == b"[" and not raw.has_line_within(longest_line)):
            return DocumentLines(raw, longest_line, has_rows=_holds_rows(start))
        return None
    try:
        return DocumentLines(raw, longest_line, has_rows=True) if _is_answer(json.loads(first)) else None
    except (ValueError, RecursionError):
        is_document = _goes_on(first.rstrip(), rest.lstrip())
    return DocumentLines(raw, longest_line, has_rows=_holds_rows(start)) if is_document else None


def _is_answer(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get(ROWS), list) or value.keys() & _OF_AN_EVENT:
        return False
    return len(value) == 1 or bool(value.keys() & _OF_AN_ANSWER)


def _holds_rows(start: bytes) -> bool:
    """Whether a document begins as an object that holds rows, before anything that an event has."""
    walk = _Walk(has_rows=True)
    values = JsonValues(len(start), walk.goes_into)
    for token in values.tokens(start):
        walk.take(token)
        if walk.is_at_rows or walk.key in _OF_AN_EVENT or walk.is_outside:
            break
    return walk.is_answer and walk.is_at_rows


def _goes_on(line: bytes, rest: bytes) -> bool:
    """Whether a value that begins on a line goes on with what follows it."""
    values = JsonValues(len(line) + 1, lambda _: False)
    if any(values.tokens(line)) or not values.is_within_brackets or not rest:
        return False  # a value ends on it and more follows, or it is torn within a string
    innermost = _innermost(line)
    end = line[-1:]
    if end == innermost:
        return rest[0] in (_VALUE_STARTS + b"]" if end == b"[" else b'"}')
    if end == b",":
        return rest[0] in (_VALUE_STARTS if innermost == b"[" else b'"')
    return end != b":" and rest[0] in b",]}"


def _innermost(line: bytes) -> bytes:
    """The bracket that was opened last and is not closed."""
    still_open: list[bytes] = []
    for bracket in re.findall(rb"[\[\]{}]", _STRING.sub(b"", line)):
        if bracket in (b"{", b"["):
            still_open.append(bracket)
        elif still_open:
            still_open.pop()
    return still_open[-1] if still_open else b""


class _Walk:
    """Where in a document one is: outside all values, in an array of rows, or in the object that holds it."""

    def __init__(self, *, has_rows: bool) -> None:
        self._has_rows = has_rows
        self._open: list[str] = []
        self._after_colon = False
        self.key = ""

    @property
    def is_outside(self) -> bool:
        return not self._open

    @property
    def is_at_rows(self) -> bool:
        return self._open[-1:] == ["["]

    @property
    def is_answer(self) -> bool:
        return self._open[:1] == ["{"]

    def goes_into(self, byte: int) -> bool:
        if not self._open:
            return byte == ord("[") or self._has_rows
        return self._open == ["{"] and byte == ord("[") and self._after_colon and self.key == ROWS

    def take(self, token: Value | Mark) -> bool:
        """Go on; whether the token has a place there."""
        if isinstance(token, Value):
            if self._open[-1:] == ["{"] and not self._after_colon:
                self.key = _text(token.text)
            return True
        mark = chr(token.byte)
        if mark in "{[":
            self._open.append(mark)
            self._after_colon = False
        elif mark in "}]":
            if self._open[-1:] != ["{" if mark == "}" else "["]:
                return False
            self._open.pop()
            self._after_colon = False
        else:
            self._after_colon = mark == ":"
            return bool(self._open) and (mark == "," or self._open == ["{"])
        return True


class DocumentLines:
    """The events of a document, see texts.Lines."""

    numbers: Sequence[int] | None

    def __init__(self, raw: Peekable, longest_line: int, *, has_rows: bool) -> None:
        self.numbers = []
        self.next_page: NextPage | None = None
        self._raw = raw
        self._longest = longest_line
        self._walk = _Walk(has_rows=has_rows)
        self._values = JsonValues(longest_line, self._walk.goes_into)
        self._columns: Columns | None = None
        self._held: list[Value] = []  # rows without columns so far
        self._held_bytes = 0
        self._had_rows = False  # the object that is read now
        self._lines = self._all_lines()

    def read(self, about_bytes: int) -> list[bytes]:
        """The next events as lines, about so many bytes of them; none at the end."""
        found: list[bytes] = []
        numbers: list[int] = []
        size = 0
        for number, line in self._lines:
            found.append(line)
            numbers.append(number)
            size += len(line)
            if size >= about_bytes or type(line) is RefusedLine:
                break
        self.numbers = numbers
        return found

    def close(self) -> None:
        """Close what is below."""
        self._raw.close()

    def _all_lines(self) -> Iterator[tuple[int, bytes]]:
        mark = b"\xef\xbb\xbf"
        if self._raw.peek(len(mark)) == mark:
            self._raw.read(len(mark))
        while piece := self._raw.read(BUFFER_BYTES):
            for token in self._values.tokens(piece):
                yield from self._lines_of(token)
        last = self._values.last()
        if last is not None:
            yield from self._lines_of(last)
        elif self._values.unfinished_since is not None:
            raise Damaged(f"JSON cut off within what begins on line {self._values.unfinished_since:,}")
        if not self._walk.is_outside:
            raise Damaged(f"JSON cut off at line {self._values.line:,}: a bracket is never closed")

    def _lines_of(self, token: Value | Mark) -> Iterator[tuple[int, bytes]]:
        key, is_wanted = self._walk.key, self._walk.is_outside or self._walk.is_at_rows
        has_place = self._walk.take(token)
        if isinstance(token, Mark):
            self._had_rows = self._had_rows or self._walk.is_at_rows
            if not has_place:
                yield token.line, RefusedLine.because("not JSON: a mark between values", bytes([token.byte]))
            elif token.byte == ord("}"):
                if self._held:
                    raise self._nameless()
                if not self._had_rows:
                    yield token.line, RefusedLine.because(f"an object that ends without {ROWS}", b"}")
                self._had_rows = False
        elif is_wanted and self._is_row(token) and self._columns is None:
            self._hold(token)
        elif is_wanted:
            yield token.line, self._line(token)
        elif key == self._walk.key:
            self._take(key, token)
            if self._columns is not None:
                yield from ((row.line, self._line(row)) for row in self._held)
                self._held, self._held_bytes = [], 0

    def _take(self, key: str, value: Value) -> None:
        """Note what an answer says beside its rows."""
        if key == NAMES:
            self._columns = _columns(value.text) or self._columns
        elif key in _MORE_TO_COME and value.text not in _NO and self.next_page is None:
            shown = value.text.decode("utf-8", "replace").strip('"')
            self.next_page = NextPage(value.line, key if shown == "true" else shown[:_SHOWN])

    def _is_row(self, value: Value) -> bool:
        return self._walk.is_answer and value.text.startswith(b"[") and not value.is_cut

    def _hold(self, row: Value) -> None:
        self._held.append(row)
        self._held_bytes += len(row.text)
        if self._held_bytes > HELD_BYTES:
            raise self._nameless()

    def _nameless(self) -> Damaged:
        return Damaged(
            f"the rows, from line {self._held[0].line:,} on, come before the names of their columns; "
            f"put them in order: jq '{{{NAMES}, {ROWS}}}'"
        )

    def _line(self, value: Value) -> bytes:
        if value.is_cut:
            return RefusedLine.too_long(value.text, self._longest)
        if self._is_row(value) and self._columns is not None:
            return _row(value, self._columns)
        if self._walk.is_answer:
            return _with_uuid(value.text.replace(b"\n", b" ").replace(b"\r", b" ")) + b"\n"
        return value.text.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"


def _row(value: Value, columns: Columns) -> bytes:
    """The line of a row whose names stand in `columns`."""
    try:
        cells = json.loads(value.text.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return RefusedLine.because("not JSON: a row that is none", value.text)
    if len(cells) > len(columns.names):
        reason = f"{len(cells):,} values, and there are {len(columns.names):,} columns"
        return RefusedLine.because(reason, value.text)
    return columns.line(cells)


def _with_uuid(line: bytes) -> bytes:
    """An event of an answer, whose uuid is what PostHog's API of events calls its `id`."""
    if b'"id"' not in line:
        return line
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(event, dict) or "uuid" in event or "distinct_id" not in event:
        return line
    if not isinstance(event.get("id"), str):
        return line
    return b'{"uuid":' + json.dumps(event["id"]).encode() + b"," + line[1:]


def _columns(text: bytes) -> Columns | None:
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return Columns([str(name) for name in names]) if isinstance(names, list) else None


def _text(text: bytes) -> str:
    """A key, as far as it is of interest: one with escapes is not."""
    return text.strip(b'"').decode("utf-8", "replace")
