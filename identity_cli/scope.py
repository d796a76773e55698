"""The part of a log that a question is about, replayed in memory as often as it takes.

Two events can only interact when their ids are connected by links, refused ones included; only
refusals of illegal ids connect nobody. So the events of connected ids, with the clock of all the
others, replay just as they do within the whole log.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, cast

from identity_cli.buffer import LONG_AGO, arrival_of
from identity_cli.dialects.base import Unusable
from identity_cli.dialects.json_lines import object_of
from identity_cli.dialects.record import event_type, properties_type
from identity_cli.edits import NO_EDITS, Edits
from identity_cli.errors import EventInBatch
from identity_cli.events import ABSENT, IDENTIFY, MERGE_DANGEROUSLY, Event, Origin
from identity_cli.facts import Fact, Linked
from identity_cli.files.places import scratch_folder
from identity_cli.intake import LEFT_OUT, Batch, Skipped, log_of
from identity_cli.javascript import text as as_text
from identity_cli.parquet_file import rows_of
from identity_cli.persons import survivor_of
from identity_cli.replayer import items_of
from identity_cli.resolver import PersonResolver
from identity_cli.rules import rule_set
from identity_cli.rules.copying import names_to_read
from identity_cli.rules.linking import other_id
from identity_cli.rules.own_id import own_id
from identity_cli.store.run import Run
from identity_cli.trials import check_source, options_of, paths_of

Key = tuple[int, str]
"""Team and distinct id."""

Progress = Callable[[int], None]
REPLACEMENT = "\ufffd"
"""What newer rules make of a NUL in an id."""


Step = tuple[int, Event, datetime]
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


@dataclass(slots=True)
class Scope:
    """Connected ids of a run, and their events with the log's clock before each."""

    run: Run
    keys: set[Key]
    steps: list[Step] = field(default_factory=list)

    def resolve(self, edits: Edits = NO_EDITS, steps: Iterable[Step] | None = None) -> Resolution:
        """Replay the events, with changes; or other steps in their place."""
        options = options_of(self.run)
        resolver = PersonResolver(
            edits.rules(rule_set(options.rules)),
            team_id=options.team_id,
            buffer_seconds=options.buffer_seconds,
        )
        result = Resolution()
        for seq, event, clock in self.steps if steps is None else steps:
            _note(resolver.pass_time(seq, clock), result)
            changed = edits.applied(seq, event)
            if changed is not None:
                for link in changed.links:
                    _note(resolver.link(seq, link), result)
                _note(resolver.apply(seq, changed), result)
            else:  # what is left out still shows what time it is
                _note(resolver.pass_time(seq, arrival_of(event) or LONG_AGO), result)
        _note(resolver.finish(), result)
        _gather(resolver, result)
        return result


def _note(facts: Iterable[Fact], result: Resolution) -> None:
    for fact in facts:
        if type(fact) is Linked:
            result.links[fact.seq] = fact


def _gather(resolver: PersonResolver, result: Resolution) -> None:
    for team_id, distinct_id, seen in resolver.distinct_ids():
        key = (team_id, distinct_id)
        result.events[key] = seen.count
        if seen.person is not None:
            person = survivor_of(seen.person)
            person_id = person.uuid
            result.person_of[key] = person_id
            result.states.setdefault(person_id, (person.is_identified, dict(person.properties)))


def as_dangerous_merge(event: Event, source: str) -> Event:
    """The event, had it been a `$merge_dangerously` of that source."""
    changed: Any = copy(event)
    changed.event, changed.properties = MERGE_DANGEROUSLY, copy(event.properties)
    changed.properties.alias = source
    return cast(Event, changed)


def linking_event(name: str, target: Key, source: str) -> Event:
    """An event that asks to link a source to a target."""
    record = event_type(())
    key = "anon_distinct_id" if name == IDENTIFY else "alias"
    properties = properties_type(record)(**{key: source})
    return record(event=name, distinct_id=target[1], team_id=target[0], properties=properties)


def connected(run: Run, keys: Iterable[Key]) -> set[Key]:
    """All the ids that links connect with these, directly or not."""
    neighbours: dict[Key, list[Key]] = {}
    for team_id, source, target in run.link_pairs():
        one, two = (team_id, source), (team_id, target)
        neighbours.setdefault(one, []).append(two)
        neighbours.setdefault(two, []).append(one)
    found = set(keys)
    waiting = list(found)
    while waiting:
        for key in neighbours.get(waiting.pop(), ()):
            if key not in found:
                found.add(key)
                waiting.append(key)
    return found


def scope_of(run: Run, keys: Iterable[Key], on_progress: Progress | None = None) -> Scope:
    """Read, in one pass over the log, the events of all ids connected with these."""
    scope = Scope(run, connected(run, keys))
    names = {distinct_id for _, distinct_id in scope.keys}
    clock = LONG_AGO
    rules, team_id = rule_set(options_of(run).rules), options_of(run).team_id
    for seq, event, is_resolved in events_of(run, on_progress):
        given, inside = event.distinct_id, event.properties
        own = given if type(given) is str and inside.distinct_id in (None, given) else own_id(event, rules)
        if own is not None and "\0" in own and rules.nul_becomes_replacement:
            own = own.replace("\0", REPLACEMENT)
        links = inside.alias is not None or inside.anon_distinct_id is not ABSENT or event.links
        if is_resolved and (own in names or (links and _names_other(event, names, rules))):
            team = team_id if event.team_id is None else event.team_id
            if (team, own) in scope.keys or links:
                scope.steps.append((seq, event, clock))
                continue
        arrival = event.now or event.received_at or event.created_at or event.inserted_at or event.timestamp
        if arrival is not None and arrival > clock:
            clock = arrival
    return scope


def key_of(event: Event, run: Run) -> Key:
    """The event's own distinct id in its team."""
    options = options_of(run)
    team_id = options.team_id if event.team_id is None else event.team_id
    return team_id, own_id(event, rule_set(options.rules)) or ""


def _names_other(event: Event, names: set[str], rules: Any) -> bool:
    if any(_names_other(link, names, rules) for link in event.links):
        return True
    other = other_id(event, rules)
    if other is ABSENT:
        return False
    text = as_text(other)
    return text in names or text.replace("\0", REPLACEMENT) in names


def raw_event(run: Run, origin: Origin) -> dict[str, Any]:
    """The JSON object that stands at a place of a run's log; empty where there is none."""
    for path in paths_of(run):
        if path == origin.path:
            line = next(islice(rows_of(path), origin.line - 1, None), b"")
            with suppress(Unusable):
                return object_of(line)
    return {}


def log_without(run: Run, left_out: frozenset[str]) -> Iterator[bytes]:
    """The lines of a run's log, in the order of its files, but for those at FILE:LINE."""
    batches = {str(run.origin(first)) for first, _, _ in run.origins.batches}
    for where in sorted(left_out & batches):
        raise EventInBatch(where)
    for path in paths_of(run):
        for number, line in enumerate(rows_of(path), 1):
            if f"{path}:{number}" not in left_out:
                yield line if line.endswith(b"\n") else line + b"\n"


def events_of(run: Run, on_progress: Progress | None = None) -> Iterator[tuple[int, Event, bool]]:
    """Every event of a run's log as it was replayed, with its seq; LogChanged if it is another.

    The flag says whether it was resolved: of those that a plan leaves out only the time counts.
    """
    options = options_of(run)
    names = names_to_read(rule_set(options.rules).copied)
    with scratch_folder() as scratch:
        items = items_of(log_of(paths_of(run)), options, names, scratch, on_progress)
        with closing(iter(items)) as every:
            for item in every:
                if isinstance(item, Batch) or (isinstance(item, Skipped) and item.reason == LEFT_OUT):
                    for seq, event in enumerate(item.events, item.first_seq):
                        yield seq, event, isinstance(item, Batch)
        for before, after in zip(run.sources(), items.log_read().sources, strict=True):
            check_source(before, {"size": after.size, "hash": after.hash})
