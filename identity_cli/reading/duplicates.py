"""Events that a log has more than once: the same event of the same id, by uuid, time and properties.

Those with a uuid are the same if that is; those without if time and properties are.
Counted by 64-bit hashes, the same in every process, kept on disk beyond a million so that memory
stays flat; skipped (--dedupe) by a table of them in memory, about 150 bytes an event.
"""

from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from operator import attrgetter, ne
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
from xxhash import xxh3_64_intdigest

from identity_cli.dialects.json_lines import contents_of
from identity_cli.events import Event, SentId, arrival_of, time_of
from identity_cli.files.distinct_hashes import SpreadHashes
from identity_cli.reading.log_items import Rows
from identity_cli.reading.on_demand import Column, OnDemand
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import RAW, Kinds
from identity_cli.reading.watcher import Watching, of_run
from identity_cli.values import javascript

REPEATS = "repeats"
"""The key in the table `run`: how many events repeat an earlier one."""
BURSTS = "repeat_bursts"
"""The key of where many stand together: the first seq, how many of how many events, arrival and sender."""
A_BURST = 20  # of a block's events
MOST_BURSTS = 100
HASHES_IN_MEMORY = 1 << 20  # 60 bytes each


Burst = tuple[int, int, int, str | None, *tuple[str | None, ...]]
_LIB, _VERSION = attrgetter("properties.lib"), attrgetter("properties.lib_version")
_Looked = tuple[int, Sequence[int], *tuple[Column[Any], ...]]
"""The first seq; of each event its hash, and its arrival, library and that one's version."""
_encode = msgspec.msgpack.Encoder().encode


class RepeatCounter:
    """Counts repeats at the end."""

    needs = ()
    remembers: ClassVar[Kinds] = {
        "_events": int,
        "_bursts": list[tuple[int | str | None, ...]],
        "_in_memory": RAW,
        "_elsewhere": RAW,
    }

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Where they are not skipped, and counted in doing so."""
        return None if watching.dedupe else cls(watching.scratch)

    def __init__(self, scratch: Path) -> None:
        """scratch: a folder for what does not fit into memory."""
        self._scratch = scratch
        self._events = 0
        self._seen: set[int] = set()
        self._on_disk: SpreadHashes | None = None
        self._bursts: list[Burst] = []

    def look(self, block: Block) -> _Looked:
        """Their hashes, and when each arrived and what sent it."""
        events = block.events
        sender = OnDemand(events, _LIB), OnDemand(events, _VERSION)
        return block.first_seq, hashes(block), OnDemand(events, arrival_of), *sender

    def take(self, looked: _Looked) -> Iterable[Rows]:
        """Count them, and note where many repeat earlier ones."""
        found = looked[1]
        again = self._seen.intersection(found)  # but for those of what is on disk
        if len(again) >= A_BURST and len(self._bursts) < MOST_BURSTS:
            self._bursts.append(_burst(looked, again))
        self._events += len(found)
        self._seen.update(found)
        if len(self._seen) >= HASHES_IN_MEMORY:
            self._spill()
        return ()

    def rows(self) -> Iterable[Rows]:
        """How many there were, and where."""
        return of_run(REPEATS, self.count()), of_run(BURSTS, self._bursts)

    def count(self) -> int:
        """How many events repeat an earlier one; ends the counting."""
        if self._on_disk is None:
            distinct = len(self._seen)
        else:
            self._spill()
            distinct = self._on_disk.count()
        self._seen = set()
        return self._events - distinct

    @property
    def _in_memory(self) -> Sequence[bytes]:
        return [array("Q", sorted(self._seen)).tobytes()]  # or a set's order would be told

    @_in_memory.setter
    def _in_memory(self, pieces: Iterable[bytes]) -> None:
        self._seen = {*chain.from_iterable(map(_hashes_in, pieces))}

    @property
    def _elsewhere(self) -> Iterable[bytes]:
        return () if self._on_disk is None else self._on_disk.pieces()

    @_elsewhere.setter
    def _elsewhere(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._on_disk = self._on_disk or SpreadHashes(self._scratch, HASHES_IN_MEMORY)
            self._on_disk.add(_hashes_in(piece))

    def _spill(self) -> None:
        if self._on_disk is None:
            self._on_disk = SpreadHashes(self._scratch, HASHES_IN_MEMORY)
        self._on_disk.add(self._seen)
        self._seen = set()


def _hashes_in(piece: bytes) -> "array[int]":
    hashes = array("Q")
    hashes.frombytes(piece)
    return hashes


def _burst(looked: _Looked, again: set[int]) -> Burst:
    first_seq, found, *columns = looked
    first = next(at for at, one in enumerate(found) if one in again)
    arrived, *sent = (column[first] for column in columns)
    time = None if arrived is None else arrived.isoformat()
    sender = (one if isinstance(one, str) else None for one in sent)
    return first_seq + first, len(found), len(again), time, *sender


class RepeatFilter:
    """Tells which events repeat which earlier one."""

    remembers: ClassVar[Kinds] = {"_repeats": int, "_first_of": dict[int, int]}

    def __init__(self) -> None:
        self._repeats = 0
        self._first_of: dict[int, int] = {}

    def firsts(self, block: Block) -> list[int]:
        """For each of the next events the seq of the first of its kind, its own if it is that."""
        firsts = [*map(self._first_of.setdefault, hashes(block), block.seqs)]
        self._repeats += sum(map(ne, firsts, block.seqs))
        return firsts

    def rows(self) -> Iterable[Rows]:
        """How many there were, as RepeatCounter has it."""
        return (of_run(REPEATS, self._repeats),)


def hashes(block: Block) -> Sequence[int]:
    """A number of 64 bits for each event that only its repeats share.

    Of text; what is none is compared as the text that the platform makes of it, as it does itself: 1 and
    true are two ids, 1 and 1.0 are one.
    """
    keys = [
        (event.uuid, event.event, event.distinct_id, event.properties.distinct_id, event.team_id)
        for event in block.events
    ]
    others = [  # in line: of every event
        uuid
        for uuid, _, own, inner, _ in keys
        if not uuid
        or type(uuid) is not str
        or (type(own) is not str and own is not None)
        or (type(inner) is not str and inner is not None)
    ]
    if not others:
        with suppress(UnicodeEncodeError):
            return [*map(xxh3_64_intdigest, map(_encode, keys))]
    contents = _Contents(block)
    return [_hash_of(event, contents, index) for index, event in enumerate(block.events)]


def _hash_of(event: Event, contents: "_Contents", index: int) -> int:
    inner = event.properties.distinct_id
    ids = _text(event.distinct_id), _text(inner)
    if event.uuid:
        return _hash((_text(event.uuid), event.event, *ids, event.team_id))
    return _hash((event.event, *ids, event.team_id, time_of(event), contents.of(index)))


def _hash(key: tuple[Any, ...]) -> int:
    try:
        return xxh3_64_intdigest(_encode(key))
    except (UnicodeEncodeError, OverflowError):  # half a surrogate pair; a time at the end of the calendar
        return xxh3_64_intdigest(repr(key).encode())


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, SentId):  # whatever capture makes of it
        return value.json if value.json == value.python else f"{value.json}\0{value.python}"
    return javascript.text(value)


class _Contents:
    """What the events of a block say; of a line that holds several it is read once."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._line = b""
        self._of_line: Sequence[bytes] = ()

    def of(self, index: int) -> bytes:
        """The content of the event at that index of the block."""
        line = self._block.lines[index]
        if line is not self._line:
            self._line, self._of_line = line, contents_of(line)
        place = self._block.origins.index_in_line(self._block.first_seq + index)
        if len(self._of_line) == 1:  # also of a document, several values of which may begin on one line
            return self._of_line[0]
        return self._of_line[place] if place < len(self._of_line) else line
