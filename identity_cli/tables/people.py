"""The persons of a run and their distinct ids, column by column, as database and files take them.

Told once the whole log is replayed, some at a time: what the facts say of them, and what follows from that.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain, repeat
from operator import itemgetter
from typing import Any

from identity_cli.facts import NEVER_SINCE, NEVER_YET, Everybody, IdColumns, PersonsLeft
from identity_cli.origins import Origins
from identity_cli.person_ids import person_uuids
from identity_cli.tables.cells import json_text, json_texts, time_texts
from identity_cli.tables.table import Columns
from identity_cli.values.shown import called

Times = Sequence[str | None]
PersonRow = tuple[Any, ...]
_first = itemgetter(0)
NO_SURVIVOR = -1


class Ids:
    """Some distinct ids and whose they are; no person for those used only without profiles."""

    def __init__(
        self,
        left: IdColumns,
        teams: Sequence[int],
        persons: Sequence[int | None],
        person_ids: Sequence[str | None],
    ) -> None:
        self.left = left
        self.texts = left.texts
        self.counts = left.counts
        self.teams = teams
        self.persons = persons
        self.person_ids = person_ids

    @cached_property
    def first_seen(self) -> Times:
        """The time of the earliest of its events; None where none told."""
        return time_texts(self.left.first, NEVER_YET)

    @cached_property
    def last_seen(self) -> Times:
        """The time of the latest of them; None where none told."""
        return time_texts(self.left.last, NEVER_SINCE)

    def stored(self) -> Columns:
        """As the database has them."""
        left = self.left
        return [
            *(self.teams, self.texts, self.persons, self.counts, left.seqs),
            *(left.joined, left.joined_persons, self.first_seen, self.last_seen),
        ]

    def shown(self, origins: Origins) -> Columns:
        """As the files have them."""
        return [self.teams, self.texts, self.person_ids, self.counts, *origins.places(self.left.seqs)]


class People:
    """Some persons that stand, and the distinct ids of one after the other; and some merged away."""

    def __init__(self, left: PersonsLeft) -> None:
        standing = left.standing
        self._left = left
        self.id_counts = left.id_counts
        self.numbers = standing.numbers
        self.teams = standing.team_ids
        self.identified = [seq or 0 for seq in standing.identified]
        self.person_ids = person_uuids(zip(self.teams, standing.creators, strict=True))
        self.ids = Ids(
            left.ids,
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
        return time_texts(self._left.standing.created_at)

    @cached_property
    def properties(self) -> list[str]:
        """JSON."""
        return json_texts(self._left.properties)

    @cached_property
    def called(self) -> list[str]:
        """What to call each: its name or e-mail, else the distinct id it was made with."""
        made_with = self._left.standing.creators
        return [called(*both) for both in zip(self._left.properties, made_with, strict=True)]

    @cached_property
    def event_counts(self) -> list[int]:
        """How many events their ids were seen in."""
        counts = self.ids.counts
        return self._of_all_ids(counts, lambda span: sum(counts[span]))

    @cached_property
    def first_seen(self) -> Times:
        """The earliest of these; None where none has a time."""
        first, times = self.ids.left.first, self.ids.first_seen
        return self._of_all_ids(
            times, lambda span: min(zip(first[span], times[span], strict=True), key=_first)[1]
        )

    @cached_property
    def last_seen(self) -> Times:
        """The latest of these; None where none has a time."""
        last, times = self.ids.left.last, self.ids.last_seen
        return self._of_all_ids(
            times, lambda span: max(zip(last[span], times[span], strict=True), key=_first)[1]
        )

    def merged_rows(self) -> Iterator[PersonRow]:
        """Those merged away, as the database has them."""
        merged = self._left.merged
        person_ids = person_uuids(zip(merged.team_ids, merged.creators, strict=True))
        created_at, made_at = time_texts(merged.created_at), time_texts(merged.made_at)
        nothing = [[None] * len(person_ids)] * 5
        columns = (merged.numbers, merged.team_ids, person_ids, merged.creators, created_at, made_at)
        return zip(
            *columns, [seq or 0 for seq in merged.identified], self._left.survivors, *nothing, strict=True
        )

    def stored(self) -> Columns:
        """As the database has them."""
        standing = self._left.standing
        made_at = [
            created if own is oldest else time_texts([own])[0]
            for own, oldest, created in zip(
                standing.made_at, standing.created_at, self.created_at, strict=True
            )
        ]
        return [
            *(self.numbers, self.teams, self.person_ids, standing.creators),
            *(self.created_at, made_at, self.identified, [NO_SURVIVOR] * len(made_at), self.properties),
            *(self.id_counts, self.event_counts, self.first_seen, self.last_seen),
        ]

    def shown(self) -> Columns:
        """As the files have them."""
        texts = json_texts(self.ids.texts)
        own = [f"[{texts[start]}]" for start in self._starts]
        for index, span in self._several:
            own[index] = json_text(sorted(self.ids.texts[span]))
        return [
            *(self.teams, self.person_ids, self._left.standing.creators, own, self.id_counts),
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


def people_of(left: Everybody) -> People | Ids:
    """A part of everybody."""
    if isinstance(left, PersonsLeft):
        return People(left)
    nobody = [None] * len(left.team_ids)
    return Ids(left.ids, left.team_ids, nobody, nobody)
