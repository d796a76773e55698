"""What several answers have."""

from typing import Any, TypedDict

from identity_cli.origins import Address


class EventAddress(Address):
    """The place of an event, and its uuid where it has one that is known."""

    uuid: str | None


class BeforeAfter(TypedDict):
    """A figure before and after."""

    before: int
    after: int


class TeamAndId(TypedDict):
    """A distinct id, with the team whose it is."""

    team_id: int
    distinct_id: str


class LinkRecord(Address):
    """A link of two distinct ids that an event asked for, and what became of it."""

    event_uuid: str | None
    event: str
    source_distinct_id: str
    target_distinct_id: str
    outcome: str


class WarningRecord(Address):
    """One ingestion warning.

    details: as the platform gives them.
    """

    event_uuid: str | None
    team_id: int
    type: str
    distinct_id: str
    details: dict[str, Any]
