"""A file that a command writes for whoever called it: whole or not at all, and never over what was read."""

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from identity_cli.errors import OutputIsInput
from identity_cli.files.places import file_stat


@contextmanager
def output_file(path: str, inputs: Iterable[str] = ()) -> Iterator[IO[bytes]]:
    """A file to write bytes into, which takes its place when the block ends well.

    inputs: what the command reads, "-" for standard input. OutputIsInput if the file is one
    of them; OSError, with the file's name, if it cannot be written. What is no ordinary file, a
    device or a pipe, is written to as it is.
    """
    there = file_stat(path)
    if there is not None:
        _check_no_input(path, there, inputs)
        if not stat.S_ISREG(there.st_mode):
            with open(path, "wb") as output:
                yield output
            return
    place = Path(os.path.realpath(path))
    mode = 0o666 & ~umask() if there is None else stat.S_IMODE(there.st_mode)
    with _beside(place, mode) as output:
        yield output


def _check_no_input(path: str, there: os.stat_result, inputs: Iterable[str]) -> None:
    for one in inputs:
        found = file_stat(one)
        if found is not None and os.path.samestat(found, there):
            raise OutputIsInput(path)


@contextmanager
def _beside(place: Path, mode: int) -> Iterator[IO[bytes]]:
    """A file beside its place, where it is renamed to."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".partial", dir=place.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(place)) from None
    partial = Path(name)
    try:
        with open(handle, "wb") as output:
            yield output
        partial.chmod(mode)
        partial.replace(place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(place)) from None
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def umask() -> int:
    """The permissions that new files of this process do not have."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
