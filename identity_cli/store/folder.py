"""The run folder: it appears whole, or not at all.

A run is written into a folder beside its place and renamed there at the end. An earlier
run steps aside under another name first and is removed last, so that whatever is killed
when, one whole run is left and the next command finds it.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from identity_cli.errors import FolderNotARun, NoRun
from identity_cli.store.schema import APPLICATION_ID

DATABASE = "run.db"
REJECTED = "rejected.ndjson"
OUR_FILES = frozenset(
    {
        DATABASE,
        *(
            f"{name}.{suffix}"
            for name in ("persons", "distinct_ids", "links", "warnings", "events")
            for suffix in ("csv", "ndjson")
        ),
        "merge_graph.json",
        "merge_graph.dot",
        REJECTED,
    }
)


@contextmanager
def new_run(folder: Path) -> Iterator[Path]:
    """A folder to write a run into; it takes its place when the block ends well."""
    folder = folder.absolute()
    _recover(folder)
    _check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    partial = Path(
        tempfile.mkdtemp(prefix=f".{folder.name}.{os.getpid()}.", suffix=".partial", dir=folder.parent)
    )
    try:
        yield partial
        partial.chmod(0o777 & ~_umask())
        _put_in_place(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def existing_run(folder: Path) -> Path:
    """Where the run of that folder is; NoRun if there is none."""
    for place in (folder, _aside(folder)):
        if (place / DATABASE).is_file():
            return place
    raise NoRun(str(folder))


def is_run_database(path: Path) -> bool:
    """Whether the file is a run's database: SQLite keeps an application's mark in its header."""
    try:
        with open(path, "rb") as file:
            header = file.read(72)
    except OSError:
        return False
    return header[68:72] == APPLICATION_ID.to_bytes(4, "big")


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.previous")


def _recover(folder: Path) -> None:
    """Bring back a run that a killed replay had moved aside."""
    if _aside(folder).exists() and not folder.exists():
        _aside(folder).rename(folder)


def _check_replaceable(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FolderNotARun(str(folder), "a file")
    inside = {path.name for path in folder.iterdir()}
    strange = sorted(inside - OUR_FILES)
    if strange:
        raise FolderNotARun(str(folder), ", ".join(strange[:3]) + (" and more" if len(strange) > 3 else ""))
    if inside and not is_run_database(folder / DATABASE):
        raise FolderNotARun(str(folder), f"no {DATABASE} of idcli's")


def _put_in_place(partial: Path, folder: Path) -> None:
    aside = _aside(folder)
    shutil.rmtree(aside, ignore_errors=True)
    with suppress(FileNotFoundError):
        folder.rename(aside)
    partial.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove what replays left that were killed before they could clean up."""
    for path in folder.parent.glob(f".{folder.name}.*.partial"):
        process = path.name.removeprefix(f".{folder.name}.").split(".")[0]
        if process.isdecimal() and not _is_running(int(process)):
            shutil.rmtree(path, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
