"""Columns of persons and their ids taken apart, and put together in another order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any

from msgspec.structs import astuple, replace

from identity_cli.tables.people import Ids, People
from identity_cli.tables.table import Columns

MERGED_NUMBERS, _SURVIVORS = 0, 7
"""Columns of those merged away that hold numbers of persons."""
_NUMBERS, _ID_COUNTS = map(People.__struct_fields__.index, ("numbers", "id_counts"))
_people: Callable[..., People] = People
team_and_seq = itemgetter(*map(Ids.__struct_fields__.index, ("teams", "seqs")))
"""Of an id of rows_of_ids: by that ids without a person stand in order."""


def rows_of_ids(told: Iterable[Ids]) -> Iterator[tuple[Any, ...]]:
    """Ids one by one."""
    for ids in told:
        yield from zip(*astuple(ids), strict=True)


def numbered(people: People, numbers: Sequence[int]) -> People:
    """With other numbers, by those that they have."""
    own = [numbers[number] for number in people.numbers]
    merged = [*people.merged]
    for index in (MERGED_NUMBERS, _SURVIVORS):
        merged[index] = [numbers[number] for number in merged[index]]
    joined = [None if number is None else numbers[number] for number in people.ids.joined_persons]
    ids = replace(people.ids, persons=people.for_each_id(own), joined_persons=joined)
    return replace(people, numbers=own, merged=merged, ids=ids)


def part_of(people: People, standing: slice, merged: slice, ids: slice) -> People:
    """Some of those that stand, with their ids, and some of those merged away."""
    *columns, of_merged, of_ids = astuple(people)
    return _people(
        *(column[standing] for column in columns),
        [column[merged] for column in of_merged],
        Ids(*(column[ids] for column in astuple(of_ids))),
    )


def together(some: Sequence[People]) -> People:
    """All of them, by number."""
    standing = _joined([astuple(people)[:-2] for people in some])
    merged = _joined([people.merged for people in some])
    ids = _joined([astuple(people.ids) for people in some])
    order, starts = _order(standing[_NUMBERS]), [*accumulate(standing[_ID_COUNTS], initial=0)]
    of_ids = [*chain.from_iterable(range(starts[index], starts[index + 1]) for index in order)]
    return _people(
        *_put(standing, order), _put(merged, _order(merged[MERGED_NUMBERS])), Ids(*_put(ids, of_ids))
    )


def _joined(tables: Sequence[Columns]) -> Columns:
    return [[*chain.from_iterable(columns)] for columns in zip(*tables, strict=True)]


def _order(numbers: Sequence[int]) -> list[int]:
    return sorted(range(len(numbers)), key=numbers.__getitem__)


def _put(columns: Columns, order: Sequence[int]) -> Columns:
    return [[*map(column.__getitem__, order)] for column in columns]
