"""Which ids have an event that the filters on events keep, gathered while a log is replayed.

A person is internal by its events when not one of them passes. So it is enough to remember
the ids with one that does: most are settled by their first event.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from identity_cli.events import ABSENT, Event
from identity_cli.internal_users.base import InternalUsers

_OF_EVERY_EVENT = {
    "distinct_id": "distinct_id",
    "$anon_distinct_id": "anon_distinct_id",
    "alias": "alias",
    "$set": "set",
    "$set_once": "set_once",
    "$unset": "unset",
    "$device_id": "device_id",
    "$lib": "lib",
    "$process_person_profile": "process_person_profile",
}
"""Event properties that every record has as an attribute; the others are among `copied`."""
_NULL_IF_ABSENT = frozenset(_OF_EVERY_EVENT) - {"$anon_distinct_id", "$process_person_profile"}


class EventMarks:
    """Takes events block by block; event_property_names are those that a reader must keep for it.

    id_of tells an event's distinct id as the resolver sees it, None for none. Events that the
    rules drop count like any other.
    """

    def __init__(
        self, internal_users: InternalUsers, team_id: int, id_of: Callable[[Event], str | None]
    ) -> None:
        """team_id is for events without one."""
        self._matches = internal_users.matches_event
        self._team_id = team_id
        self._id_of = id_of
        self._kept: dict[int, set[str]] = {}
        self._passed_over = False
        self._own_names = [name for name in internal_users.event_property_names if name in _OF_EVERY_EVENT]
        self._unseen = set(internal_users.event_property_names)
        self.event_property_names = tuple(
            name for name in internal_users.event_property_names if name not in _OF_EVERY_EVENT
        )

    def see(self, events: Iterable[Event]) -> None:
        """Take in events."""
        for event in events:
            distinct_id = self._id_of(event)
            if distinct_id is None:
                continue
            team_id = self._team_id if event.team_id is None else event.team_id
            if distinct_id in self._kept.get(team_id, ()) and not self._unseen:
                continue
            properties = self._properties(event)
            self._unseen -= properties.keys()
            if not self._matches(properties):
                self._keep(team_id, distinct_id)

    def pass_over(self, events: Iterable[Event]) -> None:
        """Take in events whose properties nobody kept, so that no filter can tell that they are internal."""
        self._passed_over = True
        for event in events:
            distinct_id = self._id_of(event)
            if distinct_id is not None:
                self._keep(self._team_id if event.team_id is None else event.team_id, distinct_id)

    def keeps(self, team_id: int, distinct_ids: Collection[str]) -> bool:
        """Whether any of these ids has an event that passes."""
        return not self._kept.get(team_id, set()).isdisjoint(distinct_ids)

    @property
    def remarks(self) -> list[str]:
        """What the filters on events could not tell."""
        if self._passed_over:
            return ["filters on event properties are asked of PostHog's forms only: not of all events here"]
        return [f"no event of this log has the property {name}" for name in sorted(self._unseen)]

    def _keep(self, team_id: int, distinct_id: str) -> None:
        kept = self._kept.setdefault(team_id, set())
        kept.add(distinct_id)
        if "\0" in distinct_id:  # some rules put another character there
            kept.add(distinct_id.replace("\0", "\ufffd"))

    def _properties(self, event: Event) -> Mapping[str, Any]:
        properties = dict(event.properties.copied)
        for name in self._own_names:
            value = getattr(event.properties, _OF_EVERY_EVENT[name])
            if value is not ABSENT and not (value is None and name in _NULL_IF_ABSENT):
                properties[name] = value
        return properties
