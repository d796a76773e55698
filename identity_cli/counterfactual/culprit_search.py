"""Which events made one person of several: those that undo the most when left out, measured by replay."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from identity_cli.answering import InNotebook
from identity_cli.counterfactual.component import scope_of
from identity_cli.counterfactual.edits import NO_EDITS, Edits
from identity_cli.counterfactual.resolution import Place, Resolution, Scope
from identity_cli.counterfactual.separators import parting_set, set_with
from identity_cli.counterfactual.trials import Gone, Trials
from identity_cli.counterfactual.words import is_login
from identity_cli.facts import Linked
from identity_cli.outcomes import JOINS
from identity_cli.pieces.edges import Key
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]

MEASURED = 40
"""Links that are replayed without, at most: those whose loss would part the most ids, by the links alone."""
FEWEST_MEASURED = 5
"""Where by the links alone none would part any."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """Events that, left out, part a person, and what that undoes; every one of them is needed for it.

    login_ids: login ids that are apart from most of the others then. ids, events: distinct ids, and their
    events, that are no longer on the person. links: how the first link reads that would not have joined.
    """

    places: tuple[Place, ...]
    link: LinkRow
    login_ids: int
    ids: tuple[str, ...]
    events: int


@dataclass(slots=True)
class Culprits(InNotebook):
    """A person and the events to blame for it; measured of so many links that made it.

    largest_set: so many events left out together were tried, at most. held: of the measured links those
    that no such set undoes, as others hold the ids together all the same.
    """

    person_id: str
    login_ids: list[str]
    ids: int
    links: int
    measured: int
    found: list[Culprit]
    largest_set: int = 0
    held: int = 0


def culprits(
    run: Run, wanted: str, team_id: int | None = None, on_progress: Progress | None = None
) -> Culprits:
    """Rank the events that over-merged a person, the worst first; each effect is measured by a replay.

    wanted: any of its distinct ids, or its person id. on_progress: told the bytes of the log read so far.
    Errors of Run.find_person; LogGone or LogChanged where the log is not what was replayed.
    """
    row = run.find_person(wanted, team_id)
    key = row.team_id, row.creator_distinct_id
    scope = scope_of(run, [key], on_progress)
    return ranked(run, scope, key, login_ids(scope.resolve(), key))


def ranked(run: Run, scope: Scope, key: Key, logins: Iterable[str], edits: Edits = NO_EDITS) -> Culprits:
    """The same within a scope, for the person of an id after some edits; logins: the ids to log in with."""
    trials = Trials(scope, edits)
    now = trials.without()
    if key not in now.person_of:  # its only event is among those left out
        return Culprits("", [], 0, 0, 0, [])
    whole = _Whole(trials, key, frozenset(now.ids_with(key)), frozenset(logins))
    search = _Search(whole)
    found: dict[Gone, Culprit] = {}
    for gone, link in search.sets():
        if gone not in found and (proved := whole.proved(gone, link)):
            found[proved[0]] = whole.culprit(run, *proved)
    return Culprits(
        now.person_of[key],
        sorted(whole.logins),
        len(whole.ids),
        len(whole.joins),
        search.measured,
        sorted(found.values(), key=_rank),
        trials.most // 2,
        search.held,
    )


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
        if is_login(link.event) and link.team_id == key[0] and link.target_distinct_id in ids
    }
    return sorted(targets)


class _Whole:
    """A person as it is, to be held against what is left of it without some events."""

    def __init__(self, trials: Trials, key: Key, ids: frozenset[str], logins: frozenset[str]) -> None:
        self.trials = trials
        self.ids = ids
        self.logins = ids & logins
        self._key = key
        self.joins = [
            link
            for link in trials.without().links.values()
            if link.team_id == key[0]
            and link.outcome in JOINS
            and link.source_distinct_id in ids
            and link.target_distinct_id in ids
        ]

    def culprit(self, run: Run, gone: Gone, link: Linked) -> Culprit:
        """Events with what they part."""
        after = self.trials.without(gone)
        apart = self.ids - self._rests(after)[0]
        return Culprit(
            self.trials.scope.places(gone),
            _row(link),
            len(self.logins & apart),
            tuple(sorted(apart)),
            sum(after.events[self._key[0], one] for one in apart),
        )

    def parts_logins(self, after: Resolution) -> bool:
        """Whether login ids are apart that were together."""
        return bool(self.logins - self._rests(after)[0])

    def ends(self, link: Linked) -> tuple[Key, Key]:
        """The two ids of a link."""
        team_id = self._key[0]
        return (team_id, link.source_distinct_id), (team_id, link.target_distinct_id)

    def proved(self, gone: Gone, link: Linked | None) -> tuple[Gone, Linked] | None:
        """The events, and a link whose ends they part, such that both take every one of them."""
        while True:
            rests = self._rests(self.trials.without(gone))
            link = link or self._undone(gone, rests[0])
            if link is None or not self.ids - rests[0]:
                return None
            fewer = [less for seq in gone if (less := gone - {seq}) and self._leaves(less, rests[0])]
            if not fewer:
                return gone, link
            link = self._undone(fewer[0], rests[0])
            if link is None:
                return None
            again = parting_set(self.trials, fewer[0], *self.ends(link))
            if again is None:
                return None
            gone = again

    def _leaves(self, gone: Gone, rest: frozenset[str]) -> bool:
        return rest in self._rests(self.trials.without(gone))

    def _undone(self, gone: Gone, rest: frozenset[str]) -> Linked | None:
        """A link that joined what is apart without these events: one of them, if there is one."""
        across = [
            link
            for link in self.joins
            if (link.source_distinct_id in rest) != (link.target_distinct_id in rest)
        ]
        return min(across, key=lambda link: (link.seq not in gone, link.seq), default=None)

    def _rests(self, after: Resolution) -> list[frozenset[str]]:
        """What is left of the person: the part with the most login ids, then ids; several where equal."""
        groups: dict[object, set[str]] = defaultdict(set)
        for one in self.ids:
            groups[after.person_of.get((self._key[0], one), (one,))].add(one)
        sizes = {key: (len(self.logins & group), len(group)) for key, group in groups.items()}
        largest = max(sizes.values())
        rests = [sorted(groups[key]) for key, size in sizes.items() if size == largest]
        return [frozenset(rest) for rest in sorted(rests, reverse=True)]


class _Search:
    """Looks for events to leave out; measured: of how many links, held: how many of them no set undoes."""

    def __init__(self, whole: _Whole) -> None:
        self.measured = 0
        self.held = 0
        self._whole = whole
        self._trials = whole.trials

    def sets(self) -> Iterator[tuple[Gone, Linked | None]]:
        """Events to leave out, most with the link they undo; to be proved before the next is looked for."""
        joins = {link.seq: link for link in self._whole.joins}
        for gone, after in self._trials.alone.items():
            (seq,) = gone
            link = joins.get(seq)
            if link is not None and not after.are_together(*self._whole.ends(link)):
                yield gone, link
            elif self._whole.parts_logins(after):
                yield gone, None
        marked = self._whole.logins or self._whole.ids
        for link in _most_promising(self._whole.joins, marked, self._trials.left):
            if self._trials.left <= 1:
                return
            self.measured += 1
            yield from self._sets_for(link)

    def _sets_for(self, link: Linked) -> Iterator[tuple[Gone, Linked]]:
        ends = self._whole.ends(link)
        if any(not after.are_together(*ends) for after in self._trials.alone.values()):
            return  # told already
        pairs = self._trials.pairs_of_links
        sets = [gone for gone, after in pairs.items() if not after.are_together(*ends)]
        sets = sets or [gone for gone in [set_with(self._trials, link.seq, *ends)] if gone]
        self.held += not sets
        yield from ((gone, link) for gone in sets)


def _row(link: Linked) -> LinkRow:
    """A link of a resolution as one of a run."""
    return LinkRow(
        link.seq,
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


def _most_promising(joins: list[Linked], marked: Iterable[str], replays: int) -> list[Linked]:
    """The links whose loss would part the most marked ids, which in a forest, as they are, is a count.

    replays: how many may be made.
    """
    if len(joins) <= MEASURED:
        return joins
    neighbours: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for index, link in enumerate(joins):
        neighbours[link.source_distinct_id].append((link.target_distinct_id, index))
        neighbours[link.target_distinct_id].append((link.source_distinct_id, index))
    below: Counter[int] = Counter()
    seen: set[str] = set()
    marks = frozenset(marked)
    for root in neighbours:
        if root not in seen:
            _count_below(root, neighbours, seen, (marks, below))
    total = len(marks)
    promise = [min(below[index], total - below[index]) for index in range(len(joins))]
    order = sorted(range(len(joins)), key=lambda index: (-promise[index], joins[index].seq))
    if replays < 2 * MEASURED:  # too dear to measure what parts nobody
        order = [index for index in order if promise[index]] or order[:FEWEST_MEASURED]
    return [joins[index] for index in order[:MEASURED]]


def _count_below(
    root: str,
    neighbours: dict[str, list[tuple[str, int]]],
    seen: set[str],
    counting: tuple[frozenset[str], Counter[int]],
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
