"""The words of the event: what the resolver reads of one, and where it stood.

An event is any record with these attributes; how a log line becomes one is the
dialect's affair. Names follow PostHog's wire form without the leading `$`.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol


class Absent(Enum):
    """The type of ABSENT, so that type checkers know there is only one."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""A key that the line does not have, where a present null means something else."""

IDENTIFY: Final = "$identify"
CREATE_ALIAS: Final = "$create_alias"
MERGE_DANGEROUSLY: Final = "$merge_dangerously"
GROUP_IDENTIFY: Final = "$groupidentify"
SNAPSHOT: Final = "$snapshot"
PERFORMANCE_EVENT: Final = "$performance_event"
EXCEPTION: Final = "$exception"
HEATMAP: Final = "$$heatmap"
CLIENT_INGESTION_WARNING: Final = "$$client_ingestion_warning"
CLIENT_WARNING_MESSAGE: Final = "$$client_ingestion_warning_message"
FEATURE_FLAG_CALLED: Final = "$feature_flag_called"
SURVEY_SHOWN: Final = "survey shown"
SET: Final = "$set"
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
FAR_FUTURE: Final = datetime.max.replace(tzinfo=UTC)
NO_EFFECT: Final = "a link without effect"
"""What `links_as` says of an event that its vendor's libraries send and its own rules pay no heed to."""


class Pairs(Enum):
    """What it means that a line names a user and a device side by side."""

    LINK = "the first line with the two links them, as a linking event does"
    ONLY_LINK = "the same, and nothing else does; a device's id is never a user's"
    NO_LINK = "nothing: only linking events do"


LONGEST_SENT_ID: Final = 200
"""Code points that capture leaves of a distinct id (`posthog/api/capture.py`, later `rust/capture`)."""


class SentId(NamedTuple):
    """A distinct id that capture has yet to make a text of, or to cut; only of lines as SDKs sent them.

    python, json: what one or the other capture takes for its text. is_false: whether it is 0, false,
    [] or {}. by_v1: sent to capture's newer endpoint. is_text: whether it was one before.
    """

    python: str
    json: str
    is_false: bool = False
    by_v1: bool = False
    is_text: bool = False

    def __bool__(self) -> bool:
        """False: who only asks whether there is an id has to look closer."""
        return False


class Properties(Protocol):
    """What identity depends on inside an event's `properties`."""

    distinct_id: Any
    anon_distinct_id: Any  # ABSENT when the key is missing
    alias: Any
    set: Any
    set_once: Any
    unset: Any
    device_id: Any
    lib: Any
    lib_version: Any
    process_person_profile: Any  # ABSENT when the key is missing

    @property
    def copied(self) -> Iterable[tuple[str, Any]]:
        """Those present of the event properties that a rule set may copy onto the person, or reports."""


class Event(Protocol):
    """One event as the resolver takes it; times are aware datetimes or None."""

    event: str
    links_as: (
        str | None
    )  # the linking event that it stands for, where a vendor's form names a link in its own way
    uuid: Any
    distinct_id: Any
    team_id: int | None
    set: Any
    set_once: Any
    timestamp: datetime | None
    offset: Any  # milliseconds before arrival, from SDKs that send no timestamp
    now: datetime | None
    received_at: datetime | None
    created_at: datetime | None
    inserted_at: datetime | None

    @property
    def properties(self) -> Properties:
        """The part under `properties`."""

    @property
    def links(self) -> "Sequence[Event]":
        """Links that come before it and are part of it, see dialects.base; the resolver is told of each."""


def arrival_of(event: Event) -> datetime | None:
    """When the event reached the platform, as far as its line tells."""
    return arrival_told(event) or event.timestamp


def arrival_told(event: Event) -> datetime | None:
    """When the event reached the platform, if its line tells that and not only when it happened."""
    return event.now or event.received_at or event.created_at or event.inserted_at


def time_of(event: Event) -> datetime | None:
    """When the event happened: its timestamp, else its arrival less the SDK's offset."""
    if event.timestamp is not None:
        return event.timestamp
    arrival = arrival_of(event)
    if arrival is not None and isinstance(event.offset, int | float) and event.offset > 0:
        with suppress(OverflowError):  # an offset of centuries is none
            return arrival - timedelta(milliseconds=event.offset)
    return arrival
