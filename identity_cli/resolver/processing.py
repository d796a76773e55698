"""What an event does to persons: it links first, then writes, and tells what changed as facts.

Words: the *target* is the person behind the event's own `distinct_id`, the *source* the
one behind the other id that a linking event names. A merge moves the source's ids to the
target, whichever is older. Standard library only.
"""

from collections.abc import Iterable

from identity_cli.events import CLIENT_INGESTION_WARNING
from identity_cli.facts import (
    DistinctIdSeen,
    EventAttributed,
    EventDropped,
    EventRejected,
    IngestionWarning,
    Linked,
)
from identity_cli.outcomes import Outcome
from identity_cli.resolver.fact_makers import (
    Processed,
    already_identified,
    client_warning,
    failed_link,
    illegal_id,
    linked,
    profile_warning,
    too_long,
)
from identity_cli.resolver.id_owners import Owners, owner_in
from identity_cli.resolver.person_changes import PersonChanges
from identity_cli.resolver.person_state import Person
from identity_cli.resolver.properties import check_unset
from identity_cli.rules.base import Guard, RuleSet
from identity_cli.rules.guarding import Wish, why_refused
from identity_cli.rules.linking import link_of
from identity_cli.rules.reaching import Way, has_odd_flag, way_of
from identity_cli.rules.storing import PlatformBroke, check_stored, is_stored
from identity_cli.rules.writing import NOTHING, Writes, writes_of

_MAY_LACK_PERSON = (Linked, IngestionWarning)


class Processing(PersonChanges):
    """Processes events that wait for nothing any more."""

    def __init__(self, rules: RuleSet, owners: Owners, *, attributing: bool) -> None:
        """Attributing reports every event's person."""
        super().__init__(rules, owners)
        self._attributing = attributing
        self._gates = rules.gates_events
        self._links = rules.links
        self._guards_all = rules.guards_all_links
        self._given: set[tuple[str, int, str]] = set()  # kinds of links, and the ids they joined to somebody

    def process(self, step: Processed, warning: IngestionWarning | None = None) -> None:
        """Link first, then write: the order of the platform's own steps. warning: capture's of the event."""
        told = len(self.facts)
        if warning is not None:
            self.facts.append(warning)
        try:
            if self._gates and self._is_settled_at_the_gate(step):
                return
            person = self._reach_persons(step)
        except PlatformBroke as failure:
            self.facts.append(EventRejected(step.seq, failure.reason, by_platform=True))
            return
        if self._gates or warning is not None or step.kind in self._links:
            self._name_person(told, person)
        (step.known or step.ids[step.distinct_id]).see(step.time)
        if self._attributing:
            self._attribute(step, person, None)

    @property
    def given(self) -> list[tuple[str, int, str]]:
        """Kinds of links, and the ids that they joined to somebody."""
        return sorted(self._given)

    @given.setter
    def given(self, told: Iterable[tuple[str, int, str]]) -> None:
        self._given = set(told)

    def refuse(self, step: Processed, warning: IngestionWarning) -> None:
        """Capture did not let the event in."""
        self.facts.append(warning)
        self._drop(step, "distinct_id too large for capture")

    def _reach_persons(self, step: Processed) -> Person:
        writes = writes_of(step.event, step.time, self._rules)
        if step.kind in self._links:
            person = self._link(step, writes)
            if person is not None:
                return person
        return self._update_or_create(step, writes)

    def link(self, step: Processed) -> None:
        """Do what a link asks that is part of another event, which is counted itself."""
        if way_of(step.event, step.distinct_id, self._rules) is Way.TOO_LONG or not is_stored(
            step.distinct_id, self._rules
        ):
            return  # the event is lost for it, and tells
        told = len(self.facts)
        person = self._link(step, NOTHING)
        if person is None:
            self._name_person(told, self._update_or_create(step, NOTHING))

    # Events that go no further

    def _is_settled_at_the_gate(self, step: Processed) -> bool:
        """The checks before an event may touch a person: whether it goes no further."""
        way = way_of(step.event, step.distinct_id, self._rules)
        if way is not Way.TOO_LONG and has_odd_flag(step.event, self._rules):
            self.facts.append(profile_warning(step, "invalid_process_person_profile"))
        match way:
            case Way.TO_PERSONS:
                return False
            case Way.LOOKS_UP_IF_UNKNOWN if step.ids.get(step.distinct_id) is not None:
                return False
            case Way.LOOKS_UP_IF_UNKNOWN:
                self._look_up(step)
            case Way.LOOKS_UP:
                self._look_up(step)
            case Way.TOO_LONG:
                self.facts.append(too_long(step, self._rules))
                self._drop(step, "distinct_id too long")
            case Way.IGNORED:
                if step.event.event == CLIENT_INGESTION_WARNING:
                    self.facts.append(client_warning(step))
                self._drop(step, f"{step.event.event} never reaches persons")
            case Way.SENSELESS:
                self.facts.append(profile_warning(step, "invalid_event_when_process_person_profile_is_false"))
                self._drop(step, "$process_person_profile is false")
        return True

    def _look_up(self, step: Processed) -> None:
        """No person is made and nothing is written; the id is remembered."""
        check_stored(step.distinct_id, self._rules)
        person = owner_in(step.ids, step.distinct_id)
        seen = step.ids.get(step.distinct_id) or self._owners.without_person(step.team_id, step.distinct_id)
        if seen is None:
            seen = self._owners.see_without_person(step.seq, step.team_id, step.distinct_id)
            self.facts.append(DistinctIdSeen(step.seq, step.team_id, step.distinct_id))
        seen.see(step.time)
        self._attribute(step, person, "personless")

    # Linking

    def _link(self, step: Processed, writes: Writes) -> Person | None:
        """Do what a linking event asks; None if the event goes on as an ordinary one."""
        asked = link_of(step.event, step.distinct_id, self._rules)
        if asked is None:
            return None
        if asked.outcome is not None:
            self._refuse_at_sight(step, asked.source, asked.outcome, asked.illegal)
            return None
        if not (is_stored(asked.source, self._rules) and is_stored(step.distinct_id, self._rules)):
            return self._go_on_unlinked(step, asked.source, writes)
        return self._join(step, asked.source, writes)

    def _refuse_at_sight(
        self, step: Processed, source_id: str, outcome: Outcome, illegal: str | None
    ) -> None:
        """Tell of a link that is none by its ids alone."""
        source, target = _owners(step, source_id)
        self.facts.append(linked(step, source_id, outcome, source, target))
        if outcome is Outcome.SAME_ID:
            self._tell_failure(step, source_id, outcome)
        if illegal is not None:
            counterpart = source_id if illegal == step.distinct_id else step.distinct_id
            self.facts.append(illegal_id(step, illegal, counterpart, target, self._rules))

    def _join(self, step: Processed, source_id: str, writes: Writes) -> Person:
        """Two legal, different ids: make, attach, merge or refuse; the result is identified."""
        source, target = _owners(step, source_id)
        if (source is None or source is not target) and self._may_be_refused(source, target):
            refusal = why_refused(self._wish(step, source_id, source, target), self._rules)
            if refusal is not None:
                return self._refuse(step, source_id, refusal, writes)
        if self._rules.guard is Guard.GIVEN_ID:
            self._given.add((step.kind, step.team_id, source_id))
        if target is None:
            if source is None:
                return self._create_linked(step, source_id, writes)
            if self._rules.own_id_makes_person:
                target = self._create(step, step.distinct_id, NOTHING)
                return self._merge(step, source_id, source, target, writes)
            self.facts.append(linked(step, source_id, Outcome.ATTACHED, source, target, source))
            self._attach(step, step.distinct_id, source)
            target = source
        elif source is None:
            self.facts.append(linked(step, source_id, Outcome.ATTACHED, source, target))
            self._attach(step, source_id, target)
        elif source is target:
            self.facts.append(linked(step, source_id, Outcome.SAME_PERSON, source, target))
        else:
            return self._merge(step, source_id, source, target, writes)
        self._update(step, target, writes, identifies=True)
        self._identify(step, target)
        return target

    def _may_be_refused(self, source: Person | None, target: Person | None) -> bool:
        """Whether there is anything to look into: under most rules only where two persons would be one."""
        return self._guards_all or (
            source is not None and target is not None and source.identified_seq is not None
        )

    def _wish(self, step: Processed, source_id: str, source: Person | None, target: Person | None) -> Wish:
        return Wish(
            step.kind,
            source_id,
            source is not None and source.is_identified,
            (step.kind, step.team_id, source_id) in self._given,
            target is not None,
            sum(1 if person is None else person.ids for person in (source, target)),
        )

    def _refuse(self, step: Processed, source_id: str, outcome: Outcome, writes: Writes) -> Person:
        """Both persons stay; the event is the target's, which is identified all the same."""
        source, target = _owners(step, source_id)
        person = target or self._create(step, step.distinct_id, writes)
        self.facts.append(linked(step, source_id, outcome, source, target, person))
        if outcome is Outcome.REFUSED_IDENTIFIED and source is not None:
            self.facts.append(already_identified(step, source_id, source, person, self._rules))
        self._tell_failure(step, source_id, outcome, person)
        if target is not None:
            self._update(step, target, writes, identifies=True)
        self._identify(step, person)
        return person

    def _create_linked(self, step: Processed, source_id: str, writes: Writes) -> Person:
        """Neither id known: one new person with both, identified from the start."""
        creator, joiner = step.distinct_id, source_id
        if self._rules.personless_id_swap and self._owners.only_one_was_personless(
            step.team_id, source_id, step.distinct_id
        ):
            creator, joiner = joiner, creator
        person = self._create(step, creator, writes)
        self.facts.append(linked(step, source_id, Outcome.CREATED, None, None, person))
        self._attach(step, joiner, person)
        self._identify(step, person)
        if self._rules.unset_after_linked_creation and writes.unset is not None:
            self._update(step, person, Writes({}, {}, writes.unset))
        return person

    def _go_on_unlinked(self, step: Processed, source_id: str, writes: Writes) -> Person:
        """The platform breaks on the link, undoes it and says nothing: the event goes on as an ordinary one.

        That it was tried marks its person identified all the same.
        """
        self.facts.append(linked(step, source_id, Outcome.FAILED, *_owners(step, source_id)))
        person = self._update_or_create(step, writes, identifies=True)
        self._identify(step, person)
        return person

    def _breaks_on_unset(self, writes: Writes, source: Person, target: Person) -> bool:
        """Whether the platform breaks on what a merge of the two would have to remove."""
        if writes.unset is not None:
            try:
                check_unset(writes, self._rules, source.properties, target.properties)
            except PlatformBroke:
                return True
        return False

    def _merge(
        self, step: Processed, source_id: str, source: Person, target: Person, writes: Writes
    ) -> Person:
        """The target stays; its values win, then the event's own are written on top."""
        if self._breaks_on_unset(writes, source, target):
            return self._go_on_unlinked(step, source_id, writes)
        age, gained = target.created_at, None
        if writes is not NOTHING and (writes.unset is not None or self._rules.filters_merges):
            gained = source.properties.keys() - target.properties.keys()
        dropped = target.absorb(source, self._rules.merged_profile)
        self.facts.append(linked(step, source_id, Outcome.MERGED, source, target, dropped=dropped))
        is_forced = not target.is_identified or target.created_at != age
        self._write_merged(step, target, writes, gained, is_forced=is_forced)
        self._identify(step, target)
        return target

    # Telling

    def _name_person(self, told: int, person: Person) -> None:
        """Of a link that came to nothing, or a warning, it may show only now whose event it was."""
        for index in range(told, len(self.facts)):
            fact = self.facts[index]
            if isinstance(fact, _MAY_LACK_PERSON) and fact.person is None:
                self.facts[index] = fact._replace(person=person.number)

    def _tell_failure(
        self, step: Processed, source_id: str, outcome: Outcome, person: Person | None = None
    ) -> None:
        """Warn of a link that failed, where its vendor has a name for that."""
        reason = self._rules.failure_reasons.get((outcome, step.kind))
        if reason is not None:
            self.facts.append(failed_link(step, source_id, reason, person, self._rules))

    def _drop(self, step: Processed, reason: str) -> None:
        self.facts.append(EventDropped(step.seq, step.team_id, step.distinct_id, reason))
        self._attribute(step, None, reason)

    def _attribute(self, step: Processed, person: Person | None, note: str | None) -> None:
        if self._attributing:
            event = step.event
            number = None if person is None else person.number
            self.facts.append(
                EventAttributed(
                    *(step.seq, event.uuid, event.event, step.team_id, step.distinct_id, number, note),
                    *(step.time, event.properties.lib, event.properties.lib_version),
                )
            )


def _owners(step: Processed, source_id: str) -> tuple[Person | None, Person | None]:
    """The persons of the other id and of the event's own id."""
    return owner_in(step.ids, source_id), owner_in(step.ids, step.distinct_id)
