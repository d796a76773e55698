"""Why two ids are one person, or why they are not: each claim is confirmed by a replay."""

from collections.abc import Callable
from dataclasses import dataclass, field

from identity_cli.answering import InNotebook
from identity_cli.counterfactual.component import scope_of
from identity_cli.counterfactual.edits import Edits
from identity_cli.counterfactual.mentions import Shared
from identity_cli.counterfactual.remedies import Instead
from identity_cli.counterfactual.resolution import Place, Resolution, Scope
from identity_cli.counterfactual.separators import are_smallest, separators
from identity_cli.counterfactual.trials import WORK, Trials
from identity_cli.counterfactual.ways import way_between
from identity_cli.counterfactual.why_apart import apart
from identity_cli.counterfactual.words import words_of
from identity_cli.errors import IdWithoutPerson, LogChanged, LogUnreadable
from identity_cli.origins import Origin
from identity_cli.outcomes import JOINS
from identity_cli.pieces.edges import Key
from identity_cli.store.reading.rows import LinkRow, PersonRow
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]
_OF_APART = ("reasons", "remedies", "instead", "shared", "notes")

SETS_TOLD = 5
STATES_TOLD = 25
"""At either end of a long way, the state before a link is told of so many; of huge persons of fewer."""

NO_SETS = "no set of as many events as could be tried parts them: too many links hold them together"


@dataclass(frozen=True, slots=True)
class Side:
    """An id and its person just before a link; no ids where it had none yet."""

    distinct_id: str
    is_identified: bool
    ids: list[str]


@dataclass(frozen=True, slots=True)
class ProvenLink:
    """One link on the way from an id to the other.

    source, target: just before it; None without the log, and in the middle of a long way.
    """

    origin: Origin
    link: LinkRow
    rule: str
    source: Side | None
    target: Side | None


@dataclass(slots=True)
class Why(InNotebook):
    """Why two ids are one person, or two.

    path: the links between them, in the order of the way; together_since: the one that completed it.
    separators: sets of events without which they would be apart; exact: whether every smallest such set
    was looked for, or these are only ones of which no event can be spared. smallest: whether in any case
    no fewer events part them.
    sets: how many such sets were found, of which separators are the first.
    reasons: if they are two, what was refused or missing; remedies: what would have joined them; instead:
    what in the place of a refused link would. shared: what both have by which people or devices are known.
    notes: why there are no separators, or no remedies. without_log: why the log could not be replayed
    again; there are no separators and no remedies then.
    """

    one: Key
    two: Key
    are_one: bool
    path: list[ProvenLink] = field(default_factory=list)
    together_since: Origin | None = None
    separators: list[tuple[Place, ...]] = field(default_factory=list)
    exact: bool = True
    smallest: bool = True
    sets: int = 0
    reasons: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)
    instead: list[Instead] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    without_log: str | None = None


def why(run: Run, one: str, two: str, team_id: int | None = None, on_progress: Progress | None = None) -> Why:
    """Explain why two distinct ids are one person, or are not.

    on_progress: told the bytes of the log read so far. Errors of Run.find_person for either id; where the
    log is gone or another, the journal alone answers, see Why.without_log.
    """
    first, second = _rows(run, one, two, team_id)
    team = next((row.team_id for row in (first, second) if row is not None), team_id)
    keys = (_key(run, team, one, first), _key(run, team, two, second))
    problem, scope = None, None
    try:
        scope = scope_of(run, keys, on_progress)
    except (LogChanged, LogUnreadable) as error:
        problem = str(error)
    if first is not None and second is not None and first.person == second.person:
        found = _why_one(run, scope, *keys)
    else:
        told = apart(run, scope, keys, (first, second), on_progress)
        found = Why(*keys, are_one=False, **{name: getattr(told, name) for name in _OF_APART})
    found.without_log = problem
    return found


def _rows(run: Run, one: str, two: str, team_id: int | None) -> list[PersonRow | None]:
    """The persons of both, None for an id that has none; IdWithoutPerson if neither has one."""
    rows: list[PersonRow | None] = []
    for wanted in (one, two):
        try:
            rows.append(run.find_person(wanted, team_id))
        except IdWithoutPerson:
            rows.append(None)
        team_id = team_id if rows[-1] is None else rows[-1].team_id
    if rows == [None, None]:
        raise IdWithoutPerson(one)
    if rows[0] is None and team_id is not None and (team_id, one) not in run.keys_of(one):
        run.find_person(one, team_id)  # an id of another team
    return rows


def _key(run: Run, team_id: int | None, wanted: str, row: PersonRow | None) -> Key:
    """The distinct id asked for; of a person id, the one it was made with."""
    assert team_id is not None  # of the person that one of the two has
    if row is None or (team_id, wanted) in run.keys_of(wanted):
        return team_id, wanted
    return team_id, row.creator_distinct_id


# One person


def _why_one(run: Run, scope: Scope | None, one: Key, two: Key) -> Why:
    number = run.find_person(one[1], one[0]).person
    joins = [link for link in run.links_of(run.parts_of(number)) if link.outcome in JOINS]
    path = way_between(joins, one[1], two[1])
    told = STATES_TOLD if scope is None else max(1, min(STATES_TOLD, WORK // (8 * max(len(scope.steps), 1))))
    ends = {link.seq for link in (*path[:told], *path[-told:])}
    steps = [_step(run, scope if link.seq in ends else None, one[0], link) for link in path]
    found = Why(one, two, are_one=True, path=steps)
    if path:
        found.together_since = run.origin(max(link.seq for link in path))
    if path and scope is not None:
        trials = Trials(scope)
        sets, found.exact = separators(trials, one, two)
        found.smallest = found.exact or (bool(sets) and are_smallest(trials, sets[0]))
        found.sets = len(sets)
        found.separators = [*map(scope.places, sets[:SETS_TOLD])]
        if not sets:
            found.notes.append(NO_SETS)
    if not path:
        found.notes.append("both are the same id: nothing can part it from itself")
    return found


def _step(run: Run, scope: Scope | None, team_id: int, link: LinkRow) -> ProvenLink:
    sides: list[Side | None] = [None, None]
    if scope is not None:
        before = _just_before(scope, link)
        ends = link.source_distinct_id, link.target_distinct_id
        sides = [_side(before, (team_id, one)) for one in ends]
    return ProvenLink(run.origin(link.seq), link, words_of(run).rule(link.event, link.outcome), *sides)


def _side(before: Resolution, key: Key) -> Side:
    ids = before.ids_with(key) if key in before.person_of else []
    return Side(key[1], before.is_identified(key), ids)


def _just_before(scope: Scope, link: LinkRow) -> Resolution:
    """The state when the link was processed."""
    left_out = Edits(without=frozenset([link.seq]))
    return scope.resolve(left_out, [step for step in scope.steps if step[0] <= link.seq], to_the_end=False)
