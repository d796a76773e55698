"""The summary of a run, and what lists its persons and warnings."""

from typing import Any, NotRequired, TypedDict

from identity_cli.answers.of_findings import FindingRecord
from identity_cli.origins import Address


class SourceRead(TypedDict):
    """A file of the log; size in bytes."""

    path: str
    lines: int
    size: int
    hash: str
    dialect: str


class PassedOverFile(TypedDict):
    """A file that was found and not read."""

    file: str
    reason: str


class DialectRead(TypedDict):
    """An input format of the log; whose_rules: where its vendor's are others than those applied."""

    name: str
    files: int
    lines: int
    whose_rules: str | None


class Days(TypedDict):
    """The first and last day of the log, and the rule sets that they call for."""

    first: str
    last: str
    in_period_of_rules: bool
    called_for: list[str]


class OrderOfLog(TypedDict):
    """Whether the log is in the order of arrival; moved: by sorting; largest_step_back in seconds."""

    sorted_by: str | None
    moved: int
    with_arrival: int
    late: int
    first_late: Address | None
    largest_step_back: float


class NoticeExample(Address):
    """Where a notice is about, and what stands there."""

    what: str


class Notice(TypedDict):
    """Something odd about the log, how often, and the first."""

    kind: str
    count: int
    example: NoticeExample


class Repeats(TypedDict):
    """Events that repeat an earlier one."""

    count: int
    skipped: bool


class Reason(TypedDict):
    """What was wrong with lines or events, how often, and the first."""

    reason: str
    count: int
    example: Address


class PersonCounts(TypedDict):
    """Unique users."""

    total: int
    identified: int
    anonymous: int


class Share(TypedDict):
    """A figure with internal users, of them alone, and without."""

    total: int
    internal: int
    without_internal: int


class InternalUsersFound(TypedDict):
    """Who was marked as internal, and how sure that is."""

    source: str
    showing: str
    persons: Share
    events: Share
    distinct_ids: Share
    not_evaluable: list[str]
    remarks: list[str]


class LinkCounts(TypedDict):
    """Links by outcome, and those that nothing warns of."""

    total: int
    outcomes: dict[str, int]
    attached_to_identified: int
    merged_from_identified: int


class BufferCounts(TypedDict):
    """Events that waited in the buffer."""

    held: int
    found_their_person: int


class WarningExample(Address):
    """The first warning of its type."""

    distinct_id: str
    details: dict[str, Any]


class WarningCount(TypedDict):
    """A type of ingestion warnings."""

    type: str
    count: int
    example: WarningExample


class Book(TypedDict):
    """A sum, and the parts it must be the sum of."""

    what: str
    total: int
    parts: dict[str, int]
    balances: bool


class RunSummary(TypedDict):
    """The figures of a run; verdict: of the audits, in one sentence."""

    format: int
    verdict: str | None
    sources: list[SourceRead]
    passed_over: list[PassedOverFile]
    dialects: list[DialectRead]
    rule_set: str
    rules_vendor: str
    rules_are_of_log: bool
    rules_by_dates: bool
    days: Days | None
    buffer_seconds: float
    order: OrderOfLog
    notices: list[Notice]
    repeats: Repeats
    refused_at_door: list[Reason]
    lines: int
    events: int
    persons: PersonCounts
    distinct_ids: int
    internal_users: InternalUsersFound | None
    links: LinkCounts
    buffer: BufferCounts
    warnings: list[WarningCount]
    rejected: list[Reason]
    dropped: list[Reason]
    touching_nobody: list[Reason]
    books: list[Book]
    files: list[str]


class PersonRecord(TypedDict):
    """A person.

    internal: why it is an internal user, of runs that tell such apart.
    """

    team_id: int
    person_id: str
    creator_distinct_id: str
    distinct_ids: list[str]
    id_count: int
    is_identified: bool
    created_at: str | None
    properties: dict[str, Any]
    event_count: int
    first_seen: str | None
    last_seen: str | None
    internal: NotRequired[str | None]


class WorstId(TypedDict):
    """An id at fault, in how many warnings, and the first of them."""

    distinct_id: str
    count: int
    first: Address


class WarningTypeRecord(TypedDict):
    """All warnings of a type; severity: error, warning or info."""

    type: str
    severity: str
    count: int
    meaning: str
    what_to_do: str
    worst_ids: list[WorstId]


class LogSize(TypedDict):
    """Of the whole log."""

    events: int
    persons: int


class LogDamage(TypedDict):
    """What findings cost, each person counted once.

    hidden: people who are part of somebody else's person. doubled: persons whose human has another one.
    events: that count for the wrong person, or are lost.
    """

    hidden: int
    doubled: int
    events: int


class WarningTypes(TypedDict):
    """The ingestion warnings by type.

    attached_to_identified: links that put an id on somebody identified, of which nothing warns.
    """

    format: int
    total: int
    types: list[WarningTypeRecord]
    attached_to_identified: int


class Warnings(WarningTypes):
    """All that is wrong in a log: in one sentence, by finding, and by type of ingestion warning.

    findings: the worst first. suppressed: how many more the settings say nothing of. expired_suppressions:
    those of the settings whose last day is over.
    """

    verdict: str
    log: LogSize
    damage: LogDamage
    findings: list[FindingRecord]
    suppressed: int
    expired_suppressions: list[str]


class DialectRecord(TypedDict):
    """An input format; order_key: what tells of the arrival; guide: how its calls become links and writes."""

    name: str
    title: str
    vendor: str
    own_rules: list[str]
    order_key: str | None
    guide: str


class Dialects(TypedDict):
    """The input formats."""

    format: int
    dialects: list[DialectRecord]
