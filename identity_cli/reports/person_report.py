"""One person: who it is, how each of its ids came in, and who wrote each of its properties."""

import json
from typing import Any

from identity_cli.reports.property_history import State
from identity_cli.reports.timeline import Timeline
from identity_cli.store.reading.kept_findings import kept_findings
from identity_cli.store.reading.rows import IdRow, LinkRow, PersonRow, Row, WarningRow
from identity_cli.store.reading.run import Run


class PersonId(Row):
    """A distinct id, and the event that brought it to this person.

    how: "created" (the person was made with it), "attached" (it joined a person) or
    "merged" (it came along when its own person was merged into this one). linked_with:
    the other id of that event, None where an ordinary event made the person. silently:
    it joined somebody already identified, of which the platform does not warn.
    """

    seq: int
    distinct_id: str
    how: str
    event: str | None
    time: str | None
    linked_with: str | None
    silently: bool
    event_count: int
    first_seen: str | None
    last_seen: str | None


class PersonReport(Row):
    """Everything the run knows about one person; properties are in the order stored.

    internal: why it is an internal user, None if it is not or the run cannot tell. findings: of the replay,
    that are about it, as answers.of_findings.FindingRecord.
    """

    person: PersonRow
    identified_seq: int | None
    merged_person_ids: list[str]
    distinct_ids: list[PersonId]
    properties: State
    links: list[LinkRow]
    warnings: list[WarningRow]
    internal: str | None
    findings: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """As answering.InNotebook."""
        from identity_cli.answering import as_dict  # nobody asks for it at a prompt

        return as_dict(self)

    def frame(self, library: str | None = None) -> Any:
        """As answering.InNotebook."""
        from identity_cli.answering import as_frame  # nobody asks for it at a prompt

        return as_frame(self, library)

    def _repr_html_(self) -> str:
        from identity_cli.answering import as_html  # nobody asks for it at a prompt

        return as_html(self)


def person(run: Run, wanted: str, team_id: int | None = None) -> PersonReport:
    """Everything about the person of a distinct id or person id, as of the end of the log.

    Errors of Run.find_person.
    """
    found = run.find_person(wanted, team_id)
    timeline = Timeline(run, found.person)
    return PersonReport(
        found,
        run.identified_seq(found.person),
        [person_id for number, person_id in timeline.parts.items() if number != found.person],
        [_id(row, *_how(row, found, timeline)) for row in timeline.rows],
        _properties(found, timeline),
        timeline.links,
        run.warnings_of(timeline.parts),
        run.internal_reason(found.person),
        [*kept_findings(run, found.person)],
    )


def _how(row: IdRow, person: PersonRow, timeline: Timeline) -> tuple[str, LinkRow | None]:
    """How an id came to the person, and by which link, if any."""
    if row.joined_person != person.person:
        return "merged", timeline.arrivals[row.joined_person]
    link = timeline.joins.get(row.joined_seq)
    return ("created" if link is None else link.outcome), link


def _id(row: IdRow, how: str, link: LinkRow | None) -> PersonId:
    if link is None:
        seq, event, time, other = row.joined_seq, None, row.person_made_at, None
    else:
        seq, event, time = link.seq, link.event, link.time
        ends = (link.source_distinct_id, link.target_distinct_id)
        other = ends[0] if row.distinct_id == ends[1] else ends[1]
    silently = link is not None and link.is_silent
    seen = (row.event_count, row.first_seen, row.last_seen)
    return PersonId(seq, row.distinct_id, how, event, time, other, silently, *seen)


def _properties(person: PersonRow, timeline: Timeline) -> State:
    """The stored properties, each with its write; JournalDiffers if the journal tells another story."""
    stored = json.loads(person.properties)
    written = timeline.properties(person.person)
    wrong = [
        key
        for key in stored.keys() | written.keys()
        if key not in stored or key not in written or stored[key] != written[key].value
    ]
    if wrong:
        from identity_cli.errors import JournalDiffers

        raise JournalDiffers(person.person_id, sorted(wrong))
    return {key: written[key] for key in stored}
