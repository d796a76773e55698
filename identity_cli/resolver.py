"""Person resolution: events in, facts out, no I/O.

Every distinct id belongs to at most one person of its team. Feed events in ingestion
order, the only order that counts: timestamps are client clocks and decide nothing but
`created_at`. Standard library only.

Words: the *target* is the person behind the event's own `distinct_id`, the *source* the
one behind the other id that a linking event names. A merge moves the source's ids to the
target, whichever is older.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from identity_cli import javascript
from identity_cli.buffer import FAR_FUTURE, EventBuffer, arrival_of
from identity_cli.events import ABSENT, Event
from identity_cli.facts import (
    DistinctIdAttached,
    EventAttributed,
    EventDropped,
    EventHeld,
    EventRejected,
    Fact,
    Outcome,
    PersonCreated,
    PersonIdentified,
    PropertiesChanged,
)
from identity_cli.journal import Step, already_identified, illegal_id, linked, profile_warning, too_long
from identity_cli.persons import Change, DistinctId, Person, survivor_of, write
from identity_cli.rules.base import RuleSet, Unset
from identity_cli.rules.holding import waits
from identity_cli.rules.linking import is_illegal, other_id
from identity_cli.rules.writing import NOTHING, UnsetNotAList, Writes, unset_keys, writes_of

Ids = dict[str, DistinctId]


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
        self._teams: dict[int, Ids] = {}
        self._personless: dict[int, Ids] = {}
        self._persons: list[Person] = []
        self._facts: list[Fact] = []

    # What a replay asks

    def apply(self, seq: int, event: Event) -> list[Fact]:
        """Take in one event and say what it changed."""
        return self.apply_all(seq, (event,))

    def apply_all(self, first_seq: int, events: Iterable[Event]) -> list[Fact]:
        """Take in consecutive events and say what they changed.

        Most events only show an id that is known: they are counted here, in line.
        """
        facts = self._facts = []
        buffer, buffering = self._buffer, self._buffer.is_on
        plain = self._rules.copied is None and not self._rules.personless and not self._attributing
        team, ids = None, self._ids_of(self._team_id)
        seq = first_seq - 1
        for event in events:
            seq += 1
            if event.team_id != team:
                team = event.team_id
                ids = self._ids_of(self._team_id if team is None else team)
            if buffering:
                arrival = (
                    event.now or event.received_at or event.inserted_at or event.created_at or event.timestamp
                )
                if arrival is not None and arrival > buffer.clock:
                    buffer.clock = arrival
                    if arrival >= buffer.next_due:
                        self._release(seq, arrival)
            properties = event.properties
            time = event.timestamp
            distinct_id = event.distinct_id
            known = ids.get(properties.distinct_id if distinct_id is None else distinct_id)
            if (
                known is not None
                and plain
                and time is not None
                and event.set is None
                and event.set_once is None
                and properties.set is None
                and properties.set_once is None
                and properties.unset is None
                and properties.alias is None
                and properties.anon_distinct_id is ABSENT
            ):
                known.count += 1
                if time > known.last:
                    known.last = time
                if time < known.first:
                    known.first = time
            else:
                self._arrive(seq, event)
        return facts

    def finish(self) -> list[Fact]:
        """Release what still waits: the log is at its end."""
        facts = self._facts = []
        self._release(None, FAR_FUTURE)
        return facts

    @property
    def persons(self) -> list[Person]:
        """Every person ever made, in order; those merged away have a survivor."""
        return self._persons

    def distinct_ids(self) -> Iterator[tuple[int, str, DistinctId]]:
        """Every distinct id seen, by team; one used only without profiles has no person."""
        for seen_in in (self._teams, self._personless):
            for team_id, ids in seen_in.items():
                for distinct_id, seen in ids.items():
                    yield team_id, distinct_id, seen

    @property
    def may_reject_later(self) -> bool:
        """Whether an event that waits may turn out to be one that the platform cannot process."""
        return self._buffer.is_on and self._rules.unset is Unset.LIST

    def waiting_since(self, seq: int) -> Iterator[int]:
        """The seqs, from that one on, of events that wait."""
        return self._buffer.waiting_since(seq)

    # An event on its way

    def _arrive(self, seq: int, event: Event) -> None:
        """An event at the door: refused, made to wait, or processed."""
        distinct_id = own_id(event)
        if distinct_id is None or (distinct_id == "" and self._rules.refuses_empty_id):
            self._reject(seq, event, "no distinct_id")
            return
        if self._rules.nul_becomes_replacement:
            distinct_id = distinct_id.replace("\0", "\ufffd")
        team_id = self._team_id if event.team_id is None else event.team_id
        if self._buffer.is_on and self._buffer.has_time and distinct_id not in self._ids_of(team_id):
            if waits(event, distinct_id, team_id, self._rules):
                self._buffer.hold(seq, event, team_id, distinct_id)
                return
        self._process(seq, event, team_id, distinct_id)

    def _release(self, before: int | None, now: datetime) -> None:
        """Process, in order, what has waited long enough; it is not tested again."""
        while held := self._buffer.take_due(now):
            existed = held.distinct_id in self._ids_of(held.team_id)
            self._facts.append(
                EventHeld(held.seq, held.team_id, held.distinct_id, held.arrived, held.due, before, existed)
            )
            self._process(held.seq, held.event, held.team_id, held.distinct_id)

    def _process(self, seq: int, event: Event, team_id: int, distinct_id: str) -> None:
        rules = self._rules
        step = Step(seq, event, team_id, distinct_id, time_of(event))
        if rules.longest_distinct_id and javascript.utf16_length(distinct_id) > rules.longest_distinct_id:
            self._facts.append(too_long(step, rules))
            self._drop(step, "distinct_id too long")
        elif event.event in rules.ignores_event:
            self._drop(step, f"{event.event} never reaches persons")
        elif rules.personless and event.properties.process_person_profile is not True:
            self._process_by_profile(step)
        else:
            self._process_for_person(step)

    def _process_by_profile(self, step: Step) -> None:
        """`$process_person_profile`: false makes no person and writes nothing."""
        flag = step.event.properties.process_person_profile
        if flag is False:
            self._process_without_profile(step)
            return
        if flag is not ABSENT:
            self._facts.append(profile_warning(step, "invalid_process_person_profile"))
        self._process_for_person(step)

    def _process_without_profile(self, step: Step) -> None:
        if step.event.event in self._rules.links or step.event.event in self._rules.strips_operators:
            self._facts.append(profile_warning(step, "invalid_event_when_process_person_profile_is_false"))
            self._drop(step, "$process_person_profile is false")
            return
        seen = self._ids_of(step.team_id).get(step.distinct_id)
        if seen is None:
            personless = self._personless.setdefault(step.team_id, {})
            seen = personless.get(step.distinct_id)
            if seen is None:
                seen = personless[step.distinct_id] = DistinctId(step.seq, step.seq, None)
        seen.see(step.time)
        self._attribute(step, None if seen.person is None else survivor_of(seen.person), "personless")

    def _process_for_person(self, step: Step) -> None:
        """Link first, then write: the order of the platform's own steps."""
        writes = writes_of(step.event, self._rules)
        try:
            person = self._link(step, writes) or self._update_or_create(step, writes)
        except UnsetNotAList as failure:
            self._reject(step.seq, step.event, failure.reason, step)
            return
        self._ids_of(step.team_id)[step.distinct_id].see(step.time)
        self._attribute(step, person, None)

    # Linking

    def _link(self, step: Step, writes: Writes) -> Person | None:
        """Do what a linking event asks; None if the event goes on as an ordinary one."""
        other = other_id(step.event, self._rules)
        if other is ABSENT:
            return None
        source_id, target_id = javascript.text(other), step.distinct_id
        if source_id == target_id:
            self._facts.append(linked(step, source_id, Outcome.SAME_ID, *self._owners(step, source_id)))
            return None
        for illegal, counterpart in ((target_id, source_id), (source_id, target_id)):
            if is_illegal(illegal, self._rules):
                owners = self._owners(step, source_id)
                self._facts.append(linked(step, source_id, Outcome.REFUSED_ILLEGAL, *owners))
                self._facts.append(illegal_id(step, illegal, counterpart, owners[1], self._rules))
                return None
        return self._join(step, source_id, writes)

    def _join(self, step: Step, source_id: str, writes: Writes) -> Person:
        """Two legal, different ids: make, attach, merge or refuse; the result is identified."""
        source, target = self._owners(step, source_id)
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
        if self._rules.personless_id_swap and self._was_personless(step.team_id, source_id):
            if not self._was_personless(step.team_id, step.distinct_id):
                creator, joiner = joiner, creator
        person = self._create(step, creator, writes)
        self._facts.append(linked(step, source_id, Outcome.CREATED, None, None, person))
        self._attach(step, joiner, person)
        self._identify(step, person)
        if self._rules.unset_after_linked_creation:
            self._update(step, person, Writes({}, {}, writes.unset))
        return person

    def _merge(self, step: Step, source_id: str, source: Person, target: Person, writes: Writes) -> Person:
        """The target stays; its values win, then the event's own are written on top."""
        try:
            unset_keys(writes.unset, self._rules)
        except UnsetNotAList:
            self._facts.append(linked(step, source_id, Outcome.FAILED, source, target))
            raise
        own_keys = frozenset(target.properties)
        link = linked(step, source_id, Outcome.MERGED, source, target)
        dropped = target.absorb(source)
        self._facts.append(link._replace(dropped=dropped))
        self._update(step, target, writes, own_keys)
        self._identify(step, target)
        return target

    # Persons

    def _update_or_create(self, step: Step, writes: Writes) -> Person:
        """The ordinary way of an event: to the person of its id, made now if there is none."""
        seen = self._ids_of(step.team_id).get(step.distinct_id)
        if seen is None or seen.person is None:
            return self._create(step, step.distinct_id, writes)
        person = survivor_of(seen.person)
        if step.event.event not in self._rules.never_updates:
            self._update(step, person, writes)
        return person

    def _create(self, step: Step, creator: str, writes: Writes) -> Person:
        """A new person: `$set_once` under `$set`; `$unset` has nothing to remove yet."""
        person = Person(len(self._persons), step.team_id, creator, step.time)
        self._persons.append(person)
        self._own(step, creator, person)
        self._facts.append(PersonCreated(step.seq, person.number, creator))
        self._tell(step, person, person.create_properties(writes.set, writes.set_once))
        return person

    def _update(
        self, step: Step, person: Person, writes: Writes, own_keys: frozenset[str] | None = None
    ) -> None:
        """`$set_once` fills what is absent, `$set` overwrites, `$unset` removes, in this order.

        own_keys: the person's keys before the event, where a merge has added others since.
        """
        if not writes:
            return
        rules = self._rules
        removals = list(unset_keys(writes.unset, rules))
        before = person.properties
        if rules.unset_spares_new_keys and removals:
            had = before.keys() if own_keys is None else own_keys
            given = writes.set.keys() | writes.set_once.keys()
            removals = [key for key in removals if key in had or key not in given]
        properties = dict(before) if rules.noisy or not before else before
        absent = [(key, value) for key, value in writes.set_once.items() if key not in properties]
        changes = write(properties, "set_once", absent) + write(properties, "set", writes.set.items())
        changes += [("unset", key, None, properties.pop(key)) for key in removals if key in properties]
        if not changes or (rules.noisy and self._is_noise(step.event, before, writes, changes)):
            return
        person.properties = properties
        self._tell(step, person, changes)

    def _is_noise(
        self, event: Event, before: dict[str, object], writes: Writes, changes: list[Change]
    ) -> bool:
        """Only known keys changed, all of them noisy: not worth a write to the platform.

        To the platform a list or an object always differs from the stored one.
        """
        if event.event in self._rules.always_stores:
            return False
        if any(isinstance(value, list | dict) for value in writes.set.values()):
            return False
        return all(
            operation != "unset" and key in before and key in self._rules.noisy
            for operation, key, *_ in changes
        )

    def _attach(self, step: Step, distinct_id: str, person: Person) -> None:
        self._own(step, distinct_id, person)
        self._facts.append(DistinctIdAttached(step.seq, person.number, distinct_id))

    def _own(self, step: Step, distinct_id: str, person: Person) -> None:
        seen = self._personless.get(step.team_id, {}).pop(distinct_id, None)
        if seen is None:
            first_seq = self._buffer.first_sight(step.team_id, distinct_id)
            seen = DistinctId(step.seq if first_seq is None else first_seq, step.seq, person)
        seen.person, seen.joined = person, step.seq
        self._ids_of(step.team_id)[distinct_id] = seen

    def _identify(self, step: Step, person: Person) -> None:
        if person.identified_seq is None:
            person.identified_seq = step.seq
            self._facts.append(PersonIdentified(step.seq, person.number))

    # Looking up and telling

    def _ids_of(self, team_id: int) -> Ids:
        ids = self._teams.get(team_id)
        if ids is None:
            ids = self._teams[team_id] = {}
        return ids

    def _owners(self, step: Step, source_id: str) -> tuple[Person | None, Person | None]:
        """The persons of the other id and of the event's own id."""
        ids = self._ids_of(step.team_id)
        source, target = ids.get(source_id), ids.get(step.distinct_id)
        return (
            None if source is None or source.person is None else survivor_of(source.person),
            None if target is None or target.person is None else survivor_of(target.person),
        )

    def _was_personless(self, team_id: int, distinct_id: str) -> bool:
        return distinct_id in self._personless.get(team_id, {})

    def _tell(self, step: Step, person: Person, changes: list[Change]) -> None:
        if changes:
            self._facts.append(
                PropertiesChanged(step.seq, person.number, step.event.event, step.time, changes)
            )

    def _drop(self, step: Step, reason: str) -> None:
        self._facts.append(EventDropped(step.seq, step.team_id, step.distinct_id, reason))
        self._attribute(step, None, reason)

    def _reject(self, seq: int, event: Event, reason: str, step: Step | None = None) -> None:
        self._facts.append(EventRejected(seq, reason))
        if step is not None:
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


def own_id(event: Event) -> str | None:
    """The event's distinct id as text; None where it has none."""
    given = event.distinct_id
    if given is None:
        given = event.properties.distinct_id
    return None if given is None else javascript.text(given)


def time_of(event: Event) -> datetime | None:
    """When the event happened: its timestamp, else its arrival less the SDK's offset."""
    if event.timestamp is not None:
        return event.timestamp
    arrival = arrival_of(event)
    if arrival is not None and isinstance(event.offset, int | float) and event.offset > 0:
        return arrival - timedelta(milliseconds=event.offset)
    return arrival
