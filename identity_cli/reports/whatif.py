"""What if: a run's log replayed with something changed, and whose persons that changes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from identity_cli.comparison import Comparison, Member, compare
from identity_cli.edits import Edits
from identity_cli.errors import NoSuchEvent, UnknownId
from identity_cli.events import Origin
from identity_cli.facts import Linked
from identity_cli.properties import same_value
from identity_cli.scope import Key, Resolution, Scope, events_of, key_of, scope_of
from identity_cli.store.run import Run

Progress = Callable[[int], None]
RESET = " after reset at "


@dataclass(frozen=True, slots=True)
class Change:
    """What to change, as a person names it; events are uuids or FILE:LINE."""

    without: tuple[str, ...] = ()
    blocked_ids: tuple[str, ...] = ()
    resets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flip:
    """A link whose outcome is another because of the change."""

    origin: Origin
    event: str
    source_distinct_id: str
    target_distinct_id: str
    before: str
    after: str


@dataclass(slots=True)
class WhatIf:
    """What a change comes to; the comparison is of the ids that it can affect.

    persons: unique users of the whole run, before and after. ids, events: how many the change can affect.
    properties: person id before and after, and the names of the properties that differ.
    """

    comparison: Comparison
    persons: tuple[int, int]
    ids: int
    events: int
    flips: list[Flip] = field(default_factory=list)
    properties: list[tuple[str, str, list[str]]] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.comparison.differs or self.flips or self.properties)


@dataclass(frozen=True, slots=True)
class Found:
    """An event that a change names: its place, and the ids it names."""

    seq: int
    own: Key
    other: Key | None


def whatif(run: Run, change: Change, on_progress: Progress | None = None) -> WhatIf:
    """Replay what a change can affect, with it and without, and compare; UnknownId, NoSuchEvent."""
    found = [find_event(run, named, on_progress) for named in (*change.without, *change.resets)]
    keys = [key for one in found for key in (one.own, one.other) if key is not None]
    keys += [key for one in change.blocked_ids for key in _keys_of(run, one)]
    scope = scope_of(run, keys, on_progress)
    return compared(run, scope, edits_of(run, change, found))


def _keys_of(run: Run, distinct_id: str) -> list[Key]:
    keys = run.keys_of(distinct_id)
    if not keys:
        raise UnknownId(distinct_id, run.nearest_ids(distinct_id))
    return keys


def edits_of(run: Run, change: Change, found: list[Found]) -> Edits:
    """The edits that a change names; found: its events, in order."""
    left_out = found[: len(change.without)]
    resets: dict[str, tuple[int, str]] = {}
    for one in found[len(change.without) :]:
        device = one.own if one.other is None else one.other
        resets.setdefault(device[1], (one.seq, f"{device[1]}{RESET}{run.origin(one.seq)}"))
    return Edits(frozenset(one.seq for one in left_out), frozenset(change.blocked_ids), resets)


def compared(run: Run, scope: Scope, edits: Edits) -> WhatIf:
    """What edits come to within a scope."""
    before, after = scope.resolve(), scope.resolve(edits)
    comparison = compare(partial(_members, scope.keys, before, after))
    persons = run.count("persons")
    difference = comparison.persons_after - comparison.persons_before
    return WhatIf(
        comparison,
        (persons, persons + difference),
        len(scope.keys),
        len(scope.steps),
        [*_flips(run, before, after, edits)],
        [*_properties(comparison, before, after)],
    )


def find_event(run: Run, named: str, on_progress: Progress | None = None) -> Found:
    """The event of that uuid, at that FILE:LINE, or at that line of the first file; NoSuchEvent."""
    seqs = run.origins.seqs_at(named)
    for column, value in (*(("seq", seq) for seq in seqs), ("uuid", named)):
        for seq, team, source, target in run.link_ends(column, value):
            return Found(seq, (team, target), (team, source))
    wanted = set(seqs)
    for seq, event, is_resolved in events_of(run, on_progress):
        if is_resolved and (seq in wanted or event.uuid == named):
            return Found(seq, key_of(event, run), None)
    raise NoSuchEvent(named)


def _members(keys: Iterable[Key], before: Resolution, after: Resolution) -> Iterator[Member]:
    for key in sorted({*keys, *after.person_of}):
        old, new = before.person_of.get(key), after.person_of.get(key)
        if key in keys and (old or new):
            yield Member(*key, before.events[key] or after.events[key], old, new)


def _flips(run: Run, before: Resolution, after: Resolution, edits: Edits) -> Iterator[Flip]:
    for seq in sorted({*before.links, *after.links}):
        one, two = before.links.get(seq), after.links.get(seq)
        shown = two if one is None else one
        assert shown is not None
        if seq not in edits.without and _outcome(one) != _outcome(two):
            ends = shown.source_distinct_id, shown.target_distinct_id
            yield Flip(run.origin(seq), shown.event, *ends, _outcome(one), _outcome(two))


def _outcome(link: Linked | None) -> str:
    return "no link" if link is None else str(link.outcome)


def _properties(
    comparison: Comparison, before: Resolution, after: Resolution
) -> Iterator[tuple[str, str, list[str]]]:
    pairs = [*comparison.unchanged]
    pairs += [(old, old) for change in comparison.changes for old in change.old if old in change.new]
    for old, new in pairs:
        was, now = _values(before, old), _values(after, new)
        names = sorted(
            name for name in {*was, *now} if not same_value(was.get(name, _NOTHING), now.get(name, _NOTHING))
        )
        if names:
            yield old, new, names


def _values(resolution: Resolution, person: str) -> dict[str, Any]:
    identified, properties = resolution.states[person]
    return {**properties, _IDENTIFIED: identified}


_NOTHING = object()
_IDENTIFIED = "(identified)"
