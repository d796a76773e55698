"""Sorting more lines than fit into memory: sorted runs on disk, merged.

Stable: lines of equal keys keep their order, because their numbers decide.
"""

import heapq
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

from identity_cli.files.sources import RefusedLine

MEMORY_BYTES = 64 << 20
RUNS_AT_ONCE = 64  # files open at a time: systems allow a few hundred
BYTES_OF_AN_ENTRY = 200  # what Python needs for one, beside its line
_HEADER = struct.Struct("<qqII")


class SortEntry(NamedTuple):
    """A line to sort: by its key, then by its number, which no other has."""

    key: int
    number: int
    line: bytes


def sorted_entries(
    entries: Iterable[SortEntry], folder: Path, memory_bytes: int = MEMORY_BYTES
) -> Iterator[SortEntry]:
    """The entries in order; those that do not fit into memory go through files in that folder."""
    runs: list[Path] = []
    chunk: list[SortEntry] = []
    size = 0
    for entry in entries:
        chunk.append(entry)
        size += len(entry.line) + BYTES_OF_AN_ENTRY
        if size >= memory_bytes:
            runs.append(_spilled(sorted(chunk), folder / f"order.{len(runs)}"))
            chunk, size = [], 0
    chunk.sort()
    while len(runs) > RUNS_AT_ONCE:
        # Neighbours become one run, which takes the place and the name of the first.
        groups = [runs[start : start + RUNS_AT_ONCE] for start in range(0, len(runs), RUNS_AT_ONCE)]
        runs = [_merged_run(group) for group in groups]
    yield from _merged(runs, chunk)


def _spilled(entries: Iterable[SortEntry], path: Path) -> Path:
    with open(path, "wb", MEMORY_BYTES >> 6) as file:
        for key, number, line in entries:
            reason = line.reason.encode() if isinstance(line, RefusedLine) else b""
            file.write(_HEADER.pack(key, number, len(line), len(reason)) + line + reason)
    return path


def _merged_run(runs: list[Path]) -> Path:
    if len(runs) == 1:
        return runs[0]
    return _spilled(_merged(runs, []), runs[0].with_name(runs[0].name + "m"))


def _merged(runs: list[Path], last: list[SortEntry]) -> Iterator[SortEntry]:
    """The entries of sorted runs, which are used up by it."""
    with ExitStack() as files:
        readers = [_entries(files.enter_context(open(run, "rb", MEMORY_BYTES >> 8))) for run in runs]
        yield from heapq.merge(*readers, last)
    for run in runs:
        run.unlink()


def _entries(file: IO[bytes]) -> Iterator[SortEntry]:
    while header := file.read(_HEADER.size):
        key, number, length, of_reason = _HEADER.unpack(header)
        line = file.read(length)
        if of_reason:
            line = RefusedLine.because(file.read(of_reason).decode(), line)
        yield SortEntry(key, number, line)
