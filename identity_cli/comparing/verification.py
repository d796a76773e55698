"""A run held against the platform's own answer: how far they agree, where they part, and why."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from identity_cli.answering import InNotebook
from identity_cli.comparing.comparison import Comparison, Member, compare
from identity_cli.comparing.partings import Parting, Partings
from identity_cli.comparing.platform_export import Answer, Key, events_answer, persons_answer
from identity_cli.errors import NoExport
from identity_cli.replaying.again.rerun import SETTINGS, replayed
from identity_cli.store.reading.run import Run

TRIALS = len(SETTINGS)
Progress = Callable[[int], None]


@dataclass(slots=True)
class Verification(InNotebook):
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


Paths = str | Path | Iterable[str | Path]


def answer_of(
    run: Run,
    persons: Paths = (),
    events: Paths = (),
    on_progress: Progress | None = None,
) -> Answer:
    """Read the platform's answer from exports of persons, or of events that carry their persons; NoExport."""
    of_persons, of_events = _paths(persons), _paths(events)
    if bool(of_persons) == bool(of_events):
        raise NoExport
    if of_persons:
        return persons_answer(of_persons, run.metadata["team_id"], on_progress)
    return events_answer(of_events, run.metadata["team_id"], on_progress)


def _paths(given: Paths) -> list[str]:
    return [str(given)] if isinstance(given, str | Path) else [*map(str, given)]


def verify(run: Run, persons: Paths = (), events: Paths = ()) -> Verification:
    """Compare a run with the platform's exports.

    persons: one or several files of persons with their distinct ids; events: of events that carry their
    person_id. Give one of the two: NoExport for both or neither, NoAnswer where a file has not the columns
    for it, LogUnreadable where it cannot be read.
    """
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
    finder = Partings(run, answer)
    partings = [finder.of(change) for change in comparison.changes if change.old and change.new]
    return Verification(comparison, partings, missing, extra, strays, [*_remarks(run, answer, comparison)])


def suggestions(run: Run, answer: Answer, on_progress: Progress | None = None) -> Iterator[Trial]:
    """Every rule set with every buffer, as it agrees with the platform; each costs a replay.

    on_progress is told the bytes read so far, over all TRIALS.
    """
    size = sum(source["size"] for source in run.sources())
    for number, (rules, seconds) in enumerate(SETTINGS):
        so_far = None if on_progress is None else _later(on_progress, number * size)
        with replayed(run, so_far, rules=rules, buffer_seconds=seconds) as trial:
            found = compare(partial(_members, trial, answer))
            yield Trial(
                rules,
                seconds,
                found.pairs.precision,
                found.pairs.recall,
                len(found.unchanged),
                len(found.changes),
            )


def _later(on_progress: Progress, offset: int) -> Progress:
    return lambda read: on_progress(offset + read)


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
