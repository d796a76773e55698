"""A person as of a moment of the log, from the journal: its ids, properties and links by then."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from typing import Any

from identity_cli.errors import BadMoment, NotYetSeen
from identity_cli.events import Origin
from identity_cli.origins import address_in
from identity_cli.reports.property_history import State, properties_written
from identity_cli.store.reading.rows import ChangeRow, IdRow, LinkRow
from identity_cli.store.reading.run import Run


@dataclass(slots=True)
class PersonAsOf:
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
    time, the facts count that stand before the first whose own event was later. BadMoment; NotYetSeen if
    the id was not there yet.
    """
    person = run.find_person(wanted, team_id)
    parts = run.parts_of(person.person)
    links, rows = run.links_of(parts), run.ids_of(person.person)
    moments = run.moments(row.joined_seq for row in rows)
    until = _until(run, moment)
    if isinstance(until, datetime):
        last = _last_by(until, rows, moments, links, run.changes_of(parts))
    else:
        last = until
    by_then = [link for link in links if link.moment <= last]
    joined = [row for row in rows if moments.get(row.joined_seq, row.joined_seq) <= last]
    person_of = _persons_then(by_then)
    own = wanted if any(row.distinct_id == wanted for row in rows) else person.creator_distinct_id
    found = next((row for row in joined if row.distinct_id == own), None)
    if found is None:
        first = next(row for row in rows if row.distinct_id == own)
        waiting = _waiting(run, person.team_id, [own], last)
        raise NotYetSeen(own, moment, run.origin(first.joined_seq), waiting)
    number = person_of(found.joined_person)
    changes = [change for change in run.changes_of(parts) if change.moment <= last]
    creator, identified = run.makers_of([number])[number]
    flagged = identified is not None and identified <= last
    ids = [row.distinct_id for row in joined if person_of(row.joined_person) == number]
    return PersonAsOf(
        parts[number],
        creator,
        flagged,
        ids,
        properties_written(number, changes, by_then),
        [link for link in by_then if number in _numbers(link, person_of)],
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


def _last_by(
    time: datetime,
    rows: list[IdRow],
    moments: dict[int, int],
    links: list[LinkRow],
    changes: list[ChangeRow],
) -> int:
    """The moment before the first fact of the person whose event was later than a time."""
    facts: list[tuple[int, str | None]] = [(link.moment, link.time) for link in links]
    facts += [(change.moment, change.time) for change in changes]
    facts += [(moments.get(row.joined_seq, row.joined_seq), row.first_seen) for row in rows]
    late = [moment for moment, text in facts if text is not None and datetime.fromisoformat(text) > time]
    return min(late, default=2**62) - 1


def _persons_then(links: list[LinkRow]) -> Callable[[int], int]:
    """For each person's number, the one that it had become."""
    survivor = {
        link.source_person: link.target_person
        for link in links
        if link.outcome == "merged" and link.source_person is not None and link.target_person is not None
    }

    def person_of(number: int) -> int:
        passed = []
        while number in survivor:
            passed.append(number)
            number = survivor[number]
        for one in passed:  # so that a chain of merges is walked once
            survivor[one] = number
        return number

    return person_of


def _numbers(link: LinkRow, person_of: Callable[[int], int]) -> set[Any]:
    return {
        person_of(number)
        for number in (link.source_person, link.target_person, link.person)
        if number is not None
    }
