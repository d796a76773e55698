"""The person tables, written once the whole log is replayed.

Persons and distinct ids go to the database and, in the same pass, to their files.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from identity_cli.persons import NEVER_SINCE, NEVER_YET, DistinctId, Person, survivor_of
from identity_cli.store.cells import json_text, time_text
from identity_cli.store.origins import Origins
from identity_cli.store.tables import Record
from identity_cli.store.writer import Row

SeenId = tuple[int, str, DistinctId]
Emit = Callable[[Record], object]


class Totals(NamedTuple):
    """What the ids of each person add up to; each list is indexed by person number."""

    ids: list[list[str] | str]  # one id stands alone: most persons have no more
    events: list[int]
    first: list[datetime]
    last: list[datetime]


def totals_of(persons: Sequence[Person], distinct_ids: Iterable[SeenId]) -> Totals:
    """Add up the ids of every person that stands."""
    count = len(persons)
    totals = Totals([""] * count, [0] * count, [NEVER_YET] * count, [NEVER_SINCE] * count)
    counted = bytearray(count)
    for _, distinct_id, seen in distinct_ids:
        if seen.person is None:
            continue
        number = survivor_of(seen.person).number
        others = totals.ids[number]
        if not counted[number]:
            counted[number] = True
            totals.ids[number] = distinct_id
        elif isinstance(others, str):
            totals.ids[number] = [others, distinct_id]
        else:
            others.append(distinct_id)
        totals.events[number] += seen.count
        if seen.first < totals.first[number]:
            totals.first[number] = seen.first
        if seen.last > totals.last[number]:
            totals.last[number] = seen.last
    return totals


def person_rows(
    persons: Sequence[Person], totals: Totals, person_ids: list[str], emit: Emit
) -> Iterator[Row]:
    """Database rows of all persons; emits those that stand, and fills person_ids, by number."""
    for person in persons:
        number, team_id, creator = person.number, person.team_id, person.creator
        person_id = person.uuid
        person_ids.append(person_id)
        created_at = None if person.created_at is None else time_text(person.created_at)
        if person.survivor is not None:
            survivor = survivor_of(person).number
            yield (
                *(number, team_id, person_id, creator, created_at, person.identified_seq),
                *(survivor, None, None, None, None, None),
            )
            continue
        properties = json_text(person.properties) if person.properties else "{}"
        ids, events = totals.ids[number], totals.events[number]
        own = [ids] if isinstance(ids, str) else sorted(ids)
        first, last = _span(totals.first[number], totals.last[number])
        is_identified = person.identified_seq is not None
        emit(
            (
                *(team_id, person_id, creator, json_text(own), is_identified, created_at),
                *(properties, events, first, last),
            )
        )
        yield (
            *(number, team_id, person_id, creator, created_at, person.identified_seq),
            *(None, properties, len(own), events, first, last),
        )


def distinct_id_rows(
    distinct_ids: Iterable[SeenId], person_ids: Sequence[str], origins: Origins, emit: Emit
) -> Iterator[Row]:
    """Database rows of all distinct ids; emits each."""
    for team_id, distinct_id, seen in distinct_ids:
        if seen.person is None:
            person = joined = person_id = None
        else:
            person, joined = survivor_of(seen.person).number, seen.person.number
            person_id = person_ids[person]
        emit((team_id, distinct_id, person_id, seen.count, *origins[seen.seq]))
        first, last = _span(seen.first, seen.last)
        yield (team_id, distinct_id, person, seen.count, seen.seq, seen.joined, joined, first, last)


def _span(first: datetime, last: datetime) -> tuple[str | None, str | None]:
    if first is NEVER_YET:
        return None, None
    text = time_text(first)
    return text, text if last is first else time_text(last)
