"""How many different hashes there are among more than memory holds, each read once or twice."""

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

FILE_BITS = 6
FILES = 1 << FILE_BITS
HASH_BITS = 64
HASHES_AT_ONCE = 1 << 17


class SpreadHashes:
    """Hashes of 64 bits in files by their lowest bits, so that equal ones meet in the same."""

    def __init__(self, scratch: Path, most: int, known_bits: int = 0) -> None:
        """most: how many are held in memory. known_bits: lowest ones that all have in common."""
        self._scratch = scratch
        self._most = most
        self._known_bits = known_bits
        self._files = [tempfile.TemporaryFile(dir=scratch) for _ in range(FILES)]  # closed by count

    def add(self, hashes: Iterable[int]) -> None:
        """Spread some more."""
        parts = [array("Q") for _ in self._files]
        put = [part.append for part in parts]
        known_bits, mask = self._known_bits, FILES - 1
        for one in hashes:
            put[one >> known_bits & mask](one)
        for part, file in zip(parts, self._files, strict=True):
            part.tofile(file)

    def pieces(self) -> Iterator[bytes]:
        """All of them, some at a time; one that was added again may come again."""
        for file in self._files:
            yield from map(array.tobytes, _read(file))

    def count(self) -> int:
        """How many there are, each counted once; ends the counting."""
        return sum(self._count_in(file) for file in self._files)

    def _count_in(self, file: IO[bytes]) -> int:
        with closing(file):
            found: set[int] = set()
            for some in _read(file):
                found.update(some)
                if len(found) > self._most and self._known_bits + FILE_BITS < HASH_BITS:
                    return self._count_spread(file)
            return len(found)

    def _count_spread(self, file: IO[bytes]) -> int:
        deeper = SpreadHashes(self._scratch, self._most, self._known_bits + FILE_BITS)
        for some in _read(file):
            deeper.add(some)
        return deeper.count()


def _read(file: IO[bytes]) -> Iterator["array[int]"]:
    file.seek(0)
    while some := file.read(HASHES_AT_ONCE * HASH_BITS // 8):
        yield array("Q", some)
