"""Why two ids are one person, or why they are not: each claim is confirmed by a replay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from identity_cli.counterfactual.separators import separators
from identity_cli.counterfactual.trials import JOINS, Trials
from identity_cli.counterfactual.ways import way_between
from identity_cli.edits import Edits
from identity_cli.errors import LogChanged, LogUnreadable
from identity_cli.events import CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY, Origin
from identity_cli.scope import Key, Resolution, Scope, as_dangerous_merge, linking_event, scope_of
from identity_cli.store.rows import LinkRow, PersonRow
from identity_cli.store.run import Run

Progress = Callable[[int], None]

SETS_TOLD = 5
STATES_TOLD = 25
"""At either end of a long way, the state before a link is told of so many."""

RULES = {
    "created": "neither id had a person, so one was made with both",
    "attached": "one id had no person, so it joined the other's; nothing stands against that",
    "merged": "the source was not identified, so it could be merged away",
}
UNGUARDED = "$merge_dangerously asks nobody: it merges even identified persons"


@dataclass(frozen=True, slots=True)
class Side:
    """An id and its person just before a link; no ids where it had none yet."""

    distinct_id: str
    is_identified: bool
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Step:
    """One link on the way from an id to the other.

    source, target: just before it; None without the log, and in the middle of a long way.
    """

    origin: Origin
    link: LinkRow
    rule: str
    source: Side | None
    target: Side | None


@dataclass(frozen=True, slots=True)
class Place:
    """An event by its place."""

    seq: int
    origin: Origin


@dataclass(slots=True)
class Why:
    """Why two ids are one person, or two.

    path: the links between them, in the order of the way; together_since: the one that completed it.
    separators: sets of events without which they would be apart; exact: whether every smallest such set
    was looked for, or these are only ones of which no event can be spared.
    reasons: if they are two, what was refused or missing; remedies: what would have joined them.
    without_log: why the log could not be replayed again; there are no separators and no remedies then.
    """

    one: Key
    two: Key
    are_one: bool
    path: list[Step] = field(default_factory=list)
    together_since: Origin | None = None
    separators: list[list[Place]] = field(default_factory=list)
    exact: bool = True
    reasons: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)
    without_log: str | None = None


def why(run: Run, one: str, two: str, team_id: int | None = None, on_progress: Progress | None = None) -> Why:
    """Explain why two distinct ids are one person, or are not; from the journal alone if the log is gone."""
    first = run.find_person(one, team_id)
    team = first.team_id
    second = run.find_person(two, team)
    keys = (_key(run, team, one, first), _key(run, team, two, second))
    problem, scope = None, None
    try:
        scope = scope_of(run, keys, on_progress)
    except (LogChanged, LogUnreadable) as error:
        problem = str(error)
    found = (_why_one if first.person == second.person else _why_two)(run, scope, *keys)
    found.without_log = problem
    return found


def _key(run: Run, team_id: int, wanted: str, row: PersonRow) -> Key:
    """The distinct id asked for; of a person id, the one it was made with."""
    return team_id, wanted if (team_id, wanted) in run.keys_of(wanted) else row.creator_distinct_id


# One person


def _why_one(run: Run, scope: Scope | None, one: Key, two: Key) -> Why:
    number = run.find_person(one[1], one[0]).person
    joins = [link for link in run.links_of(run.parts_of(number)) if link.outcome in JOINS]
    path = way_between(joins, one[1], two[1])
    ends = {link.seq for link in (*path[:STATES_TOLD], *path[-STATES_TOLD:])}
    steps = [_step(run, scope if link.seq in ends else None, one[0], link) for link in path]
    found = Why(one, two, are_one=True, path=steps)
    if path:
        found.together_since = run.origin(max(path, key=lambda link: (link.moment, link.seq)).seq)
    if path and scope is not None:
        sets, found.exact = separators(Trials(scope), one, two)
        found.separators = [[Place(seq, run.origin(seq)) for seq in sorted(one)] for one in sets[:SETS_TOLD]]
    return found


def _step(run: Run, scope: Scope | None, team_id: int, link: LinkRow) -> Step:
    sides: list[Side | None] = [None, None]
    if scope is not None:
        before = _just_before(scope, link)
        ends = link.source_distinct_id, link.target_distinct_id
        sides = [_side(before, (team_id, one)) for one in ends]
    forced = link.event == MERGE_DANGEROUSLY and link.outcome == "merged"
    return Step(run.origin(link.seq), link, UNGUARDED if forced else RULES[link.outcome], *sides)


def _side(before: Resolution, key: Key) -> Side:
    ids = before.ids_with(key) if key in before.person_of else []
    return Side(key[1], before.is_identified(key), ids)


def _just_before(scope: Scope, link: LinkRow) -> Resolution:
    """The state when the link was processed, which after a wait in the buffer is later than its seq."""
    until = max(link.seq, link.moment - 1)
    left_out = Edits(without=frozenset([link.seq]))
    return scope.resolve(left_out, [step for step in scope.steps if step[0] <= until])


# Two persons


def _why_two(run: Run, scope: Scope | None, one: Key, two: Key) -> Why:
    found = Why(one, two, are_one=False)
    between = [*_refused_between(run, one, two)]
    for link in between:
        found.reasons.append(_why_refused(run, link))
        if scope is not None:
            found.remedies += _what_would_have(run, scope, link, one, two)
    if not between:
        found.reasons.append(_nothing_between(run, one, two))
    if scope is not None:
        found.remedies += _what_would_now(scope, one, two)
    found.remedies = list(dict.fromkeys(found.remedies))
    return found


def _refused_between(run: Run, one: Key, two: Key) -> Iterator[LinkRow]:
    """Refused links that name an id of each person."""
    numbers = [run.find_person(key[1], key[0]).person for key in (one, two)]
    sides = [{row.distinct_id for row in run.ids_of(number)} for number in numbers]
    for link in run.links_of(part for number in numbers for part in run.parts_of(number)):
        ends = link.source_distinct_id, link.target_distinct_id
        crosses = any(ends[0] in a and ends[1] in b for a, b in (sides, sides[::-1]))
        if link.outcome.startswith("refused") and crosses:
            yield link


def _why_refused(run: Run, link: LinkRow) -> str:
    where = run.origin(link.seq)
    source, target = link.source_distinct_id, link.target_distinct_id
    if link.outcome == "refused_illegal":
        return f"refused at {where}: {source!r} or {target!r} is an id that can be nobody's own"
    identified = None if link.source_person is None else run.identified_seq(link.source_person)
    since = "" if identified is None else f", since {run.origin(identified)}"
    return (
        f"refused at {where}: {link.event} asked to merge the person of {source!r} into that of {target!r}, "
        f"but it was identified{since}"
    )


def _what_would_have(run: Run, scope: Scope, link: LinkRow, one: Key, two: Key) -> Iterator[str]:
    """Changes to the past that join the two, each confirmed by a replay."""
    where = run.origin(link.seq)
    if link.event != MERGE_DANGEROUSLY:
        steps = [
            (seq, as_dangerous_merge(event, link.source_distinct_id) if seq == link.seq else event, clock)
            for seq, event, clock in scope.steps
        ]
        if scope.resolve(steps=steps).are_together(one, two):
            yield f"it would have merged as $merge_dangerously at {where}"
    identified = None if link.source_person is None else run.identified_seq(link.source_person)
    if identified is not None and identified < link.seq:
        late = next(step for step in scope.steps if step[0] == identified)
        steps = []
        for step in scope.steps:
            if step[0] != identified:
                steps.append(step)
            if step[0] == link.seq:
                steps.append((late[0], late[1], step[2]))
        if scope.resolve(steps=steps).are_together(one, two):
            yield f"it would have merged had {run.origin(identified)} come after {where}"


def _what_would_now(scope: Scope, one: Key, two: Key) -> Iterator[str]:
    """Events that, sent now, would join the two; the mildest that does, each confirmed by a replay."""
    if not scope.steps:
        return
    seq, _, clock = scope.steps[-1]
    for name, what in (
        (IDENTIFY, "$anon_distinct_id"),
        (CREATE_ALIAS, "alias"),
        (MERGE_DANGEROUSLY, "alias"),
    ):
        for target, source in ((one, two), (two, one)):
            steps = [*scope.steps, (seq + 1, linking_event(name, target, source[1]), clock)]
            if scope.resolve(steps=steps).are_together(one, two):
                yield f"a {name} of {target[1]!r} with {what} {source[1]!r} would join them now"
                return


_LINKING = ((IDENTIFY, "$anon_distinct_id"), (CREATE_ALIAS, "alias"), (MERGE_DANGEROUSLY, "alias"))


def _nothing_between(run: Run, one: Key, two: Key) -> str:
    links = [
        (team, link)
        for key in (one, two)
        for team, link in (
            (key[1], link) for link in run.links_of(run.parts_of(run.find_person(key[1], key[0]).person))
        )
    ]
    if not links:
        return "no event in this log names both sides, and none links either of them to anybody"
    whose, nearest = max(links, key=lambda item: (item[1].moment, item[1].seq))
    ends = f"{nearest.source_distinct_id!r} and {nearest.target_distinct_id!r}"
    return (
        f"no event in this log names both sides; the nearest is {run.origin(nearest.seq)}, which is of the "
        f"person of {whose!r}: {nearest.event} of {ends}, {nearest.outcome}"
    )
