"""What a replay left that is gone on with: the files that were read, and what was remembered of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from identity_cli.files.sources import Source
from identity_cli.origins import Origins
from identity_cli.reading.decoding import DECODERS, Reading, keeps_anything
from identity_cli.reading.reader import LogReader, Noticed
from identity_cli.reading.remembering import Kinds, Parts, Row, part_of, recall, remembered

READER = "reader"
_READER: Kinds = {"lines": int, "blank": int, "seqs": int, "notices": dict[str, Noticed]}


class ReadSource(NamedTuple):
    """What is remembered of a file, as Source has it."""

    path: str
    first_seq: int
    size: int
    hash: str
    lines: int
    items: int
    dialect: str
    names_persons: bool

    @classmethod
    def of(cls, source: Source) -> "ReadSource":
        """A file that was read."""
        return cls(*(getattr(source, name) for name in cls._fields))


_SOURCES: Kinds = {"read": list[ReadSource]}


class _Sources(NamedTuple):
    read: list[ReadSource]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The files that were read, where their lines stand, and what was remembered."""

    sources: list[Source]
    origins: Origins
    parts: Parts


def sources_in(parts: Parts) -> list[Source]:
    """The files that were read, as far as they were remembered; NotAsRemembered."""
    found: list[ReadSource] = part_of(parts, "sources.read", list[ReadSource])
    return [Source(**one._asdict()) for one in found]


def of_reader(reader: LogReader) -> Iterator[Row]:
    """What it has read, as rows of what is remembered."""
    yield from remembered(READER, reader, _READER)
    yield from remembered("sources", _Sources([*map(ReadSource.of, reader.sources)]), _SOURCES)


def go_on_reading(reader: LogReader, earlier: Earlier) -> None:
    """Let it read what follows."""
    recall(READER, reader, _READER, earlier.parts)
    reader.origins = earlier.origins
    reader.sources += earlier.sources


def of_decoders(reading: Reading) -> Iterator[Row]:
    """What they keep from line to line, those of files before among them, as rows."""
    for dialect, stateful in reading.stateful.items():
        yield from chain.from_iterable(
            remembered(f"{DECODERS}.{dialect}.{nth}", one, one.remembers)
            for nth, one in enumerate(stateful)
            if keeps_anything(one)
        )
    for name, pieces in reading.parts.items():
        if name.startswith(f"{DECODERS}.") and name.split(".")[1] not in reading.stateful:
            yield from ((name, nth, piece) for nth, piece in enumerate(pieces))
