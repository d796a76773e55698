"""A person as of a moment of the log, from the journal: its ids, properties and links by then."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as time_of_day

from identity_cli.answering import InNotebook
from identity_cli.errors import BadMoment, NotYetSeen
from identity_cli.origins import Origin, address_in
from identity_cli.reports.property_history import State
from identity_cli.reports.timeline import END, Timeline, persons_of
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run


@dataclass(slots=True)
class PersonAsOf(InNotebook):
    """Who an id was then: which person, with which ids, properties and links.

    until: the last line that counts, or the time. waiting: events of these ids that had come by then and
    waited in the buffer, whatever they did later.
    """

    person_id: str
    made_with: str
    is_identified: bool
    distinct_ids: list[str]
    properties: State
    links: list[LinkRow]
    until: Origin | datetime
    waiting: list[Origin]


def person_as_of(run: Run, wanted: str, moment: str, team_id: int | None = None) -> PersonAsOf:
    """The person of an id after a line (LINE, FILE:LINE, FILE:LINE#NTH), at an ISO time or the end of a day.

    After the last line, what waits in the buffer still waits: only the end of the log releases it. At a
    time, the facts count that stand before the first whose own event was later. Errors of Run.find_person;
    BadMoment; NotYetSeen if the id was not there yet.
    """
    person = run.find_person(wanted, team_id)
    timeline = Timeline(run, person.person)
    until = _until(run, moment)
    last = _last_by(until, timeline) if isinstance(until, datetime) else until
    joined = [row for row in timeline.rows if timeline.joined(row) <= last]
    person_of = timeline.person_by(last)
    own = wanted if any(row.distinct_id == wanted for row in timeline.rows) else person.creator_distinct_id
    found = next((row for row in joined if row.distinct_id == own), None)
    if found is None:
        first = next(row for row in timeline.rows if row.distinct_id == own)
        waiting = _waiting(run, person.team_id, [own], last)
        raise NotYetSeen(own, moment, run.origin(first.joined_seq), waiting)
    number = person_of(found.joined_person)
    creator, identified = run.makers_of([number])[number]
    flagged = identified is not None and identified <= last
    ids = [row.distinct_id for row in joined if person_of(row.joined_person) == number]
    return PersonAsOf(
        timeline.parts[number],
        creator,
        flagged,
        ids,
        timeline.properties(number, last),
        [link for link in timeline.links_by(last) if number in persons_of(link, person_of)],
        until if isinstance(until, datetime) else run.origin(until),
        _waiting(run, person.team_id, ids, last),
    )


def _waiting(run: Run, team_id: int, ids: list[str], last: int) -> list[Origin]:
    return [run.origin(seq) for seq in run.waiting_after(last, team_id, ids)]


def _until(run: Run, moment: str) -> int | datetime:
    """The last seq that counts, or a time."""
    return moment_in(run, moment)[-1]


def moment_in(run: Run, moment: str, option: str = "--as-of") -> tuple[int, int] | tuple[datetime, datetime]:
    """The seqs of the first and the last event of a line, or a time twice, of a day its beginning and end.

    A number is a line, though it may look like 20230315. BadMoment.
    """
    time = None if moment.isdecimal() else _time_in(moment)
    if time is not None:
        return (time, datetime.combine(time, time_of_day.max, time.tzinfo) if is_day(moment) else time)
    if address_in(moment) is None:
        raise BadMoment(moment, "it is neither", option)
    seqs = run.origins.seqs_at(moment)
    if seqs and seqs[-1] <= run.metadata["seqs"]:
        return seqs[0], seqs[-1]
    raise BadMoment(moment, "no such line in this run", option)


def _time_in(moment: str) -> datetime | None:
    """An ISO time; of a day its beginning. Without a zone it is UTC."""
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed


def is_day(moment: str) -> bool:
    """Whether an ISO time is a day, without a time of it."""
    try:
        date.fromisoformat(moment)
    except ValueError:
        return False
    return True


def _last_by(time: datetime, timeline: Timeline) -> int:
    """The moment before the first fact of the person whose event was later than a time."""
    facts: list[tuple[int, str | None]] = [(link.seq, link.time) for link in timeline.links]
    facts += [(change.moment, change.time) for change in timeline.changes]
    facts += [(timeline.joined(row), row.first_seen) for row in timeline.rows]
    late = [moment for moment, text in facts if text is not None and datetime.fromisoformat(text) > time]
    return min(late, default=END) - 1
