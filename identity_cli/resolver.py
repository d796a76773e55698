"""Person resolution: events in, facts out, no I/O.

Every distinct id belongs to at most one person of its team. Feed events in ingestion
order, the only order that counts: timestamps are client clocks and decide nothing but
`created_at`. Standard library only.

Words: the *target* is the person behind the event's own `distinct_id`, the *source* the
one behind the other id that a linking event names. A merge moves the source's ids to the
target, whichever is older.
"""

from collections.abc import Iterable, Iterator, Set
from datetime import datetime
from typing import Any

from identity_cli import javascript
from identity_cli.buffer import FAR_FUTURE, EventBuffer, time_of
from identity_cli.events import ABSENT, Event
from identity_cli.facts import (
    DistinctIdAttached,
    EventAttributed,
    EventDropped,
    EventHeld,
    EventRejected,
    Fact,
    IngestionWarning,
    Linked,
    Outcome,
    PersonCreated,
    PersonIdentified,
    PropertiesChanged,
)
from identity_cli.journal import (
    Step,
    already_identified,
    illegal_id,
    linked,
    profile_warning,
    too_long,
)
from identity_cli.owners import Ids, Owners, owner_in
from identity_cli.persons import NEVER_SINCE, DistinctId, Person
from identity_cli.properties import Change, created, is_noise, undo, written
from identity_cli.rules.base import RuleSet
from identity_cli.rules.holding import waits
from identity_cli.rules.linking import is_illegal, other_id
from identity_cli.rules.own_id import own_id
from identity_cli.rules.writing import NOTHING, UnsetNotAList, Writes, unset_keys, writes_of


class PersonResolver:
    """Who owns each distinct id, after the events applied so far."""

    def __init__(
        self,
        rules: RuleSet,
        *,
        team_id: int = 1,
        buffer_seconds: float | None = None,
        attributing: bool = False,
    ) -> None:
        """team_id is for events without one; attributing reports every event's person."""
        self._rules = rules
        self._team_id = team_id
        self._buffer = EventBuffer(rules.buffer_seconds if buffer_seconds is None else buffer_seconds)
        self._attributing = attributing
        self._owners = Owners()
        self._facts: list[Fact] = []

    # What a replay asks

    def apply(self, seq: int, event: Event) -> list[Fact]:
        """Take in one event and say what it changed."""
        return self.apply_all(seq, (event,))

    def apply_all(  # noqa: PLR0912 (one loop, in line: a call for every event would cost a tenth of a replay)
        self, first_seq: int, events: Iterable[Event]
    ) -> list[Fact]:
        """Take in consecutive events and say what they changed.

        Most events only show an id that is known: they are counted here, in line.
        """
        facts = self._facts = []
        buffer, buffering = self._buffer, self._buffer.is_on
        plain = self._rules.copied is None and not self._rules.personless and not self._attributing
        team, team_id, ids = None, self._team_id, self._owners.ids_of(self._team_id)
        for seq, event in enumerate(events, first_seq):
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
                distinct_id = own_id(event, self._rules)
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
                if known is None:
                    self._arrive(seq, event, team_id, ids, distinct_id)
                else:  # it came in as it stands, and waits for nobody
                    self._process(Step(seq, event, team_id, ids, distinct_id))
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

    def pass_time(self, seq: int, moment: datetime) -> list[Fact]:
        """Let the log's clock run on with an event that is left out; seq: where that stands."""
        facts = self._facts = []
        if self._buffer.is_on and moment > self._buffer.clock:
            self._buffer.clock = moment
            if moment >= self._buffer.next_due:
                self._release(seq, moment)
        return facts

    def finish(self) -> list[Fact]:
        """Release what still waits: the log is at its end."""
        facts = self._facts = []
        self._release(None, FAR_FUTURE)
        return facts

    @property
    def persons(self) -> list[Person]:
        """Every person ever made, in order; those merged away have a survivor."""
        return self._owners.persons

    def distinct_ids(self) -> Iterator[tuple[int, str, DistinctId]]:
        """Every distinct id seen, by team; one used only without profiles has no person."""
        return self._owners.distinct_ids()

    @property
    def attached(self) -> list[tuple[str, DistinctId]]:
        """The distinct ids that joined a person which had one already, in order."""
        return self._owners.attached

    def personless(self) -> Iterator[tuple[int, str, DistinctId]]:
        """The distinct ids that were used only without profiles, by team."""
        return self._owners.personless()

    def find(self, team_id: int, distinct_id: str) -> DistinctId | None:
        """What a team's distinct id has come to; None for one that no event ever showed."""
        return self._owners.find(team_id, distinct_id)

    def waiting_since(self, seq: int) -> Iterator[int]:
        """The seqs, from that one on, of events that wait."""
        return self._buffer.waiting_since(seq)

    # An event on its way

    def _meet(self, seq: int, event: Event, team_id: int, ids: Ids, distinct_id: Any) -> None:
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
        self._facts.append(PersonCreated(seq, person.number, distinct_id, time))

    def _arrive(self, seq: int, event: Event, team_id: int, ids: Ids, distinct_id: Any) -> None:
        """An event of an id that is not known as it stands: refused, made to wait, or processed."""
        rules = self._rules
        if type(distinct_id) is not str:
            distinct_id = own_id(event, rules)
        if distinct_id is None or (distinct_id == "" and rules.refuses_empty_id):
            self._facts.append(EventRejected(seq, "no distinct_id", by_platform=False))
            return
        if rules.nul_becomes_replacement:
            distinct_id = distinct_id.replace("\0", "\ufffd")
        if distinct_id not in ids and self._buffer.has_time and waits(event, distinct_id, team_id, rules):
            self._hold(seq, event, team_id, distinct_id)
            return
        self._process(Step(seq, event, team_id, ids, distinct_id))

    def _hold(self, seq: int, event: Event, team_id: int, distinct_id: str) -> None:
        self._owners.note_waiting(seq, team_id, distinct_id)
        self._buffer.hold(seq, event, team_id, distinct_id)

    def _release(self, before: int | None, now: datetime) -> None:
        """Process, in order, what has waited long enough; it is not tested again."""
        while held := self._buffer.take_due(now):
            ids = self._owners.ids_of(held.team_id)
            existed = held.distinct_id in ids
            self._facts.append(
                EventHeld(held.seq, held.team_id, held.distinct_id, held.arrived, held.due, before, existed)
            )
            self._process(Step(held.seq, held.event, held.team_id, ids, held.distinct_id))

    def _process(self, step: Step) -> None:
        """Link first, then write: the order of the platform's own steps."""
        told = len(self._facts)
        if self._rules.personless and self._is_settled_by_profile(step):
            return
        writes = writes_of(step.event, self._rules)
        links = step.event.event in self._rules.links
        person = None
        try:
            if links:
                person = self._link(step, writes)
            if person is None:
                person = self._update_or_create(step, writes)
                if links or self._rules.personless:
                    self._name_person(told, person)
        except UnsetNotAList as failure:
            self._facts.append(EventRejected(step.seq, failure.reason, by_platform=True))
            self._attribute(step, None, failure.reason)
            return
        step.ids[step.distinct_id].see(step.time)
        if self._attributing:
            self._attribute(step, person, None)

    def _is_settled_by_profile(self, step: Step) -> bool:
        """Today's checks before an event may touch a person; `$process_person_profile` false ends there."""
        rules, event = self._rules, step.event
        limit = rules.longest_distinct_id
        flag = event.properties.process_person_profile
        if limit is not None and javascript.utf16_length(step.distinct_id) > limit:
            self._facts.append(too_long(step, rules))
            self._drop(step, "distinct_id too long")
        elif event.event in rules.ignores_event:
            self._drop(step, f"{event.event} never reaches persons")
        elif flag is not False:
            if flag is not True and flag is not ABSENT:
                self._facts.append(profile_warning(step, "invalid_process_person_profile"))
            return False
        elif event.event in rules.links or event.event in rules.strips_operators:
            self._facts.append(profile_warning(step, "invalid_event_when_process_person_profile_is_false"))
            self._drop(step, "$process_person_profile is false")
        else:
            self._process_without_profile(step)
        return True

    def _process_without_profile(self, step: Step) -> None:
        """No person is made and nothing is written; the id is remembered."""
        person = owner_in(step.ids, step.distinct_id)
        if person is None:
            seen = self._owners.without_person(step.seq, step.team_id, step.distinct_id)
        else:
            seen = step.ids[step.distinct_id]
        seen.see(step.time)
        self._attribute(step, person, "personless")

    # Linking

    def _link(self, step: Step, writes: Writes) -> Person | None:
        """Do what a linking event asks; None if the event goes on as an ordinary one."""
        other = other_id(step.event, self._rules)
        if other is ABSENT:
            return None
        source_id, target_id = javascript.text(other), step.distinct_id
        if source_id == target_id:
            self._facts.append(linked(step, source_id, Outcome.SAME_ID, *_owners(step, source_id)))
            return None
        for illegal, counterpart in ((target_id, source_id), (source_id, target_id)):
            if is_illegal(illegal, self._rules):
                owners = _owners(step, source_id)
                self._facts.append(linked(step, source_id, Outcome.REFUSED_ILLEGAL, *owners))
                self._facts.append(illegal_id(step, illegal, counterpart, owners[1], self._rules))
                return None
        return self._join(step, source_id, writes)

    def _join(self, step: Step, source_id: str, writes: Writes) -> Person:
        """Two legal, different ids: make, attach, merge or refuse; the result is identified."""
        source, target = _owners(step, source_id)
        if target is None:
            if source is None:
                return self._create_linked(step, source_id, writes)
            # The hole in the platform's guard: whether the source is identified is not asked.
            self._facts.append(linked(step, source_id, Outcome.ATTACHED, source, target, source))
            self._attach(step, step.distinct_id, source)
            target = source
        elif source is None:
            self._facts.append(linked(step, source_id, Outcome.ATTACHED, source, target))
            self._attach(step, source_id, target)
        elif source is target:
            self._facts.append(linked(step, source_id, Outcome.SAME_PERSON, source, target))
        elif source.is_identified and step.event.event not in self._rules.unguarded:
            self._facts.append(linked(step, source_id, Outcome.REFUSED_IDENTIFIED, source, target))
            self._facts.append(already_identified(step, source_id, source, target, self._rules))
        else:
            return self._merge(step, source_id, source, target, writes)
        self._update(step, target, writes)
        self._identify(step, target)
        return target

    def _create_linked(self, step: Step, source_id: str, writes: Writes) -> Person:
        """Neither id known: one new person with both, identified from the start."""
        creator, joiner = step.distinct_id, source_id
        if self._rules.personless_id_swap and self._owners.only_one_was_personless(
            step.team_id, source_id, step.distinct_id
        ):
            creator, joiner = joiner, creator
        person = self._create(step, creator, writes)
        self._facts.append(linked(step, source_id, Outcome.CREATED, None, None, person))
        self._attach(step, joiner, person)
        self._identify(step, person)
        if self._rules.unset_after_linked_creation and writes.unset is not None:
            self._update(step, person, Writes({}, {}, writes.unset))
        return person

    def _merge(self, step: Step, source_id: str, source: Person, target: Person, writes: Writes) -> Person:
        """The target stays; its values win, then the event's own are written on top."""
        try:
            unset_keys(writes.unset, self._rules)
        except UnsetNotAList:
            self._facts.append(linked(step, source_id, Outcome.FAILED, source, target))
            raise
        gained = None
        if self._rules.unset_spares_new_keys and writes.unset is not None:
            gained = {key for key in source.properties if key not in target.properties}
        dropped = target.absorb(source)
        self._facts.append(linked(step, source_id, Outcome.MERGED, source, target, dropped=dropped))
        self._update(step, target, writes, gained)
        self._identify(step, target)
        return target

    # Persons

    def _update_or_create(self, step: Step, writes: Writes) -> Person:
        """The ordinary way of an event: to the person of its id, made now if there is none."""
        person = owner_in(step.ids, step.distinct_id)
        if person is None:
            return self._create(step, step.distinct_id, writes)
        if step.event.event not in self._rules.never_updates:
            self._update(step, person, writes)
        return person

    def _create(self, step: Step, creator: str, writes: Writes) -> Person:
        """A new person: `$set_once` under `$set`; `$unset` has nothing to remove yet."""
        person = self._owners.make_person(step.seq, step.team_id, creator, step.time)
        self._facts.append(PersonCreated(step.seq, person.number, creator, step.time))
        if writes is not NOTHING:
            person.properties, changes = created(writes)
            self._tell(step, person, changes)
        return person

    def _update(self, step: Step, person: Person, writes: Writes, gained: Set[str] | None = None) -> None:
        """Write on a person that exists; gained: the keys that a merge has just added to it."""
        if writes is NOTHING:
            return
        rules = self._rules
        properties, changes = written(person.properties, writes, rules, gained)
        if not changes:
            return
        if rules.noisy and is_noise(step.event.event, writes, changes, rules):
            undo(properties, changes)
            return
        person.properties = properties
        self._tell(step, person, changes)

    def _attach(self, step: Step, distinct_id: str, person: Person) -> None:
        self._owners.attach(step.seq, distinct_id, person)
        self._facts.append(DistinctIdAttached(step.seq, person.number, distinct_id))

    def _identify(self, step: Step, person: Person) -> None:
        if person.identified_seq is None:
            person.identified_seq = step.seq
            self._facts.append(PersonIdentified(step.seq, person.number))

    # Looking up and telling

    def _name_person(self, told: int, person: Person) -> None:
        """Of a link that came to nothing, or a warning, it may show only now whose event it was."""
        for index in range(told, len(self._facts)):
            fact = self._facts[index]
            if isinstance(fact, Linked | IngestionWarning) and fact.person is None:
                self._facts[index] = fact._replace(person=person.number)

    def _tell(self, step: Step, person: Person, changes: list[Change]) -> None:
        if changes:
            self._facts.append(
                PropertiesChanged(step.seq, person.number, step.event.event, step.time, changes)
            )

    def _drop(self, step: Step, reason: str) -> None:
        self._facts.append(EventDropped(step.seq, step.team_id, step.distinct_id, reason))
        self._attribute(step, None, reason)

    def _attribute(self, step: Step, person: Person | None, note: str | None) -> None:
        if self._attributing:
            event = step.event
            number = None if person is None else person.number
            self._facts.append(
                EventAttributed(
                    step.seq, event.uuid, event.event, step.team_id, step.distinct_id, number, note
                )
            )


def _owners(step: Step, source_id: str) -> tuple[Person | None, Person | None]:
    """The persons of the other id and of the event's own id."""
    return owner_in(step.ids, source_id), owner_in(step.ids, step.distinct_id)
