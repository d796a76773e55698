"""Everybody of an earlier run, with those laid over who were met again: rows of two kinds, merged in order.

Whoever was not met is told as the earlier run's tables have it, without ever being a person in memory.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from heapq import merge
from itertools import chain, islice, repeat
from operator import itemgetter

from identity_cli.resolver.everybody import InOrder
from identity_cli.store.reading.as_left import id_rows, person_rows
from identity_cli.store.reading.run import Run
from identity_cli.tables.people import NO_SURVIVOR, Ids, People, of_persons, people_of
from identity_cli.tables.stored_people import (
    ID_COUNT,
    PERSON,
    SEQ,
    SURVIVOR,
    TEAM,
    TEXT,
    ids_in,
    people_in,
    rows_in,
)

_first_sight = itemgetter(TEAM, SEQ)


def persons_overlaid(
    run: Run, count: int, met: Collection[int], in_order: InOrder, at_once: int
) -> Iterator[People]:
    """Every person, so many at a time; count: how many of the run's stay. met: numbers of those met again."""
    numbers = in_order.numbers
    persons, ids = person_rows(run, count), id_rows(run, with_person=True)
    for start in range(0, max([count, *(last + 1 for last in numbers[-1:])]), at_once):
        first, behind = (bisect_left(numbers, number) for number in (start, start + at_once))
        now = of_persons(in_order.persons(first, behind))
        rows = [*islice(persons, at_once)]
        own = [*islice(ids, sum(row[ID_COUNT] for row in rows if row[SURVIVOR] == NO_SURVIVOR))]
        if rows:
            now_rows, now_ids = rows_in(now)
            now_rows += (row for row in rows if row[0] not in met)
            now_ids += (row for row in own if row[PERSON] not in met)
            now = people_in(now_rows, now_ids)
        yield now


def personless_overlaid(run: Run, met: Collection[str], in_order: InOrder, at_once: int) -> Iterator[Ids]:
    """The ids without a person, so many at a time; met: ids that were looked up."""
    rows = merge(
        (row for row in id_rows(run, with_person=False) if row[TEXT] not in met),
        chain.from_iterable(
            zip(*people_of(some).stored(), strict=True) for some in in_order.personless(at_once)
        ),
        key=_first_sight,
    )
    while some := [*islice(rows, at_once)]:
        yield ids_in(some, repeat(None, len(some)))
