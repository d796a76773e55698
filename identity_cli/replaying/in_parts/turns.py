"""Whose turn it is to read: of several processes that read a log, each decodes some blocks in turn.

What must be known of all blocks before, how many seqs they take and what the log's clock shows after them,
goes round with the turn: a process decodes its blocks before it needs that, and passes it on at once.
"""

import os
from contextlib import suppress

from identity_cli.pieces.blocks import START, Place
from identity_cli.pieces.log_clock import micros, moment_of
from identity_cli.reading.log_items import ReadsAlone

BLOCKS_A_TURN = 8
"""A megabyte: less makes processes wait for each other, more for the last one."""
_NUMBER_BYTES = 8


class Ring:
    """The pipes in which it goes round; made before the processes are, and closed once they are."""

    def __init__(self, count: int) -> None:
        """count: of processes."""
        self._pipes = [os.pipe() for _ in range(count)]
        os.write(self._pipes[0][1], _told(START))

    def turns(self, number: int) -> "Turns":
        """Those of one process, in that process; number: which one it is, from 0."""
        incoming, outgoing = self._pipes[number][0], self._pipes[(number + 1) % len(self._pipes)][1]
        for end in {end for pipe in self._pipes for end in pipe} - {incoming, outgoing}:
            os.close(end)  # or nobody would notice that the process before is gone
        return Turns((number, len(self._pipes)), incoming, outgoing)

    def close(self) -> None:
        """Leave the pipes to the processes."""
        for pipe in self._pipes:
            for end in pipe:
                os.close(end)


class Turns:
    """When it is one's turn, and where in the log that is."""

    def __init__(self, nth_of: tuple[int, int], incoming: int, outgoing: int) -> None:
        self._number, self._count = nth_of
        self._incoming, self._outgoing = incoming, outgoing
        self._blocks = 0
        self._place: Place | None = None  # where a turn goes on

    def is_next(self) -> bool:
        """Whether the next block is one's own; asked once of each."""
        self._blocks += 1
        return (self._blocks - 1) // BLOCKS_A_TURN % self._count == self._number

    def ends_here(self) -> bool:
        """Whether the turn ends with the block that was asked about last."""
        return self._blocks % BLOCKS_A_TURN == 0

    def begin(self) -> Place:
        """Where the turn begins or goes on, once what comes before is decoded; ReadsAlone if it never is."""
        if self._place is not None:
            return self._place
        told = os.read(self._incoming, 2 * _NUMBER_BYTES)
        if not told:
            raise ReadsAlone
        seqs, clock = told[:_NUMBER_BYTES], told[_NUMBER_BYTES:]
        return Place(int.from_bytes(seqs), moment_of(int.from_bytes(clock, signed=True)))

    def end(self, place: Place, *, pass_on: bool) -> None:
        """So far it is decoded; pass_on: it is the next one's turn, who may not want to know."""
        self._place = None if pass_on else place
        if pass_on:
            with suppress(BrokenPipeError):  # where the log is at its end for the next one
                os.write(self._outgoing, _told(place))


def _told(place: Place) -> bytes:
    return place.seqs.to_bytes(_NUMBER_BYTES) + micros(place.clock).to_bytes(_NUMBER_BYTES, signed=True)
