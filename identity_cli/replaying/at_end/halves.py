"""Two processes that both need everybody: each works out half of the persons, and tells the other.

Through files without a name, as either may be far ahead. A byte in a pipe says that a half is complete, and
the end of the pipe that the other process is gone.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from identity_cli.errors import ProcessGone
from identity_cli.files.messages import MessageFile
from identity_cli.resolver.everybody import InOrder
from identity_cli.tables.people import Ids, People, of_persons, people_of

COMPLETE = b"."


class Halves:
    """Everybody, told in both processes; made before one becomes two."""

    def __init__(self, in_order: InOrder, at_once: int, folder: Path) -> None:
        """at_once: so many persons are worked out at a time. folder: where the files take their place."""
        self._in_order = in_order
        self._at_once = at_once
        middle = len(in_order) // 2 // at_once * at_once
        self._first = _Half(in_order, range(0, middle, at_once), folder)
        self._second = _Half(in_order, range(middle, len(in_order), at_once), folder)

    def here(self) -> Iterator[People | Ids]:
        """All of them, in the process that works out the first half, and does so on the way."""
        self._second.only_listen()
        yield from self._first.worked_out()
        yield from self._second.heard()
        yield from self._personless()

    def work_out_beside(self) -> None:
        """Work out the second half, in the other process."""
        self._first.only_listen()
        for _ in self._second.worked_out():
            pass

    def beside(self) -> Iterator[People | Ids]:
        """All of them in the other process, once it has done so."""
        yield from self._first.heard()
        yield from self._second.heard()
        yield from self._personless()

    def close(self) -> None:
        """Let go of the files."""
        self._first.close()
        self._second.close()

    def _personless(self) -> Iterator[People | Ids]:
        return map(people_of, self._in_order.personless(self._at_once))


class _Half:
    """Some of the persons, worked out in one process and heard of in another."""

    def __init__(self, in_order: InOrder, starts: range, folder: Path) -> None:
        self._in_order = in_order
        self._starts = starts
        self._file = MessageFile(folder)
        incoming, outgoing = os.pipe()
        self._awaits, self._completes = os.fdopen(incoming, "rb", 0), os.fdopen(outgoing, "wb", 0)
        self._is_complete = False  # as far as this process knows

    def worked_out(self) -> Iterator[People]:
        """Work them out, and tell them to the other process as well."""
        for start in self._starts:
            people = of_persons(self._in_order.persons(start, start + self._starts.step))
            self._file.add(people)
            yield people
        self._file.flush()
        self._completes.write(COMPLETE)
        self._is_complete = True

    def only_listen(self) -> None:
        """It is the other process that works them out."""
        self._completes.close()

    def heard(self) -> Iterator[People]:
        """What one process has worked out, in either; waits until that is complete."""
        if not (self._is_complete or self._awaits.read(1)):
            raise ProcessGone("works out half of the persons")
        yield from self._file.values(People)

    def close(self) -> None:
        """Let go of the file."""
        for end in (self._awaits, self._completes, self._file):
            end.close()
