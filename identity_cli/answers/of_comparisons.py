"""Two answers to who is who, held against each other."""

from typing import Any, TypedDict

from identity_cli.answers.common import BeforeAfter, EventAddress, TeamAndId


class IdCounts(TypedDict):
    """Distinct ids of both, and of one only."""

    all: int
    new: int
    gone: int


class PairsOfIds(TypedDict):
    """Pairs of ids that are one person: in the old, in the new, in both; how far the new agrees."""

    old: int
    new: int
    both: int
    precision: float
    recall: float


class MovedId(TypedDict):
    """A distinct id that went to another person, or is in one of both only."""

    team_id: int
    distinct_id: str
    events: int
    change: str
    old_person_id: str | None
    new_person_id: str | None


class PersonsChanged(TypedDict):
    """Old persons and the new ones that have their ids; kind: merged, split, overlapping, new or gone."""

    kind: str
    old: list[str]
    new: list[str]
    ids: int
    moved: list[MovedId]


class Figures(TypedDict):
    """How two answers differ."""

    persons: BeforeAfter
    unchanged: int
    merged: int
    split: int
    overlapping: int
    new: int
    gone: int
    ids: IdCounts
    ids_moved: int
    events_moved: int
    pairs: PairsOfIds
    changes: list[PersonsChanged]


class Setting(TypedDict):
    """A setting in which two runs differ."""

    old: Any
    new: Any


class OldAndNew(TypedDict):
    """Two person ids."""

    old: str
    new: str


class Diff(Figures):
    """How two runs differ.

    properties_differ: persons of the same ids that differ in properties or the identified flag alone.
    """

    format: int
    settings: dict[str, Setting]
    properties_differ: list[OldAndNew]


class PartedIds(TypedDict):
    """Where a replay and the platform part; origin: the first line where they do."""

    kind: str
    platform: list[str]
    replay: list[str]
    ids: list[str]
    origin: EventAddress | None
    reason: str


class TrialOfRules(TypedDict):
    """How far a replay under other settings agrees."""

    rules: str
    buffer_seconds: float
    agreement: float
    precision: float
    recall: float
    matched: int
    differing: int


class Verification(Figures):
    """How far a run agrees with the platform's own export.

    missing, extra, strays: ids of the platform only, of the run only, of nobody there. trials: of --suggest,
    the best first.
    """

    format: int
    agrees: bool
    remarks: list[str]
    missing: list[TeamAndId]
    extra: list[TeamAndId]
    strays: list[TeamAndId]
    partings: list[PartedIds]
    trials: list[TrialOfRules]
