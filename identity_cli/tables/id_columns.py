"""Which events have an id, in columns: by short hashes, packed, part by part."""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

_FASTEST = 1


class IndexPart(NamedTuple):
    """Some consecutive seqs, the first first_seq.

    own: a hash for each, 0 for what is no event. linking_seqs, linked: the seqs of events that ask for a
    link, and the hash of the id that each asks to link; both repeat where it asks for several. block_seqs,
    block_clocks: first seqs of runs of events, and what time the log showed before each, in microseconds
    since the beginning of time.
    """

    first_seq: int
    own: "array[int]"
    linking_seqs: "array[int]"
    linked: "array[int]"
    block_seqs: "array[int]"
    block_clocks: "array[int]"

    @classmethod
    def beginning_at(cls, seq: int) -> Self:
        """An empty one."""
        return cls(seq, array("I"), array("q"), array("I"), array("q"), array("q"))

    @property
    def row(self) -> tuple[Any, ...]:
        """The same as a row of the table."""
        return (self.first_seq, *(zlib.compress(column.tobytes(), _FASTEST) for column in self[1:]))

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> Self:
        """From such a row; zlib.error, ValueError for what is none."""
        part = cls.beginning_at(row[0])
        for column, packed in zip(part[1:], row[1:], strict=True):
            column.frombytes(zlib.decompress(packed))
        if part.block_seqs and part.block_seqs[-1] >= part.first_seq + len(part.own):
            raise ValueError("a block of events without their hashes")
        return part


def hash_of(text: str) -> int:
    """The short hash of an id; 0 is nobody's."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) or 1


def hashes_of(texts: Sequence[str]) -> Iterable[int]:
    """The same of many; without a call for each, where they can be written in UTF-8 and none is 0."""
    try:
        found = [*map(zlib.crc32, map(str.encode, texts))]
    except UnicodeEncodeError:
        return map(hash_of, texts)
    return found if all(found) else map(hash_of, texts)


def moment_of(microseconds: int) -> datetime:
    """A block's clock as a time."""
    return datetime.min.replace(tzinfo=UTC) + timedelta(microseconds=microseconds)
