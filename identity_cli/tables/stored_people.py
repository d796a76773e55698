"""Persons and distinct ids back from the rows that they are stored in."""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from operator import itemgetter
from typing import Any

from identity_cli.tables.cells import values_of
from identity_cli.tables.people import NO_SURVIVOR, Ids, People
from identity_cli.tables.table import Columns
from identity_cli.values.shown import called

Row = tuple[Any, ...]
"""As People.stored, People.merged and Ids.stored have them."""
SURVIVOR, ID_COUNT = 7, 9
"""Places in the row of a person; the former is NO_SURVIVOR for one that stands."""
TEAM, TEXT, PERSON, SEQ = 0, 1, 2, 4
"""Places in the row of an id."""
_ID_WIDTH, _PERSON_WIDTH = 9, 13
_person = itemgetter(PERSON)


def people_in(persons: Iterable[Row], ids: Iterable[Row]) -> People:
    """Some persons, in any order, and the ids of each, in the order in which they came."""
    in_order = sorted(persons)
    standing = _columns([row for row in in_order if row[SURVIVOR] == NO_SURVIVOR], _PERSON_WIDTH)
    merged = _columns([row for row in in_order if row[SURVIVOR] != NO_SURVIVOR], _PERSON_WIDTH)
    numbers, teams, person_ids, creators, created_at, made_at, identified, _, properties, *counts = standing
    id_counts, event_counts, first_seen, last_seen = counts
    names = [
        called(one, creator) if one else creator
        for one, creator in zip(values_of(properties), creators, strict=True)
    ]
    profiles = created_at, made_at, identified, properties, names
    own = ids_in(sorted(ids, key=_person), chain.from_iterable(map(repeat, person_ids, id_counts)))
    return People(
        *(numbers, teams, person_ids, creators, *profiles),
        *(id_counts, event_counts, first_seen, last_seen, merged, own),
    )


def ids_in(rows: Sequence[Row], person_ids: Iterable[str | None]) -> Ids:
    """Some ids; person_ids: of the person of each."""
    teams, texts, persons, *counts = _columns(rows, _ID_WIDTH)
    return Ids(teams, texts, persons, [*person_ids], *counts)


def rows_in(people: People) -> tuple[list[Row], list[Row]]:
    """Some persons as rows, and their ids."""
    standing, merged = (zip(*columns, strict=True) for columns in (people.stored(), people.merged))
    return [*standing, *merged], [*zip(*people.ids.stored(), strict=True)]


def _columns(rows: Sequence[Row], width: int) -> Columns:
    return [*zip(*rows, strict=True)] or [()] * width
