"""How many events each id has in each hour, by sender: columns, packed to be kept with a run.

Some 20 bytes for each id in each hour. Ids are hashes of 64 bits, so that counting persons per day needs
neither the log nor a row for every event.
"""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import compress
from typing import Any, NamedTuple, Self

import xxhash

UNDATED = -(2**31)
"""The hour of an event without a time."""
HOURS_A_DAY = 24
_ID = "Q"
_KINDS = ("i", "H", _ID, "I")
_FASTEST = 1
_SEED = 0xFFFF_FFFF_FFFF_FFFF
_FIRST_DAY = datetime.min.replace(tzinfo=UTC)


class Columns(NamedTuple):
    """Row by row an hour, the number of a sender, the hash of an id, and how many events."""

    hours: Sequence[int]
    senders: Sequence[int]
    ids: Sequence[int]
    events: Sequence[int]

    def only(self, are_wanted: Sequence[bool]) -> Self:
        """The rows that are wanted."""
        if all(are_wanted):
            return self
        return type(self)(*([*compress(column, are_wanted)] for column in self))


def hour_of(moment: datetime) -> int:
    """The hour of a time, in UTC, counted so that the first of year 1 begins with HOURS_A_DAY."""
    if moment.tzinfo is not UTC:
        with suppress(OverflowError):  # at either end of the calendar
            moment = moment.astimezone(UTC)
    return moment.toordinal() * HOURS_A_DAY + moment.hour


def beginning_of(hour: int) -> datetime:
    """When an hour begins."""
    return _FIRST_DAY + timedelta(hours=hour - HOURS_A_DAY)


def id_hash(team_id: int, distinct_id: str) -> int:
    """By which a team's id is known here."""
    return xxhash.xxh3_64_intdigest(distinct_id.encode("utf-8", "surrogatepass"), team_id & _SEED)


def id_hashes(team_ids: Sequence[int], distinct_ids: Sequence[str]) -> list[int]:
    """The same of many; without a call for each, where they can be written in UTF-8."""
    seeds = [team_id & _SEED for team_id in team_ids]
    try:
        return [*map(xxhash.xxh3_64_intdigest, map(str.encode, distinct_ids), seeds)]
    except UnicodeEncodeError:
        return [*map(id_hash, team_ids, distinct_ids)]


def packed(columns: Iterable[Sequence[int]]) -> tuple[bytes, ...]:
    """Hours, senders, ids and events as they are kept; ids are as good as random, and do not get smaller."""
    arrays = [array(kind, column) for kind, column in zip(_KINDS, columns, strict=True)]
    return tuple(
        column.tobytes() if kind == _ID else zlib.compress(column.tobytes(), _FASTEST)
        for kind, column in zip(_KINDS, arrays, strict=True)
    )


def unpacked(columns: Iterable[Any]) -> Columns:
    """The same again; zlib.error, TypeError or ValueError for what is none."""
    arrays = [array(kind) for kind in _KINDS]
    for column, text in zip(arrays, columns, strict=True):
        column.frombytes(text if column.typecode == _ID else zlib.decompress(text))
    if len({*map(len, arrays)}) > 1:
        raise ValueError("columns of different lengths")
    return Columns(*arrays)
