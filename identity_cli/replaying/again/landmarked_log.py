"""A run's files, open to read some of their lines again."""

import os
import zlib
from contextlib import ExitStack, closing
from typing import Self

from identity_cli.errors import LogChanged
from identity_cli.files.landmarks import LandmarkedFile, Landmarks
from identity_cli.replaying.again.rerun import paths_of
from identity_cli.store.reading.run import Run

OF_A_DAMAGED_INDEX = (zlib.error, ValueError, TypeError, LookupError, OverflowError)
"""What may be raised where the run does not say what a replay would have: the log itself has the answer."""


class LandmarkedLog:
    """Opens a file when a line of it is asked for; to be closed."""

    def __init__(self, run: Run) -> None:
        """LogGone, LogIsPipe; one of OF_A_DAMAGED_INDEX."""
        self._sources, self._file_of = run.sources(), run.file_of
        self._marks = {number: Landmarks.unpacked(columns) for number, *columns in run.landmarks()}
        self._files = ExitStack()
        self._opened: dict[int, LandmarkedFile] = {}
        paths_of(run)  # says what is gone

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._files.close()

    @property
    def is_complete(self) -> bool:
        """Whether any line of the log can be read."""
        return len(self._marks) == len(self._sources)

    def lines(self, source: int, first: int, last: int) -> list[bytes]:
        """The lines of these numbers, from 1, of a source, from 0; LogChanged, OSError."""
        if source not in self._opened:
            path, size = self._sources[source]["path"], self._sources[source]["size"]
            file = self._file_of(path)
            if (now := os.stat(file).st_size) != size:
                raise LogChanged(path, size, now)
            opened = LandmarkedFile(file, self._marks[source + 1])
            self._opened[source] = self._files.enter_context(closing(opened))
        return self._opened[source].lines(first, last)
