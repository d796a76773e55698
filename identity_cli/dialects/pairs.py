"""Users and devices that stand on one line: the first line with a pair of both is the link between them.

Vendors without an event for it link a device to a user in this way, and so does PostHog's
import of Amplitude's events.
"""

from typing import Any

from identity_cli.dialects.record import Id, WireEvent, WireProperties
from identity_cli.events import CREATE_ALIAS, IDENTIFY


class PairLinks:
    """Remembers which device ids it has linked to which user ids, team by team."""

    def __init__(self, called: str = IDENTIFY) -> None:
        """called: what their vendor's users would call such a link."""
        self._called = called
        self._linked: set[tuple[int | None, Any, Id]] = set()

    def link(self, event: WireEvent, device_id: Id) -> None:
        """Give the event a link beside it, like a `$identify`, where this device is new to its own id."""
        pair = event.team_id, event.distinct_id, device_id
        if not event.distinct_id or not device_id or device_id == event.distinct_id or pair in self._linked:
            return
        self._linked.add(pair)
        add_link(event, self._called, WireProperties(anon_distinct_id=device_id, device_id=device_id))
        event.links[-1].links_as = IDENTIFY


def add_alias(event: WireEvent, alias: Id) -> None:
    """Give the event a `$create_alias` of its own id beside it."""
    add_link(event, CREATE_ALIAS, WireProperties(alias=alias))


def add_link(event: WireEvent, name: str, properties: WireProperties) -> None:
    """Give the event a link beside it, of its own id, at its own time."""
    link = WireEvent(
        event=name,
        distinct_id=event.distinct_id,
        team_id=event.team_id,
        timestamp=event.timestamp,
        received_at=event.received_at,
        properties=properties,
    )
    event.links = (*event.links, link)
