"""The run folder: it appears whole, or not at all.

A run is written into a folder beside its place. At the end the two change places at one stroke,
and what was an earlier run is removed. Where the system cannot do that, the earlier run steps
aside under another name first, so that whatever is killed when, one whole run is left: the next
command finds it, the next replay puts it back.
"""

import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from identity_cli.errors import InputInRunFolder, NoPlaceForRun, NoRun, RunNotWritten
from identity_cli.files.outputs import umask
from identity_cli.files.places import (
    alone_in,
    exchanged,
    first_inside,
    in_use,
    is_in_use,
    remove,
    removed_afterwards,
)
from identity_cli.files.processes import undisturbed
from identity_cli.files.room import is_full, room_in
from identity_cli.run_mark import DATABASE, is_run
from identity_cli.store.ours import check_replaceable, is_leaving, is_whole_run


@contextmanager
def new_run(folder: Path, inputs: Sequence[str] = ()) -> Iterator[Path]:
    """A folder to write a run into; it takes its place when the block ends well.

    inputs: the files that are read for it; none of them may lie in the folder.
    """
    place = _place(folder)
    with _begun(place, inputs) as partial:
        try:
            yield partial
        except sqlite3.Error as error:
            raise RunNotWritten(str(place), str(error), _room(place)) from None
        except OSError as error:
            if is_full(error):
                raise RunNotWritten(str(place), str(error.strerror), _room(place)) from None
            raise
        partial.chmod(0o777 & ~umask())
        with alone_in(place.parent), undisturbed():
            _check(place, inputs)  # a long replay leaves time to put something else there
            _put_in_place(partial, place)


@contextmanager
def existing_run(folder: Path) -> Iterator[Path]:
    """Where the run of that folder is, during the block; NoRun if there is none."""
    real = Path(os.path.realpath(folder))
    try:
        with alone_in(real.parent, reading=True):
            for place in (real, _aside(real)):
                if is_run(place) or (place == real and (place / DATABASE).is_file()):
                    yield place
                    return
    except (FileNotFoundError, NotADirectoryError):
        pass
    raise NoRun(str(folder))


def _place(folder: Path) -> Path:
    """The folder with its whole path."""
    try:
        place = Path(os.path.realpath(folder))  # Path.resolve has an error of its own for links in a circle
    except OSError as error:
        raise NoPlaceForRun(str(folder), error.strerror or str(error)) from None
    if place == Path.cwd():
        raise NoPlaceForRun(str(place), "it is the current folder")
    if place.is_symlink():
        raise NoPlaceForRun(str(place), "it is a link that leads back to itself")
    if place == place.parent:
        raise NoPlaceForRun(str(place), "everything else is in there")
    return place


@contextmanager
def _begun(place: Path, inputs: Sequence[str]) -> Iterator[Path]:
    """The folder to write into, beside its place; gone afterwards, whatever is in there by then."""
    with (
        ExitStack() as using,
        removed_afterwards(lambda: _made_beside(place, inputs, using), marked_by=DATABASE) as partial,
    ):
        yield partial


def _made_beside(place: Path, inputs: Sequence[str], using: ExitStack) -> Path:
    """A new folder beside the place, in use for as long as it says."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with alone_in(place.parent):
            _recover(place)
            _check(place, inputs)
            _remove_abandoned(place)
            prefix = f".{place.name}.{os.getpid()}."
            partial = Path(tempfile.mkdtemp(prefix=prefix, suffix=".partial", dir=place.parent))
            using.enter_context(in_use(partial))
            return partial
    except FileExistsError as error:
        raise NoPlaceForRun(str(place), f"{error.filename} is a file") from None
    except OSError as error:
        raise NoPlaceForRun(str(place), error.strerror or str(error)) from None


def _aside(place: Path) -> Path:
    return place.parent / f".{place.name}.previous"


def _recover(place: Path) -> None:
    """Bring back a run that a killed replay had moved aside, or remove it where another stands."""
    aside = _aside(place)
    if not is_whole_run(aside):
        return
    if os.path.lexists(place):
        remove(aside, DATABASE)
    else:
        aside.rename(place)


def _check(place: Path, inputs: Sequence[str]) -> None:
    check_replaceable(place)
    inside = first_inside(place, inputs)
    if inside is not None:
        raise InputInRunFolder(inside, str(place))


def _put_in_place(partial: Path, place: Path) -> None:
    """An earlier run is where the new one was, or nowhere."""
    if not place.exists():
        partial.rename(place)
    elif not exchanged(partial, place):
        aside = _aside(place)
        if os.path.lexists(aside):
            raise NoPlaceForRun(str(place), f"{aside} is in the way, which idcli did not write")
        place.rename(aside)
        partial.rename(place)
        remove(aside, DATABASE)


def _remove_abandoned(place: Path) -> None:
    """Remove what replays left that were killed before they could clean up."""
    partial = re.compile(rf"\.{re.escape(place.name)}\.\d+\.[^.]+\.partial")
    for path in place.parent.iterdir():
        if partial.fullmatch(path.name) and is_leaving(path) and not is_in_use(path):
            remove(path, DATABASE)


def _room(place: Path) -> str:
    """How much there is for a run, and where else SQLite takes some."""
    return room_in([place.parent, Path(tempfile.gettempdir())])
