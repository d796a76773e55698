"""What changes of persons, told as facts: one is made, given an id, identified, written on.

Standard library only.
"""

from collections.abc import Set

from identity_cli.facts import DistinctIdAttached, Fact, PersonCreated, PersonIdentified, PropertiesChanged
from identity_cli.resolver.fact_makers import Processed
from identity_cli.resolver.id_owners import Owners, owner_in, owner_of
from identity_cli.resolver.person_state import Person
from identity_cli.resolver.properties import (
    PropertyWrite,
    created,
    is_noise,
    is_noise_of_merge,
    undo,
    written,
)
from identity_cli.rules.base import RuleSet
from identity_cli.rules.storing import check_stored
from identity_cli.rules.writing import NOTHING, Writes


class PersonChanges:
    """Changes persons as events ask; facts: where that is told."""

    def __init__(self, rules: RuleSet, owners: Owners) -> None:
        self.facts: list[Fact] = []
        self._rules = rules
        self._owners = owners

    def _update_or_create(self, step: Processed, writes: Writes, *, identifies: bool = False) -> Person:
        """The ordinary way of an event: to the person of its id, made now if there is none."""
        known = step.known
        person = owner_in(step.ids, step.distinct_id) if known is None else owner_of(known)
        if person is None:
            return self._create(step, step.distinct_id, writes)
        if step.event.event not in self._rules.never_updates:
            self._update(step, person, writes, identifies=identifies)
        return person

    def _create(self, step: Processed, creator: str, writes: Writes) -> Person:
        """A new person: `$set_once` under `$set`; `$unset` has nothing to remove yet."""
        check_stored(creator, self._rules)
        person = self._owners.make_person(step.seq, step.team_id, creator, step.time)
        self.facts.append(PersonCreated(step.seq, person.number, step.team_id, creator, step.time))
        if writes is not NOTHING:
            person.properties, changes = created(writes)
            self._tell(step, person, changes)
        return person

    def _update(self, step: Processed, person: Person, writes: Writes, *, identifies: bool = False) -> None:
        """Write on a person that exists; identifies: a write of the flag takes everything along."""
        if writes is NOTHING:
            return
        properties, changes = written(person.properties, writes, self._rules)
        is_forced = identifies and not person.is_identified
        if changes and not is_forced and is_noise(step.event.event, writes, changes, self._rules):
            undo(properties, changes)
            return
        person.properties = properties
        self._tell(step, person, changes)

    def _write_merged(
        self, step: Processed, person: Person, writes: Writes, gained: Set[str] | None, *, is_forced: bool
    ) -> None:
        """Write on a person that a merge has just given more properties; gained: their keys."""
        if writes is NOTHING:
            return
        rules = self._rules
        person.properties, changes = written(person.properties, writes, rules, gained)
        may_be_noise = rules.filters_merges and not is_forced and gained is not None
        if may_be_noise and is_noise_of_merge(person.properties, gained or set(), writes, changes, rules):
            changes = undo(person.properties, changes)
        self._tell(step, person, changes)

    def _attach(self, step: Processed, distinct_id: str, person: Person) -> None:
        self._owners.attach(step.seq, distinct_id, person)
        self.facts.append(DistinctIdAttached(step.seq, person.number, step.team_id, distinct_id))

    def _identify(self, step: Processed, person: Person) -> None:
        if person.identified_seq is None:
            person.identified_seq = step.seq
            self.facts.append(PersonIdentified(step.seq, person.number))

    def _tell(self, step: Processed, person: Person, changes: list[PropertyWrite]) -> None:
        if changes:
            self.facts.append(
                PropertiesChanged(step.seq, person.number, step.event.event, step.time, changes)
            )
