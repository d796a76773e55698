"""Which ids have an event that the filters on events keep, gathered while a log is replayed.

A person is internal by its events when not one of them passes. So it is enough to remember
the ids with one that does: most are settled by their first event.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Self

from identity_cli.events import ABSENT, Event
from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import REMARKS, ROWS_AT_ONCE, Watching
from identity_cli.rules.own_id import own_id

if TYPE_CHECKING:
    from identity_cli.internal_users import InternalUsers

PASSING_IDS = "passing_ids"
"""A table that is gone with the replay: team_id and distinct_id of each id with an event that passes."""
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


class InternalMarks:
    """Sees whom the filters on events keep; events that the rules drop count like any other."""

    remembers: ClassVar[Kinds] = {"_kept": dict[int, set[str]], "_passed_over": bool, "_unseen": set[str]}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Where filters ask for properties of events."""
        users = watching.internal_users
        if users is None or not users.event_property_names:
            return None
        return cls(users, watching.team_id, partial(own_id, rules=watching.rules))

    def __init__(
        self, internal_users: "InternalUsers", team_id: int, id_of: Callable[[Event], str | None]
    ) -> None:
        """team_id: of events without one. id_of: an event's distinct id as the resolver sees it."""
        self._matches = internal_users.matches_event
        self._team_id = team_id
        self._id_of = id_of
        self._kept: dict[int, set[str]] = {}
        self._passed_over = False
        self._own_names = [name for name in internal_users.event_property_names if name in _OF_EVERY_EVENT]
        self._unseen = set(internal_users.event_property_names)
        self.needs = tuple(
            name for name in internal_users.event_property_names if name not in _OF_EVERY_EVENT
        )

    def see(self, block: Block) -> Iterable[Rows]:
        """Take the next events."""
        if block.is_of_posthog:
            self._see_filtered(block.events)
        else:  # nobody kept their properties, so that no filter can tell that they are internal
            self._passed_over = True
            for event in block.events:
                distinct_id = self._id_of(event)
                if distinct_id is not None:
                    self._keep(self._team_of(event), distinct_id)
        return ()

    def rows(self) -> Iterator[Rows]:
        """The ids that an event keeps, and what the filters could not tell."""
        for team_id, ids in self._kept.items():
            rest = iter(ids)
            while some := [(team_id, one) for one in islice(rest, ROWS_AT_ONCE)]:
                yield Rows(PASSING_IDS, some)
        yield Rows(REMARKS, self._remarks())

    def _see_filtered(self, events: Iterable[Event]) -> None:
        for event in events:
            distinct_id = self._id_of(event)
            if distinct_id is None:
                continue
            team_id = self._team_of(event)
            if distinct_id in self._kept.get(team_id, ()) and not self._unseen:
                continue
            properties = self._properties(event)
            self._unseen -= properties.keys()
            if not self._matches(properties):
                self._keep(team_id, distinct_id)

    def _remarks(self) -> list[tuple[str, str]]:
        if self._passed_over:
            return [
                ("", "filters on event properties are asked of PostHog's forms only: not of all events here")
            ]
        return [(name, f"no event of this log has the property {name}") for name in sorted(self._unseen)]

    def _team_of(self, event: Event) -> int:
        return self._team_id if event.team_id is None else event.team_id

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
