"""The persons of a run and their distinct ids, column by column, as database and files take them.

Told once the whole log is replayed, a thousand persons at a time: for most of a log's persons
this is all the work there is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import accumulate, chain, repeat
from typing import Any

from identity_cli.origins import Origins
from identity_cli.resolver.person_state import (
    NEVER_SINCE,
    NEVER_YET,
    DistinctId,
    Person,
    person_uuids,
    survivor_of,
)
from identity_cli.resolver.properties import NO_PROPERTIES
from identity_cli.tables.cells import json_text, json_texts, time_texts
from identity_cli.tables.table import Columns, batches

Seen = tuple[str, DistinctId]
SeenOfTeam = tuple[int, str, DistinctId]
Times = Sequence[str | None]
PersonRow = tuple[Any, ...]
NO_SURVIVOR = -1


class Ids:
    """Some distinct ids and whose they are; no person for those used only without profiles."""

    def __init__(
        self,
        texts: Sequence[str],
        seen: Sequence[DistinctId],
        teams: Sequence[int],
        persons: Sequence[int | None],
        person_ids: Sequence[str | None],
    ) -> None:
        self.texts = texts
        self.teams = teams
        self.persons = persons
        self.person_ids = person_ids
        self.seen = seen

    @cached_property
    def counts(self) -> list[int]:
        """How many events each was seen in."""
        return [seen.count for seen in self.seen]

    @cached_property
    def first_seen(self) -> Times:
        """The time of the earliest of them; None where none told."""
        return time_texts([seen.first for seen in self.seen], NEVER_YET)

    @cached_property
    def last_seen(self) -> Times:
        """The time of the latest of them; None where none told."""
        return time_texts([seen.last for seen in self.seen], NEVER_SINCE)

    @cached_property
    def seqs(self) -> list[int]:
        """Where each was first seen."""
        return [seen.seq for seen in self.seen]

    def stored(self) -> Columns:
        """As the database has them."""
        joined = [seen.joined for seen in self.seen]
        joined_persons = [None if seen.person is None else seen.person.number for seen in self.seen]
        return [
            *(self.teams, self.texts, self.persons, self.counts, self.seqs),
            *(joined, joined_persons, self.first_seen, self.last_seen),
        ]

    def shown(self, origins: Origins) -> Columns:
        """As the files have them."""
        return [self.teams, self.texts, self.person_ids, self.counts, *origins.places(self.seqs)]


class People:
    """Some persons that stand, and the distinct ids of one after the other.

    merged: those merged away. id_counts: how many ids each of those that stand has.
    """

    def __init__(
        self,
        persons: Sequence[Person],
        merged: Sequence[Person],
        ids: tuple[Sequence[str], Sequence[DistinctId]],
        id_counts: Sequence[int],
    ) -> None:
        texts, seen = ids
        self._persons = persons
        self._merged = merged
        self.id_counts = id_counts
        self.numbers = [person.number for person in persons]
        self.teams = [person.team_id for person in persons]
        self.creators = [person.creator for person in persons]
        self.person_ids = person_uuids(zip(self.teams, self.creators, strict=True))
        self.identified = [person.identified_seq or 0 for person in persons]
        self.ids = Ids(
            texts,
            seen,
            teams=self.for_each_id(self.teams),
            persons=self.for_each_id(self.numbers),
            person_ids=self.for_each_id(self.person_ids),
        )

    @cached_property
    def _starts(self) -> list[int]:
        """Where among the ids those of each person start."""
        return [*accumulate(self.id_counts, initial=0)][:-1]

    @cached_property
    def _several(self) -> list[tuple[int, slice]]:
        """The indexes of persons with several ids, and where these are: the few."""
        spans = enumerate(zip(self._starts, self.id_counts, strict=True))
        return [(index, slice(start, start + count)) for index, (start, count) in spans if count > 1]

    @cached_property
    def created_at(self) -> Times:
        """Of all that were merged into each, the oldest."""
        return time_texts([person.created_at for person in self._persons])

    @cached_property
    def properties(self) -> list[str]:
        """JSON."""
        return json_texts([person.properties for person in self._persons])

    @cached_property
    def event_counts(self) -> list[int]:
        """How many events their ids were seen in."""
        counts = self.ids.counts
        return self._of_all_ids(counts, lambda span: sum(counts[span]))

    @cached_property
    def first_seen(self) -> Times:
        """The earliest of these; None where none has a time."""
        seen, times = self.ids.seen, self.ids.first_seen
        return self._of_all_ids(
            times, lambda span: min(zip(seen[span], times[span], strict=True), key=_first)[1]
        )

    @cached_property
    def last_seen(self) -> Times:
        """The latest of these; None where none has a time."""
        seen, times = self.ids.seen, self.ids.last_seen
        return self._of_all_ids(
            times, lambda span: max(zip(seen[span], times[span], strict=True), key=_last)[1]
        )

    def merged_rows(self) -> Iterator[PersonRow]:
        """Those merged away, as the database has them."""
        for person in self._merged:
            yield (
                *(person.number, person.team_id, person.uuid, person.creator),
                *(_time(person.created_at), _time(person.made_at), person.identified_seq or 0),
                *(survivor_of(person).number, None, None, None, None, None),
            )

    def stored(self) -> Columns:
        """As the database has them."""
        persons = self._persons
        made_at = [
            created if person.made_at is person.created_at else _time(person.made_at)
            for person, created in zip(persons, self.created_at, strict=True)
        ]
        return [
            *(self.numbers, self.teams, self.person_ids, self.creators),
            *(self.created_at, made_at, self.identified, [NO_SURVIVOR] * len(persons), self.properties),
            *(self.id_counts, self.event_counts, self.first_seen, self.last_seen),
        ]

    def shown(self) -> Columns:
        """As the files have them."""
        texts = json_texts(self.ids.texts)
        own = [f"[{texts[start]}]" for start in self._starts]
        for index, span in self._several:
            own[index] = json_text(sorted(self.ids.texts[span]))
        return [
            *(self.teams, self.person_ids, self.creators, own),
            *([seq > 0 for seq in self.identified], self.created_at, self.properties),
            *(self.event_counts, self.first_seen, self.last_seen),
        ]

    def for_each_id(self, values: Iterable[Any]) -> list[Any]:
        """A column of persons as one of their ids."""
        return [*chain.from_iterable(map(repeat, values, self.id_counts))]

    def _of_all_ids(self, values: Sequence[Any], of_several: Callable[[slice], Any]) -> list[Any]:
        """A column of ids as one of their persons; of_several: the value of those in a span."""
        column = [values[start] for start in self._starts]
        for index, span in self._several:
            column[index] = of_several(span)
        return column


class Everybody:
    """Every person that stands with its distinct ids, and the ids that have no person."""

    def __init__(
        self, persons: Sequence[Person], attached: Iterable[Seen], personless: Iterable[SeenOfTeam]
    ) -> None:
        """attached: the ids that joined a person which had one already."""
        self._persons = persons
        self._further = _further_ids(persons, attached)
        self._nobodys = [*personless]
        self.at_once: int | None = None  # how many persons are told, if as many as usual are too large
        self.event_count = 0  # of those told that have a person

    def __len__(self) -> int:
        """How many persons were ever made."""
        return len(self._persons)

    @property
    def personless(self) -> int:
        """How many distinct ids have no person."""
        return len(self._nobodys)

    def tell(self, *listeners: Callable[[People | Ids], None]) -> None:
        """Tell everybody to each of these, some at a time; to be done once, as it lets go of properties."""
        for people in self._in_parts():
            for listen in listeners:
                listen(people)

    def _in_parts(self) -> Iterator[People | Ids]:
        for batch in batches(self._persons, self.at_once):
            people = self._people(batch)
            yield people
            self.event_count += sum(people.ids.counts)
            for person in batch:
                person.properties = NO_PROPERTIES
        for rest in batches(self._nobodys):
            teams, texts, founds = zip(*rest, strict=True)
            yield Ids(texts, founds, teams, [None] * len(rest), [None] * len(rest))

    def _people(self, persons: Sequence[Person]) -> People:
        standing = [person for person in persons if person.survivor is None]
        merged = [person for person in persons if person.survivor is not None]
        texts: list[str] = []
        founds: list[DistinctId] = []
        id_counts: list[int] = []
        for person in standing:
            further = self._further.get(person.number, ())
            texts.append(person.creator)
            founds.append(person.own)
            for text, found in further:
                texts.append(text)
                founds.append(found)
            id_counts.append(1 + len(further))
        return People(standing, merged, (texts, founds), id_counts)


def _further_ids(persons: Iterable[Person], attached: Iterable[Seen]) -> Mapping[int, Sequence[Seen]]:
    """By the number of a person that stands: its ids but for its own, in the order of what brought them."""
    further: defaultdict[int, list[Seen]] = defaultdict(list)
    for person in persons:
        if person.survivor is not None:
            further[survivor_of(person).number].append((person.creator, person.own))
    for text, found in attached:
        assert found.person is not None
        further[survivor_of(found.person).number].append((text, found))
    for ids in further.values():
        ids.sort(key=_joined)
    return further


def _joined(seen: Seen) -> int:
    return seen[1].joined


def _time(moment: datetime | None) -> str | None:
    return time_texts([moment])[0]


def _first(seen: tuple[DistinctId, str | None]) -> datetime:
    return seen[0].first


def _last(seen: tuple[DistinctId, str | None]) -> datetime:
    return seen[0].last
