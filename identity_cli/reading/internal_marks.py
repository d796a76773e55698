"""Which ids have an event that the filters on events keep, gathered while a log is replayed.

A person is internal by its events when not one of them passes. So it is enough to remember
the ids with one that does: most are settled by their first event.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
_Id = tuple[int, str]
_Looked = tuple[bool, Sequence[_Id], Sequence[str]]
"""Whether filters could tell, ids that are kept, with their team, and names of properties."""
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

    def look(self, block: Block) -> _Looked:
        """Whom their events keep, and which properties they have."""
        if block.is_of_posthog:
            return True, *self._kept_by_filters(block.events)
        # Nobody kept their properties, so that no filter can tell that they are internal.
        return False, [*dict.fromkeys((team_id, own) for team_id, own, _ in self._owned(block.events))], []

    def take(self, looked: _Looked) -> Iterable[Rows]:
        """Remember them."""
        is_filtered, kept, names = looked
        self._passed_over |= not is_filtered
        self._unseen.difference_update(names)
        for team_id, distinct_id in kept:
            self._keep(team_id, distinct_id)
        return ()

    def rows(self) -> Iterator[Rows]:
        """The ids that an event keeps, and what the filters could not tell."""
        for team_id, ids in self._kept.items():
            rest = iter(ids)
            while some := [(team_id, one) for one in islice(rest, ROWS_AT_ONCE)]:
                yield Rows(PASSING_IDS, some)
        yield Rows(REMARKS, self._remarks())

    def _kept_by_filters(self, events: Iterable[Event]) -> tuple[list[_Id], list[str]]:
        """The ids with an event that passes, and names of properties; not what was taken already."""
        kept: dict[_Id, None] = {}
        unseen = set(self._unseen)
        for team_id, distinct_id, event in self._owned(events):
            is_kept = (team_id, distinct_id) in kept or distinct_id in self._kept.get(team_id, ())
            if is_kept and not unseen:
                continue
            properties = self._properties(event)
            unseen -= properties.keys()
            if not is_kept and not self._matches(properties):
                kept[team_id, distinct_id] = None
        return [*kept], sorted(self._unseen - unseen)

    def _owned(self, events: Iterable[Event]) -> Iterator[tuple[int, str, Event]]:
        """Those that have an id, with their team and that."""
        for event in events:
            distinct_id = self._id_of(event)
            if distinct_id is not None:
                yield self._team_id if event.team_id is None else event.team_id, distinct_id, event

    def _remarks(self) -> list[tuple[str, str]]:
        if self._passed_over:
            return [
                ("", "filters on event properties are asked of PostHog's forms only: not of all events here")
            ]
        return [(name, f"no event of this log has the property {name}") for name in sorted(self._unseen)]

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
