"""How a person came to be, step by step, from the journal alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from identity_cli.answering import InNotebook
from identity_cli.reports.timeline import Timeline
from identity_cli.store.reading.rows import IdRow, LinkRow, PersonRow
from identity_cli.store.reading.run import Run

Makers = Mapping[int, tuple[str, int | None]]
"""Of each person the distinct id it was made with, and the event that identified it."""


@dataclass(slots=True)
class HistoryStep:
    """One step of a person's history.

    kind: "created", "attached", "merged", "refused" or "identified". depth: 0 for the person itself, one
    more for each merge that a part of it went through; the steps of a merged person stand before
    its merge. ids, events: of the person merged in. lost: values of it that the target's beat. uuid: of
    the event, where the run knows it.
    """

    kind: str
    depth: int
    seq: int
    moment: int
    distinct_id: str
    other: str | None = None
    event: str | None = None
    time: str | None = None
    outcome: str | None = None
    person_id: str | None = None
    ids: int = 0
    events: int = 0
    lost: int = 0
    is_suspicious: bool = False
    number: int = 0
    uuid: str | None = None


@dataclass(slots=True)
class How(InNotebook):
    """A person's history, and the numbers of persons, merges and refused links in it."""

    person: PersonRow
    steps: list[HistoryStep]
    identified_seq: int | None
    persons: int
    merges: int
    refused: int


class _Part:
    """What is known of one person that became part of another, or stands."""

    def __init__(self) -> None:
        self.steps: list[HistoryStep] = []
        self.merged_in: dict[int, int] = {}  # the seq of a merge: who came in
        self.ids = 0
        self.events = 0


def how(run: Run, wanted: str, team_id: int | None = None) -> How:
    """How the person of a distinct id or person id came to be, as steps in their order.

    Those of a person merged in stand before its merge, one deeper. Errors of Run.find_person.
    """
    person = run.find_person(wanted, team_id)
    timeline = Timeline(run, person.person)
    makers = run.makers_of(timeline.parts)
    parts: dict[int, _Part] = defaultdict(_Part)
    _add_ids(parts, timeline, makers)
    _add_links(parts, timeline)
    for number, (creator, seq) in makers.items():
        if seq is not None:
            parts[number].steps.append(HistoryStep("identified", 0, seq, seq, creator))
    _add_up(parts, timeline.links)
    steps = [*_told(parts, person.person)]
    uuids = run.uuids_of((step.seq for step in steps), timeline.links)
    for number, step in enumerate(steps, 1):
        step.number, step.uuid = number, uuids.get(step.seq)
    return How(
        person,
        steps,
        run.identified_seq(person.person),
        len(timeline.parts),
        sum(step.kind == "merged" for step in steps),
        sum(step.kind == "refused" for step in steps),
    )


_ORDER = {"merged": 0, "created": 1, "attached": 2, "refused": 3, "identified": 4}


def _add_ids(parts: dict[int, _Part], timeline: Timeline, makers: Makers) -> None:
    for row in timeline.rows:
        part = parts[row.joined_person]
        part.ids += 1
        part.events += row.event_count
        creator, _ = makers[row.joined_person]
        link = timeline.joins.get(row.joined_seq)
        part.steps.append(_id_step(row, timeline.joined(row), creator, link))


def _id_step(row: IdRow, moment: int, creator: str, link: LinkRow | None) -> HistoryStep:
    kind = "created" if row.distinct_id == creator else "attached"
    step = HistoryStep(kind, 0, row.joined_seq, moment, row.distinct_id, time=row.person_made_at)
    if link is not None:
        ends = link.source_distinct_id, link.target_distinct_id
        step.other = ends[0] if row.distinct_id == ends[1] else ends[1]
        step.event, step.time, step.outcome = link.event, link.time, link.outcome
        step.is_suspicious = kind == "attached" and link.is_silent
    return step


def _add_links(parts: dict[int, _Part], timeline: Timeline) -> None:
    for link in timeline.links:
        ends = link.source_distinct_id, link.target_distinct_id
        about = (link.seq, link.seq, *ends, link.event, link.time, link.outcome)
        if link.merged is not None:
            source, target = link.merged
            step = HistoryStep("merged", 0, *about, timeline.parts[source], lost=len(link.dropped or ()))
            step.is_suspicious = link.is_forced
            parts[target].steps.append(step)
            parts[target].merged_in[link.seq] = source
        elif link.is_refused:
            # of a new id it was nobody's yet: then the person that the event went on to make
            touched = (link.target_person, link.source_person, link.person)
            ours = [one for one in touched if one in timeline.parts]
            if ours and ours[0] is not None:
                parts[ours[0]].steps.append(HistoryStep("refused", 0, *about))


def _add_up(parts: dict[int, _Part], links: list[LinkRow]) -> None:
    """Ids and events of each person merged in, with all that had been merged into that before."""
    for link in links:  # in the order in which they happened, so each source is whole by then
        if link.merged is not None:
            source, target = link.merged
            parts[target].ids += parts[source].ids
            parts[target].events += parts[source].events
    for part in parts.values():
        for step in part.steps:
            if step.kind == "merged":
                source_part = parts[part.merged_in[step.seq]]
                step.ids, step.events = source_part.ids, source_part.events


def _told(parts: dict[int, _Part], person: int) -> Iterator[HistoryStep]:
    """All steps in order, those of a merged person before its merge; no recursion, as merges may chain."""
    waiting = [(person, 0, _in_order(parts[person]))]
    pending: list[HistoryStep] = []
    while waiting:
        number, depth, steps = waiting[-1]
        step = next(steps, None)
        if step is None:
            waiting.pop()
            if pending:
                yield pending.pop()
            continue
        step.depth = depth
        if step.kind == "merged":
            source = parts[number].merged_in[step.seq]
            pending.append(step)
            waiting.append((source, depth + 1, _in_order(parts[source])))
        else:
            yield step


def _in_order(part: _Part) -> Iterator[HistoryStep]:
    return iter(sorted(part.steps, key=lambda step: (step.moment, step.seq, _ORDER[step.kind])))
