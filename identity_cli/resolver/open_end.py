"""What the end of a log changes, as it is before: so that the log can go on another day.

At its end what waits is let go, which changes the ids that it is of, and their persons. Told back, with
everybody as the end left them, a resolver goes on as if there had been none.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from identity_cli.facts import Everybody
from identity_cli.resolver.event_buffer import EventBuffer, Held
from identity_cli.resolver.everybody import restore
from identity_cli.resolver.id_owners import Owners
from identity_cli.resolver.person_state import DistinctId, survivor_of
from identity_cli.resolver.processing import Processing
from identity_cli.resolver.properties import NO_PROPERTIES

Key = tuple[int, str]


class Sight(NamedTuple):
    """What is known of an id; properties: of the person that stands for it.

    place: which of its team's ids without a person it is, None for one that has a person.
    """

    events: int
    joined: int
    first: datetime
    last: datetime
    place: int | None
    properties: dict[str, Any]


class OpenEnd(NamedTuple):
    """Of a log that may go on: what a resolver holds beside everybody, and what its end changes of them.

    before: the ids that events wait for, None for one that nobody has met. first_seen: where ids were first
    seen that had no person then. given: kinds of links, and the ids that they joined to somebody.
    personless_teams: those whose ids have no person, in the order in which they are told.
    """

    clock: datetime
    waiting: Sequence[Held]
    before: Sequence[tuple[Key, Sight | None]]
    first_seen: Sequence[tuple[Key, int]]
    given: Sequence[tuple[str, int, str]]
    personless_teams: Sequence[int]
    next_person: int


def open_end(owners: Owners, buffer: EventBuffer, processing: Processing) -> OpenEnd:
    """How things are before the end."""
    waiting = buffer.waiting
    keys = dict.fromkeys((held.team_id, held.distinct_id) for held in waiting)
    places = owners.places_without_person(keys)
    return OpenEnd(
        buffer.clock,
        waiting,
        [(key, _sight(owners, key, places.get(key))) for key in keys],
        owners.first_seen,
        processing.given,
        owners.personless_teams,
        owners.next_person,
    )


def go_on(
    owners: Owners, buffer: EventBuffer, processing: Processing, told: Sequence[Everybody], end: OpenEnd
) -> None:
    """Put everybody back as the end told them, and undo what it changed."""
    restore(owners, told)
    owners.next_person = end.next_person
    owners.first_seen = end.first_seen
    buffer.clock = end.clock
    buffer.waiting = end.waiting
    processing.given = end.given
    for key, before in end.before:
        _undo(owners, key, before)
    owners.order_without_person(
        end.personless_teams,
        [
            (before.place, key)
            for key, before in end.before
            if before is not None and before.place is not None
        ],
    )


def _sight(owners: Owners, key: Key, place: int | None) -> Sight | None:
    seen = owners.find(*key)
    if seen is None:
        return None
    properties = {} if seen.person is None else dict(survivor_of(seen.person).properties)
    return Sight(seen.count, seen.joined, seen.first, seen.last, place, properties)


def _undo(owners: Owners, key: Key, before: Sight | None) -> None:
    if before is None:
        owners.forget(*key)
        return
    seen: DistinctId | None = owners.find(*key)
    assert seen is not None, "whoever was met stays"
    seen.count, seen.joined, seen.first, seen.last = before[:4]
    if before.place is None and seen.person is not None:
        survivor_of(seen.person).properties = before.properties or NO_PROPERTIES
    elif seen.person is not None:
        owners.forget(*key)
        seen.person = None
        owners.put_back(*key, seen)
