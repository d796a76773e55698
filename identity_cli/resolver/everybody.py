"""Everybody in the end: every person ever made and every distinct id, in columns of plain values.

A thousand persons at a time: for most of a log's persons this is all the work there is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from identity_cli.facts import (
    NEVER_SINCE,
    NEVER_YET,
    Everybody,
    IdColumns,
    IdsLeft,
    PersonColumns,
    PersonsLeft,
)
from identity_cli.resolver.person_state import DistinctId, Person, survivor_of
from identity_cli.resolver.properties import NO_PROPERTIES

if TYPE_CHECKING:
    from identity_cli.resolver.id_owners import Owners

Seen = tuple[str, DistinctId]


class InOrder:
    """Every person ever made, in order of creation, and the ids without one: told in parts, in any order."""

    def __init__(self, owners: "Owners") -> None:
        self._owners = owners
        self._persons, self._further = _persons(owners)

    def __len__(self) -> int:
        """How many persons there are."""
        return len(self._persons)

    @property
    def numbers(self) -> list[int]:
        """Of the persons."""
        return [person.number for person in self._persons]

    def persons(self, start: int, stop: int) -> PersonsLeft:
        """Those from one place on to before another."""
        return _left(self._persons[start:stop], self._further)

    def personless(self, at_once: int) -> Iterator[IdsLeft]:
        """The ids without one, so many at a time."""
        rest = self._owners.personless()
        while ids := [*islice(rest, at_once)]:
            team_ids, texts, seen = zip(*ids, strict=True)
            yield IdsLeft(team_ids, _id_columns(texts, seen))


def everybody(owners: "Owners", at_once: int = 1_000) -> Iterator[Everybody]:
    """All persons, so many at a time, then the ids without one."""
    in_order = InOrder(owners)
    for start in range(0, len(in_order), at_once):
        yield in_order.persons(start, start + at_once)
    yield from in_order.personless(at_once)


def _left(persons: Sequence[Person], further: Mapping[int, Sequence[Seen]]) -> PersonsLeft:
    standing = [person for person in persons if person.survivor is None]
    merged = [person for person in persons if person.survivor is not None]
    texts = [person.creator for person in standing]
    seen = [person.own for person in standing]
    id_counts = [1] * len(standing)
    several = [index for index, person in enumerate(standing) if person.number in further]
    for index in reversed(several):  # the few, and so that the places before stay
        others = further[standing[index].number]
        texts[index + 1 : index + 1] = [text for text, _ in others]
        seen[index + 1 : index + 1] = [other for _, other in others]
        id_counts[index] += len(others)
    return PersonsLeft(
        _person_columns(standing),
        [person.properties for person in standing],
        id_counts,
        _id_columns(texts, seen),
        _person_columns(merged),
        [survivor_of(person).number for person in merged],
    )


def _person_columns(persons: Sequence[Person]) -> PersonColumns:
    return PersonColumns(
        [person.number for person in persons],
        [person.team_id for person in persons],
        [person.creator for person in persons],
        [person.created_at for person in persons],
        [person.made_at for person in persons],
        [person.identified_seq for person in persons],
    )


def _id_columns(texts: Sequence[str], ids: Sequence[DistinctId]) -> IdColumns:
    return IdColumns(
        texts,
        [seen.count for seen in ids],
        [seen.seq for seen in ids],
        [seen.joined for seen in ids],
        [None if seen.person is None else seen.person.number for seen in ids],
        [seen.first for seen in ids],
        [seen.last for seen in ids],
    )


def _persons(owners: "Owners") -> tuple[list[Person], Mapping[int, Sequence[Seen]]]:
    """Every person in order of creation; by the number of one that stands, its ids but for its own."""
    persons: list[Any] = []  # whoever has an id is one
    further: defaultdict[int, list[Seen]] = defaultdict(list)
    for text, seen in owners.owned():
        person: Any = seen.person
        if person.own is seen:
            persons.append(person)
            if person.survivor is None:
                continue
        further[survivor_of(person).number].append((text, seen))
    persons.sort(key=attrgetter("number"))
    for ids in further.values():
        ids.sort(key=_joined)
    return persons, further


def _joined(seen: Seen) -> tuple[int, int]:
    """What brought an id; what one event brought, by the persons that it was first put on."""
    one = seen[1]
    return one.joined, one.person.number if one.person else 0


# The way back


def restore(owners: "Owners", told: Sequence[Everybody]) -> dict[int, Person]:
    """Put everybody back as they were told; the persons by number."""
    parts = [part for part in told if isinstance(part, PersonsLeft)]
    persons = {person.number: person for part in parts for person in _restored(part)}
    for part in parts:
        for number, survivor in zip(part.merged.numbers, part.survivors, strict=True):
            persons[number].survivor = persons[survivor]
    for left in told:
        for team_id, (text, *values) in zip(_team_ids(left), zip(*left.ids, strict=True), strict=True):
            owners.put_back(team_id, text, _restored_id(text, values, persons))
    return persons


def _restored(part: PersonsLeft) -> Iterator[Person]:
    standing = zip(*part.standing, part.properties, part.id_counts, strict=True)
    merged = zip(*part.merged, repeat(NO_PROPERTIES), repeat(1))
    for number, team_id, creator, created_at, made_at, identified, properties, ids in chain(standing, merged):
        person = Person(number, team_id, creator, made_at)
        person.created_at, person.identified_seq = created_at, identified
        person.properties, person.ids = properties or NO_PROPERTIES, ids
        yield person


def _team_ids(left: Everybody) -> Iterable[int]:
    """Of each of the ids."""
    if isinstance(left, IdsLeft):
        return left.team_ids
    return chain.from_iterable(map(repeat, left.standing.team_ids, left.id_counts))


def _restored_id(text: str, values: Sequence[Any], persons: Mapping[int, Person]) -> DistinctId:
    count, seq, joined, joined_person, first, last = values
    person = None if joined_person is None else persons[joined_person]
    seen = DistinctId(seq, joined, person)
    seen.count = count
    seen.first = NEVER_YET if first == NEVER_YET else first  # that very object
    seen.last = NEVER_SINCE if last == NEVER_SINCE else last
    if person is not None and text == person.creator:
        person.own = seen
    return seen
