"""What persons are called in a run that goes on: those of before are looked up when they are asked for."""

from collections.abc import Sequence

from identity_cli.store.reading.evidence import creators
from identity_cli.store.reading.run import Run
from identity_cli.tables.person_names import PersonNames


class EarlierNames(PersonNames):
    """The same; further persons follow those of an earlier run."""

    def __init__(self, run: Run, persons: int) -> None:
        """persons: how many of the run's stay, from the first on."""
        super().__init__()
        self._run = run
        self._earlier = persons

    def __len__(self) -> int:
        """How many persons were ever made."""
        return self._earlier + super().__len__()

    def ids_of(self, numbers: Sequence[int | None]) -> list[str | None]:
        """The person ids of persons by number."""
        known = {number for number in numbers if number is not None}
        earlier = creators(self._run, (number for number in known if number < self._earlier))
        person_ids: dict[int, str | None] = {number: person_id for number, (person_id, _) in earlier.items()}
        later = [number for number in known if number >= self._earlier]
        person_ids |= zip(later, super().ids_of([number - self._earlier for number in later]), strict=True)
        return [None if number is None else person_ids[number] for number in numbers]
