"""What audits found in a run."""

from typing import Any, TypedDict

from identity_cli.origins import Address


class FindingEvent(Address):
    """The place of an event, and when it happened."""

    time: str | None


class FindingSince(FindingEvent):
    """Where what was found began, and the library that sent it.

    That is in the first release in which it is not rare. before: in how many of 1,000 events of the library's
    earlier releases it was there, null where there are none.
    """

    lib: str | None
    version: str | None
    before: float | None


class FindingThreshold(TypedDict):
    """What was crossed: the limit, what was seen, and where the limit comes from."""

    limit: float
    seen: float
    source: str


class FindingAlso(TypedDict):
    """What another audit saw of the same cause, which is no finding of its own; the fields as of a finding.

    times: in how many places. message, evidence: of the first. The damage is that of its cause as well.
    """

    code: str
    severity: str
    times: int
    message: str
    distinct_ids: list[str]
    person_ids: list[str]
    events: int
    unique_users: int
    first: Address
    last: Address
    evidence: dict[str, Any]


class FindingRecord(TypedDict):
    """One finding.

    severity: error, warning or info. confidence: from 0 to 1. events: that count for the wrong person, or
    are lost. unique_users: how many the run counts too many, or where negative too few. evidence: by kind;
    `also`, where other audits saw the same: a list of FindingAlso.
    commands: that show more, or mend it. fingerprint: the same for the same finding in the same log.
    """

    code: str
    severity: str
    confidence: float
    message: str
    distinct_ids: list[str]
    person_ids: list[str]
    events: int
    unique_users: int
    first: FindingEvent
    last: FindingEvent
    since: FindingSince
    evidence: dict[str, Any]
    threshold: FindingThreshold | None
    remedy: str
    commands: list[str]
    fingerprint: str


class AuditRecord(TypedDict):
    """What an audit looks for, and how; threshold: None where anything counts."""

    code: str
    severity: str
    title: str
    looks_for: str
    evidence: str
    threshold: float | None
    source: str
    false_positives: str
    remedy: str
    confidence: float
