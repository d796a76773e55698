"""The run folder: it appears whole, or not at all.

A run is written into a folder beside its place and renamed there at the end. An earlier
run steps aside under another name first and is removed last, so that whatever is killed
when, one whole run is left and the next command finds it.
"""

import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from identity_cli.errors import FolderNotARun, NoPlaceForRun, NoRun, RunNotWritten
from identity_cli.run_mark import DATABASE, is_run

REJECTED = "rejected.ndjson"
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

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
    folder, partial = _begun(folder)
    try:
        yield partial
        partial.chmod(0o777 & ~_umask())
        with _alone_in(folder.parent):
            _check_replaceable(folder)  # a long replay leaves time to put something else there
            _put_in_place(partial, folder)
    except sqlite3.Error as error:
        raise RunNotWritten(str(folder), str(error)) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _begun(folder: Path) -> tuple[Path, Path]:
    """The folder with its whole path, and the one to write into, beside it."""
    try:
        folder = Path(os.path.realpath(folder))  # Path.resolve has an error of its own for links in a circle
        if folder == Path.cwd():
            raise NoPlaceForRun(str(folder), "it is the current folder")
        if folder.is_symlink():
            raise NoPlaceForRun(str(folder), "it is a link that leads back to itself")
        if folder == folder.parent:
            raise NoPlaceForRun(str(folder), "everything else is in there")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(folder.parent):
            _recover(folder)
            _check_replaceable(folder)
            _remove_abandoned(folder)
        prefix = f".{folder.name}.{os.getpid()}."
        return folder, Path(tempfile.mkdtemp(prefix=prefix, suffix=".partial", dir=folder.parent))
    except FileExistsError as error:
        raise NoPlaceForRun(str(folder), f"{error.filename} is a file") from None
    except OSError as error:
        raise NoPlaceForRun(str(folder), error.strerror or str(error)) from None


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other replays from moving runs about in a folder meanwhile, where the system can."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def existing_run(folder: Path) -> Path:
    """Where the run of that folder is; NoRun if there is none."""
    for place in (folder, _aside(folder)):
        if (place / DATABASE).is_file():
            return place
    raise NoRun(str(folder))


def _aside(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.previous"


def _recover(folder: Path) -> None:
    """Bring back a run that a killed replay had moved aside."""
    if _aside(folder).exists() and not folder.exists():
        _aside(folder).rename(folder)


def _check_replaceable(folder: Path) -> None:
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


def _put_in_place(partial: Path, folder: Path) -> None:
    aside = _aside(folder)
    shutil.rmtree(aside, ignore_errors=True)
    with suppress(FileNotFoundError):
        folder.rename(aside)
    partial.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove what replays left that were killed before they could clean up."""
    partial = re.compile(rf"\.{re.escape(folder.name)}\.(\d+)\.[^.]+\.partial")
    for path in folder.parent.iterdir():
        match = partial.fullmatch(path.name)
        if match and not _is_running(int(match[1])):
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
