"""Who owns each distinct id: all persons ever made, and the ids that were put on them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from identity_cli.resolver.person_state import DistinctId, Person, survivor_of

Ids = dict[str, DistinctId]


class Owners:
    """Persons by number, distinct ids by team."""

    def __init__(self) -> None:
        self.persons: list[Person] = []
        self.attached: list[tuple[str, DistinctId]] = []
        self._teams: defaultdict[int, Ids] = defaultdict(dict)
        self._personless: dict[int, Ids] = {}
        self._waiting: dict[tuple[int, str], int] = {}  # where ids that nobody has yet were first seen

    def ids_of(self, team_id: int) -> Ids:
        """A team's distinct ids that have a person."""
        return self._teams[team_id]

    def distinct_ids(self) -> Iterator[tuple[int, str, DistinctId]]:
        """Every distinct id seen, by team; one used only without profiles has no person."""
        yield from _by_team(self._teams)
        yield from self.personless()

    def personless(self) -> Iterator[tuple[int, str, DistinctId]]:
        """The distinct ids that were used only without profiles."""
        return _by_team(self._personless)

    def find(self, team_id: int, distinct_id: str) -> DistinctId | None:
        """A team's distinct id, with a person or without."""
        for seen_in in (self._teams, self._personless):
            if seen := seen_in.get(team_id, {}).get(distinct_id):
                return seen
        return None

    def make_person(self, seq: int, team_id: int, creator: str, created_at: datetime | None) -> Person:
        """A new person with its first id."""
        person = Person(len(self.persons), team_id, creator, created_at)
        self.persons.append(person)
        person.own = self._put_on(seq, creator, person)
        return person

    def attach(self, seq: int, distinct_id: str, person: Person) -> None:
        """Put a further id on a person, its first."""
        self.attached.append((distinct_id, self._put_on(seq, distinct_id, person)))
        person.ids += 1

    def _put_on(self, seq: int, distinct_id: str, person: Person) -> DistinctId:
        """The id on its first person; it keeps what was seen of it before."""
        team_id = person.team_id
        first_seq = self._waiting.pop((team_id, distinct_id), seq) if self._waiting else seq
        seen = self._personless.get(team_id, {}).pop(distinct_id, None) if self._personless else None
        if seen is None:
            seen = DistinctId(first_seq, seq, person)
        else:
            seen.person, seen.joined = person, seq
        self._teams[team_id][distinct_id] = seen
        return seen

    def note_waiting(self, seq: int, team_id: int, distinct_id: str) -> None:
        """An event waits whose id has no person yet: this is where the id was first seen."""
        self._waiting.setdefault((team_id, distinct_id), seq)

    def without_person(self, team_id: int, distinct_id: str) -> DistinctId | None:
        """An id that has no person and was used without a profile before."""
        return self._personless.get(team_id, {}).get(distinct_id)

    def see_without_person(self, seq: int, team_id: int, distinct_id: str) -> DistinctId:
        """The same of an id that is used so for the first time."""
        seen = DistinctId(seq, seq, None)
        self._personless.setdefault(team_id, {})[distinct_id] = seen
        return seen

    def only_one_was_personless(self, team_id: int, one: str, other: str) -> bool:
        """Whether the one id, and not the other, was used without a profile."""
        ids = self._personless.get(team_id, {})
        return one in ids and other not in ids


def _by_team(teams: dict[int, Ids]) -> Iterator[tuple[int, str, DistinctId]]:
    for team_id, ids in teams.items():
        for distinct_id, seen in ids.items():
            yield team_id, distinct_id, seen


def owner_in(ids: Ids, distinct_id: str) -> Person | None:
    """The person that stands today for an id of these, if it has one."""
    seen = ids.get(distinct_id)
    if seen is None or seen.person is None:
        return None
    return seen.person if seen.person.survivor is None else survivor_of(seen.person)
