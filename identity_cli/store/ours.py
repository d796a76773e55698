"""What in a folder is ours to replace or to remove: nothing without our mark, nothing that was changed since.

A run's database says how large each of the files beside it is. A file that it does not name, or that
has another size by now, is somebody's work.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from identity_cli.errors import FolderNotARun, NoPlaceForRun
from identity_cli.run_mark import DATABASE, is_run
from identity_cli.store.seal import COMPACTED
from identity_cli.tables.formats import TABLE_FORMATS
from identity_cli.tables.graph import EDGES
from identity_cli.tables.graph_formats import GRAPH_FORMATS
from identity_cli.tables.run_tables import TABLES

REJECTED = "rejected.ndjson"
FINDINGS, WARNINGS_PAGE = "findings.ndjson", "warnings.md"
OUR_FILES = frozenset(
    {
        DATABASE,
        REJECTED,
        FINDINGS,
        WARNINGS_PAGE,
        *(form.file for form in GRAPH_FORMATS.values()),
        *(
            form.file_of(table)
            for form in TABLE_FORMATS.values()
            for table in TABLES.values()
            if table.is_in_folder
        ),
    }
)
PEOPLE = "people"
"""The folder in which everybody may be written first."""
_NAMED = (PEOPLE, COMPACTED, *(form.file + EDGES for form in GRAPH_FORMATS.values()))
_SCRATCH = re.compile(rf"order\.\d+m*|(?:{'|'.join(map(re.escape, _NAMED))})(?:-journal)?")
"""What a replay has in its folder only while it goes on."""


def sizes_beside(folder: Path) -> dict[str, int]:
    """The files beside a run's database, by name."""
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.name != DATABASE}


def check_replaceable(folder: Path) -> None:
    """FolderNotARun, or NoPlaceForRun, unless there is nothing or a run as it was written."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise NoPlaceForRun(str(folder), "it is a file")
    inside = {path.name for path in folder.iterdir()}
    strange = sorted(inside - OUR_FILES)
    if strange:
        raise FolderNotARun(str(folder), ", ".join(strange[:3]) + (" and more" if len(strange) > 3 else ""))
    if inside and not is_run(folder):
        found = f"a foreign {DATABASE}" if DATABASE in inside else f"tables without a {DATABASE}"
        raise FolderNotARun(str(folder), found)
    for name, how in _not_as_written(folder):
        raise FolderNotARun(str(folder), f"a {how} {name}")


def is_whole_run(folder: Path) -> bool:
    """Whether the folder is a run and nothing else."""
    return is_run(folder) and {path.name for path in folder.iterdir()} <= OUR_FILES


def is_leaving(folder: Path) -> bool:
    """Whether the folder is what a replay leaves that is killed: begun, or with our mark and nothing else."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    inside = {path.name for path in folder.iterdir()}
    if not inside <= {DATABASE} or is_run(folder):
        return is_run(folder) and all(name in OUR_FILES or _SCRATCH.fullmatch(name) for name in inside)
    return not inside or (folder / DATABASE).stat().st_size == 0


def _not_as_written(folder: Path) -> Iterator[tuple[str, str]]:
    """The files beside a run's database that are not as it has them, and how they are."""
    written = _written_in(folder)
    if written is None:
        return
    for name, size in sizes_beside(folder).items():
        if written.get(name) != size:
            yield name, "changed" if name in written else "foreign"


def _written_in(folder: Path) -> dict[str, int] | None:
    """The sizes that a run's database tells; None where it cannot, being damaged or of another version."""
    path = quote(str(folder / DATABASE))
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            (text,) = database.execute("SELECT value FROM run WHERE key = 'files'").fetchone()
        written = json.loads(text)
    except (sqlite3.Error, TypeError, ValueError, RecursionError):
        return None
    return written if isinstance(written, dict) else None
