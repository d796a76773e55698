"""Users and devices that stand on one line: the first line with a pair of both is the link between them.

Vendors without an event for it link a device to a user in this way, and so does PostHog's
import of Amplitude's events.
"""

from collections.abc import Sequence

from identity_cli.dialects.record import Id, WireEvent, properties_type
from identity_cli.events import IDENTIFY


class PairLinks:
    """Remembers which device ids it has linked to which user ids, team by team."""

    def __init__(self, record: type[WireEvent]) -> None:
        self._record = record
        self._new_properties = properties_type(record)
        self._linked: set[tuple[int | None, Id, Id]] = set()

    def before(self, event: WireEvent, device_id: Id) -> Sequence[WireEvent]:
        """The event alone, or after a `$identify` where this device is new to the event's own id."""
        pair = event.team_id, event.distinct_id, device_id
        if not event.distinct_id or not device_id or device_id == event.distinct_id or pair in self._linked:
            return (event,)
        self._linked.add(pair)
        link = self._record(
            event=IDENTIFY,
            distinct_id=event.distinct_id,
            team_id=event.team_id,
            timestamp=event.timestamp,
            received_at=event.received_at,
            properties=self._new_properties(anon_distinct_id=device_id, device_id=device_id),
        )
        return (link, event)
