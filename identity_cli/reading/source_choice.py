"""Which of the sources that are found in folders and archives are logs: those with an event.

A README or a picture beside the logs is passed over, and named. What the user named is a log or an error.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Protocol

from identity_cli.dialects import detected
from identity_cli.dialects.base import Dangling, Dialect, Item, TouchesNobody, Unusable
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.errors import AmbiguousDialect
from identity_cli.events import Event
from identity_cli.files.sources import LineSource, Opened, PassedOver, RefusedLine

BLOCK_BYTES = 1 << 17  # small enough to stay in the processor's cache between reading and decoding
IsUsable = Callable[[Event], bool]


class Decoders(Protocol):
    """What is asked of a reader.Reading."""

    @property
    def dialect(self) -> Dialect | None:
        """Of every source, None to detect that of each."""

    def afresh(self, dialect: Dialect) -> Callable[[bytes], Sequence[Item | None]]:
        """What makes events of a line, or says why it is none, with a state of its own."""


class SourceChoice:
    """The sources of a log that are read; iterate once, then ask what was passed over."""

    def __init__(
        self, openers: Iterable[Callable[[int], Opened]], longest_line: int, is_usable: IsUsable
    ) -> None:
        """openers: of files, each given the longest line; is_usable: whether an event has an id."""
        self._openers = openers
        self._longest_line = longest_line
        self._is_usable = is_usable
        self.passed_over: list[PassedOver] = []

    def sources(self, decoders: Decoders) -> Iterator[tuple[LineSource, list[bytes]]]:
        """Each source, open until the next is asked for, and its first lines."""
        for opener in self._openers:
            for found in opener(self._longest_line):
                if isinstance(found, PassedOver):
                    if found not in self.passed_over:  # perhaps by the replay that this one goes on with
                        self.passed_over.append(found)
                    continue
                with closing(found) as file:
                    lines = file.read_lines(BLOCK_BYTES)
                    judge = _Judge(decoders, self._is_usable, file.path)
                    if not (file.is_found and lines) or judge.finds_event(lines):
                        yield file, lines
                    elif judge.finds_event_further_on(file):
                        with closing(file.again()) as anew:
                            yield anew, anew.read_lines(BLOCK_BYTES)
                    else:
                        self.passed_over.append(PassedOver(file.path, judge.reason, file.named))


class _Judge:
    """Whether lines are a log; reason: why the first is not of one."""

    def __init__(self, decoders: Decoders, is_usable: IsUsable, path: str) -> None:
        self._decoders, self._is_usable, self._path = decoders, is_usable, path
        self._decode: Callable[[bytes], Sequence[Item | None]] | None = None
        self.reason = ""

    def finds_event(self, lines: list[bytes]) -> bool:
        """Whether one of the lines is an event."""
        if self._decode is None:
            try:
                dialect = self._decoders.dialect or detected(self._path, lines)
            except AmbiguousDialect:  # then it is a log, and the reader says which ones
                return True
            self._decode = self._decoders.afresh(dialect)
        with room_for_nesting():
            return any(self._is_event(item) for line in lines for item in self._items_of(line))

    def finds_event_further_on(self, file: LineSource) -> bool:
        """Whether a line that is still to be read is an event."""
        while lines := file.read_lines(BLOCK_BYTES):
            if self.finds_event(lines):
                return True
        return False

    def _items_of(self, line: bytes) -> Sequence[Item | None]:
        if isinstance(line, RefusedLine):
            return (Unusable(line.reason),)
        assert self._decode is not None
        return self._decode(line)

    def _is_event(self, item: Item | None) -> bool:
        if isinstance(item, TouchesNobody | Dangling):  # what it refers to may stand in a file before
            return True
        if item is not None and not isinstance(item, Unusable) and self._is_usable(item):
            return True
        if item is not None and not self.reason:
            self.reason = str(item) if isinstance(item, Unusable) else "no distinct_id"
        return False
