"""One person: who it is, how each of its ids came in, and who wrote each of its properties."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from identity_cli.errors import JournalDiffers
from identity_cli.events import Origin
from identity_cli.reports.history import properties_written
from identity_cli.store.run import IdRow, LinkRow, PersonRow, Run, WarningRow


class PersonId(NamedTuple):
    """A distinct id, and the event that brought it to this person.

    how: "created" (the person was made with it), "attached" (it joined a person) or
    "merged" (it came along when its own person was merged into this one). linked_with:
    the other id of that event, None where an ordinary event made the person. silently:
    it joined somebody already identified, of which the platform does not warn.
    """

    distinct_id: str
    how: str
    origin: Origin
    event: str | None
    time: str | None
    linked_with: str | None
    silently: bool
    event_count: int
    first_seen: str | None
    last_seen: str | None


class Property(NamedTuple):
    """A property of the person, and the write it comes from.

    replaced: the value before that write, in a list; empty where the key was new.
    """

    key: str
    value: Any
    operation: str
    origin: Origin
    event: str
    time: str | None
    replaced: list[Any]


class Link(NamedTuple):
    """A link that touched the person. dropped: on a merge, the source's values that lost."""

    origin: Origin
    event_uuid: str | None
    event: str
    time: str | None
    source_distinct_id: str
    target_distinct_id: str
    outcome: str
    silently: bool
    dropped: dict[str, Any] | None


class Warned(NamedTuple):
    """An ingestion warning about the person, or one that names it."""

    origin: Origin
    event_uuid: str | None
    type: str
    distinct_id: str
    details: dict[str, Any]


class PersonReport(NamedTuple):
    """Everything the run knows about one person."""

    person: PersonRow
    identified_at: Origin | None
    merged_person_ids: list[str]
    distinct_ids: list[PersonId]
    properties: list[Property]
    links: list[Link]
    warnings: list[Warned]


def person_report(run: Run, wanted: str, team_id: int | None = None) -> PersonReport:
    """Everything about the person of a distinct id or person id."""
    person = run.find_person(wanted, team_id)
    parts = run.parts_of(person.person)
    links = run.links_of(parts)
    identified_seq = run.identified_seq(person.person)
    return PersonReport(
        person,
        None if identified_seq is None else run.origin(identified_seq),
        [person_id for number, person_id in parts.items() if number != person.person],
        _ids(run, person, links),
        _properties(run, person, parts, links),
        [_link(run, link) for link in links],
        [_warned(run, warning) for warning in run.warnings_of(parts)],
    )


def _ids(run: Run, person: PersonRow, links: list[LinkRow]) -> list[PersonId]:
    joins = {link.seq: link for link in links if link.outcome in ("created", "attached")}
    arrivals = _arrivals(person.person, links)
    ids = []
    for row in run.ids_of(person.person):
        if row.joined_person == person.person:
            link = joins.get(row.joined_seq)
            how = "created" if link is None else link.outcome
        else:
            link, how = arrivals[row.joined_person], "merged"
        ids.append(_id(run, row, how, link))
    return ids


def _id(run: Run, row: IdRow, how: str, link: LinkRow | None) -> PersonId:
    if link is None:
        event = time = other = None
    else:
        event, time = link.event, link.time
        ends = (link.source_distinct_id, link.target_distinct_id)
        other = ends[0] if row.distinct_id == ends[1] else ends[1]
    return PersonId(
        row.distinct_id,
        how,
        run.origin(row.joined_seq if link is None else link.seq),
        event,
        row.first_seen if link is None else time,
        other,
        link is not None and how == "attached" and link.source_identified,
        row.event_count,
        row.first_seen,
        row.last_seen,
    )


def _arrivals(person: int, links: Iterable[LinkRow]) -> dict[int, LinkRow]:
    """For each person merged away, the merge that brought it to this one in the end.

    Last merge first: by the time a merge is looked at, where its target went is known.
    """
    arrivals: dict[int, LinkRow] = {}
    for link in reversed([link for link in links if link.outcome == "merged"]):
        if link.source_person is not None and link.target_person is not None:
            onwards = link if link.target_person == person else arrivals.get(link.target_person, link)
            arrivals[link.source_person] = onwards
    return arrivals


def _properties(run: Run, person: PersonRow, parts: Iterable[int], links: list[LinkRow]) -> list[Property]:
    """The stored properties, each with its write; JournalDiffers if the journal tells another story."""
    stored = json.loads(person.properties)
    written = properties_written(person.person, run.changes_of(parts), links)
    wrong = [
        key
        for key in stored.keys() | written.keys()
        if key not in stored or key not in written or stored[key] != written[key].value
    ]
    if wrong:
        raise JournalDiffers(person.person_id, sorted(wrong))
    return [
        Property(key, value, write.operation, run.origin(write.seq), write.event, write.time, write.replaced)
        for key, value in stored.items()
        for write in (written[key],)
    ]


def _link(run: Run, link: LinkRow) -> Link:
    return Link(
        run.origin(link.seq),
        link.uuid,
        link.event,
        link.time,
        link.source_distinct_id,
        link.target_distinct_id,
        link.outcome,
        link.outcome == "attached" and link.source_identified,
        link.dropped,
    )


def _warned(run: Run, warning: WarningRow) -> Warned:
    return Warned(run.origin(warning.seq), warning.uuid, warning.type, warning.distinct_id, warning.details)
