"""Mixpanel lines as the Simplified API takes them: who somebody is say `$user_id` and `$device_id` alone.

Its rule set says what these links come to, see rules/mixpanel; here stands what a line says.
"""

from identity_cli.dialects.base import Wanted
from identity_cli.dialects.mixpanel_lines import (
    MERGE,
    MixpanelEvent,
    MixpanelProperties,
    marked,
    new_event,
    two_merged,
)
from identity_cli.dialects.pairs import PairLinks
from identity_cli.dialects.record import Id, WireEvent, event_type
from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY, NO_EFFECT

PAIR = "$user_id with $device_id"
"""What the link is called that the two make."""


class SimplifiedEvents:
    """Makes the event of a line; remembers which devices it has linked to which users.

    A device's id is never a user's: it is marked as one. The three events that link in the original API
    are ordinary ones, also where they name a user and a device.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._record = event_type(wanted.copied_names)
        self._pairs = PairLinks(wanted, PAIR)

    def __call__(self, line: MixpanelEvent) -> WireEvent:
        """The event of a line."""
        inside = line.properties
        device = marked(inside.device_id)
        event = new_event(self._record, line, _own_id(inside), device)
        if event.event == IDENTIFY:
            event.links_as = NO_EFFECT
            event.distinct_id = inside.identified_id or event.distinct_id
            event.properties.anon_distinct_id = (
                device if inside.anonymous_id is None else marked(inside.anonymous_id)
            )
        elif event.event == CREATE_ALIAS:
            event.distinct_id = event.distinct_id if inside.distinct_id is None else inside.distinct_id
            event.properties.alias = inside.alias
        elif event.event == MERGE:
            event.links_as = MERGE_DANGEROUSLY
            event.distinct_id, event.properties.alias = two_merged(inside)
        elif inside.user_id:
            self._pairs.link(event, device)
        return event


def _own_id(inside: MixpanelProperties) -> Id:
    """A `$user_id`, else a `$device_id`; where neither is given the distinct id is one of the two."""
    if inside.user_id:
        return inside.user_id
    if inside.device_id:
        return marked(inside.device_id)
    return inside.distinct_id if inside.before_identity is None else inside.before_identity
