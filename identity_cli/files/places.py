"""Places on disk: who is alone in a folder, which folder is in use, what changes places at one stroke.

A lock here is `flock` on a folder: the system lets go of it when its process ends, however it
ends. Where there is none (Windows, some network disks) nobody is kept out, and what may be in use
counts as in use.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from identity_cli.files.processes import undisturbed
from identity_cli.files.room import is_full, room_in

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

STANDARD_INPUT = "-"
_HERE = -100  # AT_FDCWD: paths are as the process sees them
_EXCHANGE = 2  # RENAME_EXCHANGE


@contextmanager
def alone_in(folder: Path, *, reading: bool = False) -> Iterator[None]:
    """Keep others that ask for it out of a folder meanwhile; reading: only those that change something."""
    with _opened(folder) as handle:
        _lock(handle, reading=reading, waiting=True)
        yield


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Let `is_in_use` say so during the block."""
    with _opened(folder) as handle:
        _lock(handle, reading=False, waiting=False)
        yield


def is_in_use(folder: Path) -> bool:
    """Whether some process is in a block of `in_use`, or none can tell."""
    with _opened(folder) as handle:
        return not _lock(handle, reading=False, waiting=False)


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    if fcntl is None:
        yield None
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int | None, *, reading: bool, waiting: bool) -> bool:
    """Whether it could be had."""
    if handle is None:
        return False
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if reading else fcntl.LOCK_EX) | (0 if waiting else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


@contextmanager
def removed_afterwards(make: Callable[[], Path], marked_by: str | None = None) -> Iterator[Path]:
    """A folder that is made, for the time of the block, whatever ends it, a signal too; see remove."""
    with undisturbed() as disturbed:
        folder = make()
        try:
            with disturbed():
                yield folder
        finally:
            remove(folder, marked_by)


def remove(folder: Path, marked_by: str | None) -> None:
    """Remove a folder, the file that marks it as ours last: what a kill leaves is known by it."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name != marked_by and not path.is_dir():
                path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of our own where the system keeps such, for the time of the block; if full it says where."""
    with removed_afterwards(lambda: Path(tempfile.mkdtemp(prefix="idcli-"))) as folder:
        try:
            yield folder
        except OSError as error:
            if not is_full(error) or error.filename:
                raise
            room = room_in([folder])
            what = f"{error.strerror}. {room} Free some, or name another folder with TMPDIR"
            raise OSError(error.errno, what, str(folder.parent)) from None


def exchanged(one: Path, other: Path) -> bool:
    """Let two files or folders change places at one stroke; False where the system cannot."""
    try:
        import ctypes  # only here, at the end of a replay

        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, TypeError, AttributeError):  # no Linux, or one without it
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def first_inside(folder: Path, paths: Iterable[str]) -> str | None:
    """The first of these files that is one of a folder's own, by whatever name."""
    inside = {(found.st_dev, found.st_ino) for found in _stats_in(folder)}
    for path in paths:
        found = file_stat(path)
        if found is not None and (found.st_dev, found.st_ino) in inside:
            return path
    return None


def file_stat(path: str) -> os.stat_result | None:
    """What the system says of a file, or of standard input for "-"; None if there is none."""
    with suppress(OSError, ValueError):
        return os.fstat(0) if path == STANDARD_INPUT else os.stat(path)
    return None


def _stats_in(folder: Path) -> Iterator[os.stat_result]:
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            with suppress(OSError):
                yield path.stat()
