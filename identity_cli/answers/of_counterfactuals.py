"""Why it came so, and what else could have been."""

from typing import Any, NotRequired, TypedDict

from identity_cli.answers.common import BeforeAfter, EventAddress
from identity_cli.answers.of_comparisons import Figures
from identity_cli.origins import Address


class LinkSide(TypedDict):
    """One side of a link just before it; ids_before: those of its person, none where there was no person."""

    distinct_id: str
    is_identified: bool
    ids_before: list[str]


class PathLink(EventAddress):
    """A link on the way between two ids, and the rule that made it so; dropped: values lost in it."""

    event: str
    time: str | None
    outcome: str
    rule: str
    source: LinkSide | None
    target: LinkSide | None
    dropped: dict[str, Any] | None


class Instead(Address):
    """What in the place of a refused link would have joined both; replaces: the illegal id there."""

    event: str
    distinct_id: str
    other: str
    replaces: str | None
    sentence: str


class SharedValue(TypedDict):
    """A property that both have, by which people or devices are known."""

    property: str
    value: Any
    places: list[Address]


class Why(TypedDict):
    """The proof that two ids are one person, or what keeps them apart.

    path: the links between them. together_since: the one that completed it. separators: smallest sets of
    events without which they are apart. separators_are_exact: all smallest are among them.
    separators_are_smallest: else a bound. separators_found: how many sets, of which some are told.
    reasons: why they are two. remedies: what would have joined them. instead: what in the place of a
    refused link would have. shared: what both have. notes: why there are no separators or remedies, what to
    heed. without_log: why the log could not be asked, where it could not.
    """

    format: int
    team_id: int
    distinct_ids: list[str]
    are_one: bool
    path: list[PathLink]
    together_since: EventAddress | None
    separators: list[list[EventAddress]]
    separators_are_exact: bool
    separators_are_smallest: bool
    separators_found: int
    reasons: list[str]
    remedies: list[str]
    instead: list[Instead]
    shared: list[SharedValue]
    notes: list[str]
    without_log: str | None


class WhyIdentified(TypedDict):
    """Why a person is identified, or is not.

    reasons: what marked it, or what came of all that might have. remedies: what would mark it.
    """

    format: int
    team_id: int
    distinct_id: str
    person_id: str
    is_identified: bool
    identified_at: Address | None
    reasons: list[str]
    remedies: list[str]
    without_log: str | None


class Culprit(TypedDict):
    """Events that, left out together, part a person; event, outcome and ids are of the first."""

    events: list[EventAddress]
    event: str
    outcome: str
    source_distinct_id: str
    target_distinct_id: str
    login_ids_separated: int
    ids_separated: list[str]
    events_moved: int


class Culprits(TypedDict):
    """The events that made one person of several, the worst first.

    links_held: of the links measured, how many no set of events that could be tried undoes. largest_set: how
    many events were left out together, at most.
    """

    format: int
    person_id: str
    login_ids: list[str]
    ids: int
    links: int
    links_measured: int
    links_held: int
    largest_set: int
    culprits: list[Culprit]


class PlannedSource(TypedDict):
    """A file of the log that a plan is for."""

    file: str
    size: int
    hash: str


class Effect(TypedDict):
    """What an action parts, as measured by a replay."""

    login_ids_separated: int
    ids_separated: list[str]
    events_moved: int


class PlannedAction(TypedDict):
    """An action of a plan: leave_out, block_id, split, import or fix_code.

    events: to leave out. distinct_id: to block; links: how many name it. request: as the platform's API takes
    it. persons: their ids, to import anew. cause, evidence, library, version, event, mapped_from, seen_at:
    what to fix in whose code.
    """

    action: str
    reason: str
    events: NotRequired[list[EventAddress]]
    distinct_id: NotRequired[str]
    links: NotRequired[int]
    effect: NotRequired[Effect]
    request: NotRequired[dict[str, Any]]
    persons: NotRequired[list[list[str]]]
    note: NotRequired[str]
    warning: NotRequired[str]
    cause: NotRequired[str]
    evidence: NotRequired[str]
    library: NotRequired[str | None]
    version: NotRequired[str | None]
    event: NotRequired[str]
    mapped_from: NotRequired[str | None]
    seen_at: NotRequired[list[str]]


class RepairPlan(TypedDict):
    """A plan to part a person.

    whatif --plan, replay --apply and export log --plan take it. login_ids_together: those that it does not
    part. stopped_at: so many steps, where it is as long as plans may be.
    """

    format: int
    sources: list[PlannedSource]
    person_ids: list[str]
    actions: list[PlannedAction]
    unique_users: BeforeAfter
    login_ids_together: list[list[str]]
    stopped_at: int | None


class Scope(TypedDict):
    """What a change can affect."""

    ids: int
    events: int


class FlippedLink(EventAddress):
    """A link whose outcome changes."""

    event: str
    source_distinct_id: str
    target_distinct_id: str
    before: str
    after: str


class ChangedProperties(TypedDict):
    """Persons that correspond, and the names of the properties in which they differ."""

    old: str | None
    new: str | None
    names: list[str]


class WhatIf(Figures):
    """What a change of events or ids changes; --rules and --buffer answer as diff does."""

    format: int
    unique_users: BeforeAfter
    scope: Scope
    links: list[FlippedLink]
    properties: list[ChangedProperties]
