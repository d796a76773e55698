"""Two ways to know an internal user: filters that say which events to keep, and lists of names.

A project's `test_account_filters` say which events to *keep*: an event is internal when it
does not pass all of them, and a person when none of its events passes. Filters on the person
are asked of the properties that it has in the end, not of those at the time of each event:
whoever turns out to be staff was so all along.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from identity_cli.events import ABSENT

EventProperties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter that can be evaluated; passes is given a value, or ABSENT."""

    key: str
    text: str  # as people read it: "email not_icontains @example.com"
    passes: Callable[[Any], bool]

    def keeps(self, properties: EventProperties) -> bool:
        """Whether it keeps whatever has these properties."""
        return self.passes(properties.get(self.key, ABSENT))


@dataclass(frozen=True, slots=True)
class Filters:
    """A project's `test_account_filters`, all of which must pass; one not evaluable counts as passed."""

    source: str
    of_persons: tuple[Filter, ...]
    of_events: tuple[Filter, ...]
    not_evaluable: list[str]
    remarks: list[str]
    kind: str = "filters"

    @property
    def size(self) -> int:
        """How many filters can be evaluated."""
        return len(self.of_persons) + len(self.of_events)

    @property
    def event_property_names(self) -> tuple[str, ...]:
        """The event properties that filters ask for."""
        return tuple(dict.fromkeys(one.key for one in self.of_events))

    def person_reason(self, properties: EventProperties, distinct_ids: Collection[str]) -> str | None:
        """The first filter that the person does not pass."""
        return next(
            ("does not pass " + one.text for one in self.of_persons if not one.keeps(properties)), None
        )

    def matches_event(self, properties: EventProperties) -> bool:
        """Whether the event does not pass the filters on events."""
        return not all(one.keeps(properties) for one in self.of_events)


@dataclass(frozen=True, slots=True)
class NamedUsers:
    """A list of distinct ids, e-mail addresses and domains; addresses and domains in lower case.

    An address counts as the person's property `email` and as a distinct id. A domain counts
    for addresses right behind their `@`: `example.com` is not `mail.example.com`.
    """

    source: str
    ids: frozenset[str]
    emails: frozenset[str]
    domains: frozenset[str]
    remarks: list[str]
    kind: str = "list"

    @property
    def size(self) -> int:
        """How many names the list has."""
        return len(self.ids | self.emails | self.domains)

    @property
    def not_evaluable(self) -> list[str]:
        """Nothing: every name can be looked for."""
        return []

    @property
    def event_property_names(self) -> tuple[str, ...]:
        """None: a list is about persons."""
        return ()

    def person_reason(self, properties: EventProperties, distinct_ids: Collection[str]) -> str | None:
        """The first of the person's names that is on the list."""
        listed = next((f"id {one}" for one in distinct_ids if one in self.ids), None)
        if listed is not None or not (self.emails or self.domains):
            return listed
        email = properties.get("email")
        for name in [email, *distinct_ids] if isinstance(email, str) else distinct_ids:
            address = name.strip().lower()
            if address in self.emails:
                return f"email {address}"
            _, at, domain = address.rpartition("@")
            if at and domain in self.domains:
                return f"domain {domain}"
        return None

    def matches_event(self, properties: EventProperties) -> bool:
        """Never: a list is about persons."""
        return False


InternalUsers = Filters | NamedUsers
"""What a file of internal users says.

Both have: `source` (the file, as it was named), `kind`, `size`, `not_evaluable` and `remarks`
(sentences for people), `event_property_names`, `person_reason` and `matches_event`.
"""
