"""Parts all login ids of a person: one culprit after the other, until they are apart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from identity_cli.counterfactual.causes import Cause, Causes, Link
from identity_cli.counterfactual.culprit_search import Culprit, ranked
from identity_cli.counterfactual.edits import NO_EDITS, Edits
from identity_cli.counterfactual.resolution import Resolution, Scope
from identity_cli.counterfactual.separators import needed
from identity_cli.counterfactual.trials import Gone, Trials
from identity_cli.pieces.edges import Key
from identity_cli.store.reading.run import Run

MOST_STEPS = 200
"""Of a plan; more nobody reviews."""
FEWEST_STEPS = 20
"""Of a person so large that looking for more would take too long."""
WORK = 500_000
"""Events replayed to find the steps, and as many each to spare and to measure them: some ten seconds."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One step: events to leave out, or an id to block; what it undoes, all before it being done.

    login_ids, ids, events: as of a Culprit. links: those it undoes, or that name the blocked id.
    """

    gone: Gone
    blocked: str | None
    links: tuple[Link, ...]
    cause: Cause
    login_ids: int = 0
    ids: tuple[str, ...] = ()
    events: int = 0

    def also(self, edits: Edits) -> Edits:
        """The edits with this one."""
        if self.blocked is not None:
            return replace(edits, blocked_ids=edits.blocked_ids | {self.blocked})
        return edits.also_without(self.gone)


@dataclass(slots=True)
class Parting:
    """What parts a person. together: login ids that are one person even so; stopped_at: so many steps."""

    key: Key
    cuts: list[Cut] = field(default_factory=list)
    edits: Edits = NO_EDITS
    together: list[list[str]] = field(default_factory=list)
    stopped_at: int | None = None


def parting(run: Run, scope: Scope, key: Key, logins: Iterable[str]) -> Parting:
    """Choose what parts the login ids of an id's person, the worst culprits first."""
    wanted = frozenset(logins)
    ids = scope.resolve().ids_with(key)
    most = max(FEWEST_STEPS, min(MOST_STEPS, WORK // max(len(scope.steps), 1)))
    result, causes, hopeless = Parting(key), Causes(run, scope), set[frozenset[str]]()
    while waiting := [
        group for group in _groups(scope.resolve(result.edits), key, wanted) if group not in hopeless
    ]:
        if len(result.cuts) >= most:
            result.stopped_at = most
            break
        chosen = [*_chosen(run, scope, (key[0], min(waiting[0])), wanted, result.edits, causes)]
        if not chosen:
            hopeless.add(waiting[0])
        for cut in chosen[: most - len(result.cuts)]:
            result.edits = cut.also(result.edits)
            result.cuts.append(cut)
    _spare(scope, result)
    result.cuts = [*_measured(scope, result, (ids, wanted))]
    result.together = [sorted(group) for group in _groups(scope.resolve(result.edits), key, wanted)]
    return result


def _groups(now: Resolution, key: Key, logins: Iterable[str]) -> list[frozenset[str]]:
    """The login ids that are one person, where they are several."""
    groups: dict[str, set[str]] = defaultdict(set)
    for one in logins:
        if person := now.person_of.get((key[0], one)):
            groups[person].add(one)
    return sorted((frozenset(group) for group in groups.values() if len(group) > 1), key=sorted)


def _chosen(
    run: Run, scope: Scope, key: Key, logins: frozenset[str], edits: Edits, causes: Causes
) -> Iterator[Cut]:
    """The next steps for one person: an id to block, or the worst culprits that part different ids."""
    found = ranked(run, scope, key, logins, edits)
    parts = [one for one in found.found if one.login_ids]
    if not parts:
        return
    for one in parts:
        cause = causes.of(one.link)
        if cause.block is not None and cause.block not in edits.blocked_ids:
            cut = Cut(frozenset(), cause.block, causes.links_of(cause.block), cause)
            if len(_largest(scope.resolve(cut.also(edits)), key, found.login_ids)) < len(found.login_ids):
                yield cut
                return
    chosen = _of_different_ids(parts, len(found.login_ids))
    after = scope.resolve(edits.also_without(frozenset().union(*map(_seqs, chosen))))
    apart = len(found.login_ids) - len(_largest(after, key, found.login_ids))
    if apart != sum(one.login_ids for one in chosen):
        chosen = chosen[:1]
    for one in chosen:
        yield Cut(_seqs(one), None, (one.link,), causes.of(one.link))


def _of_different_ids(found: list[Culprit], logins: int) -> list[Culprit]:
    """Culprits that have nothing to do with one another; somebody must stay."""
    chosen: list[Culprit] = []
    ids, seqs = set[str](), set[int]()
    for one in found:
        logins -= one.login_ids
        if logins < 1:
            break
        if not ids.isdisjoint(one.ids) or not seqs.isdisjoint(_seqs(one)):
            logins += one.login_ids
            continue
        chosen.append(one)
        ids.update(one.ids)
        seqs.update(_seqs(one))
    return chosen or found[:1]


def _seqs(one: Culprit) -> Gone:
    return frozenset(place.seq for place in one.places)


def _largest(now: Resolution, key: Key, logins: Iterable[str]) -> set[str]:
    """Of login ids those on the person that has most of them."""
    groups: dict[object, set[str]] = defaultdict(set)
    for one in logins:
        groups[now.person_of.get((key[0], one), (one,))].add(one)
    return max(groups.values(), key=len, default=set())


def _spare(scope: Scope, result: Parting) -> None:
    """Leave nothing out that makes no difference to who is who, once all the rest is left out."""
    gone = result.edits.without
    trials = Trials(scope, replace(result.edits, without=frozenset()))
    wanted = _persons(trials.without(gone))
    less = needed(trials, gone, lambda fewer: _persons(trials.without(fewer)) == wanted) if gone else gone
    if less is not None and less != gone:
        result.edits = replace(result.edits, without=less)
        result.cuts = [replace(cut, gone=cut.gone & less) for cut in result.cuts]


def _persons(resolution: Resolution) -> set[frozenset[Key]]:
    groups: dict[str, set[Key]] = defaultdict(set)
    for key, person in resolution.person_of.items():
        groups[person].add(key)
    return set(map(frozenset, groups.values()))


def _measured(scope: Scope, result: Parting, whole: tuple[Iterable[str], frozenset[str]]) -> Iterator[Cut]:
    """The steps with what each undoes; one that parts no login ids by itself is part of the next."""
    ids, logins = whole
    edits, before = NO_EDITS, scope.resolve()
    steps = sorted((cut for cut in result.cuts if cut.gone or cut.blocked), key=lambda cut: not cut.blocked)
    pending = frozenset[int]()
    for number, chosen in enumerate(steps, 1):
        cut = chosen if chosen.blocked else replace(chosen, gone=chosen.gone | pending)
        after = scope.resolve(cut.also(edits))
        apart = sorted(_apart(before, after, (result.key[0], ids), logins))
        parted = logins.intersection(apart)
        if not parted and not cut.blocked and number < len(steps):
            pending = cut.gone
            continue
        edits, before, pending = cut.also(edits), after, frozenset()
        events = sum(after.events[result.key[0], one] for one in apart)
        yield replace(cut, login_ids=len(parted), ids=tuple(apart), events=events)


def _apart(
    before: Resolution, after: Resolution, of: tuple[int, Iterable[str]], logins: frozenset[str]
) -> Iterator[str]:
    """The ids that are not with the rest of their person any more, that with the most login ids."""
    team_id, ids = of
    groups: dict[object, dict[object, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in ids:
        key = team_id, one
        groups[before.person_of.get(key, (one,))][after.person_of.get(key, (one,))].add(one)
    for parts in groups.values():
        rest = max(parts.values(), key=lambda part: (len(logins & part), len(part), sorted(part)))
        for part in parts.values():
            if part is not rest:
                yield from part
