"""What the events of connected ids come to, replayed as often as it takes, changed or not."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from identity_cli.answers.common import EventAddress
from identity_cli.counterfactual.edits import NO_EDITS, Edits
from identity_cli.dialects.pairs import FirstLinks
from identity_cli.events import LONG_AGO, Event, arrival_of
from identity_cli.facts import Fact, IdsLeft, Linked, PersonsLeft
from identity_cli.origins import Origin
from identity_cli.person_ids import person_uuids
from identity_cli.pieces.edges import Key
from identity_cli.reading.left_out import uuid_in_text
from identity_cli.reading.options import ReplayOptions
from identity_cli.resolver.person_resolver import PersonResolver

EVENTS_AT_ONCE = 1_000
"""So many are applied before what they changed is noted, and all of it forgotten but the links."""


ArrivedEvent = tuple[int, Event, datetime]
"""An event with its seq, and what time the log showed before it."""


@dataclass(slots=True)
class Resolution:
    """What the events of a scope come to.

    person_of: person id of each distinct id. states: whether a person is identified, and its properties.
    links: by seq. events: how many each id has.
    """

    person_of: dict[Key, str] = field(default_factory=dict)
    states: dict[str, tuple[bool, dict[str, Any]]] = field(default_factory=dict)
    links: dict[int, Linked] = field(default_factory=dict)
    events: Counter[Key] = field(default_factory=Counter)

    def are_together(self, one: Key, two: Key) -> bool:
        """Whether two ids are one person."""
        return one in self.person_of and self.person_of[one] == self.person_of.get(two)

    def ids_with(self, key: Key) -> list[str]:
        """The distinct ids of an id's person; the id alone where it has none."""
        person = self.person_of.get(key)
        ids = sorted(one for (_, one), whose in self.person_of.items() if whose == person)
        return ids if person is not None else [key[1]]

    def is_identified(self, key: Key) -> bool:
        """Whether an id's person is."""
        person = self.person_of.get(key)
        return person is not None and self.states[person][0]


@dataclass(frozen=True, slots=True)
class Place:
    """An event by its place, and its uuid if it has one."""

    seq: int
    origin: Origin
    uuid: str | None

    @property
    def document(self) -> EventAddress:
        """The same as it stands in JSON."""
        return {**self.origin.place, "uuid": self.uuid}


@dataclass
class Scope:
    """Connected ids of a log, and their events with the log's clock before each.

    options: as the log was replayed; origin_of: where the event of a seq stands.
    first_of: of those that repeat another, where such are skipped, the seq of the first of their kind.
    """

    keys: set[Key]
    options: ReplayOptions
    origin_of: Callable[[int], Origin]
    steps: list[ArrivedEvent] = field(default_factory=list)
    first_of: dict[int, int] = field(default_factory=dict)

    def places(self, seqs: Iterable[int]) -> tuple[Place, ...]:
        """Some of the events by their places, in order."""
        return tuple(Place(seq, self.origin_of(seq), self._uuid_of(seq)) for seq in sorted(seqs))

    def _uuid_of(self, seq: int) -> str | None:
        at = bisect_left(self.steps, seq, key=itemgetter(0))
        return uuid_in_text(self.steps[at][1].uuid)

    def resolve(
        self, edits: Edits = NO_EDITS, steps: Iterable[ArrivedEvent] | None = None, *, to_the_end: bool = True
    ) -> Resolution:
        """Replay the events, with changes; or other steps in their place.

        Not to_the_end: what waits in the buffer after the last of them still waits.
        """
        if edits is NO_EDITS and steps is None and to_the_end:
            return self._as_it_is
        return self._resolved(edits, self.steps if steps is None else steps, to_the_end=to_the_end)

    @cached_property
    def _as_it_is(self) -> Resolution:
        """What every question about a scope begins with; its steps are all there by then."""
        return self._resolved(NO_EDITS, self.steps, to_the_end=True)

    def _resolved(self, edits: Edits, steps: Iterable[ArrivedEvent], *, to_the_end: bool) -> Resolution:
        resolver = PersonResolver(
            edits.rules(self.options.applied_rules),
            team_id=self.options.team_id,
            buffer_seconds=self.options.buffer_seconds,
        )
        result, coming = Resolution(), iter(steps)
        counts = _Counts(edits, self._repeat_filter(), FirstLinks())
        while block := [*islice(coming, EVENTS_AT_ONCE)]:
            _note(resolver.apply_each(_as_they_come(block, counts, resolver)), result)
        if to_the_end:
            _note(resolver.finish(), result)
        _gather(resolver, result)
        return result

    def _repeat_filter(self) -> Callable[[int, Event], bool]:
        """Tells of the next event whether it counts: of those of a kind, as edited, the first does."""
        if not self.first_of:
            return lambda seq, event: True
        taken: set[tuple[int, Any, Any]] = set()

        def is_new(seq: int, event: Event) -> bool:
            kind = self.first_of.get(seq, seq), event.distinct_id, event.properties.distinct_id
            known = kind in taken
            taken.add(kind)
            return not known

        return is_new


class _Counts(NamedTuple):
    """What decides of an event in turn what of it counts."""

    edits: Edits
    is_new: Callable[[int, Event], bool]
    first_links: FirstLinks


def _as_they_come(
    steps: Iterable[ArrivedEvent], counts: _Counts, resolver: PersonResolver
) -> Iterator[tuple[int, Event]]:
    """The events that a resolver is to apply; before it gets one, time passes and its links are done."""
    for seq, event, clock in steps:
        resolver.pass_time_between(seq, clock)
        changed = counts.edits.applied(seq, event)
        if changed is None:  # what is left out still shows what time it is
            resolver.pass_time_between(seq, arrival_of(event) or LONG_AGO)
        elif counts.is_new(seq, changed):
            for link in counts.first_links.of(changed):
                resolver.link_between(seq, link)
            yield seq, changed


def _note(facts: Iterable[Fact], result: Resolution) -> None:
    for fact in facts:
        if type(fact) is Linked:
            result.links[fact.seq] = fact


def _gather(resolver: PersonResolver, result: Resolution) -> None:
    for left in resolver.everybody():
        if isinstance(left, IdsLeft):
            keys = [*zip(left.team_ids, left.ids.texts, strict=True)]
        else:
            keys = _gather_persons(left, result)
        result.events.update(dict(zip(keys, left.ids.counts, strict=True)))


def _gather_persons(left: PersonsLeft, result: Resolution) -> list[Key]:
    """Note some persons; their ids."""
    standing, texts = left.standing, iter(left.ids.texts)
    person_ids = person_uuids(zip(standing.team_ids, standing.creators, strict=True))
    columns = (person_ids, standing.team_ids, standing.identified, left.properties, left.id_counts)
    keys: list[Key] = []
    for person_id, team_id, identified, properties, id_count in zip(*columns, strict=True):
        own = [(team_id, text) for text in islice(texts, id_count)]
        result.person_of.update(dict.fromkeys(own, person_id))
        result.states[person_id] = (identified is not None, properties)
        keys += own
    return keys
