"""Everybody of many components, in the order of creation in the whole log."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import chain, islice, repeat
from operator import itemgetter
from typing import Any, NamedTuple

from identity_cli.facts import (
    NEVER_SINCE,
    NEVER_YET,
    IdColumns,
    IdsLeft,
    PersonColumns,
    PersonsLeft,
)


class _One(NamedTuple):
    """A person: its number in the whole log, its columns, and its ids, or whom it was merged into."""

    number: int
    columns: Sequence[Any]
    properties: dict[str, Any]
    ids: Sequence[Sequence[Any]]
    survivor: int | None


def joined_persons(
    told: Sequence[Iterable[PersonsLeft]], numbers: Sequence["array[int]"], at_once: int
) -> Iterator[PersonsLeft]:
    """All persons, so many at a time; numbers: in the whole log, by those that each component has."""
    journals = [_persons(one, of) for one, of in zip(told, numbers, strict=True)]
    everyone = merge(*journals, key=itemgetter(0))
    while some := [*islice(everyone, at_once)]:
        standing = [one for one in some if one.survivor is None]
        merged = [one for one in some if one.survivor is not None]
        yield PersonsLeft(
            _columns(PersonColumns, [(one.number, *one.columns) for one in standing]),
            [one.properties for one in standing],
            [len(one.ids) for one in standing],
            _columns(IdColumns, [*chain.from_iterable(one.ids for one in standing)]),
            _columns(PersonColumns, [(one.number, *one.columns) for one in merged]),
            [one.survivor for one in merged if one.survivor is not None],
        )


def joined_ids(told: Sequence[Iterable[IdsLeft]], at_once: int) -> Iterator[IdsLeft]:
    """All ids that have no person, so many at a time."""
    everyone = merge(*map(_ids, told), key=itemgetter(0, 3))  # by team, as they came in
    while some := [*islice(everyone, at_once)]:
        teams, *columns = zip(*some, strict=True)
        yield IdsLeft(teams, IdColumns(*columns))


def _columns(kind: Any, rows: Sequence[Sequence[Any]]) -> Any:
    return kind(*zip(*rows, strict=True)) if rows else kind(*repeat((), len(kind._fields)))


def _persons(told: Iterable[PersonsLeft], numbers: "array[int]") -> Iterator[_One]:
    for left in told:
        ids = _of_whole(left.ids, numbers)
        standing = [
            _One(numbers[number], columns, properties, [*islice(ids, count)], None)
            for (number, *columns), properties, count in zip(
                zip(*left.standing, strict=True), left.properties, left.id_counts, strict=True
            )
        ]
        merged = [
            _One(numbers[number], columns, {}, (), numbers[survivor])
            for (number, *columns), survivor in zip(
                zip(*left.merged, strict=True), left.survivors, strict=True
            )
        ]
        yield from sorted([*standing, *merged], key=itemgetter(0))


def _ids(told: Iterable[IdsLeft]) -> Iterator[tuple[Any, ...]]:
    for left in told:
        yield from zip(left.team_ids, *_known_ends(left.ids), strict=True)


def _of_whole(ids: IdColumns, numbers: "array[int]") -> Iterator[tuple[Any, ...]]:
    joined = [None if number is None else numbers[number] for number in ids.joined_persons]
    return zip(*_known_ends(ids)._replace(joined_persons=joined), strict=True)


def _known_ends(ids: IdColumns) -> IdColumns:
    """With the very objects that stand for never: what was in a file has others."""
    return ids._replace(
        first=[NEVER_YET if one == NEVER_YET else one for one in ids.first],
        last=[NEVER_SINCE if one == NEVER_SINCE else one for one in ids.last],
    )
