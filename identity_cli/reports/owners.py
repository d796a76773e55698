"""Persons as one would name them, today's and those merged away."""

from collections.abc import Iterable
from dataclasses import dataclass

from identity_cli.store.reading.rows import IdRow, LinkRow
from identity_cli.store.reading.run import Run


@dataclass(frozen=True, slots=True)
class Owner:
    """A person by an id to log in with, else by the one that it was made with."""

    person_id: str
    known_as: str


class Owners:
    """The persons behind some numbers, each asked for once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._owners: dict[int, Owner] = {}

    def of(self, number: int | None) -> Owner | None:
        """The person of that number; None for none."""
        if number is None:
            return None
        if number not in self._owners:
            row = self._run.person(number)
            self._owners[number] = Owner(row.person_id, self._run.login_of(number) or row.creator_distinct_id)
        return self._owners[number]


class Ownership:
    """Whose ids were when, of one person and all that were merged into it."""

    def __init__(self, run: Run, rows: Iterable[IdRow], links: Iterable[LinkRow]) -> None:
        """rows: the ids. links: all that touched them."""
        rows = list(rows)
        moments = run.moments(row.joined_seq for row in rows)
        self._joined = {
            row.distinct_id: (moments.get(row.joined_seq, row.joined_seq), row.joined_person) for row in rows
        }
        self._became = {
            link.source_person: (link.moment, link.target_person)
            for link in links
            if link.outcome == "merged" and link.target_person is not None
        }

    def at(self, distinct_id: str, moment: int) -> int | None:
        """The number of the person that had an id just after a moment of the log; None before it had one."""
        since, person = self._joined[distinct_id]
        if moment < since:
            return None
        while person in self._became and self._became[person][0] <= moment:
            person = self._became[person][1]
        return person
