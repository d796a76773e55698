"""What a run's own data tells of everybody, added up on the way."""

from typing import NamedTuple

from identity_cli.reading.reader import Noticed
from identity_cli.replaying.at_end.overflow import OverflowWatch
from identity_cli.tables.people import Ids, People


class Tallied(NamedTuple):
    """attributed: events that have a person. teams: how many have persons. personless: ids that have none."""

    attributed: int
    teams: int
    personless: int
    notices: dict[str, Noticed]


class Tally:
    """Sees everybody; then `tallied` is complete."""

    def __init__(self, overflow: OverflowWatch | None) -> None:
        """overflow: where the log is of a platform that has it."""
        self._overflow = overflow
        self._attributed, self._personless = 0, 0
        self._teams: set[int] = set()

    def see(self, people: People | Ids) -> None:
        """Take the next."""
        if isinstance(people, People):
            self._attributed += sum(people.ids.counts)
            self._teams.update(people.teams)
        else:
            self._personless += len(people.counts)
        if self._overflow is not None:
            self._overflow.see(people)

    def tallied(self) -> Tallied:
        """What it comes to."""
        notices = {} if self._overflow is None else self._overflow.notices
        return Tallied(self._attributed, len(self._teams), self._personless, notices)
