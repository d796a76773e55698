"""A run as one file to send: a zip of its folder, which every command opens as it opens a folder.

Its log may come along, its files in a folder `log` of their own. Same run, same bytes: files stand in order
and have no time.
"""

import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from identity_cli.errors import NoRun, RunUnreadable
from identity_cli.files.places import scratch_folder
from identity_cli.run_mark import DATABASE
from identity_cli.store.ours import OUR_FILES

LOG_PATHS = "log/paths.json"
"""Of each file of the log, by its name in the zip, where it was when it was replayed."""
_LOG_FILE = re.compile(r"log/\d+")
_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The first that a zip knows."""


def pack(folder: Path, file: IO[bytes], log: Iterable[tuple[str, Path]] = ()) -> None:
    """Write the run of a folder into a file, with files of its log: where each was, and where it is."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for path in sorted(path for path in folder.iterdir() if path.name in OUR_FILES):
            _add(packed, path.name, path)
        paths = {}
        for number, (was_at, path) in enumerate(log, 1):
            paths[f"log/{number}"] = was_at
            _add(packed, f"log/{number}", path)
        if paths:
            entry = zipfile.ZipInfo(LOG_PATHS, _NO_TIME)
            packed.writestr(entry, json.dumps(paths, indent=1), zipfile.ZIP_DEFLATED)


def _add(packed: zipfile.ZipFile, name: str, path: Path) -> None:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with open(path, "rb") as content, packed.open(entry, "w", force_zip64=True) as place:
        shutil.copyfileobj(content, place, 1 << 20)


@contextmanager
def unpacked(file: str) -> Iterator[str]:
    """A folder with the run of a packed one, during the block; NoRun, RunUnreadable."""
    with scratch_folder() as folder:
        try:
            with zipfile.ZipFile(file) as packed:
                names = set(packed.namelist())
                if DATABASE not in names or not all(map(_is_ours, names)):  # nothing else comes to this disk
                    raise NoRun(file)
                packed.extractall(folder)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            if not zipfile.is_zipfile(file):
                raise NoRun(file) from None
            raise RunUnreadable(file, str(error)) from None
        yield str(folder)


def _is_ours(name: str) -> bool:
    return name in OUR_FILES or name == LOG_PATHS or _LOG_FILE.fullmatch(name) is not None


def log_in(folder: str) -> dict[str, str]:
    """Of the log that came along, where each file was when it was replayed, to where it is; RunUnreadable."""
    paths = Path(folder, LOG_PATHS)
    if not paths.is_file():
        return {}
    try:
        known = json.loads(paths.read_bytes())
        return {str(was_at): str(Path(folder, name)) for name, was_at in known.items() if _is_ours(name)}
    except (ValueError, AttributeError, RecursionError) as error:
        raise RunUnreadable(str(paths), str(error)) from None
