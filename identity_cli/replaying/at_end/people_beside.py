"""Everybody, written into a database of its own by another process, from which the run's copies them.

So it is done while this process still joins and writes the journal.
"""

import shutil
from collections.abc import Iterable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from identity_cli.files import processes
from identity_cli.files.messages import MessageFile, pickled
from identity_cli.replaying.at_end.tally import Tallied, Tally
from identity_cli.run_mark import DATABASE
from identity_cli.store.ours import PEOPLE
from identity_cli.store.writing.journal_writer import JournalWriter
from identity_cli.tables.people import Ids, People


class PeopleBeside:
    """Begun when it is made; close it whatever happens."""

    def __init__(self, folder: Path, everybody: Iterable[People | Ids], tally: Tally) -> None:
        """folder: of the run. tally: of everybody, still of nobody."""
        self._folder = folder / PEOPLE
        self._folder.mkdir()
        self._stack = ExitStack()
        self._message = self._stack.enter_context(closing(MessageFile(folder)))
        self._child = self._stack.enter_context(ExitStack())
        work = partial(self._write, everybody, tally)
        self._child.enter_context(processes.done_beside(work, "writes the persons"))

    def hand_over(self, journal: JournalWriter) -> Tallied:
        """Copy everybody into the run's database, once they are written; what they come to."""
        self._child.close()
        journal.take_people(self._folder / DATABASE)
        shutil.rmtree(self._folder)
        tallied: Tallied = next(self._message.values(Tallied))
        return tallied

    def close(self) -> None:
        """Let go of the process and its files."""
        self._stack.close()

    def _write(self, everybody: Iterable[People | Ids], tally: Tally) -> None:
        with closing(JournalWriter(self._folder, with_events=False)) as writer:
            writer.spare_memory()
            for people in everybody:
                writer.write_people(people)
                tally.see(people)
            writer.finish_people()
        self._message.add_message(pickled(tally.tallied()))
        self._message.flush()
