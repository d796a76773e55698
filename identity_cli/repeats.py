"""Events that a log has more than once: the same uuid; without one the same id, event, time and properties.

Counted by 64-bit hashes, kept on disk beyond a few million so that memory stays flat; skipped
(--dedupe) by a set of them in memory, about 100 bytes an event.
"""

import tempfile
from array import array
from collections.abc import Iterable, Sequence
from typing import IO

from identity_cli.dialects.json_lines import content_of
from identity_cli.events import Event

HASHES_IN_MEMORY = 1 << 20
HASHES_AT_ONCE = 1 << 20  # how many are compared at a time, 60 bytes each


class RepeatCounter:
    """Counts repeats at the end."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._file: IO[bytes] | None = None
        self._total = 0

    def see(self, events: Sequence[Event], lines: Sequence[bytes]) -> None:
        """Take the next events, each with its line."""
        self._hashes.extend(hashes(events, lines))
        if len(self._hashes) >= HASHES_IN_MEMORY:
            self._spill()

    def count(self) -> int:
        """How many events repeat an earlier one; ends the counting."""
        if self._file is None:
            return len(self._hashes) - len(set(self._hashes))
        self._spill()
        parts = -(-self._total // HASHES_AT_ONCE)
        distinct = sum(len(self._of_part(part, parts)) for part in range(parts))
        self._file.close()
        return self._total - distinct

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # closed by count
        self._total += len(self._hashes)
        self._hashes.tofile(self._file)
        del self._hashes[:]

    def _of_part(self, part: int, parts: int) -> set[int]:
        assert self._file is not None
        self._file.seek(0)
        found: set[int] = set()
        for start in range(0, self._total, HASHES_IN_MEMORY):
            block = array("q")
            block.fromfile(self._file, min(HASHES_IN_MEMORY, self._total - start))
            found.update(value for value in block if value % parts == part)
        return found


class RepeatFilter:
    """Tells which events repeat an earlier one."""

    def __init__(self) -> None:
        self._repeats = 0
        self._seen: set[int] = set()

    def are_new(self, events: Sequence[Event], lines: Sequence[bytes]) -> list[bool]:
        """For each of the next events whether it is the first of its kind."""
        seen, new = self._seen, []
        for value in hashes(events, lines):
            new.append(value not in seen)
            seen.add(value)
        self._repeats += new.count(False)
        return new

    def count(self) -> int:
        """How many there were."""
        return self._repeats


def hashes(events: Sequence[Event], lines: Sequence[bytes]) -> Iterable[int]:
    """A number for each event that only its repeats share."""
    uuids = [event.uuid for event in events]
    if all(uuids):
        try:
            return [*map(hash, uuids)]
        except TypeError:  # a list or an object in its place
            pass
    return [_hash_of(event, line) for event, line in zip(events, lines, strict=True)]


def _hash_of(event: Event, line: bytes) -> int:
    if event.uuid:
        return hash(str(event.uuid))
    own = event.distinct_id if event.distinct_id is not None else event.properties.distinct_id
    return hash((event.event, own, event.timestamp, content_of(line)))
