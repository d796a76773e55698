"""How many devices a log has, by its `$device_id`s."""

from collections.abc import Iterable
from typing import Any, Self

from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.watcher import Watching, of_run

DEVICES = "devices"
"""The key in the table `run`: how many there are, and whether that is all of them."""
MOST_DEVICES = 1 << 20
"""Told apart, some 100 bytes each; of a log with more it is known that there are so many."""


class DevicesSeen:
    """Counts devices."""

    needs = ()

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Where evidence is asked for."""
        return cls() if watching.evidence else None

    def __init__(self) -> None:
        self._devices: set[Any] = set()

    def see(self, block: Block) -> Iterable[Rows]:
        """Take the next events."""
        if len(self._devices) < MOST_DEVICES:
            devices = [event.properties.device_id for event in block.events]
            self._devices.update(one for one in devices if type(one) is str)
        return ()

    def rows(self) -> Iterable[Rows]:
        """How many there were."""
        count = len(self._devices - {""})
        return (of_run(DEVICES, {"count": count, "is_all": len(self._devices) < MOST_DEVICES}),)
