"""Person resolution: events in, facts out, no I/O.

Every distinct id belongs to at most one person of its team. Feed events in ingestion
order, the only order that counts: timestamps are client clocks and decide nothing but
`created_at`. Here an event finds its id, waits or not, and is counted; what it then does to
persons, `processing` does. Standard library only.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import Any

from identity_cli.events import ABSENT, FAR_FUTURE, LONG_AGO, Event, SentId, arrival_of, time_of
from identity_cli.facts import NEVER_SINCE, EventHeld, EventRejected, Everybody, Fact, PersonCreated, Whose
from identity_cli.resolver.event_buffer import EventBuffer
from identity_cli.resolver.everybody import InOrder, everybody
from identity_cli.resolver.fact_makers import TOO_LARGE, Processed, long_at_door
from identity_cli.resolver.id_owners import IdTable, Owners
from identity_cli.resolver.open_end import FineId, FinePerson, OpenEnd, go_on, meet_again, open_end
from identity_cli.resolver.person_state import survivor_of
from identity_cli.resolver.processing import Processing
from identity_cli.rules.base import RuleSet
from identity_cli.rules.holding import waits
from identity_cli.rules.own_id import counted_id, own_id, stored_id

RELEASED_AT_ONCE = 1_000
"""Of the events that wait at the log's end."""


class PersonResolver:
    """Who owns each distinct id, after the events applied so far."""

    def __init__(
        self,
        rules: RuleSet,
        *,
        team_id: int = 1,
        buffer_seconds: float | None = None,
        attributing: bool = False,
        new_table: Callable[[], IdTable] = dict,
        first_person: int = 0,
    ) -> None:
        """team_id is for events without one; attributing reports every event's person.

        new_table: for the ids of a team. first_person: its number, where others were made before.
        """
        self._rules = rules
        self._team_id = team_id
        self._buffer = EventBuffer(rules.buffer_seconds if buffer_seconds is None else buffer_seconds)
        self._attributing = attributing
        self._owners = Owners(new_table, first_person)
        self._processing = Processing(rules, self._owners, attributing=attributing)
        self._facts: list[Fact] = []

    # What a replay asks

    def apply(self, seq: int, event: Event) -> list[Fact]:
        """Take in one event and say what it changed."""
        return self.apply_all(seq, (event,))

    def apply_all(self, first_seq: int, events: Iterable[Event]) -> list[Fact]:
        """Take in consecutive events and say what they changed."""
        return self.apply_each(enumerate(events, first_seq))

    def apply_each(  # noqa: PLR0912 (one loop, in line: a call for every event would cost a tenth of a replay)
        self, events: Iterable[tuple[int, Event]]
    ) -> list[Fact]:
        """Take in events by their seqs and say what they changed.

        Most events only show an id that is known: they are counted here, in line.
        """
        facts = self._new_facts()
        buffer, buffering = self._buffer, self._buffer.is_on
        process = self._processing.process
        plain = not self._rules.heeds_plain_events and not self._attributing
        replaces_nul = self._rules.nul_becomes_replacement
        team, team_id, ids = None, self._team_id, self._owners.ids_of(self._team_id)
        for seq, event in events:
            if event.team_id is not team and event.team_id != team:
                team = event.team_id
                team_id = self._team_id if team is None else team
                ids = self._owners.ids_of(team_id)
            if buffering:
                arrival = (  # as arrival_of, in line
                    event.now or event.received_at or event.created_at or event.inserted_at or event.timestamp
                )
                if arrival is not None and arrival > buffer.clock:
                    buffer.clock = arrival
                    if arrival >= buffer.next_due:
                        self._release(seq, arrival)
            properties = event.properties
            distinct_id = event.distinct_id
            inner_id = properties.distinct_id
            if inner_id is not None and inner_id != distinct_id:
                distinct_id = counted_id(event, self._rules)
            known = ids.get(distinct_id)
            if (
                event.set is not None
                or event.set_once is not None
                or properties.set is not None
                or properties.set_once is not None
                or properties.unset is not None
                or properties.alias is not None
                or properties.anon_distinct_id is not ABSENT
                or not plain
            ):
                if known is None or (replaces_nul and "\0" in distinct_id):
                    self._arrive(seq, event, team_id, ids, distinct_id)
                else:  # it came in as it stands, and waits for nobody
                    process(Processed(seq, event, team_id, ids, distinct_id, known))
            elif known is None:
                self._meet(seq, event, team_id, ids, distinct_id)
            else:
                time = event.timestamp or time_of(event)
                known.count += 1
                last = known.last
                if time is None:
                    continue
                if time > last:
                    known.last = time
                    if last is NEVER_SINCE:
                        known.first = time
                elif time < known.first:
                    known.first = time
        return facts

    def apply_linking(self, first_seq: int, events: Sequence[Event], linking: Iterable[int]) -> list[Fact]:
        """The same where some events, those of these indexes, have links: each is done before its event."""
        facts: list[Fact] = []
        start = 0
        for index in linking:
            facts += self.apply_all(first_seq + start, events[start:index])
            for link in events[index].links:
                facts += self.link(first_seq + index, link)
            start = index
        return facts + self.apply_all(first_seq + start, events[start:])

    def link(self, seq: int, link: Event) -> list[Fact]:
        """Take in a link that is part of the event at seq, told before it.

        It is no event of its own, so nothing counts it and it never waits.
        """
        facts = self._new_facts()
        self.link_between(seq, link)
        return facts

    def link_between(self, seq: int, link: Event) -> None:
        """The same while events are applied each: what it changes is told with what they do."""
        self.pass_time_between(seq, arrival_of(link) or LONG_AGO)
        team_id = self._team_id if link.team_id is None else link.team_id
        distinct_id = stored_id(link, self._rules)
        if distinct_id:  # or the event is refused, and tells why
            self._processing.link(Processed(seq, link, team_id, self._owners.ids_of(team_id), distinct_id))

    def pass_time(self, seq: int, moment: datetime) -> list[Fact]:
        """Let the log's clock run on with an event that is left out; seq: where that stands."""
        facts = self._new_facts()
        self.pass_time_between(seq, moment)
        return facts

    def pass_time_between(self, seq: int, moment: datetime) -> None:
        """The same while events are applied each: what it changes is told with what they do."""
        if self._buffer.is_on and moment > self._buffer.clock:
            self._buffer.clock = moment
            if moment >= self._buffer.next_due:
                self._release(seq, moment)

    def finish(self) -> list[Fact]:
        """Release what still waits: the log is at its end."""
        return [*chain.from_iterable(self.finish_by_and_by())]

    def finish_by_and_by(self) -> Iterator[list[Fact]]:
        """The same, some events at a time: all that the log has may wait."""
        while self._buffer.waits:
            facts = self._new_facts()
            self._release(None, FAR_FUTURE, RELEASED_AT_ONCE)
            yield facts

    def rewind(self) -> None:
        """Set the clock back after the end: what comes next is of other ids, from the log's beginning again.

        So one resolver takes one component of a log after the other.
        """
        self._buffer.rewind()

    def open_end(self) -> OpenEnd:
        """What `finish` changes of what was told so far; asked before it."""
        return open_end(self._owners, self._buffer, self._processing)

    def go_on(self, told: Sequence[Everybody], end: OpenEnd) -> None:
        """Begin where another ended, with those whom its end changed, as it left them, or with everybody."""
        go_on(self._owners, self._buffer, self._processing, told, end)

    def meet_again(
        self, told: Sequence[Everybody], fine_ids: Iterable[FineId], fine_persons: Iterable[FinePerson]
    ) -> None:
        """Take in further persons, each with all of its ids, as the other left them; fine: see OpenEnd."""
        meet_again(self._owners, told, fine_ids, fine_persons)

    def everybody(self, at_once: int = 1_000) -> Iterator[Everybody]:
        """Every person and every distinct id so far, so many at a time."""
        return everybody(self._owners, at_once)

    def in_order(self) -> InOrder:
        """The same, to be told in parts: some here, and some elsewhere."""
        return InOrder(self._owners)

    def whose(self, team_id: int, distinct_id: str) -> Whose | None:
        """What a team's distinct id has come to so far; None for one that no event ever showed."""
        seen = self._owners.find(team_id, distinct_id)
        if seen is None:
            return None
        person = None if seen.person is None else survivor_of(seen.person)
        if person is None:
            return Whose(None, is_identified=False, events=seen.count)
        return Whose(person.number, person.is_identified, seen.count)

    @property
    def personless_count(self) -> int:
        """How many distinct ids it holds that have no person."""
        return self._owners.personless_count

    def forget_all(self) -> None:
        """Let go of everybody, once nothing more is asked."""
        self._owners.forget_all()

    def waiting_since(self, seq: int) -> Iterator[int]:
        """The seqs, from that one on, of events that wait."""
        return self._buffer.waiting_since(seq)

    def _new_facts(self) -> list[Fact]:
        """Where from now on everything is told that changes."""
        self._facts = self._processing.facts = []
        return self._facts

    # An event on its way

    def _meet(self, seq: int, event: Event, team_id: int, ids: IdTable, distinct_id: Any) -> None:
        """An event that shows an id and asks for nothing: its id may have to wait, or becomes a person."""
        if type(distinct_id) is not str or not distinct_id:
            self._arrive(seq, event, team_id, ids, distinct_id)
            return
        if self._buffer.has_time and waits(event, distinct_id, team_id, self._rules):
            self._hold(seq, event, team_id, distinct_id)
            return
        time = event.timestamp or time_of(event)
        person = self._owners.make_person(seq, team_id, distinct_id, time)
        person.own.see(time)
        self._facts.append(PersonCreated(seq, person.number, team_id, distinct_id, time))

    def _arrive(self, seq: int, event: Event, team_id: int, ids: IdTable, distinct_id: Any) -> None:
        """An event of an id that is not known as it stands: refused, made to wait, or processed."""
        rules, sent = self._rules, distinct_id
        if type(distinct_id) is not str:
            distinct_id = own_id(event, rules)
        if distinct_id is None or (distinct_id == "" and rules.refuses_empty_id):
            self._facts.append(EventRejected(seq, "no distinct_id", by_platform=False))
            return
        if rules.nul_becomes_replacement:
            distinct_id = distinct_id.replace("\0", "\ufffd")
        step = Processed(seq, event, team_id, ids, distinct_id)
        warning = long_at_door(step, sent, rules) if isinstance(sent, SentId) else None
        if warning is not None and warning.type == TOO_LARGE:
            self._processing.refuse(step, warning)
            return
        if (
            ids.get(distinct_id) is None
            and self._buffer.has_time
            and waits(event, distinct_id, team_id, rules)
        ):
            self._hold(seq, event, team_id, distinct_id)
            if warning is not None:
                self._facts.append(warning)
            return
        self._processing.process(step, warning)

    def _hold(self, seq: int, event: Event, team_id: int, distinct_id: str) -> None:
        self._owners.note_waiting(seq, team_id, distinct_id)
        self._buffer.hold(seq, event, team_id, distinct_id)

    def _release(self, before: int | None, now: datetime, most: int = sys.maxsize) -> None:
        """Process, in order, what has waited long enough, at most so many; it is not tested again."""
        for held in islice(iter(partial(self._buffer.take_due, now), None), most):
            ids = self._owners.ids_of(held.team_id)
            existed = ids.get(held.distinct_id) is not None
            self._facts.append(
                EventHeld(held.seq, held.team_id, held.distinct_id, held.arrived, held.due, before, existed)
            )
            self._processing.process(Processed(held.seq, held.event, held.team_id, ids, held.distinct_id))
