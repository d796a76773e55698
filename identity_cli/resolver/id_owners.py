"""Who owns each distinct id: an id table for each team, and the ids that have no person."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Protocol

from identity_cli.resolver.everybody import everybody, restore
from identity_cli.resolver.person_state import DistinctId, Person, survivor_of


class IdTable(Protocol):
    """A team's distinct ids that have a person: all that lies between the resolver and its memory.

    A dict is one, and the default. Another may keep its ids elsewhere, as long as each is the same object
    whenever it is asked for, and `items` tells of all that this replay has touched.
    """

    def get(self, distinct_id: str, /) -> DistinctId | None:
        """The id, if it has a person; asked of every event."""

    def __getitem__(self, distinct_id: str, /) -> DistinctId:
        """The id, which has one."""

    def __setitem__(self, distinct_id: str, seen: DistinctId, /) -> None:
        """It has one now."""

    def pop(self, distinct_id: str, default: None, /) -> DistinctId | None:
        """It has none any more, if it had one."""

    def items(self) -> Iterable[tuple[str, DistinctId]]:
        """Every id."""


Ids = dict[str, DistinctId]
Key = tuple[int, str]


class Owners:
    """Distinct ids by team, and through them the persons; next_person: the number of whoever is made next.

    Pickled as the plain values that everybody is told in: persons merged one into the other would nest too
    deeply.
    """

    def __init__(self, new_table: Callable[[], IdTable] = dict, first_person: int = 0) -> None:
        """new_table: for a team. first_person: its number; others go on from there."""
        self.next_person = first_person
        self._teams: defaultdict[int, IdTable] = defaultdict(new_table)
        self._personless: dict[int, Ids] = {}
        self._waiting: dict[Key, int] = {}  # where ids that nobody has yet were first seen

    def __getstate__(self) -> dict[str, Any]:
        return {
            **self.__dict__,
            "_teams": self._teams.default_factory,
            "_personless": {},
            "everybody": [*everybody(self)],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        told = state.pop("everybody")
        self.__dict__.update(state, _teams=defaultdict(state["_teams"]))
        restore(self, told)

    def ids_of(self, team_id: int) -> IdTable:
        """A team's distinct ids that have a person."""
        return self._teams[team_id]

    def owned(self) -> Iterator[tuple[str, DistinctId]]:
        """Every distinct id that has a person, by team."""
        return chain.from_iterable(ids.items() for ids in self._teams.values())

    @property
    def personless_count(self) -> int:
        """How many distinct ids have no person."""
        return sum(map(len, self._personless.values()))

    def personless(self) -> Iterator[tuple[int, str, DistinctId]]:
        """The distinct ids that were used only without profiles, by team, in the order of first sight."""
        for team_id, ids in sorted(self._personless.items()):
            for distinct_id, seen in sorted(ids.items(), key=lambda one: one[1].seq):
                yield team_id, distinct_id, seen

    def find(self, team_id: int, distinct_id: str) -> DistinctId | None:
        """A team's distinct id, with a person or without."""
        return self.ids_of(team_id).get(distinct_id) or self.without_person(team_id, distinct_id)

    def make_person(self, seq: int, team_id: int, creator: str, created_at: datetime | None) -> Person:
        """A new person with its first id."""
        person = Person(self.next_person, team_id, creator, created_at)
        self.next_person += 1
        person.own = self._put_on(seq, creator, person)
        return person

    def attach(self, seq: int, distinct_id: str, person: Person) -> None:
        """Put a further id on a person, its first."""
        self._put_on(seq, distinct_id, person)
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

    def put_back(self, team_id: int, distinct_id: str, seen: DistinctId) -> None:
        """An id as it was told before."""
        ids = self.ids_of(team_id) if seen.person else self._personless.setdefault(team_id, {})
        ids[distinct_id] = seen

    def forget(self, team_id: int, distinct_id: str) -> None:
        """An id as if it had never been met."""
        self._teams[team_id].pop(distinct_id, None)
        self._personless.get(team_id, {}).pop(distinct_id, None)

    def forget_all(self) -> None:
        """Forget everybody; a person and its own id know each other, so dropping them would free neither."""
        for _, seen in self.owned():
            seen.person = None
        self._teams.clear()
        self._personless.clear()
        self._waiting.clear()

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

    # When a log goes on, see open_end

    def met(self) -> Iterator[tuple[Key, DistinctId]]:
        """Every distinct id, with a person or without."""
        for team_id, ids in chain(self._teams.items(), self._personless.items()):
            for distinct_id, seen in ids.items():
                yield (team_id, distinct_id), seen

    def persons(self) -> Iterator[Person]:
        """Everyone ever made."""
        for _, seen in self.owned():
            if seen.person is not None and seen.person.own is seen:
                yield seen.person

    @property
    def first_seen(self) -> list[tuple[Key, int]]:
        """Where ids were first seen that had no person then."""
        return [*self._waiting.items()]

    @first_seen.setter
    def first_seen(self, told: Iterable[tuple[Key, int]]) -> None:
        self._waiting = dict(told)


def owner_in(ids: IdTable, distinct_id: str) -> Person | None:
    """The person that stands today for an id of these, if it has one."""
    seen = ids.get(distinct_id)
    return None if seen is None else owner_of(seen)


def owner_of(seen: DistinctId) -> Person | None:
    """The same of an id that is at hand."""
    person = seen.person
    return person if person is None or person.survivor is None else survivor_of(person)
