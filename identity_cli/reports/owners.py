"""Persons as one would name them, today's and those merged away."""

from identity_cli.store.reading.rows import Row
from identity_cli.store.reading.run import Run


class Owner(Row):
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
