"""Events that a log has more than once: the same event of the same id, by uuid, time and properties.

Those with a uuid are the same if that is; those without if time and properties are.
Counted by 64-bit hashes, kept on disk beyond a few million so that memory stays flat; skipped
(--dedupe) by a set of them in memory, about 100 bytes an event.
"""

import tempfile
from array import array
from collections.abc import Iterable
from operator import attrgetter
from typing import IO

from identity_cli.buffer import time_of
from identity_cli.dialects.json_lines import content_of
from identity_cli.origins import Origins
from identity_cli.reader import Block

HASHES_IN_MEMORY = 1 << 20
HASHES_AT_ONCE = 1 << 20  # how many are compared at a time, 60 bytes each


_uuid = attrgetter("uuid")
_marks = attrgetter("uuid", "event", "distinct_id", "properties.distinct_id", "team_id")


class RepeatCounter:
    """Counts repeats at the end."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._file: IO[bytes] | None = None
        self._total = 0

    def see(self, block: Block, origins: Origins) -> None:
        """Take the next events."""
        self._hashes.extend(hashes(block, origins))
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


def hashes(block: Block, origins: Origins) -> Iterable[int]:
    """A number for each event that only its repeats share."""
    try:
        if all(map(_uuid, block.events)):
            return [*map(hash, map(_marks, block.events))]
    except TypeError:  # a list or an object in place of the uuid
        pass
    return [_hash_of(block, index, origins) for index in range(len(block.events))]


def _hash_of(block: Block, index: int, origins: Origins) -> int:
    event = block.events[index]
    uuid, *others = _marks(event)
    if uuid:
        return hash((str(uuid), *others))
    content = content_of(block.lines[index], origins.index_in_line(block.first_seq + index))
    return hash((*others, time_of(event), content))
