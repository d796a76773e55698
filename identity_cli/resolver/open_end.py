"""What the end of a log changes, as it is before: so that the log can go on another day.

At its end what waits is let go, which changes the ids that it is of, and their persons. Told back, with
those whom it changed as the end left them, a resolver goes on as if there had been none. Everybody else it
may meet again later, before an event shows or names an id of theirs.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from identity_cli.events import FAR_FUTURE, LONG_AGO
from identity_cli.facts import NEVER_SINCE, NEVER_YET, Everybody
from identity_cli.resolver.event_buffer import EventBuffer, Held
from identity_cli.resolver.everybody import restore
from identity_cli.resolver.id_owners import Owners
from identity_cli.resolver.person_state import DistinctId, survivor_of
from identity_cli.resolver.processing import Processing
from identity_cli.resolver.properties import NO_PROPERTIES

Key = tuple[int, str]
Moment = datetime | None
FineId = tuple[Key, Moment, Moment]
FinePerson = tuple[int, Moment, Moment]
_MILLISECOND = 1_000
MomentT = TypeVar("MomentT", datetime, datetime | None)


class Sight(NamedTuple):
    """What is known of an id; first, last: None for no dated event. properties: of the person of the id."""

    events: int
    joined: int
    first: Moment
    last: Moment
    has_person: bool
    properties: dict[str, Any]


Before = tuple[int, Key, Sight | None]


class OpenEnd(NamedTuple):
    """Of a log that may go on: what a resolver holds beside everybody, and what its end changes of them.

    before: the ids that events wait for, each with the seq of the first of these; None for one that nobody
    has met. A resolver works that out as it is taken: once, and before the end is told. first_seen: where ids
    were first seen that had no person then. given: kinds of links, and the ids that they joined to somebody.
    fine_ids, fine_persons: first and last sight, and created and made, where they are not whole milliseconds,
    as tables of everybody have them. All times in UTC.
    """

    clock: datetime
    waiting: Sequence[Held]
    before: Iterable[Before]
    first_seen: Sequence[tuple[Key, int]]
    given: Sequence[tuple[str, int, str]]
    next_person: int
    fine_ids: Sequence[FineId]
    fine_persons: Sequence[FinePerson]


def open_end(owners: Owners, buffer: EventBuffer, processing: Processing) -> OpenEnd:
    """How things are before the end."""
    waiting = [*map(_held_in_utc, buffer.waiting)]
    return OpenEnd(
        _in_utc(buffer.clock),
        waiting,
        _before(owners, waiting),
        sorted(owners.first_seen),
        processing.given,
        owners.next_person,
        sorted((key, *_sights(seen)) for key, seen in owners.met() if _is_fine(seen.first, seen.last)),
        sorted(
            (one.number, _in_utc(one.created_at), _in_utc(one.made_at))
            for one in owners.persons()
            if _is_fine(one.created_at, one.made_at)
        ),
    )


def go_on(
    owners: Owners, buffer: EventBuffer, processing: Processing, told: Sequence[Everybody], end: OpenEnd
) -> None:
    """Put those back whom the end changed, as it told them, and undo that."""
    meet_again(owners, told, end.fine_ids, end.fine_persons)
    owners.next_person = end.next_person
    owners.first_seen = end.first_seen
    buffer.clock = end.clock
    buffer.waiting = end.waiting
    processing.given = end.given
    for _, key, before in end.before:
        _undo(owners, key, before)


def meet_again(
    owners: Owners,
    told: Sequence[Everybody],
    fine_ids: Iterable[FineId] = (),
    fine_persons: Iterable[FinePerson] = (),
) -> None:
    """Put some back as they were told, each with all of its ids; fine: as OpenEnd has it of them."""
    persons = restore(owners, told)
    for key, first, last in fine_ids:
        if (seen := owners.find(*key)) is not None:
            _see_again(seen, first, last)
    for number, created_at, made_at in fine_persons:
        if (person := persons.get(number)) is not None:
            person.created_at, person.made_at = created_at, made_at


def _is_fine(*moments: datetime | None) -> bool:
    return any(
        moment is not None and moment.microsecond % _MILLISECOND != 0 and moment is not NEVER_YET
        for moment in moments
    )


def _sights(seen: DistinctId) -> tuple[Moment, Moment]:
    first = None if seen.first is NEVER_YET else seen.first
    return _in_utc(first), _in_utc(None if seen.last is NEVER_SINCE else seen.last)


def _in_utc(moment: MomentT) -> MomentT:
    """The same moment as tables and other processes have it; nothing asks for its zone."""
    if moment is None or moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the calendar begins, or ends
        return LONG_AGO if moment.year == 1 else FAR_FUTURE


def _see_again(seen: DistinctId, first: Moment, last: Moment) -> None:
    seen.first = NEVER_YET if first is None else first
    seen.last = NEVER_SINCE if last is None else last


def _held_in_utc(held: Held) -> Held:
    if held.due.tzinfo is UTC and held.arrived.tzinfo is UTC:
        return held
    return held._replace(due=_in_utc(held.due), arrived=_in_utc(held.arrived))


def _before(owners: Owners, waiting: Iterable[Held]) -> Iterator[Before]:
    met: dict[int, set[str]] = {}
    for held in waiting:
        of_team = met.setdefault(held.team_id, set())
        if held.distinct_id not in of_team:
            of_team.add(held.distinct_id)
            key = held.team_id, held.distinct_id
            yield held.seq, key, _sight(owners, key)


def _sight(owners: Owners, key: Key) -> Sight | None:
    seen = owners.find(*key)
    if seen is None:
        return None
    properties = {} if seen.person is None else dict(survivor_of(seen.person).properties)
    return Sight(seen.count, seen.joined, *_sights(seen), seen.person is not None, properties)


def _undo(owners: Owners, key: Key, before: Sight | None) -> None:
    if before is None:
        owners.forget(*key)
        return
    seen: DistinctId | None = owners.find(*key)
    assert seen is not None, "whoever was met stays"
    seen.count, seen.joined = before.events, before.joined
    _see_again(seen, before.first, before.last)
    if before.has_person and seen.person is not None:
        survivor_of(seen.person).properties = before.properties or NO_PROPERTIES
    elif seen.person is not None:
        owners.forget(*key)
        seen.person = None
        owners.put_back(*key, seen)
