"""What persons are called, in a file: there may be more than memory holds."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from identity_cli.facts import PersonCreated
from identity_cli.person_ids import person_uuids
from identity_cli.tables.person_names import PersonNames

_LENGTH = 36


class FiledNames(PersonNames):
    """The same; of each person the file has its person id."""

    def __init__(self, folder: Path) -> None:
        """folder: on whose disk the file takes its place, without a name."""
        super().__init__()
        self._count = 0
        self._file = tempfile.TemporaryFile(dir=folder)

    def __len__(self) -> int:
        """How many persons were ever made."""
        return self._count

    def add(self, created: Sequence[PersonCreated]) -> None:
        """Note the next persons."""
        self._count += len(created)
        person_ids = person_uuids([(fact.team_id, fact.distinct_id) for fact in created])
        self._file.write("".join(person_ids).encode())

    def ids_of(self, numbers: Sequence[int | None]) -> list[str | None]:
        """The person ids of persons by number."""
        self._file.flush()
        file = self._file.fileno()
        return [
            None if number is None else os.pread(file, _LENGTH, _LENGTH * number).decode()
            for number in numbers
        ]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
