"""A run as one file to send: a zip of its folder, which every command opens as it opens a folder.

Same run, same bytes: files stand in order of their names and have no time.
"""

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from identity_cli.errors import NoRun, RunUnreadable
from identity_cli.files.places import scratch_folder
from identity_cli.files.run_mark import DATABASE
from identity_cli.store.ours import OUR_FILES

_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The first that a zip knows."""


def pack(folder: Path, file: IO[bytes]) -> None:
    """Write the run of a folder into a file."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for path in sorted(path for path in folder.iterdir() if path.name in OUR_FILES):
            entry = zipfile.ZipInfo(path.name, _NO_TIME)
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
                if DATABASE not in names or not names <= OUR_FILES:  # nothing else finds its way to this disk
                    raise NoRun(file)
                packed.extractall(folder)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            if not zipfile.is_zipfile(file):
                raise NoRun(file) from None
            raise RunUnreadable(file, str(error)) from None
        yield str(folder)
