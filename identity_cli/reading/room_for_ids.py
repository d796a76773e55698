"""Whether memory holds the ids of a log, as far as it is read."""

import os
from contextlib import suppress
from pathlib import Path

from identity_cli.reading.intake import Log
from identity_cli.reading.options import ReplayOptions

BYTES_OF_AN_ID = 1_300
"""Of memory, in all processes of a replay that resolves everything at once, where they take most of it."""
BYTES_OF_AN_AUDITED_ID = 250
"""Of memory, at the end, what audits hold: 227 of each of a million, every one with a single event."""
_MEMORY = Path("/proc/meminfo")


class IdsDoNotFit(Exception):
    """There are more ids than memory has room for; the log can be read again."""


class RoomForIds:
    """How many ids there may be."""

    def __init__(self, log: Log, options: ReplayOptions) -> None:
        """Any number, where ids are resolved in parts anyway, or the log cannot be read again."""
        comes_again = bool(log.paths) and all(map(os.path.isfile, log.paths))
        memory = memory_of(options)
        self._most = None if memory is None or options.spill or not comes_again else memory // BYTES_OF_AN_ID

    def check(self, ids: int) -> None:
        """IdsDoNotFit if there are too many by now."""
        if self._most is not None and ids > self._most:
            raise IdsDoNotFit


def audits_fit(options: ReplayOptions, ids: int) -> bool:
    """Whether memory holds what audits add up of so many ids."""
    memory = memory_of(options)
    return memory is None or ids * BYTES_OF_AN_AUDITED_ID <= memory


def memory_of(options: ReplayOptions) -> int | None:
    """Bytes that a replay may take; None where nothing says so."""
    return _free_bytes() if options.memory is None else options.memory


def _free_bytes() -> int | None:
    """What processes may take before the system has to swap; None where it does not tell."""
    with suppress(OSError, ValueError, StopIteration):
        lines = _MEMORY.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    return None
