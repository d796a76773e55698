"""Where a replay and the platform part: the first line, and the likely reason, from the journal alone."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from identity_cli.comparing.comparison import PersonChange
from identity_cli.comparing.platform_export import Answer
from identity_cli.origins import Origin
from identity_cli.outcomes import JOINS, Outcome, is_refused
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run

MOST_ON_THE_WAY = 1_000
"""Persons, between two that the platform has as one."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where replay and platform part for some persons: the first line, and the likely reason.

    uuid: of the event there, where the run knows it.
    """

    change: PersonChange
    ids: tuple[str, ...]
    origin: Origin | None
    reason: str
    uuid: str | None = None


_Where = tuple[Origin | None, str, str | None]
"""Place, reason and uuid of a parting."""


class Partings:
    """Finds where the persons of a change part."""

    def __init__(self, run: Run, answer: Answer) -> None:
        self._run = run
        self._answer = answer
        self._sizes = Counter(answer.person_ids.values())

    def of(self, change: PersonChange) -> Parting:
        """The first line where replay and platform part, and why."""
        ids = tuple(member.distinct_id for member in change.moved)
        parting = self._joined_here_only(change) or self._joined_there_only(change)
        return Parting(change, ids, *parting)

    def _joined_here_only(self, change: PersonChange) -> _Where | None:
        """The first link that put ids together which the platform has apart."""
        team_id = self._run.find_person(change.new[0]).team_id
        known = _Together(lambda one: self._on_platform(team_id, one))
        for link in self._run.links_of(self._parts_of(change.new)):
            if (
                link.outcome in JOINS
                and len(known.join(link.source_distinct_id, link.target_distinct_id)) > 1
            ):
                return self._run.origin(link.seq), self._why_apart(link, team_id), link.uuid
        return None

    def _why_apart(self, link: LinkRow, team_id: int) -> str:
        if link.source_identified and link.outcome == Outcome.MERGED:
            return "merged here from an identified person, not there: another rule set, or a split by hand"
        for one in (link.source_distinct_id, link.target_distinct_id):
            if link.outcome == Outcome.ATTACHED and self._sizes[self._person_of(team_id, one) or ""] == 1:
                return f"{one} is a person of its own there: a split by hand, or another rule set"
        return f"{link.outcome} here, apart there: a split by hand, or the platform never had this event"

    def _joined_there_only(self, change: PersonChange) -> _Where:
        """A link refused on a way between persons whom the platform has as one, or that there is none."""
        rows = [self._run.find_person(person_id) for person_id in change.new]
        for persons in self._ones_there(change, [row.person for row in rows]):
            way = _refused_way(self._run, persons)
            if way:
                first = min(way, key=lambda link: link.seq)
                reason = f"{first.outcome} here, joined there: another rule set"
                return self._run.origin(first.seq), reason, first.uuid
        seqs = sorted(min(one.seq for one in self._run.ids_of(row.person)) for row in rows)
        reason = "no event in this log joins them: events are missing from it"
        if len(seqs) < 2:
            return None, reason, None
        return self._run.origin(seqs[1]), reason, self._run.uuids_of([seqs[1]], ()).get(seqs[1])

    def _ones_there(self, change: PersonChange, persons: Iterable[int]) -> Iterable[set[int]]:
        """For each of the platform's persons the numbers of those that have ids of it here."""
        found: dict[str, set[int]] = {person_id: set() for person_id in change.old}
        for number in persons:
            team_id = self._run.person(number).team_id
            for row in self._run.ids_of(number):
                there = self._person_of(team_id, row.distinct_id)
                if there in found:
                    found[there].add(number)
        return found.values()

    def _parts_of(self, person_ids: Iterable[str]) -> dict[int, str]:
        """The numbers of these persons and of all merged into them, each with its person id of today."""
        return {
            number: person_id
            for person_id in person_ids
            for number in self._run.parts_of(self._run.find_person(person_id).person)
        }

    def _on_platform(self, team_id: int, distinct_id: str) -> frozenset[str]:
        person = self._person_of(team_id, distinct_id)
        return frozenset() if person is None else frozenset([person])

    def _person_of(self, team_id: int, distinct_id: str) -> str | None:
        return self._answer.person_ids.get((team_id, distinct_id))


@dataclass(slots=True)
class _Group:
    """Ids that links put together, and the platform's persons that they have."""

    ids: list[str]
    persons: frozenset[str]


class _Together:
    """Which ids are together, link after link."""

    def __init__(self, on_platform: Callable[[str], frozenset[str]]) -> None:
        """on_platform: whose an id is there."""
        self._on_platform = on_platform
        self._group_of: dict[str, _Group] = {}

    def join(self, one: str, two: str) -> frozenset[str]:
        """Put two ids together; on the platform the persons of all that are together with them now."""
        small, large = sorted((self._group(one), self._group(two)), key=lambda group: len(group.ids))
        if small is not large:
            large.ids += small.ids
            large.persons |= small.persons
            self._group_of.update(dict.fromkeys(small.ids, large))
        return large.persons

    def _group(self, one: str) -> _Group:
        if one not in self._group_of:
            self._group_of[one] = _Group([one], self._on_platform(one))
        return self._group_of[one]


def _refused_way(run: Run, persons: set[int]) -> list[LinkRow]:
    """The refused links on a way between two of these persons, over others where need be; or none."""
    start = min(persons, default=-1)
    came: dict[int, tuple[int, LinkRow] | None] = {start: None}
    waiting = deque([start] if len(persons) > 1 else [])
    while waiting and len(came) < MOST_ON_THE_WAY:
        here = waiting.popleft()
        for there, link in _refused_neighbours(run, here):
            if there not in came:
                came[there] = here, link
                waiting.append(there)
                if there in persons:
                    return _way_back(came, there)
    return []


def _refused_neighbours(run: Run, person: int) -> Iterator[tuple[int, LinkRow]]:
    team_id = run.person(person).team_id
    for link in run.links_of(run.parts_of(person)):
        if is_refused(link.outcome):
            for one in (link.source_distinct_id, link.target_distinct_id):
                there = run.owner_of(team_id, one)
                if there not in (None, person):
                    yield there, link


def _way_back(came: Mapping[int, tuple[int, LinkRow] | None], end: int) -> list[LinkRow]:
    way = []
    while (before := came[end]) is not None:
        end, link = before
        way.append(link)
    return way
