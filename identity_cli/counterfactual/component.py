"""The part of a log that a question is about, replayed in memory as often as it takes.

Two events can only interact when their ids are connected by links, refused ones included; only
refusals of illegal ids connect nobody. So the events of connected ids, with the clock of all the
others, replay just as they do within the whole log.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain, islice
from operator import itemgetter
from typing import Any, NamedTuple

from identity_cli.answers.common import EventAddress
from identity_cli.counterfactual.edits import NO_EDITS, Edits
from identity_cli.dialects.pairs import FirstLinks
from identity_cli.dialects.record import event_type, properties_type
from identity_cli.events import ABSENT, IDENTIFY, LONG_AGO, Event, Origin, arrival_of
from identity_cli.facts import Fact, IdsLeft, Linked, PersonsLeft
from identity_cli.person_ids import person_uuids
from identity_cli.pieces.edges import Key, connected
from identity_cli.reading.left_out import uuid_in_text
from identity_cli.reading.options import ReplayOptions
from identity_cli.replaying.indexed_log import events_naming
from identity_cli.replaying.log_again import NOTHING, Progress, events_of
from identity_cli.replaying.rerun import options_of
from identity_cli.replaying.shortened_log import log_without as log_without  # noqa: PLC0414 (also its home)
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules.linking import other_id
from identity_cli.rules.own_id import own_id, stored_id
from identity_cli.store.reading.run import Run
from identity_cli.values.javascript import text as as_text

LinkedIds = tuple[int, str, str]
"""Team, and two distinct ids that a link names."""

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
    """Connected ids of a run, and their events with the log's clock before each.

    first_of: of those that repeat another, where such are skipped, the seq of the first of their kind.
    """

    run: Run
    keys: set[Key]
    steps: list[ArrivedEvent] = field(default_factory=list)
    first_of: dict[int, int] = field(default_factory=dict)

    def places(self, seqs: Iterable[int]) -> tuple[Place, ...]:
        """Some of the events by their places, in order."""
        return tuple(Place(seq, self.run.origin(seq), self._uuid_of(seq)) for seq in sorted(seqs))

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
        options = options_of(self.run)
        resolver = PersonResolver(
            edits.rules(options.applied_rules),
            team_id=options.team_id,
            buffer_seconds=options.buffer_seconds,
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


def linking_event(name: str, target: Key, source: str) -> Event:
    """An event that asks to link a source to a target."""
    record = event_type(())
    key = "anon_distinct_id" if name == IDENTIFY else "alias"
    properties = properties_type(record)(**{key: source})
    return record(event=name, distinct_id=target[1], team_id=target[0], properties=properties)


def scope_of(
    run: Run, keys: Iterable[Key], on_progress: Progress | None = None, more: Iterable[LinkedIds] = ()
) -> Scope:
    """Read the events of all ids connected with these, by links or more pairs."""
    pairs = chain(run.link_pairs(), more, _pairs_of_repeats(run, on_progress))
    scope = Scope(run, connected(keys, (((team, one), (team, two)) for team, one, two in pairs)))
    names = {distinct_id for _, distinct_id in scope.keys}
    options = options_of(run)
    rules, team_id = options.applied_rules, options.team_id
    for seq, event, counts_as, clock in events_naming(run, names, on_progress):
        given, inside = event.distinct_id, event.properties
        own = given if type(given) is str and inside.distinct_id in (None, given) else own_id(event, rules)
        if own is not None and "\0" in own:
            own = stored_id(event, rules)
        links = inside.alias is not None or inside.anon_distinct_id is not ABSENT or event.links
        if counts_as and (own in names or (links and _names_other(event, names, rules))):
            team = team_id if event.team_id is None else event.team_id
            if (team, own) in scope.keys or links:
                scope.steps.append((seq, event, clock))
                if counts_as != seq:
                    scope.first_of[seq] = counts_as
    return scope


def _pairs_of_repeats(run: Run, on_progress: Progress | None) -> Iterator[LinkedIds]:
    """What skipped events would link, had those that they repeat been left out."""
    if not (run.metadata["deduped"] and run.metadata["repeats"]):
        return
    options = options_of(run)
    for seq, event, counts_as in events_of(run, on_progress):
        if counts_as not in (seq, NOTHING):
            for one in (*event.links, event):
                other = other_id(one, options.applied_rules)
                if other is not ABSENT:
                    team_id, own = key_in(one, options)
                    yield team_id, as_text(other), own


def key_of(event: Event, run: Run) -> Key:
    """The event's own distinct id in its team."""
    return key_in(event, options_of(run))


def key_in(event: Event, options: ReplayOptions) -> Key:
    """The same, as replayed with these options."""
    team_id = options.team_id if event.team_id is None else event.team_id
    return team_id, stored_id(event, options.applied_rules) or ""


def _names_other(event: Event, names: set[str], rules: Any) -> bool:
    if any(_names_other(link, names, rules) for link in event.links):
        return True
    other = other_id(event, rules)
    if other is ABSENT:
        return False
    text = as_text(other)
    return text in names or text.replace("\0", "\ufffd") in names
