"""One journal of many: what components came to, put in the order of the whole log.

Persons are numbered anew, in the order in which they were made. What a component could not know is filled
in: before which event of others what waited was released, and whose an id was that a link named in vain.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from identity_cli.facts import (
    DistinctIdAttached,
    EventHeld,
    Everybody,
    Fact,
    IdsLeft,
    Linked,
    PersonColumns,
    PersonCreated,
    PersonIdentified,
)
from identity_cli.outcomes import LOOKS_AT_NOBODY, Outcome
from identity_cli.pieces.edges import Key
from identity_cli.pieces.log_clock import LogClock

_END = float("inf")
_InOrder = tuple[float, int, int, Fact]
"""A fact, after the event before which it happened, the event itself, and which journal tells it."""


class JoinedJournal:
    """The facts of several components in the order of the log; iterate once, then number everybody as well.

    Keeps of every person its numbers, and of every distinct id whose it is.
    """

    def __init__(self, journals: Sequence[Iterable[Fact]], clock: LogClock) -> None:
        """journals: of each component, with numbers of persons of its own; clock: the log's."""
        self._journals = [_in_order(index, facts, clock) for index, facts in enumerate(journals)]
        self._numbers: dict[tuple[int, int], int] = {}
        self._owners: dict[Key, int] = {}
        self._survivors: dict[int, int] = {}
        self._identified: set[int] = set()

    def __iter__(self) -> Iterator[Fact]:
        place = itemgetter(0, 1)
        for _, of_event in groupby(merge(*self._journals, key=place), place):
            told = [(journal, fact) for _, _, journal, fact in of_event]
            for journal, fact in told:  # at first: what an event tells may name a person that it makes later
                if isinstance(fact, PersonCreated):
                    self._numbers[journal, fact.person] = len(self._numbers)
            for journal, fact in told:
                yield self._noted(self._numbered(journal, fact))

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
        return [None if number is None else self._numbers[journal, number] for number in numbers]

    def _numbered(self, journal: int, fact: Fact) -> Any:
        if isinstance(fact, Linked) and fact.outcome in LOOKS_AT_NOBODY:
            fact = fact._replace(source_person=None)  # a resolver of several components may know it, of later
        named = [name for name in ("person", "source_person", "target_person") if name in fact._fields]
        numbers = self._all(journal, [getattr(fact, name) for name in named])
        return fact._replace(**dict(zip(named, numbers, strict=True)))

    def _looked_up(self, link: Linked) -> Linked:
        """With the person of the other id as of now."""
        owner = self._standing(self._owners.get((link.team_id, link.source_distinct_id)))
        return link._replace(source_person=owner, source_identified=owner in self._identified)

    def _noted(self, fact: Fact) -> Fact:
        match fact:
            case Linked() if fact.outcome in LOOKS_AT_NOBODY:
                return self._looked_up(fact)
            case PersonCreated() | DistinctIdAttached():
                self._owners[fact.team_id, fact.distinct_id] = fact.person
            case PersonIdentified():
                self._identified.add(fact.person)
            case Linked(outcome=Outcome.MERGED, source_person=int(source), target_person=int(target)):
                self._survivors[source] = target
        return fact

    def _standing(self, person: int | None) -> int | None:
        while person in self._survivors:
            above = self._survivors[person]
            if above in self._survivors:
                self._survivors[person] = self._survivors[above]
            person = above
        return person


def _in_order(journal: int, facts: Iterable[Fact], clock: LogClock) -> Iterator[_InOrder]:
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
