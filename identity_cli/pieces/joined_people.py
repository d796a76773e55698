"""Everybody of many components, in the order of creation in the whole log."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice, repeat

from identity_cli.tables.people import Ids, People
from identity_cli.tables.people_together import (
    MERGED_NUMBERS,
    numbered,
    part_of,
    rows_of_ids,
    team_and_seq,
    together,
)


def joined_persons(
    told: Sequence[Iterable[People]], numbers: Sequence["array[int]"], at_once: int
) -> Iterator[People]:
    """All persons, so many at a time; numbers: in the whole log, by those that each component has."""
    components = [_Taken(one, of) for one, of in zip(told, numbers, strict=True)]
    count = sum(map(len, numbers))
    for end in range(at_once, count + at_once, at_once):
        yield together([some for one in components for some in one.before(end)])


def joined_ids(told: Sequence[Iterable[Ids]], at_once: int) -> Iterator[Ids]:
    """All ids that have no person, so many at a time: by team, as they came in."""
    everyone = merge(*map(rows_of_ids, told), key=team_and_seq)
    while some := [*islice(everyone, at_once)]:
        yield Ids(*zip(*some, strict=True))


def numbers_in_whole(made: Sequence[Sequence[int]]) -> list["array[int]"]:
    """What persons are numbered in the whole log, by the numbers that each component has.

    made: of each, where its persons were made, in their order: before which event and by what event, in turn.
    """
    numbers = [array("I") for _ in made]
    places = [zip(one[::2], one[1::2], repeat(of), strict=False) for of, one in enumerate(made)]
    for number, (*_, of) in enumerate(merge(*places)):
        numbers[of].append(number)
    return numbers


class _Taken:
    """The persons of one component, taken in their order, with numbers of the whole log."""

    def __init__(self, told: Iterable[People], numbers: "array[int]") -> None:
        self._told = (numbered(people, numbers) for people in told)
        self._people: People | None = None
        self._begins = 0, 0, 0  # what is not yet taken: of those that stand, of those merged away, of ids

    def before(self, end: int) -> Iterator[People]:
        """The next, up to a number."""
        while people := self._people or next(self._told, None):
            first, first_merged, first_id = self._begins
            stop = bisect_left(people.numbers, end, first)
            stop_merged = bisect_left(people.merged[MERGED_NUMBERS], end, first_merged)
            stop_id = first_id + sum(people.id_counts[first:stop])
            yield part_of(
                people, slice(first, stop), slice(first_merged, stop_merged), slice(first_id, stop_id)
            )
            if stop < len(people.numbers) or stop_merged < len(people.merged[MERGED_NUMBERS]):
                self._people, self._begins = people, (stop, stop_merged, stop_id)
                return
            self._people, self._begins = None, (0, 0, 0)
