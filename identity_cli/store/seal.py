"""What ends a run's database: the same rows are the same bytes, and whoever writes into it later is noticed.

Where SQLite puts rows depends on the order in which tables are written, which is another where a log is
resolved in parts, or goes on: so it copies them once more, table by table. It counts in a database's
header each time that something was written into it. The last thing that a replay writes is what this count
is by then.
"""

import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMPACTED = "run.compact"
"""A database that is written once more."""
SEAL = "writes"
"""The key of it in the table `run`."""
_COUNTER = slice(24, 28)  # the "file change counter" of SQLite's file format


def compact(path: "Path") -> None:
    """Put the rows where they alone decide that they stand; nobody may have the database open."""
    compacted = path.with_name(COMPACTED)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=OFF")  # as below
        database.execute("VACUUM INTO ?", (str(compacted),))
    compacted.replace(path)


def seal(path: str | os.PathLike[str]) -> None:
    """Note how often the database was written, with this."""
    count = writes_of(path) + 1
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode=OFF")  # or a kill leaves a journal that nobody knows
        database.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (SEAL, json.dumps(count)))


def is_sealed(database: sqlite3.Connection, writes: int) -> bool:
    """Whether it is as it was when it was sealed, but for what does not go through SQLite.

    writes: of its file, see writes_of; read as it was opened, since another run may be in its place by now.
    """
    noted = database.execute("SELECT value FROM main.run WHERE key = ?", (SEAL,)).fetchone()
    return noted is not None and noted[0] == str(writes)


def writes_of(path: str | os.PathLike[str]) -> int:
    """How often SQLite wrote into the file, as far as it counts: to 32 bits."""
    with open(path, "rb", buffering=0) as file:
        return int.from_bytes(file.read(_COUNTER.stop)[_COUNTER])
