"""What persons are called: a number in facts, elsewhere an id that follows from who they were made with."""

from array import array
from collections.abc import Sequence

from identity_cli.facts import PersonCreated
from identity_cli.person_ids import person_uuids


class PersonNames:
    """The distinct ids that persons were made with, by number; numbers rise with the order of creation."""

    def __init__(self) -> None:
        self._team_ids = array("q")
        self._creators: list[str] = []

    def __len__(self) -> int:
        """How many persons were ever made."""
        return len(self._creators)

    def add(self, created: Sequence[PersonCreated]) -> None:
        """Note the next persons."""
        self._team_ids.extend([fact.team_id for fact in created])
        self._creators += [fact.distinct_id for fact in created]

    def forget_all(self) -> None:
        """Let go of them, once nothing more is asked."""
        self._team_ids = array("q")
        self._creators = []

    def ids_of(self, numbers: Sequence[int | None]) -> list[str | None]:
        """The person ids of persons by number."""
        known = [number for number in numbers if number is not None]
        creators = [(self._team_ids[number], self._creators[number]) for number in known]
        person_ids = iter(person_uuids(creators))
        return [None if number is None else next(person_ids) for number in numbers]
