"""A person's story as plain data: all that a picture knows.

A *moment* is an event's seq, or half a step before the event that released it where it waited in the buffer:
pictures run in the order in which identity was decided, never by timestamps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from identity_cli.outcomes import JOINS, Outcome


class Span(NamedTuple):
    """From that moment on an id is that person's."""

    start: float
    person: int


class Tick(NamedTuple):
    """Some consecutive events of one id and library: the first of them stands for all.

    where: its address without the file where there is one file only. is_held: it waited in the buffer.
    events: how many it stands for.
    """

    seq: int
    distinct_id: str
    event: str
    library: str
    time: str | None
    where: str
    is_held: bool = False
    events: int = 1


class Joint(NamedTuple):
    """A link, and what came of it; persons as numbers just before it, person: whom the event went to.

    finding: the words of the finding that speaks of it, "" where none does.
    """

    seq: int
    event: str
    time: str | None
    where: str
    source: str
    target: str
    outcome: str
    source_person: int | None
    person: int | None
    finding: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """Both ids."""
        return self.source, self.target

    @property
    def is_refusal(self) -> bool:
        """Whether nobody was let in."""
        return self.outcome not in JOINS and self.outcome not in {Outcome.SAME_PERSON, Outcome.SAME_ID}


class Trait(NamedTuple):
    """A property that tells humans apart, and from which moment it had which value."""

    key: str
    values: list[tuple[float, str]]


@dataclass
class Story:
    """A person with all of its ids, and the strangers that its refused links name.

    person: its number; of a story of several persons, that of the one whose colour is the first. ids: its
    own, by first sight. first: of every id, the moment it was first seen.
    joined: of every id, its first person. merged: of every person merged away, when and into whom. names:
    what to call each of these persons. events: how many each id has. finding_words: by seq, of events that
    are no links too.
    """

    title: str
    person: int
    ids: list[str]
    first: dict[str, float]
    joined: dict[str, Span]
    merged: dict[int, Span] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    logins: frozenset[str] = frozenset()
    events: dict[str, int] = field(default_factory=dict)
    ticks: list[Tick] = field(default_factory=list)
    joints: list[Joint] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    traits: list[Trait] = field(default_factory=list)
    finding_words: dict[int, str] = field(default_factory=dict)

    def spans(self, distinct_id: str) -> Iterator[Span]:
        """Whose an id was, one after the other."""
        span = self.joined[distinct_id]
        yield span
        while span.person in self.merged:
            moved = self.merged[span.person]
            span = Span(max(moved.start, span.start), moved.person)
            yield span

    @cached_property
    def brought(self) -> dict[int, Span]:
        """Of every person merged away: when it came to the survivor, and as part of which person."""
        found: dict[int, Span] = {}
        for person, (start, into) in sorted(self.merged.items(), key=lambda item: -item[1].start):
            found[person] = found.get(into, Span(start, person))
        return found

    def came(self, distinct_id: str) -> Span:
        """When an id came to the survivor, and as part of which person; of its own, from its beginning."""
        start, person = self.joined[distinct_id]
        moved = self.brought.get(person)
        return Span(start, person) if moved is None else Span(max(start, moved.start), moved.person)

    def person_name(self, person: int | None) -> str:
        """What to call a person."""
        return "" if person is None else self.names.get(person, "")
