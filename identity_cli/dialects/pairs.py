"""Users and devices that stand on one line: the first line with a pair of both is the link between them.

Vendors without an event for it link a device to a user in this way, and so does PostHog's
import of Amplitude's events.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from identity_cli.dialects.base import Wanted
from identity_cli.dialects.record import Id, WireEvent, WireProperties
from identity_cli.events import CREATE_ALIAS, IDENTIFY, Event
from identity_cli.values import javascript

UserAndDevice = tuple[int | None, str, str]
"""A team, a user's id and a device's, as text: 1 and true are two ids, though Python calls them equal."""


class PairLinks:
    """Remembers which device ids it has linked to which user ids, team by team."""

    remembers: ClassVar[Mapping[str, Any]] = {"_linked": set[UserAndDevice]}

    def __init__(self, wanted: Wanted, called: str = IDENTIFY) -> None:
        """called: what their vendor's users would call such a link."""
        wanted.note(self)
        self._every_link = wanted.every_link
        self._called = called
        self._linked: set[UserAndDevice] = set()

    def link(self, event: WireEvent, device_id: Id) -> None:
        """Give the event a link beside it, like a `$identify`, where this device is new to its own id."""
        if not event.distinct_id or not device_id:
            return
        pair = event.team_id, id_text(event.distinct_id), id_text(device_id)
        if pair[1] == pair[2] or pair in self._linked:
            return
        if not self._every_link:
            self._linked.add(pair)
        add_link(event, self._called, WireProperties(anon_distinct_id=device_id, device_id=device_id))
        event.links[-1].links_as = IDENTIFY


class FirstLinks:
    """Of all links that were wanted, those to do: a pair's first, now that some lines are left out."""

    def __init__(self) -> None:
        self._linked: set[UserAndDevice] = set()

    def of(self, event: Event) -> Sequence[Event]:
        """The links beside the next event of the log that are to be done."""
        if not event.links:
            return ()
        return tuple(link for link in event.links if link.links_as != IDENTIFY or self._is_new(link))

    def _is_new(self, link: Event) -> bool:
        pair = link.team_id, id_text(link.distinct_id), id_text(link.properties.anon_distinct_id)
        if pair in self._linked:
            return False
        self._linked.add(pair)
        return True


def id_text(one: Any) -> str:
    """An id as the platform has it, whatever it was written as."""
    return one if type(one) is str else javascript.text(one)


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
