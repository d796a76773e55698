"""What an event changed: the journal of a run.

Facts are appended in the order in which events were processed and never altered. A
person is named by its number, in order of creation; `seq` is the event's place in
ingestion order, from which its file and line follow. Together the facts suffice to
rebuild every person as of any moment. What would cost a fact for every event comes at the end of the log,
in columns: how often each id was seen, and what became of each person.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from identity_cli.events import FAR_FUTURE, LONG_AGO
from identity_cli.outcomes import Outcome


class PersonCreated(NamedTuple):
    """A distinct id nobody had became a person; a merge may lower its created_at later."""

    seq: int
    person: int
    team_id: int
    distinct_id: str
    created_at: datetime | None


class DistinctIdAttached(NamedTuple):
    """A distinct id nobody had joined an existing person."""

    seq: int
    person: int
    team_id: int
    distinct_id: str


class DistinctIdSeen(NamedTuple):
    """A distinct id nobody had was used, for the first time, without making a person."""

    seq: int
    team_id: int
    distinct_id: str


class PersonIdentified(NamedTuple):
    """A person was marked identified, for good."""

    seq: int
    person: int


class PropertiesChanged(NamedTuple):
    """One event's effect on a person's properties.

    changes: (operation, key, new value, replaced value); the last is left out where the
    key was absent. operation is "set", "set_once" or "unset".
    """

    seq: int
    person: int
    event: str
    time: datetime | None
    changes: list[tuple[Any, ...]]


class Linked(NamedTuple):
    """One wish to link two ids, and its outcome.

    source_person, target_person: the persons of the other id and of the event's own id
    just before, None where the id was unknown. source_identified: the source person's
    flag at that moment. person: whom the event went to. dropped: on a merge, the
    source's values that lost against the target's. lib, lib_version: the library that sent it, as sent.
    """

    seq: int
    uuid: Any
    event: str
    time: datetime | None
    team_id: int
    source_distinct_id: str
    target_distinct_id: str
    outcome: Outcome
    source_person: int | None
    target_person: int | None
    source_identified: bool
    person: int | None
    dropped: dict[str, Any] | None
    lib: Any
    lib_version: Any


class IngestionWarning(NamedTuple):
    """What the platform itself would log, under its own type name and detail keys."""

    seq: int
    uuid: Any
    team_id: int
    type: str
    distinct_id: str
    person: int | None
    details: dict[str, Any]
    time: datetime | None
    lib: Any
    lib_version: Any


class EventHeld(NamedTuple):
    """An event that waited in the buffer, told at its release.

    released_before: seq of the arrival that released it; None at the end of the log.
    person_existed: whether its id had a person by then.
    """

    seq: int
    team_id: int
    distinct_id: str
    arrived: datetime
    due: datetime
    released_before: int | None
    person_existed: bool


class EventDropped(NamedTuple):
    """An event that belongs to nobody: the platform drops it, by rule."""

    seq: int
    team_id: int
    distinct_id: str
    reason: str


class EventTouchedNobody(NamedTuple):
    """An event that concerns no person, and why."""

    seq: int
    event: str
    reason: str


class EventRejected(NamedTuple):
    """An event that is nobody's; its line is kept with the rejected ones.

    by_platform: the line could be used, but the platform's code of that day failed on it.
    """

    seq: int
    reason: str
    by_platform: bool


class EventAttributed(NamedTuple):
    """Whom an event went to when it was processed (only when asked for)."""

    seq: int
    uuid: Any
    event: str
    team_id: int
    distinct_id: str
    person: int | None
    note: str | None
    time: datetime | None
    lib: Any
    lib_version: Any


NEVER_YET, NEVER_SINCE = FAR_FUTURE, LONG_AGO
"""First and last sight of an id without a dated event: any time is before and after these."""


class IdColumns(NamedTuple):
    """Some distinct ids: in how many events each was seen, and how it came in.

    seqs: where each was first seen. joined, joined_persons: where it was put on its first person, and which
    that was; None where it has none. first, last: the times of the earliest and the latest of its events.
    """

    texts: Sequence[str]
    counts: Sequence[int]
    seqs: Sequence[int]
    joined: Sequence[int]
    joined_persons: Sequence[int | None]
    first: Sequence[datetime]
    last: Sequence[datetime]


class PersonColumns(NamedTuple):
    """Some persons; identified: where each was marked so, None for never.

    created_at: of all that were merged into each, the oldest; made_at: its own.
    """

    numbers: Sequence[int]
    team_ids: Sequence[int]
    creators: Sequence[str]
    created_at: Sequence[datetime | None]
    made_at: Sequence[datetime | None]
    identified: Sequence[int | None]


class PersonsLeft(NamedTuple):
    """Some persons as the log leaves them, in order of creation.

    ids: of those that stand, the ids of one after the other, in the order in which they came; id_counts: how
    many each has. survivors: of those merged away, who stands for each.
    """

    standing: PersonColumns
    properties: Sequence[dict[str, Any]]
    id_counts: Sequence[int]
    ids: IdColumns
    merged: PersonColumns
    survivors: Sequence[int]


class IdsLeft(NamedTuple):
    """Some distinct ids that have no person when the log is at its end."""

    team_ids: Sequence[int]
    ids: IdColumns


class Whose(NamedTuple):
    """Whose a distinct id is at some moment: the person that stands, None if it has none, and its events."""

    person: int | None
    is_identified: bool
    events: int


Everybody = PersonsLeft | IdsLeft
"""A part of everybody; all parts tell of every person and every distinct id once."""

Fact = (
    PersonCreated
    | DistinctIdAttached
    | DistinctIdSeen
    | PersonIdentified
    | PropertiesChanged
    | Linked
    | IngestionWarning
    | EventHeld
    | EventDropped
    | EventTouchedNobody
    | EventRejected
    | EventAttributed
)
