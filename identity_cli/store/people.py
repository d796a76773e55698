"""The person tables, written once the whole log is replayed.

Persons and distinct ids go to the database and to their files, column by column, a
thousand or so at a time: for most of a log's persons this is all the work there is.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import repeat
from typing import NamedTuple

from identity_cli.origins import Origins
from identity_cli.persons import NEVER_SINCE, NEVER_YET, DistinctId, Person, person_uuid, survivor_of
from identity_cli.properties import NO_PROPERTIES
from identity_cli.store.cells import json_texts, time_texts
from identity_cli.store.tables import Record, batches
from identity_cli.store.writer import Row

SeenId = tuple[int, str, DistinctId]
Insert = Callable[[str, Iterable[Row]], None]
Emit = Callable[[Iterable[Record]], None]
NO_SURVIVOR = -1


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


def write_persons(persons: Sequence[Person], totals: Totals, insert: Insert, emit: Emit) -> list[str]:
    """Write all persons to the database, and those that stand to the files; their ids, by number."""
    person_ids: list[str] = []
    for batch in batches(persons):
        person_ids += [person_uuid(person.team_id, person.creator) for person in batch]
        insert(
            "persons", _merged_rows([person for person in batch if person.survivor is not None], person_ids)
        )
        standing = [person for person in batch if person.survivor is None]
        numbers = [person.number for person in standing]
        teams = [person.team_id for person in standing]
        ids = [person_ids[number] for number in numbers]
        creators = [person.creator for person in standing]
        created = time_texts([person.created_at for person in standing])
        made = time_texts([person.made_at for person in standing])
        identified = [person.identified_seq or 0 for person in standing]
        properties = json_texts([person.properties for person in standing])
        own = [totals.ids[number] for number in numbers]
        own_sorted = [[own_id] if isinstance(own_id, str) else sorted(own_id) for own_id in own]
        events = [totals.events[number] for number in numbers]
        first, last = _sights([totals.first[n] for n in numbers], [totals.last[n] for n in numbers])
        counts = map(len, own_sorted)
        flags = [seq > 0 for seq in identified]
        insert(
            "persons",
            zip(
                *(numbers, teams, ids, creators, created, made, identified, repeat(NO_SURVIVOR)),
                *(properties, counts, events, first, last),
                strict=False,  # no survivor, as often as needed
            ),
        )
        emit(
            zip(
                *(teams, ids, creators, json_texts(own_sorted), flags, created),
                *(properties, events, first, last),
                strict=True,
            )
        )
        for person in standing:
            person.properties = NO_PROPERTIES  # written, and not needed again
    return person_ids


def _merged_rows(merged: Sequence[Person], person_ids: Sequence[str]) -> list[Row]:
    return [
        (
            *(person.number, person.team_id, person_ids[person.number], person.creator),
            *(created, made, person.identified_seq or 0, survivor_of(person).number),
            *(None, None, None, None, None),
        )
        for person, created, made in zip(
            merged,
            time_texts([person.created_at for person in merged]),
            time_texts([person.made_at for person in merged]),
            strict=True,
        )
    ]


def write_distinct_ids(
    distinct_ids: Iterable[SeenId], person_ids: Sequence[str], origins: Origins, sinks: tuple[Insert, Emit]
) -> None:
    """Write all distinct ids to the database and the files."""
    insert, emit = sinks
    for batch in batches(distinct_ids):
        teams = [team_id for team_id, _, _ in batch]
        ids = [distinct_id for _, distinct_id, _ in batch]
        seen = [seen_id for _, _, seen_id in batch]
        persons = [None if s.person is None else survivor_of(s.person).number for s in seen]
        joined = [None if s.person is None else s.person.number for s in seen]
        counts = [s.count for s in seen]
        seqs = [s.seq for s in seen]
        first, last = _sights([s.first for s in seen], [s.last for s in seen])
        insert(
            "distinct_ids",
            zip(
                teams, ids, persons, counts, seqs, [s.joined for s in seen], joined, first, last, strict=True
            ),
        )
        own = [None if person is None else person_ids[person] for person in persons]
        paths, lines = origins.places(seqs)
        emit(zip(teams, ids, own, counts, paths, lines, strict=True))


def _sights(first: list[datetime], last: list[datetime]) -> tuple[list[str | None], list[str | None]]:
    """First and last sights as texts; None where there was no dated event."""
    return (
        time_texts([None if moment is NEVER_YET else moment for moment in first]),
        time_texts([None if moment is NEVER_SINCE else moment for moment in last]),
    )
