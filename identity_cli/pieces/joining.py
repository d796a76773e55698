"""One journal of many: what components came to, put in the order of the whole log.

Persons are numbered anew, in the order in which they were made. What a component could not know is filled
in: before which event of others what waited was released, and, as others answered, whose an id was that a
link named in vain.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from identity_cli.facts import EventHeld, Everybody, Fact, IdsLeft, Linked, PersonColumns, PersonCreated
from identity_cli.outcomes import LOOKS_AT_NOBODY
from identity_cli.pieces.component import Answered, Told
from identity_cli.pieces.edges import Key
from identity_cli.pieces.log_clock import LogClock

_END = float("inf")
_InOrder = tuple[float, int, int, Told]
"""A fact, after the event before which it happened, the event itself, and which journal tells it."""


class JoinedJournal:
    """The facts of several components in the order of the log; iterate once, then number everybody as well.

    Keeps of every person its numbers.
    """

    def __init__(self, journals: Sequence[Iterable[Told]], clock: LogClock) -> None:
        """journals: of each component, with numbers of persons of its own; clock: the log's."""
        self._journals = [_in_order(index, facts, clock) for index, facts in enumerate(journals)]
        self._numbers: dict[tuple[int, int], int] = {}

    def __iter__(self) -> Iterator[Fact]:
        place = itemgetter(0, 1)
        for _, of_event in groupby(merge(*self._journals, key=place), place):
            told = [(journal, fact) for _, _, journal, fact in of_event]
            for journal, fact in told:  # at first: what an event tells may name a person that it makes later
                if isinstance(fact, PersonCreated):
                    self._numbers[journal, fact.person] = len(self._numbers)
            answers = {
                fact.key: fact._replace(person=self._number(journal, fact.person))
                for journal, fact in told
                if isinstance(fact, Answered)
            }
            for journal, fact in told:
                if not isinstance(fact, Answered):
                    yield self._numbered(journal, fact, answers)

    def everybody(self, journal: int, told: Iterable[Everybody]) -> Iterator[Everybody]:
        """What a component has told of everybody, with the numbers that persons have here."""
        for left in told:
            ids = left.ids._replace(joined_persons=self._all(journal, left.ids.joined_persons))
            if isinstance(left, IdsLeft):
                yield left._replace(ids=ids)
            else:
                yield left._replace(
                    ids=ids,
                    standing=self._columns(journal, left.standing),
                    merged=self._columns(journal, left.merged),
                    survivors=self._all(journal, left.survivors),
                )

    def _columns(self, journal: int, persons: PersonColumns) -> PersonColumns:
        return persons._replace(numbers=self._all(journal, persons.numbers))

    def _all(self, journal: int, numbers: Iterable[int | None]) -> list[Any]:
        return [self._number(journal, number) for number in numbers]

    def _number(self, journal: int, number: int | None) -> int | None:
        return None if number is None else self._numbers[journal, number]

    def _numbered(self, journal: int, fact: Fact, answers: Mapping[Key, Answered]) -> Any:
        if isinstance(fact, Linked) and _asked(fact):
            # The link's own resolver, if it has several components, may know the other id from later.
            whose = answers[fact.team_id, fact.source_distinct_id]
            unknown = self._named(journal, fact._replace(source_person=None))
            return unknown._replace(source_person=whose.person, source_identified=whose.is_identified)
        return self._named(journal, fact)

    def _named(self, journal: int, fact: Fact) -> Any:
        named = [name for name in ("person", "source_person", "target_person") if name in fact._fields]
        numbers = self._all(journal, [getattr(fact, name) for name in named])
        return fact._replace(**dict(zip(named, numbers, strict=True)))


def _asked(link: Linked) -> bool:
    """Whether a link only looked whose the other id was, which may be in another component."""
    return link.outcome in LOOKS_AT_NOBODY and link.source_distinct_id != link.target_distinct_id


def _in_order(journal: int, facts: Iterable[Told], clock: LogClock) -> Iterator[_InOrder]:
    """Each fact with its place; what one released event did stands behind the fact that it waited."""
    moment, event = 0.0, 0
    for fact in facts:
        if isinstance(fact, EventHeld):
            before = clock.reaches(fact.due)
            moment, event = _END if before is None else before, fact.seq
            yield moment, event, journal, fact._replace(released_before=before)
        else:
            if fact.seq != event:
                moment = event = fact.seq
            yield moment, event, journal, fact
