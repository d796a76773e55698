"""Persons and distinct ids while a log is replayed.

A distinct id points to the person it was first put on and never moves; a person points to
the id it was made with and, once merged away, to its survivor. Finding an id's person
follows and shortens those pointers, so a merge costs no more than its smaller side's properties.
"""

from datetime import UTC, datetime
from typing import Any

from identity_cli.properties import NO_PROPERTIES, united

try:  # hashlib's own goes by way of OpenSSL, which takes longer to set up than to compute so few bytes
    from _sha1 import sha1  # type: ignore[import-not-found]  # typeshed does not know it
except ImportError:
    from hashlib import sha1

PERSON_NAMESPACE = bytes.fromhex("932979b465c3442484670b66ec27bc22")
"""The platform's namespace, so that person ids can be joined with its exports."""


def person_uuid(team_id: int, distinct_id: str) -> str:
    """The platform's person id for a person made with that distinct id."""
    name = f"{team_id}:{distinct_id}".encode()
    digest = sha1(PERSON_NAMESPACE + name, usedforsecurity=False).hexdigest()
    # RFC 9562, by hand because uuid.uuid5 costs five times as much: version 5, variant 10xx.
    variant = _VARIANT[digest[16]]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


class Person:
    """One person: its flag, properties and age; its distinct ids point here.

    own: the distinct id it was made with, whose text is `creator`.
    """

    __slots__ = (
        "created_at",
        "creator",
        "identified_seq",
        "kept_uuid",
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
        self.properties: dict[str, Any] = NO_PROPERTIES
        self.survivor: Person | None = None
        self.kept_uuid: str | None = None

    @property
    def is_identified(self) -> bool:
        """Whether a legal link of two different ids was ever tried on it."""
        return self.identified_seq is not None

    @property
    def uuid(self) -> str:
        """The platform's id of this person; kept, as who is asked for once is asked for again."""
        if self.kept_uuid is None:
            self.kept_uuid = person_uuid(self.team_id, self.creator)
        return self.kept_uuid

    def absorb(self, source: "Person") -> dict[str, Any]:
        """Take over a person merged into this one; the values of it that lost.

        This person's values win, key by key; the older `created_at` stays.
        """
        self.properties, dropped = united(self.properties, source.properties)
        source.properties = NO_PROPERTIES
        if source.created_at is not None and (self.created_at is None or source.created_at < self.created_at):
            self.created_at = source.created_at
        source.survivor = self
        return dropped


NEVER_YET = datetime.max.replace(tzinfo=UTC)
NEVER_SINCE = datetime.min.replace(tzinfo=UTC)
"""First and last sight of an id without a dated event: any time is before and after these."""


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
