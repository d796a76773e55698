"""What keeps a file from being written where there is no room for it, and how much room there is."""

import errno
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_full(error: OSError) -> bool:
    """Whether a disk, a quota or a limit is what kept something from being written."""
    return error.errno in _FULL


def room_in(folders: Iterable[Path]) -> str:
    """How much the disks of these folders have left, and what limit files have, in sentences."""
    rooms: dict[int, str] = {}
    for folder in folders:
        with suppress(OSError):
            free = shutil.disk_usage(folder).free
            rooms.setdefault(folder.stat().st_dev, f"{free / 1e6:,.0f} MB in {folder}")
    return f"There is room for {' and '.join(rooms.values())}.{_limit_of_files()}"


def room_beside(path: str) -> str:
    """The same for one file."""
    return room_in([Path(os.path.realpath(path)).parent])


def _limit_of_files() -> str:
    """A sentence on how large a file of this process may be, if that is limited."""
    try:
        import resource
    except ImportError:  # Windows
        return ""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit == resource.RLIM_INFINITY:
        return ""
    return f" No file may have more than {limit / 1e6:,.1f} MB until `ulimit -f` is raised."
