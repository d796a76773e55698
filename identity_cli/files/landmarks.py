"""Where the lines of a file stand, so that some of them can be read again without all the others.

Only of files whose bytes are their lines: plain text in UTF-8, not compressed. What is read again is held
against hashes of the bytes that were replayed, piece by piece, so that a changed log is noticed.
"""

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import xxhash

from identity_cli.errors import LogChanged


def _numbers() -> "array[int]":
    return array("Q")


@dataclass(slots=True)
class Landmarks:
    """Of one file.

    lines, offsets: how many lines, and bytes, stand before each of its places, the first and the last among
    them. ends, hashes: where each piece of it ends, and the XXH3 of its bytes.
    """

    lines: "array[int]" = field(default_factory=_numbers)
    offsets: "array[int]" = field(default_factory=_numbers)
    ends: "array[int]" = field(default_factory=_numbers)
    hashes: "array[int]" = field(default_factory=_numbers)

    def add_lines(self, lines: Sequence[bytes]) -> None:
        """These follow."""
        if not self.lines:
            self.lines.append(0)
            self.offsets.append(0)
        self.lines.append(self.lines[-1] + len(lines))
        self.offsets.append(self.offsets[-1] + sum(map(len, lines)))

    def add_piece(self, piece: memoryview) -> None:
        """These bytes follow; told of all that is read, so nothing more than needed is done here."""
        self.ends.append((self.ends[-1] if self.ends else 0) + len(piece))
        self.hashes.append(xxhash.xxh3_64_intdigest(piece))

    @property
    def packed(self) -> tuple[bytes, bytes, bytes, bytes]:
        """As bytes to store."""
        columns = (self.lines, self.offsets, self.ends, self.hashes)
        packed = [zlib.compress(column.tobytes(), 1) for column in columns]
        return packed[0], packed[1], packed[2], packed[3]

    @classmethod
    def unpacked(cls, columns: Sequence[bytes]) -> Self:
        """From these; zlib.error, ValueError for what is none."""
        found = cls()
        for column, packed in zip(
            (found.lines, found.offsets, found.ends, found.hashes), columns, strict=True
        ):
            column.frombytes(zlib.decompress(packed))
        return found

    @property
    def are_exact(self) -> bool:
        """Whether the lines are all the bytes there are."""
        return bool(self.offsets and self.ends) and self.offsets[-1] == self.ends[-1]


class LandmarkedFile:
    """A file that was replayed, open to read some of its lines again."""

    def __init__(self, path: str, landmarks: Landmarks) -> None:
        """OSError."""
        self._path = path
        self._marks = landmarks
        self._file = open(path, "rb")

    def lines(self, first: int, last: int) -> list[bytes]:
        """Those of these numbers, from 1; LogChanged where they are not what was replayed."""
        marks = self._marks
        start = bisect_right(marks.lines, first - 1) - 1
        stop = min(bisect_left(marks.lines, last), len(marks.lines) - 1)
        found = self._bytes(marks.offsets[start], marks.offsets[stop]).split(b"\n")
        skipped = first - 1 - marks.lines[start]
        return [line + b"\n" for line in found[skipped : skipped + last - first + 1]]

    def _bytes(self, start: int, stop: int) -> bytes:
        ends = self._marks.ends
        first, last = bisect_right(ends, start), bisect_left(ends, stop)
        begin = ends[first - 1] if first else 0
        self._file.seek(begin)
        found = self._file.read(ends[last] - begin)
        for piece in range(first, last + 1):
            part = found[(ends[piece - 1] if piece else 0) - begin : ends[piece] - begin]
            if xxhash.xxh3_64_intdigest(part) != self._marks.hashes[piece]:
                raise LogChanged(self._path, ends[-1], self._file.seek(0, 2))
        return found[start - begin : stop - begin]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
