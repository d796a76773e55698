"""Devices of vendors who keep users apart: a device belongs to its latest user, whoever was on it before.

That is known at the end of the log only, so that such a log is read twice.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from identity_cli.dialects.base import Unusable, Wanted
from identity_cli.dialects.pairs import PairLinks, id_text
from identity_cli.dialects.record import Id, WireEvent

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Sighting(NamedTuple):
    """A user on a device, and when."""

    user: Id
    device: Id
    moment: datetime | None


class LatestUsers:
    """Whose each device was last, by the time of the events."""

    def __init__(self, sighting_of: Callable[[bytes], Sighting]) -> None:
        """sighting_of: what a line says, Unusable where it is none of the dialect's."""
        self._sighting_of = sighting_of
        self._latest: dict[str, tuple[datetime, str]] = {}  # ids as text: 7 and "7" are one

    def see(self, line: bytes) -> None:
        """Take one line of the log."""
        try:
            user, device, moment = self._sighting_of(line)
        except (Unusable, ValueError, RecursionError):  # the decoder says why
            return
        if not (user and device):
            return
        when, known = moment or _LONG_AGO, self._latest.get(id_text(device))
        if known is None or when >= known[0]:
            self._latest[id_text(device)] = when, id_text(user)

    def is_latest(self, user: Id, device: Id) -> bool:
        """Whether the device is that user's; one never seen becomes so."""
        text = id_text(user)
        return self._latest.setdefault(id_text(device), (_LONG_AGO, text))[1] == text


class DeviceLinks:
    """Links each device to its latest user.

    Where the log can be read only once, nothing was foreseen, and a device is its first user's.
    """

    def __init__(self, wanted: Wanted, sighting_of: Callable[[bytes], Sighting]) -> None:
        foreseen: Any = wanted.foreseen
        self._users = foreseen if isinstance(foreseen, LatestUsers) else LatestUsers(sighting_of)
        self._pairs = PairLinks(wanted)

    def link(self, event: WireEvent, user: Id, device: Id) -> None:
        """Give the event, which is the user's, a link beside it where the device is the user's in the end."""
        if user and device and self._users.is_latest(user, device):
            self._pairs.link(event, device)
