"""Events that a log has more than once: the same event of the same id, by uuid, time and properties.

Those with a uuid are the same if that is; those without if time and properties are.
Counted by 64-bit hashes, kept on disk beyond a few million so that memory stays flat; skipped
(--dedupe) by a set of them in memory, about 100 bytes an event.
"""

import tempfile
from array import array
from collections.abc import Sequence
from operator import attrgetter
from typing import IO

from identity_cli.buffer import time_of
from identity_cli.dialects.json_lines import content_of
from identity_cli.origins import Origins
from identity_cli.reader import Block

HASHES_IN_MEMORY = 1 << 20
HASHES_AT_ONCE = 1 << 20  # how many are compared at a time, 60 bytes each

_others = attrgetter("event", "distinct_id", "properties.distinct_id", "team_id")


class RepeatCounter:
    """Counts repeats at the end."""

    def __init__(self) -> None:
        self._events = 0
        self._seen: set[int] = set()
        self._file: IO[bytes] | None = None
        self._spilled = 0

    def see(self, block: Block, origins: Origins) -> None:
        """Take the next events."""
        found = hashes(block, origins)
        self._events += len(found)
        self._seen.update(found)
        if len(self._seen) >= HASHES_IN_MEMORY:
            self._spill()

    def count(self) -> int:
        """How many events repeat an earlier one; ends the counting."""
        if self._file is None:
            distinct = len(self._seen)
        else:
            self._spill()
            parts = -(-self._spilled // HASHES_AT_ONCE)
            distinct = sum(len(self._of_part(part, parts)) for part in range(parts))
            self._file.close()
        self._seen = set()
        return self._events - distinct

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # closed by count
        self._spilled += len(self._seen)
        array("q", self._seen).tofile(self._file)
        self._seen = set()

    def _of_part(self, part: int, parts: int) -> set[int]:
        assert self._file is not None
        self._file.seek(0)
        found: set[int] = set()
        for start in range(0, self._spilled, HASHES_IN_MEMORY):
            block = array("q")
            block.fromfile(self._file, min(HASHES_IN_MEMORY, self._spilled - start))
            found.update(value for value in block if value % parts == part)
        return found


class RepeatFilter:
    """Tells which events repeat an earlier one."""

    def __init__(self) -> None:
        self._repeats = 0
        self._seen: set[int] = set()

    def are_new(self, block: Block, origins: Origins) -> list[bool]:
        """For each of the next events whether it is the first of its kind."""
        seen, new = self._seen, []
        for value in hashes(block, origins):
            new.append(value not in seen)
            seen.add(value)
        self._repeats += new.count(False)
        return new

    def count(self) -> int:
        """How many there were."""
        return self._repeats


def hashes(block: Block, origins: Origins) -> Sequence[int]:
    """A number for each event that only its repeats share."""
    try:
        if all([event.uuid for event in block.events]):  # noqa: C419 (half the time of a generator)
            return [
                hash(
                    (event.uuid, event.event, event.distinct_id, event.properties.distinct_id, event.team_id)
                )
                for event in block.events
            ]
    except TypeError:  # a list or an object in place of the uuid
        pass
    return [_hash_of(block, index, origins) for index in range(len(block.events))]


def _hash_of(block: Block, index: int, origins: Origins) -> int:
    event = block.events[index]
    if event.uuid:
        return hash((str(event.uuid), *_others(event)))
    content = content_of(block.lines[index], origins.index_in_line(block.first_seq + index))
    return hash((*_others(event), time_of(event), content))
