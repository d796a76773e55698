"""The persons of a run and their distinct ids, column by column, as database and files take them.

Told once the whole log is replayed, some at a time: what the facts say of them, and what follows from that.
Values that can also be told to another process, see replaying.at_end.halves.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate, chain, repeat
from operator import itemgetter
from typing import Any

import msgspec

from identity_cli.facts import (
    NEVER_SINCE,
    NEVER_YET,
    Everybody,
    IdColumns,
    IdsLeft,
    PersonColumns,
    PersonsLeft,
)
from identity_cli.origins import Origins
from identity_cli.person_ids import person_uuids
from identity_cli.tables.cells import json_text, json_texts, time_texts
from identity_cli.tables.table import Columns
from identity_cli.values.shown import called

Times = Sequence[str | None]
_first = itemgetter(0)
NO_SURVIVOR = -1


class Ids(msgspec.Struct, tag=True, array_like=True, gc=False):
    """Some distinct ids and whose they are; no person for those used only without profiles.

    first_seen, last_seen: the times of the earliest and the latest of their events, None where none told.
    The others as facts.IdColumns has them.
    """

    teams: Sequence[int]
    texts: Sequence[str]
    persons: Sequence[int | None]
    person_ids: Sequence[str | None]
    counts: Sequence[int]
    seqs: Sequence[int]
    joined: Sequence[int]
    joined_persons: Sequence[int | None]
    first_seen: Times
    last_seen: Times

    def stored(self) -> Columns:
        """As the database has them."""
        return [
            *(self.teams, self.texts, self.persons, self.counts, self.seqs),
            *(self.joined, self.joined_persons, self.first_seen, self.last_seen),
        ]

    def shown(self, origins: Origins) -> Columns:
        """As the files have them."""
        return [self.teams, self.texts, self.person_ids, self.counts, *origins.places(self.seqs)]


class People(msgspec.Struct, tag=True, array_like=True, gc=False):
    """Some persons that stand, and the distinct ids of one after the other; and some merged away.

    created_at: of all that were merged into each, the oldest; made_at: its own. identified: where each was
    marked so, 0 for never. properties: JSON. called: its name or e-mail, else the distinct id it was made
    with. event_counts, first_seen, last_seen: of all its ids. merged: those merged away, in columns, as the
    database has them.
    """

    numbers: Sequence[int]
    teams: Sequence[int]
    person_ids: Sequence[str]
    creators: Sequence[str]
    created_at: Times
    made_at: Times
    identified: Sequence[int]
    properties: Sequence[str]
    called: Sequence[str]
    id_counts: Sequence[int]
    event_counts: Sequence[int]
    first_seen: Times
    last_seen: Times
    merged: Columns
    ids: Ids

    def stored(self) -> Columns:
        """As the database has them."""
        return [
            *(self.numbers, self.teams, self.person_ids, self.creators, self.created_at, self.made_at),
            *(self.identified, [NO_SURVIVOR] * len(self.numbers), self.properties),
            *(self.id_counts, self.event_counts, self.first_seen, self.last_seen),
        ]

    def shown(self) -> Columns:
        """As the files have them."""
        texts = self.ids.texts
        own = _OfIds(self.id_counts).together(
            [f"[{text}]" for text in json_texts(texts)], lambda span: json_text(sorted(texts[span]))
        )
        return [
            *(self.teams, self.person_ids, self.creators, own, self.id_counts),
            *([seq > 0 for seq in self.identified], self.created_at, self.properties),
            *(self.event_counts, self.first_seen, self.last_seen),
        ]

    def for_each_id(self, values: Iterable[Any]) -> list[Any]:
        """A column of persons as one of their ids."""
        return _OfIds(self.id_counts).for_each(values)


def people_of(left: Everybody | People | Ids) -> People | Ids:
    """A part of everybody; it may be told in columns already."""
    if isinstance(left, PersonsLeft):
        return of_persons(left)
    if not isinstance(left, IdsLeft):
        return left
    nobody = [None] * len(left.team_ids)
    return _ids(left.ids, left.team_ids, nobody, nobody)


def of_persons(left: PersonsLeft) -> People:
    """A part of the persons."""
    standing, of_ids = left.standing, _OfIds(left.id_counts)
    person_ids = person_uuids(zip(standing.team_ids, standing.creators, strict=True))
    ids = _ids(left.ids, *map(of_ids.for_each, (standing.team_ids, standing.numbers, person_ids)))
    created_at = time_texts(standing.created_at)
    return People(
        standing.numbers,
        standing.team_ids,
        person_ids,
        standing.creators,
        created_at,
        _made_at(standing, created_at),
        [seq or 0 for seq in standing.identified],
        json_texts(left.properties),
        [
            called(properties, creator) if properties else creator
            for properties, creator in zip(left.properties, standing.creators, strict=True)
        ],
        left.id_counts,
        of_ids.together(ids.counts, lambda span: sum(ids.counts[span])),
        of_ids.together(ids.first_seen, partial(_time_of, min, left.ids.first, ids.first_seen)),
        of_ids.together(ids.last_seen, partial(_time_of, max, left.ids.last, ids.last_seen)),
        _merged(left.merged, left.survivors),
        ids,
    )


def _ids(
    left: IdColumns, teams: Sequence[int], persons: Sequence[int | None], person_ids: Sequence[str | None]
) -> Ids:
    seen = time_texts(left.first, NEVER_YET), time_texts(left.last, NEVER_SINCE)
    joined = left.joined, left.joined_persons
    return Ids(teams, left.texts, persons, person_ids, left.counts, left.seqs, *joined, *seen)


def _made_at(persons: PersonColumns, created_at: Times) -> Times:
    """Mostly the same."""
    return [
        created if own is oldest else time_texts([own])[0]
        for own, oldest, created in zip(persons.made_at, persons.created_at, created_at, strict=True)
    ]


def _merged(merged: PersonColumns, survivors: Sequence[int]) -> Columns:
    person_ids = person_uuids(zip(merged.team_ids, merged.creators, strict=True))
    times = time_texts(merged.created_at), time_texts(merged.made_at)
    identified = [seq or 0 for seq in merged.identified]
    nothing = [[None] * len(person_ids)] * 5
    return [
        merged.numbers,
        merged.team_ids,
        person_ids,
        merged.creators,
        *times,
        identified,
        survivors,
        *nothing,
    ]


def _time_of(
    choose: Callable[..., tuple[Any, str | None]], moments: Sequence[Any], texts: Times, span: slice
) -> str | None:
    """The earliest or the latest of some ids, as text."""
    return choose(zip(moments[span], texts[span], strict=True), key=_first)[1]


class _OfIds:
    """What is of persons, of their ids, and the other way round."""

    def __init__(self, id_counts: Sequence[int]) -> None:
        """id_counts: how many ids each person has, one person's after the other's."""
        self._id_counts = id_counts
        self._starts = [*accumulate(id_counts, initial=0)][:-1]
        spans = enumerate(zip(self._starts, id_counts, strict=True))
        self._several = [  # the few
            (index, slice(start, start + count)) for index, (start, count) in spans if count > 1
        ]

    def for_each(self, values: Iterable[Any]) -> list[Any]:
        """A column of persons as one of their ids."""
        return [*chain.from_iterable(map(repeat, values, self._id_counts))]

    def together(self, values: Sequence[Any], of_several: Callable[[slice], Any]) -> list[Any]:
        """A column of ids as one of their persons; of_several: the value of those in a span."""
        column = [values[start] for start in self._starts]
        for index, span in self._several:
            column[index] = of_several(span)
        return column
