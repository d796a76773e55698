"""Which events made one person of several: those that undo the most when left out, measured by replay."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from identity_cli.edits import Edits
from identity_cli.events import IDENTIFY
from identity_cli.reports.why import JOINS, Place
from identity_cli.scope import Key, Resolution, Scope, scope_of
from identity_cli.store.rows import LinkRow
from identity_cli.store.run import Run

Progress = Callable[[int], None]

MEASURED = 40
"""Links that are replayed without, at most: those whose loss would part the most ids, by the links alone."""
MOST_TOGETHER = 6
"""Events left out together, at most, where others would join the ids all the same."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """Events that, left out, part a person, and what that undoes.

    login_ids: login ids that are apart from most of the others then. ids, events: distinct ids, and their
    events, that are no longer on the person. links: how the first event's link reads.
    """

    places: tuple[Place, ...]
    link: LinkRow
    login_ids: int
    ids: tuple[str, ...]
    events: int


@dataclass(slots=True)
class Culprits:
    """A person and the events to blame for it; measured of so many links that made it."""

    person_id: str
    login_ids: list[str]
    ids: int
    links: int
    measured: int
    found: list[Culprit]


def culprits(
    run: Run, wanted: str, team_id: int | None = None, on_progress: Progress | None = None
) -> Culprits:
    """Rank the events that made an over-merged person, the worst first."""
    row = run.find_person(wanted, team_id)
    scope = scope_of(run, [(row.team_id, row.creator_distinct_id)], on_progress)
    return ranked(run, scope, (row.team_id, row.creator_distinct_id))


def ranked(run: Run, scope: Scope, key: Key, edits: Edits | None = None) -> Culprits:
    """The same within a scope, for the person of an id after some edits."""
    edits = edits or Edits()
    now = scope.resolve(edits)
    if key not in now.person_of:  # its only event is among those left out
        return Culprits("", [], 0, 0, 0, [])
    ids = now.ids_with(key)
    logins = login_ids(now, key)
    joins = [link for link in links_on(now, key, ids) if link.outcome in JOINS]
    chosen = _most_promising(joins, set(logins) or set(ids))
    before = _Damage(scope, key, ids, logins)
    found = [one for link in chosen if (one := before.without(run, link, edits)) is not None]
    found = list({frozenset(place.seq for place in one.places): one for one in found}.values())
    found.sort(key=_rank)
    return Culprits(now.person_of[key], logins, len(ids), len(joins), len(chosen), found)


def _rank(one: Culprit) -> tuple[int, int, bool, int, int]:
    """The most login ids first, then the fewest events; of equals those that no safeguard saw."""
    unguarded = one.link.is_silent or one.link.is_forced
    return -one.login_ids, len(one.places), not unguarded, -one.events, one.places[0].seq


def login_ids(resolution: Resolution, key: Key) -> list[str]:
    """The ids of a person under which somebody was identified."""
    ids = set(resolution.ids_with(key))
    targets = {
        link.target_distinct_id
        for link in resolution.links.values()
        if link.event == IDENTIFY and link.team_id == key[0] and link.target_distinct_id in ids
    }
    return sorted(targets)


def links_on(resolution: Resolution, key: Key, ids: Iterable[str]) -> list[LinkRow]:
    """The links between ids of one person."""
    own = set(ids)
    return [
        LinkRow(
            seq,
            seq,
            None if link.uuid is None else str(link.uuid),
            link.event,
            None if link.time is None else link.time.isoformat(),
            link.source_distinct_id,
            link.target_distinct_id,
            str(link.outcome),
            link.source_person,
            link.target_person,
            link.source_identified,
            link.person,
            link.dropped,
        )
        for seq, link in resolution.links.items()
        if link.team_id == key[0] and {link.source_distinct_id, link.target_distinct_id} <= own
    ]


class _Damage:
    """What leaving out events undoes of a person."""

    def __init__(self, scope: Scope, key: Key, ids: list[str], logins: list[str]) -> None:
        self._scope = scope
        self._team_id = key[0]
        self._ids = ids
        self._logins = set(logins)

    def without(self, run: Run, link: LinkRow, edits: Edits) -> Culprit | None:
        """What is undone without a link, and without those that would take its place; None if nothing."""
        gone = frozenset([link.seq])
        ends = (self._team_id, link.source_distinct_id), (self._team_id, link.target_distinct_id)
        after = self._scope.resolve(edits.also_without(gone))
        while after.are_together(*ends) and len(gone) < MOST_TOGETHER:
            others = links_on(after, ends[0], after.ids_with(ends[0]))
            joins = [one.seq for one in others if one.outcome in JOINS]
            instead = [seq for seq in joins if seq > link.seq and seq not in gone]
            if not instead:
                return None
            gone |= {max(instead)}
            after = self._scope.resolve(edits.also_without(gone))
        if after.are_together(*ends):
            return None
        apart = self._apart(after)
        places = tuple(Place(seq, run.origin(seq)) for seq in sorted(gone))
        events = sum(after.events[self._team_id, one] for one in apart)
        return Culprit(places, link, len(self._logins.intersection(apart)), tuple(apart), events)

    def _apart(self, after: Resolution) -> list[str]:
        """The ids that are not with most of the login ids any more."""
        groups: dict[str | None, list[str]] = defaultdict(list)
        for one in self._ids:
            groups[after.person_of.get((self._team_id, one))].append(one)
        main = max(groups.values(), key=lambda ids: (len(self._logins.intersection(ids)), len(ids), ids))
        return sorted(set(self._ids) - set(main))


def _most_promising(joins: list[LinkRow], marked: set[str]) -> list[LinkRow]:
    """The links whose loss would part the most marked ids, which in a forest, as they are, is a count."""
    if len(joins) <= MEASURED:
        return joins
    neighbours: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for index, link in enumerate(joins):
        neighbours[link.source_distinct_id].append((link.target_distinct_id, index))
        neighbours[link.target_distinct_id].append((link.source_distinct_id, index))
    below: Counter[int] = Counter()
    seen: set[str] = set()
    for root in neighbours:
        if root not in seen:
            _count_below(root, neighbours, seen, (marked, below))
    total = len(marked)
    order = sorted(range(len(joins)), key=lambda i: (-min(below[i], total - below[i]), joins[i].seq))
    return [joins[index] for index in order[:MEASURED]]


def _count_below(
    root: str,
    neighbours: dict[str, list[tuple[str, int]]],
    seen: set[str],
    counting: tuple[set[str], Counter[int]],
) -> None:
    """For each link below a root, how many marked ids hang on it."""
    marked, below = counting
    order: list[tuple[str, str, int]] = [(root, root, -1)]
    seen.add(root)
    for one, _, _ in order:  # grows while it is walked
        for other, index in neighbours[one]:
            if other not in seen:
                seen.add(other)
                order.append((other, one, index))
    hanging: Counter[str] = Counter()
    for one, parent, index in reversed(order):
        hanging[one] += one in marked
        if index >= 0:
            below[index] = hanging[one]
            hanging[parent] += hanging[one]
