"""What if: a run's log replayed with something changed, and whose persons that changes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any

from identity_cli.answering import InNotebook
from identity_cli.comparing.comparison import Comparison, Member, compare
from identity_cli.counterfactual.component import key_of, scope_of
from identity_cli.counterfactual.edits import Edits
from identity_cli.counterfactual.resolution import Resolution, Scope
from identity_cli.errors import AmbiguousEvent, EventNotMet, NoSuchEvent, UnknownId
from identity_cli.facts import Linked
from identity_cli.origins import Origin
from identity_cli.pieces.edges import Key
from identity_cli.reading.left_out import LeftOut, uuid_in_text
from identity_cli.replaying.again.log_again import events_of
from identity_cli.store.reading.run import Run
from identity_cli.values.sameness import same_value

Progress = Callable[[int], None]
RESET = " after reset at "


@dataclass(frozen=True, slots=True)
class Change:
    """What to change, as a person names it; events are uuids, LINE, FILE:LINE or FILE:LINE#NTH.

    Those to be left out may also be named as a plan does. Of each one, or several.
    """

    without: Sequence[str | LeftOut] = ()
    blocked_ids: Sequence[str] = ()
    resets: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Make one of any kind several."""
        for name in ("without", "blocked_ids", "resets"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str | LeftOut) else tuple(given))


@dataclass(frozen=True, slots=True)
class Flip:
    """A link whose outcome is another because of the change."""

    origin: Origin
    uuid: str | None
    event: str
    source_distinct_id: str
    target_distinct_id: str
    before: str
    after: str


@dataclass(slots=True)
class WhatIf(InNotebook):
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
    """An event that a change names: its place, its uuid, and the ids it names."""

    seq: int
    uuid: str | None
    own: Key
    other: Key | None


def whatif(run: Run, change: Change, on_progress: Progress | None = None) -> WhatIf:
    """Replay what a change can affect, with it and without, and compare the two.

    on_progress: told the bytes of the log read so far. UnknownId for a blocked id that the log does not
    have; NoSuchEvent, AmbiguousEvent or EventNotMet for an event; LogGone or LogChanged where the log is
    not what was replayed.
    """
    found = [find_event(run, named, on_progress) for named in (*change.without, *change.resets)]
    keys = [key for one in found for key in (one.own, one.other) if key is not None]
    keys += [key for one in change.blocked_ids for key in _keys_of(run, one)]
    edits = edits_of(run, change, found)
    # What an illegal id could not link, the new one that a reset gives in its place may.
    more = [pair for _, device in edits.resets for pair in run.illegal_pairs(device)]
    return compared(run, scope_of(run, keys, on_progress, more), edits)


def _keys_of(run: Run, distinct_id: str) -> list[Key]:
    keys = run.keys_of(distinct_id) or [(team, distinct_id) for team, *_ in run.illegal_pairs(distinct_id)]
    if not keys:
        raise UnknownId(distinct_id, run.nearest_ids(distinct_id))
    return keys


def edits_of(run: Run, change: Change, found: list[Found]) -> Edits:
    """The edits that a change names; found: its events, in order."""
    left_out = found[: len(change.without)]
    resets: dict[Key, list[tuple[int, str]]] = defaultdict(list)
    for one in sorted(found[len(change.without) :], key=attrgetter("seq")):
        device = one.own if one.other is None else one.other
        resets[device].append((one.seq, f"{device[1]}{RESET}{run.origin(one.seq)}"))
    seqs = frozenset(one.seq for one in left_out)
    return Edits(seqs, frozenset(change.blocked_ids), resets, run.metadata["team_id"])


def compared(run: Run, scope: Scope, edits: Edits) -> WhatIf:
    """What edits come to within a scope."""
    before, after = scope.resolve(), scope.resolve(edits)
    comparison = compare(partial(_members, scope.keys.union(edits.new_ids), before, after))
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


def find_event(run: Run, named: str | LeftOut, on_progress: Progress | None = None) -> Found:
    """The event of that name; NoSuchEvent, AmbiguousEvent, EventNotMet if a plan means another there."""
    text = named if isinstance(named, str) else str(named.origin)
    found = _events_at(run, run.origins.seqs_at(text), on_progress) or _events_of_uuid(run, text, on_progress)
    if len(found) > 1:
        raise AmbiguousEvent(text, [run.origin(one.seq) for one in found])
    if not isinstance(named, str) and (not found or named.uuid not in (None, found[0].uuid)):
        raise EventNotMet(text, f"the log has no event {named.uuid or ''} there")
    if not found:
        raise NoSuchEvent(text)
    return found[0]


def _events_at(run: Run, seqs: list[int], on_progress: Progress | None) -> list[Found]:
    if len(seqs) > 1:
        raise AmbiguousEvent(str(run.origin(seqs[0])._replace(nth=None)), [run.origin(seq) for seq in seqs])
    links = [link for seq in seqs for link in run.link_ends("seq", seq)]
    if len(links) == len(seqs):
        return [_of_link(*link) for link in links]
    with closing(events_of(run, on_progress)) as events:
        return next(([_of_event(run, seq, event)] for seq, event, _ in events if seq in seqs), [])


def _events_of_uuid(run: Run, uuid: str, on_progress: Progress | None) -> list[Found]:
    links = run.link_ends("uuid", uuid)
    if links and not run.metadata["repeats"]:
        return [_of_link(*link) for link in links]
    every = events_of(run, on_progress)
    return [_of_event(run, seq, event) for seq, event, _ in every if uuid_in_text(event.uuid) == uuid]


def _of_link(seq: int, uuid: str | None, team: int, source: str, target: str) -> Found:
    return Found(seq, uuid, (team, target), (team, source))


def _of_event(run: Run, seq: int, event: Any) -> Found:
    return Found(seq, uuid_in_text(event.uuid), key_of(event, run), None)


def _members(keys: Iterable[Key], before: Resolution, after: Resolution) -> Iterator[Member]:
    for key in sorted({*keys, *after.person_of}):
        old, new = before.person_of.get(key), after.person_of.get(key)
        if key in keys and (old or new):
            yield Member(*key, before.events[key] if new is None else after.events[key], old, new)


def _flips(run: Run, before: Resolution, after: Resolution, edits: Edits) -> Iterator[Flip]:
    for seq in sorted({*before.links, *after.links}):
        one, two = before.links.get(seq), after.links.get(seq)
        shown = two if one is None else one
        assert shown is not None
        if seq not in edits.without and _outcome(one) != _outcome(two):
            ends = shown.source_distinct_id, shown.target_distinct_id
            yield Flip(
                run.origin(seq), uuid_in_text(shown.uuid), shown.event, *ends, _outcome(one), _outcome(two)
            )


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
