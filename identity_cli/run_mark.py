"""How a run is told from anything else: a SQLite file of this name with our mark in its header."""

import os

DATABASE = "run.db"
APPLICATION_ID = 0x69646C69


def is_run(folder: str | os.PathLike[str]) -> bool:
    """Whether the folder holds a run's database."""
    try:
        with open(f"{os.fspath(folder)}/{DATABASE}", "rb") as file:
            header = file.read(72)
    except OSError:
        return False
    return header[68:72] == APPLICATION_ID.to_bytes(4, "big")
