"""The figures of a run over time, and of its persons and ids as a whole."""

from typing import TypedDict


class JumpOfFigure(TypedDict):
    """A figure far above what it mostly was just before."""

    figure: str
    before: float
    now: int


class PeriodOfTrend(TypedDict):
    """An hour, a day or a week, perhaps of one library alone.

    links: by outcome. warnings_of: by type. findings: codes of those that began in it.
    """

    period: str
    lib: str | None
    lib_version: str | None
    events: int
    unique_persons: int
    new_persons: int
    links: dict[str, int]
    refused: int
    warnings: int
    warnings_of: dict[str, int]
    findings: list[str]
    jumps: list[JumpOfFigure]


class Trend(TypedDict):
    """The figures of a run over time; undated_events are in no period."""

    format: int
    by: str
    undated_events: int
    periods: list[PeriodOfTrend]


class IdsPerPerson(TypedDict):
    """How many distinct ids persons have; percentiles: by the share of persons that have at most so many."""

    percentiles: dict[str, int]
    largest: int


class KindOfId(TypedDict):
    """Ids of a kind, by their look; alone: those that share their person with no other."""

    kind: str
    ids: int
    alone: int


class LinkedKinds(TypedDict):
    """Links between ids of two kinds: the other id's, and the event's own."""

    source_kind: str
    target_kind: str
    links: int
    refused: int


class IdOfLinks(TypedDict):
    """An id, and how many links name it."""

    distinct_id: str
    links: int
    refused: int


class UniqueUsers(TypedDict):
    """By what one may count; email: addresses, and persons without one. null where nothing tells."""

    person: int
    email: int | None
    device: int | None


class RunAudit(TypedDict):
    """A run as a whole; consolidation_rate: 1 - persons / distinct ids."""

    format: int
    persons: int
    distinct_ids: int
    consolidation_rate: float
    ids_per_person: IdsPerPerson
    kinds: list[KindOfId]
    linked_kinds: list[LinkedKinds]
    top_ids: list[IdOfLinks]
    unique_users: UniqueUsers
