"""The database of a finished run, opened read-only: what was asked, which logs, and where each event stands.

Imports as little as it can: looking up one person should take no longer than starting.
"""

# ruff: noqa: PTH118  # pathlib alone costs half a start of Python

import json
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from identity_cli.errors import IdcliError
from identity_cli.origins import Origin, Origins
from identity_cli.run_mark import APPLICATION_ID, DATABASE
from identity_cli.store import schema
from identity_cli.store.seal import is_sealed, writes_of

if TYPE_CHECKING:
    from array import array
    from pathlib import Path

StoreError = sqlite3.Error
_FEW = 100


class OpenedRun:
    """The run of a folder, or of a packed one."""

    def __init__(self, folder: "str | Path", *, is_finished: bool = True) -> None:
        """Open the run in that folder or file; NoRun or RunUnreadable if there is none to read.

        is_finished: False while it is still written, by whoever asks.
        """
        self.name = str(folder)
        self._is_finished = is_finished
        self._moved: dict[str, str] = {}  # see read_log_at
        self._packed_log: dict[str, str] = {}  # see file_of
        self.shows_internal = "include"  # see show_internal
        self.original: Self | None = None  # of a copy with pseudonyms, for what has no ids in it
        self.seconds: float | None = None  # how long its replay took, where that was just now
        self.did_not_fit = False  # that replay went on through files, as memory would not hold all ids
        self._using = ExitStack()
        try:
            self._open()
        except BaseException:
            self._using.close()
            raise

    def _open(self) -> None:
        place = self.name
        if os.path.isfile(place):  # noqa: PTH113 -- pathlib, see above
            from identity_cli.store.packed_run import log_in, unpacked  # mostly it is a folder

            place = self._using.enter_context(unpacked(place))
            self._packed_log = log_in(place)
        self._place, self._stat, writes, self.database = _opened(place)
        self._check(writes)

    def _check(self, writes: int) -> None:
        """NoRun or RunUnreadable unless the database is as a replay wrote it; writes: see seal."""
        try:
            (application,) = self.database.execute("PRAGMA application_id").fetchone()
            (version,) = self.database.execute("PRAGMA user_version").fetchone()
            if application == APPLICATION_ID and version == schema.SCHEMA_VERSION:
                strange = schema.strange_table(self.database)
                is_as_written = not self._is_finished or is_sealed(self.database, writes)
                if strange is None and is_as_written:
                    self.database.execute("PRAGMA cache_size=-16384")  # audits look up ids in any order
                    return
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter from a message that quotes it
            raise self._unreadable(str(error)) from None
        if application != APPLICATION_ID:
            from identity_cli.errors import NoRun

            raise NoRun(self.name)
        if version != schema.SCHEMA_VERSION:
            known = schema.SCHEMA_VERSION
            raise self._unreadable(f"its format is version {version}, this idcli reads {known}")
        if strange is not None:
            raise self._unreadable(f"its {strange} is not what a replay writes")
        raise self._unreadable("something has written into it since its replay")

    def _unreadable(self, why: str) -> IdcliError:
        from identity_cli.errors import RunUnreadable

        return RunUnreadable(os.path.join(self._place, DATABASE), why)

    def read_log_at(self, place: str) -> None:
        """From now on take the log to be there, where it was moved; a folder for the one that it was in.

        Whether it is that log is checked when it is read, as ever.
        """
        from identity_cli.store.reading.moved_log import moved_paths  # mostly it is where it was

        self._moved = moved_paths([path for path, _ in self._stored_sources()], place)
        self._packed_log = {}
        vars(self).pop("origins", None)

    def file_of(self, path: str) -> str:
        """Where to read a source: where its path says, but of a packed run in the log that came along."""
        return _rebased(path, self._packed_log.items())

    def path_of(self, file: str) -> str:
        """The path of the source that is read there."""
        return _rebased(file, ((place, was_at) for was_at, place in self._packed_log.items()))

    def close(self) -> None:
        """Let go of the files."""
        self.database.close()
        self._using.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def damage(self) -> str | None:
        """What is wrong with the rows of the run, in a sentence, if anything is."""
        from identity_cli.store.reading.damage import damage_in  # hardly ever needed

        with closing(_opened(self.name)[-1]) as database:
            return damage_in(database)

    @cached_property
    def folder(self) -> "Path":
        """Where the run's files are."""
        from pathlib import Path  # not needed to look up a person

        return Path(self._place)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """What was asked of the replay, and its counts."""
        return {key: json.loads(value) for key, value in self._rows("SELECT key, value FROM run")}

    @property
    def is_redacted(self) -> bool:
        """Whether it is a copy with pseudonyms, of which no log tells."""
        return "redacted" in self.metadata

    @cached_property
    def origins(self) -> Origins:
        """From seq to file and line."""
        return Origins(
            ((self._moved.get(path, path), first_seq) for path, first_seq in self._stored_sources()),
            self._rows("SELECT first_seq, line, events FROM batches ORDER BY first_seq"),
            self._line_order(),
            self.metadata["seqs"],
        )

    def _stored_sources(self) -> Iterator[tuple[str, int]]:
        return self._rows("SELECT path, first_seq FROM sources ORDER BY first_seq, source")

    def _line_order(self) -> "array[int] | None":
        if not self._one("SELECT count(*) FROM line_order"):
            return None
        from array import array

        rows = self._rows("SELECT unsorted_seq FROM line_order ORDER BY seq")
        return array("q", (unsorted for (unsorted,) in rows))

    def check_in_place(self) -> None:
        """RunReplaced if what stands beside the database is no longer this run's."""
        from identity_cli.errors import RunReplaced

        try:
            found = os.stat(os.path.join(self._place, DATABASE))
        except OSError:
            raise RunReplaced(self.name) from None
        if not os.path.samestat(found, self._stat):
            raise RunReplaced(self.name)

    def origin(self, seq: int) -> Origin:
        """Where the event of that seq stands."""
        return self.origins[seq]

    def sources(self) -> list[dict[str, Any]]:
        """The log files replayed."""
        columns = ("path", "lines", "size", "hash", "dialect")
        rows = self._rows("SELECT path, lines, size, hash, dialect FROM sources ORDER BY source")
        return [dict(zip(columns, (self._moved.get(path, path), *rest), strict=True)) for path, *rest in rows]

    def landmarks(self) -> Iterator[Any]:
        """Where the lines of a source stand, as files.landmarks packs it, after its number from 1."""
        return self._rows("SELECT * FROM landmarks ORDER BY source")

    def id_index(self) -> Iterator[Any]:
        """Which events have an id, in rows as reading.id_index has them."""
        return self._rows("SELECT * FROM id_index ORDER BY first_seq")

    def rows_about(self, query: str, parts: Iterable[int]) -> Iterator[Any]:
        """Rows of a query that says {parts} where it means these persons."""
        numbers = list(map(int, parts))
        if len(numbers) <= _FEW:  # planned in half the time that a list in a parameter takes
            return self.database.execute(query.format(parts=f"({','.join(map(str, numbers))})"))
        listed = "(SELECT value FROM json_each(:numbers))"
        return self.database.execute(query.format(parts=listed), {"numbers": json.dumps(numbers)})

    def _rows(self, query: str) -> Iterator[Any]:
        return iter(self.database.execute(query))

    def _one(self, query: str) -> int:
        (value,) = self.database.execute(query).fetchone()
        return int(value)


def _rebased(path: str, places: Iterable[tuple[str, str]]) -> str:
    """The path of a file, or of what is in it, where that file is elsewhere."""
    for was_at, is_at in places:
        if path == was_at or path.startswith(f"{was_at}/"):
            return is_at + path[len(was_at) :]
    return path


def _opened(folder: str) -> tuple[str, os.stat_result, int, sqlite3.Connection]:
    """Where the run of that name is, its database's file, how often that was written, and the database."""
    try:
        return _opened_in(folder)
    except (OSError, sqlite3.OperationalError):
        pass
    from pathlib import Path

    from identity_cli.errors import RunUnreadable
    from identity_cli.store.folder import existing_run  # knows where a killed replay may have left it

    with existing_run(Path(folder)) as place:
        try:
            return _opened_in(str(place))
        except (OSError, sqlite3.OperationalError) as error:
            raise RunUnreadable(os.path.join(place, DATABASE), str(error)) from None


def _opened_in(folder: str) -> tuple[str, os.stat_result, int, sqlite3.Connection]:
    path = os.path.join(folder, DATABASE)
    while True:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(path)  # of a pipe one would wait for ever
        writes = writes_of(path)
        database = sqlite3.connect(f"file:{_quoted(path)}?mode=ro&immutable=1", uri=True)
        if os.path.samestat(found, os.stat(path)):
            return folder, found, writes, database
        database.close()  # another run has come in between


def _quoted(path: str) -> str:
    """The path as it stands in a URI."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
