"""Persons of an earlier run, who are met again once an event shows or names an id of theirs; and all others.

What tomorrow's file does not touch stays where it is: in the database of the earlier run.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, repeat
from typing import Any

from identity_cli.events import Event
from identity_cli.facts import IdsLeft, PersonsLeft, Whose
from identity_cli.reading.log_items import Batch
from identity_cli.replaying.at_end.log_end import LogEnd
from identity_cli.replaying.going_on.overlaid import personless_overlaid, persons_overlaid
from identity_cli.resolver.open_end import FineId, FinePerson, Key, OpenEnd
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules.base import RuleSet
from identity_cli.rules.linking import linked_ids
from identity_cli.rules.own_id import stored_ids
from identity_cli.store.reading import as_left
from identity_cli.store.reading.run import Run
from identity_cli.tables.people import Ids, People


class MetAgain:
    """Everybody, for a resolver that goes on: let it meet whom events concern before it takes these."""

    def __init__(self, run: Run, resolver: PersonResolver, rules: RuleSet) -> None:
        """run: the earlier one."""
        self._run = run
        self._resolver = resolver
        self._rules = rules
        self.ids = 0  # of persons that were met
        self._asked: set[str] = set()  # ids that were looked up
        self._persons: set[int] = set()  # who was met, and whoever was merged into them, by number
        self._fine_ids: dict[Key, FineId] = {}
        self._fine_persons: dict[int, FinePerson] = {}
        self._earlier_persons = 0

    def go_on(self, end: LogEnd) -> None:
        """Let the resolver begin where the run's log ended."""
        self._fine_ids = {fine[0]: fine for fine in end.fine_ids}
        self._fine_persons = {fine[0]: fine for fine in end.fine_persons}
        self._earlier_persons = end.next_person
        self._resolver.go_on(self._left({own for _, (_, own), _ in end.before}), end.open_end)

    def meet(self, batch: Batch[Event]) -> None:
        """Whomever these events show or name."""
        wanted = {*_ids_in(batch, self._rules)} - self._asked
        if wanted:
            persons, further = told = self._left(wanted)
            ids = chain(_keys(persons), _keys(further))
            numbers = chain(persons.standing.numbers, persons.merged.numbers)
            self._resolver.meet_again(told, _of(self._fine_ids, ids), _of(self._fine_persons, numbers))

    def open_end(self) -> OpenEnd:
        """What the resolver tells of the end, and the same of all others."""
        end = self._resolver.open_end()
        ids = (fine for key, fine in self._fine_ids.items() if self._resolver.whose(*key) is None)
        persons = (fine for number, fine in self._fine_persons.items() if number not in self._persons)
        return end._replace(
            fine_ids=sorted(chain(ids, end.fine_ids)), fine_persons=sorted(chain(persons, end.fine_persons))
        )

    # As a replay is told of everybody in the end

    def whose(self, team_id: int, distinct_id: str) -> Whose | None:
        """What has become of an id that a link named; None if no event ever showed it."""
        whose = self._resolver.whose(team_id, distinct_id)
        if whose is None and distinct_id not in self._asked:
            return as_left.whose(self._run, team_id, distinct_id)
        return whose

    def everybody(self, at_once: int) -> Iterator[People | Ids]:
        """Every person and every distinct id, so many at a time."""
        in_order = self._resolver.in_order()
        yield from persons_overlaid(self._run, self._earlier_persons, self._persons, in_order, at_once)
        yield from personless_overlaid(self._run, self._asked, in_order, at_once)

    def forget_all(self) -> None:
        """Let go of everybody, once nothing more is asked."""
        self._resolver.forget_all()
        for known in (self._asked, self._persons, self._fine_ids, self._fine_persons):
            known.clear()

    def _left(self, distinct_ids: set[str]) -> tuple[PersonsLeft, IdsLeft]:
        """Whose these ids are, who was not met so far, and those that nobody has."""
        self._asked |= distinct_ids
        persons = as_left.persons_left(self._run, as_left.persons_of(self._run, distinct_ids) - self._persons)
        self._persons.update(persons.standing.numbers, persons.merged.numbers)
        further = as_left.personless_left(self._run, distinct_ids)
        self.ids += len(persons.ids.texts)
        return persons, further


def _of(fine: Mapping[Any, Any], keys: Iterable[Any]) -> Iterator[Any]:
    """What is known of these, if anything is."""
    return map(fine.__getitem__, filter(fine.__contains__, keys)) if fine else iter(())


def _ids_in(batch: Batch[Event], rules: RuleSet) -> Iterator[str]:
    """The ids that events show or name; a link beside an event is of the event's own id."""
    yield from stored_ids(batch.events, rules)
    for event in batch.events:
        yield from linked_ids(event, rules)


def _keys(left: PersonsLeft | IdsLeft) -> Iterable[Key]:
    """Of all ids."""
    if isinstance(left, IdsLeft):
        return zip(left.team_ids, left.ids.texts, strict=True)
    teams = chain.from_iterable(map(repeat, left.standing.team_ids, left.id_counts))
    return zip(teams, left.ids.texts, strict=True)
