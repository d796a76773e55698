"""Everybody in the end: every person ever made and every distinct id, in columns of plain values.

A thousand persons at a time: for most of a log's persons this is all the work there is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from identity_cli.facts import Everybody, IdColumns, IdsLeft, PersonColumns, PersonsLeft
from identity_cli.resolver.id_owners import Owners
from identity_cli.resolver.person_state import DistinctId, Person, survivor_of
from identity_cli.resolver.properties import NO_PROPERTIES

Seen = tuple[str, DistinctId]


def everybody(owners: Owners, at_once: int, *, lets_go: bool) -> Iterator[Everybody]:
    """All persons, so many at a time, then the ids without one; lets_go: of the properties, once told."""
    further = _further_ids(owners.persons, owners.attached)
    persons = iter(owners.persons)
    while some := [*islice(persons, at_once)]:
        yield _left(some, further)
        if lets_go:
            for person in some:
                person.properties = NO_PROPERTIES
    nobodys = owners.personless()
    while rest := [*islice(nobodys, at_once)]:
        team_ids, texts, seen = zip(*rest, strict=True)
        yield IdsLeft(team_ids, _id_columns(texts, seen))


def _left(persons: Sequence[Person], further: Mapping[int, Sequence[Seen]]) -> PersonsLeft:
    standing = [person for person in persons if person.survivor is None]
    merged = [person for person in persons if person.survivor is not None]
    texts: list[str] = []
    seen: list[DistinctId] = []
    id_counts: list[int] = []
    for person in standing:
        others = further.get(person.number, ())
        texts.append(person.creator)
        seen.append(person.own)
        for text, other in others:
            texts.append(text)
            seen.append(other)
        id_counts.append(1 + len(others))
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


def _further_ids(persons: Iterable[Person], attached: Iterable[Seen]) -> Mapping[int, Sequence[Seen]]:
    """By the number of a person that stands: its ids but for its own, in the order of what brought them."""
    further: defaultdict[int, list[Seen]] = defaultdict(list)
    for person in persons:
        if person.survivor is not None:
            further[survivor_of(person).number].append((person.creator, person.own))
    for text, found in attached:
        assert found.person is not None
        further[survivor_of(found.person).number].append((text, found))
    for ids in further.values():
        ids.sort(key=_joined)
    return further


def _joined(seen: Seen) -> int:
    return seen[1].joined
