"""How a run is told from anything else: a SQLite file of this name with our mark in its header."""

import os
import stat

DATABASE = "run.db"
APPLICATION_ID = 0x69646C69


def is_run(folder: str | os.PathLike[str]) -> bool:
    """Whether the folder holds a run's database."""
    path = f"{os.fspath(folder)}/{DATABASE}"
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # of a pipe one would wait for ever
            return False
        with open(path, "rb") as file:
            header = file.read(72)
    except OSError:
        return False
    return header[68:72] == APPLICATION_ID.to_bytes(4, "big")
