"""A log that lies elsewhere than when it was replayed: the new path of each of its sources."""

import os
from pathlib import Path


def moved_paths(paths: list[str], place: str) -> dict[str, str]:
    """The path of each source of a log that is at a place now.

    place: the log's one file, the archive that it is in, or a folder for the one that its files were in.
    """
    if not Path(place).is_dir():
        return {path: place if len(paths) == 1 else _member(path, place) for path in paths}
    folder = os.path.commonpath([Path(path).absolute().parent for path in paths])
    return {path: str(Path(place) / Path(path).absolute().relative_to(folder)) for path in paths}


def _member(path: str, archive: str) -> str:
    """The path of a member, its archive being elsewhere; of what is in no archive of that name, as it was."""
    _, found, member = path.partition(f"{Path(archive).name}/")
    return f"{archive}/{member}" if found else path
