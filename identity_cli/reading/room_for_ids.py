"""Whether memory holds the ids of a log, as far as it is read: what was free when the replay began."""

from identity_cli.reading.intake import Log
from identity_cli.reading.options import ReplayOptions

BYTES_OF_AN_ID = 1_300
"""Of memory, in all processes of a replay that resolves everything at once, where they take most of it."""
BYTES_OF_AN_AUDITED_ID = 250
"""Of memory, at the end, what audits hold: 227 of each of a million, every one with a single event."""


class IdsDoNotFit(Exception):
    """There are more ids than memory has room for; the log can be read again."""


class RoomForIds:
    """How many ids there may be."""

    def __init__(self, log: Log, options: ReplayOptions) -> None:
        """Any number, where ids are resolved in parts anyway, or the log cannot be read again."""
        memory = None if options.spill or not log.comes_again else options.memory
        self._most = None if memory is None else memory // BYTES_OF_AN_ID

    def check(self, ids: int) -> None:
        """IdsDoNotFit if there are too many by now."""
        if self._most is not None and ids > self._most:
            raise IdsDoNotFit


def audits_fit(options: ReplayOptions, ids: int) -> bool:
    """Whether memory holds what audits add up of so many ids."""
    return options.memory is None or ids * BYTES_OF_AN_AUDITED_ID <= options.memory
