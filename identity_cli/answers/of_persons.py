"""Who an id is, was, and how it came to be."""

from typing import Any, TypedDict

from identity_cli.answers.common import EventAddress, LinkRecord
from identity_cli.answers.of_findings import FindingRecord
from identity_cli.origins import Address


class WholePerson(TypedDict):
    """A person as it stands."""

    team_id: int
    person_id: str
    creator_distinct_id: str
    is_identified: bool
    created_at: str | None
    properties: dict[str, Any]
    id_count: int
    event_count: int
    first_seen: str | None
    last_seen: str | None
    identified_at: Address | None


class IdOfPerson(Address):
    """A distinct id, and the event that brought it: how is created, attached or merged."""

    distinct_id: str
    how: str
    event: str | None
    time: str | None
    linked_with: str | None
    silently: bool
    event_count: int
    first_seen: str | None
    last_seen: str | None


class PropertyWrite(Address):
    """A property and what wrote it; replaced: the value before in a list, empty if there was none."""

    key: str
    value: Any
    operation: str
    event: str
    time: str | None
    replaced: list[Any]
    is_stale: bool


class LinkOfPerson(LinkRecord):
    """A link that touched a person.

    silently, forced: it joined, or merged away, somebody identified. dropped: values of the source that lost.
    """

    time: str | None
    source_identified: bool
    dropped: dict[str, Any] | None
    silently: bool
    forced: bool


class WarningOfPerson(Address):
    """A warning about a person, or about a link that names it."""

    event_uuid: str | None
    team_id: int
    type: str
    distinct_id: str
    details: dict[str, Any]


class Person(TypedDict):
    """Who an id is, and why.

    internal: why it is an internal user.
    """

    format: int
    asked_for: str
    person: WholePerson
    merged_person_ids: list[str]
    internal: str | None
    distinct_ids: list[IdOfPerson]
    properties: list[PropertyWrite]
    links: list[LinkOfPerson]
    warnings: list[WarningOfPerson]
    findings: list[FindingRecord]


class PersonAsOf(TypedDict):
    """Who an id was at a moment.

    until: the last event that counts, or the time. waiting: events of these ids that the buffer held then.
    """

    format: int
    asked_for: str
    as_of: str
    until: Address | str
    person_id: str
    creator_distinct_id: str
    is_identified: bool
    distinct_ids: list[str]
    properties: dict[str, Any]
    waiting: list[Address]
    links: list[LinkRecord]


class HowStep(EventAddress):
    """A step of a person's history; depth: through how many merges it came to this person.

    kind: created, attached, merged, refused or identified. ids, events: of a person merged in.
    """

    number: int
    depth: int
    kind: str
    distinct_id: str
    other: str | None
    event: str | None
    time: str | None
    outcome: str | None
    person_id: str | None
    ids: int
    events: int
    values_lost: int
    is_suspicious: bool


class How(TypedDict):
    """A person's history.

    persons, merges, refused: how many of each are in it.
    """

    format: int
    person_id: str
    team_id: int
    persons: int
    merges: int
    refused: int
    steps: list[HowStep]


class BlameEntry(EventAddress):
    """A write to a property, or what a merge did to it; person_id, made_with: of the person written on."""

    key: str
    what: str
    value: Any
    replaced: list[Any]
    event: str
    time: str | None
    person_id: str
    made_with: str
    is_stale: bool


class PropertyMention(Address):
    """An event that has a property and did not write it."""

    event: str
    time: str | None
    distinct_id: str
    value: Any


class Blame(TypedDict):
    """Which event wrote each property.

    With PROPERTY also too_late, each $set_once of a property that was there already, and on_events, events
    that have it themselves, which writes nothing; else null.
    """

    format: int
    person_id: str
    entries: list[BlameEntry]
    too_late: list[PropertyMention] | None
    on_events: list[PropertyMention] | None


class Found(TypedDict):
    """An id, person id or value, where it stands, whose it was then, and who that is now."""

    what: str
    value: Any
    match: str
    file: str | None
    line: int | None
    nth: int | None
    then: str | None
    then_person_id: str | None
    now: str | None
    now_person_id: str | None
    is_current: bool


class EventOfPerson(EventAddress):
    """An event of a person.

    library, version: what sent it. then, person_id_then: whose it was when it came; null without a person.
    """

    time: str | None
    event: str
    distinct_id: str
    library: str | None
    version: str | None
    then: str | None
    person_id_then: str | None
