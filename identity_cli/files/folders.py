"""The files that a command line names: as they are given, a folder's by name."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from identity_cli.errors import LogUnreadable, NoLogs
from identity_cli.files.raw_file import STANDARD_INPUT, is_regular
from identity_cli.run_mark import is_run


class LogFile(NamedTuple):
    """A file to read; named: its path where the user gave it, empty where it was found in a folder."""

    path: str
    named: str


def expand(paths: Iterable[str]) -> list[LogFile]:
    """The files to read, in the order given; a folder stands for its files, by name."""
    files: list[LogFile] = []
    for path in paths:
        if path != STANDARD_INPUT and Path(path).is_dir():
            files += [LogFile(found, "") for found in _files_in(Path(path))]
        else:
            files.append(LogFile(path, path))
    total_size([file.path for file in files])  # a missing one shows now, not after the first is read
    return files


def total_size(paths: Sequence[str]) -> int | None:
    """Bytes on disk of all files; None where only reading will tell."""
    sizes = [_size(path) for path in paths if path != STANDARD_INPUT]
    return sum(sizes) if all(map(is_regular, paths)) else None


def container_of(path: str) -> str:
    """The file in which the source of that path is: itself, or the archive of which it is a member."""
    inside = Path(path)
    while not inside.exists() and inside.parent != inside:
        inside = inside.parent
    return path if inside.is_dir() else str(inside)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError as error:
        raise LogUnreadable(path, error.strerror or str(error)) from None


def _files_in(folder: Path) -> list[str]:
    try:
        files = [str(path) for path in sorted(_walk(folder))]
    except OSError as error:
        raise LogUnreadable(str(folder), error.strerror or str(error)) from None
    if not files:
        raise NoLogs(str(folder))
    return files


def _walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, except hidden ones and those of a run: its tables look like logs."""
    if is_run(folder):
        return
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if not path.is_symlink():  # it may lead back to where we are
                yield from _walk(path)
        elif path.is_file():
            yield path
