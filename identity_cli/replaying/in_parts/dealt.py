"""Rows that were read into files, given to parts: by each process that read some, side by side."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Any

from identity_cli.files.messages import Encoded, MessageFile, message_of, reader_of
from identity_cli.files.number_file import NumberFile
from identity_cli.pieces.blocks import Rows
from identity_cli.pieces.dealing import Dealer

BYTES_AT_ONCE = 1 << 20
"""Of rows, that are held until each part gets its own."""
_NUMBERS = 4
"""In the index, of each message: its part, a seq by which it stands in order, where it begins, its bytes."""


class Dealt:
    """The rows of all parts that one process read, in one file: written once, then read by any process."""

    def __init__(self, folder: Path) -> None:
        """folder: on whose disk it takes its place."""
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)
        self._index = NumberFile(folder)
        self._size = 0

    def deal(self, gathered: MessageFile, dealer: Dealer) -> None:
        """Take all rows, turn by turn: those of a turn stand together in the log; without any one begins."""
        read = reader_of(Rows[Encoded], Rows[Any])
        held = first_seq = 0
        for message in gathered.messages():
            rows = read(message)
            if held and (held >= BYTES_AT_ONCE or not rows.seqs):
                self._add(first_seq, dealer)
                held = 0
            if rows.seqs:
                first_seq = first_seq if held else rows.seqs[0]
                dealer.deal(rows)
                held += len(message)
        self._add(first_seq, dealer)
        self._file.flush()
        self._index.flush()

    def _add(self, first_seq: int, dealer: Dealer) -> None:
        for part, rows in dealer.take():
            message = message_of(rows)
            self._file.write(message)
            self._index.add((part, first_seq, self._size, len(message)))
            self._size += len(message)

    def places(self, part: int) -> Iterator[tuple[int, int, int]]:
        """Of the messages of a part: the seq, where each begins, and its bytes."""
        numbers = self._index.numbers()
        columns = (numbers[nth::_NUMBERS] for nth in range(_NUMBERS))
        return ((seq, start, size) for of, seq, start, size in zip(*columns, strict=True) if of == part)

    def message(self, start: int, size: int) -> bytes:
        """One of them."""
        return os.pread(self._file.fileno(), size, start)

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()
        self._index.close()


def deal(gathered: Sequence[MessageFile], dealers: Sequence[Dealer], folder: Path) -> list[Dealt]:
    """Deal what each process gathered, all at a time; folder: on whose disk it is put."""
    dealt = [Dealt(folder) for _ in gathered]
    each = [
        partial(one.deal, rows, dealer) for one, rows, dealer in zip(dealt, gathered, dealers, strict=True)
    ]
    if len(each) == 1:
        each[0]()
        return dealt
    from identity_cli.files.processes import done_beside  # takes its time to import

    with ExitStack() as beside:
        for work in each:
            beside.enter_context(done_beside(work, "deals the log to its parts"))
    return dealt


def rows_of_part(part: int, dealt: Sequence[Dealt], kind: Any) -> Iterator[Any]:
    """The rows of a part in the order of the log, as values of that type."""
    read = reader_of(kind)
    places = sorted((*place, one) for number, one in enumerate(dealt) for place in one.places(part))
    for _, start, size, one in places:
        yield read(one.message(start, size))
