"""Persons and distinct ids while a log is replayed.

A distinct id points to the person it was first put on and never moves; a person points to
the id it was made with and, once merged away, to its survivor. Finding an id's person
follows and shortens those pointers, so a merge costs no more than its smaller side's properties.
"""

from datetime import datetime
from typing import Any

from identity_cli.facts import NEVER_SINCE, NEVER_YET
from identity_cli.person_ids import person_uuid
from identity_cli.resolver.properties import NO_PROPERTIES, united
from identity_cli.rules.base import Profile


class Person:
    """One person: its flag, properties and age; its distinct ids point here.

    own: the distinct id it was made with, whose text is `creator`.
    """

    __slots__ = (
        "created_at",
        "creator",
        "identified_seq",
        "ids",
        "made_at",
        "number",
        "own",
        "properties",
        "survivor",
        "team_id",
    )
    own: "DistinctId"

    def __init__(self, number: int, team_id: int, creator: str, created_at: datetime | None) -> None:
        self.number = number
        self.team_id = team_id
        self.creator = creator
        self.created_at = created_at  # of all that were merged into it, the oldest
        self.made_at = created_at
        self.identified_seq: int | None = None
        self.ids = 1  # how many it has; of one merged away, how many it brought
        self.properties: dict[str, Any] = NO_PROPERTIES
        self.survivor: Person | None = None

    @property
    def is_identified(self) -> bool:
        """Whether a legal link of two different ids was ever tried on it."""
        return self.identified_seq is not None

    @property
    def uuid(self) -> str:
        """The platform's id of this person."""
        return person_uuid(self.team_id, self.creator)

    def absorb(self, source: "Person", profile: Profile = Profile.BOTH) -> dict[str, Any]:
        """Take over a person merged into this one; the values of it that lost.

        The older `created_at` stays.
        """
        self.properties, dropped = united(self.properties, source.properties, profile)
        source.properties = NO_PROPERTIES
        self.ids += source.ids
        if source.created_at is not None and (self.created_at is None or source.created_at < self.created_at):
            self.created_at = source.created_at
        source.survivor = self
        return dropped


class DistinctId:
    """One distinct id: how it came in and how often it was seen.

    seq: where it was first seen. joined: where it was put on its first person.
    """

    __slots__ = ("count", "first", "joined", "last", "person", "seq")

    def __init__(self, seq: int, joined: int, person: Person | None) -> None:
        self.seq = seq
        self.joined = joined
        self.person = person
        self.count = 0
        self.first = NEVER_YET
        self.last = NEVER_SINCE

    def see(self, time: datetime | None) -> None:
        """Count one event of this id."""
        self.count += 1
        if time is not None:
            if time < self.first:
                self.first = time
            if time > self.last:
                self.last = time


def survivor_of(person: Person) -> Person:
    """The person that stands today for one that may have been merged away."""
    while person.survivor is not None:
        if person.survivor.survivor is not None:
            person.survivor = person.survivor.survivor
        person = person.survivor
    return person
