"""A run held against the platform's own answer: how far they agree, where they part, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from identity_cli.answers import Answer, Key, events_answer, persons_answer
from identity_cli.comparison import Change, Comparison, Kind, Member, compare
from identity_cli.events import Origin
from identity_cli.store.rows import LinkRow
from identity_cli.store.run import Run
from identity_cli.trials import replayed

JOINS = ("created", "attached", "merged")
RULE_SETS = ("guide", "2022-12", "2023-09", "current")
BUFFERS = (None, 0.0, 60.0)


@dataclass(frozen=True, slots=True)
class Parting:
    """Where replay and platform part for some persons: the first line, and the likely reason."""

    change: Change
    ids: tuple[str, ...]
    origin: Origin | None
    reason: str


@dataclass(slots=True)
class Verification:
    """How a replay agrees with the platform; old is the platform's answer, new the replay's.

    missing: ids of the platform that the log does not have. extra: ids of the log that the export
    does not have. strays: those of them that the replay puts on persons whom the export does have.
    remarks: what is wrong with all of it.
    """

    comparison: Comparison
    partings: list[Parting]
    missing: list[Key]
    extra: list[Key]
    strays: list[Key]
    remarks: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether every person that the export has matches; those without a profile are in none."""
        return not (self.comparison.changes or self.missing or self.strays)


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting of the rules, and how well its replay agrees with the platform."""

    rules: str
    buffer_seconds: float
    precision: float
    recall: float
    matched: int
    differing: int

    @property
    def agreement(self) -> float:
        """The harmonic mean of precision and recall of pairs."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def answer_of(run: Run, persons: Iterable[str] = (), events: Iterable[str] = ()) -> Answer:
    """Read the platform's answer from exports of persons, or of events that carry their persons."""
    persons, team_id = list(persons), run.metadata["team_id"]
    return persons_answer(persons, team_id) if persons else events_answer(events, team_id)


def verify(run: Run, persons: Iterable[str] = (), events: Iterable[str] = ()) -> Verification:
    """Hold a run against exports: paths of persons exports, or of events that carry person_id."""
    return verification(run, answer_of(run, persons, events))


def verification(run: Run, answer: Answer) -> Verification:
    """Hold a run against the platform's answer."""
    comparison = compare(partial(_members, run, answer))
    known = {member.new for member in _members(run, answer) if member.old is not None}
    missing, extra, strays = [], [], []
    for member in _members(run, answer):
        if member.new is None:
            missing.append(member[:2])
        elif member.old is None:
            extra.append(member[:2])
            if member.new in known:
                strays.append(member[:2])
    finder = _Partings(run, answer)
    partings = [finder.of(change) for change in comparison.changes if change.old and change.new]
    return Verification(comparison, partings, missing, extra, strays, [*_remarks(run, answer, comparison)])


def suggestions(run: Run, answer: Answer) -> Iterator[Trial]:
    """Every rule set with every buffer, as it agrees with the platform; each costs a replay."""
    tried = set()
    for rules in RULE_SETS:
        for buffer in BUFFERS:
            with replayed(run, rules=rules, buffer_seconds=buffer) as trial:
                seconds = float(trial.metadata["buffer_seconds"])
                if (rules, seconds) in tried:
                    continue
                tried.add((rules, seconds))
                found = compare(partial(_members, trial, answer))
                yield Trial(
                    rules,
                    seconds,
                    found.pairs.precision,
                    found.pairs.recall,
                    len(found.unchanged),
                    len(found.changes),
                )


def _members(run: Run, answer: Answer) -> Iterator[Member]:
    left = dict(answer.person_ids)
    for distinct_id, team_id, events, person_id in run.members():
        yield Member(team_id, distinct_id, events, left.pop((team_id, distinct_id), None), person_id)
    for (team_id, distinct_id), person_id in sorted(left.items()):
        yield Member(team_id, distinct_id, 0, person_id, None)


def _remarks(run: Run, answer: Answer, comparison: Comparison) -> Iterator[str]:
    if answer.unusable:
        yield f"{answer.unusable:,} of {answer.rows:,} rows of the export name no distinct_id and person_id"
    known = {distinct_id for distinct_id, *_ in run.members()}
    teams = {team for team, distinct_id in answer.person_ids if distinct_id in known}
    ours = {team for _, team, *_ in run.members()}
    if teams and not teams & ours:
        named = ", ".join(map(str, sorted(teams)[:3]))
        yield f"the export is of team {named}, the run of team {min(ours)}: see replay --team-id"
    if answer.several:
        yield (
            f"{len(answer.several):,} ids have events of more than one person: merged later, and the older "
            "events not rewritten yet (squashed) when they were exported; the latest event counted"
        )
    if comparison.ids and not comparison.pairs.old and comparison.pairs.new:
        yield "the export puts no two ids on one person: is it the right one?"


class _Partings:
    """Finds where the persons of a change part."""

    def __init__(self, run: Run, answer: Answer) -> None:
        self._run = run
        self._answer = answer
        self._sizes = Counter(answer.person_ids.values())

    def of(self, change: Change) -> Parting:
        """The first line where replay and platform part, and why."""
        ids = tuple(member.distinct_id for member in change.moved)
        team_id = change.moved[0].team_id if change.moved else 1
        parting: tuple[Origin | None, str] | None = None
        if change.kind is not Kind.SPLIT:
            parting = self._joined_here_only(change, team_id)
        if parting is None:
            parting = self._joined_there_only(change)
        return Parting(change, ids, *parting)

    def _joined_here_only(self, change: Change, team_id: int) -> tuple[Origin | None, str] | None:
        """The first link that put ids together which the platform has apart."""
        platform: dict[str, set[str]] = {}
        for link in self._run.links_of(self._parts_of(change.new)):
            if link.outcome not in JOINS:
                continue
            ends = [
                platform.setdefault(one, self._on_platform(team_id, one))
                for one in (link.source_distinct_id, link.target_distinct_id)
            ]
            if ends[0] and ends[1] and ends[0].isdisjoint(ends[1]):
                return self._run.origin(link.seq), self._why_apart(link, team_id)
            ends[0] |= ends[1]
            platform[link.source_distinct_id] = platform[link.target_distinct_id] = ends[0]
        return None

    def _why_apart(self, link: LinkRow, team_id: int) -> str:
        if link.source_identified and link.outcome == "merged":
            return "merged here from an identified person, not there: another rule set, or a split by hand"
        for one in (link.source_distinct_id, link.target_distinct_id):
            if link.outcome == "attached" and self._sizes[self._person_of(team_id, one) or ""] == 1:
                return f"{one} is a person of its own there: a split by hand, or another rule set"
        return f"{link.outcome} here, apart there: a split by hand, or the platform never had this event"

    def _joined_there_only(self, change: Change) -> tuple[Origin | None, str]:
        """The first link refused between persons whom the platform has as one, or that there is none."""
        person_of = self._parts_of(change.new)
        for link in self._run.links_of(person_of):
            ends = {person_of.get(link.source_person or 0), person_of.get(link.target_person or 0)}
            if link.outcome.startswith("refused") and None not in ends and len(ends) > 1:
                return self._run.origin(link.seq), f"{link.outcome} here, joined there: another rule set"
        seqs = []
        for person_id in change.new:
            row = self._run.find_person(person_id)
            seqs.append(min(one.seq for one in self._run.ids_of(row.person)))
        return (
            self._run.origin(sorted(seqs)[1]) if len(seqs) > 1 else None,
            "no event in this log joins them: events are missing from it",
        )

    def _parts_of(self, person_ids: Iterable[str]) -> dict[int, str]:
        """The numbers of these persons and of all merged into them, each with its person id of today."""
        return {
            number: person_id
            for person_id in person_ids
            for number in self._run.parts_of(self._run.find_person(person_id).person)
        }

    def _on_platform(self, team_id: int, distinct_id: str) -> set[str]:
        person = self._person_of(team_id, distinct_id)
        return set() if person is None else {person}

    def _person_of(self, team_id: int, distinct_id: str) -> str | None:
        return self._answer.person_ids.get((team_id, distinct_id))
