"""Who is who as a run's tables have it: whoever goes on with its log begins with that.

Some of it as facts, for a resolver; all of it as rows, in the order in which they were written.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from identity_cli.facts import (
    NEVER_SINCE,
    NEVER_YET,
    IdColumns,
    IdsLeft,
    PersonColumns,
    PersonsLeft,
    Whose,
)
from identity_cli.store.reading.run import Run
from identity_cli.tables.cells import times_of, values_of

_AT_ONCE = 500  # parameters of a query
_ASKED = "IN (SELECT value FROM json_each(?))"
_PERSONS = "person, team_id, creator_distinct_id, created_at, made_at, identified_seq"
_STANDING = f"SELECT {_PERSONS}, properties, id_count FROM persons WHERE person {_ASKED} ORDER BY person"
_MERGED = f"SELECT {_PERSONS}, survivor FROM persons WHERE survivor {_ASKED} ORDER BY person"
_IDS = (
    "SELECT distinct_id, event_count, seq, joined_seq, joined_person, first_seen, last_seen, team_id"
    " FROM distinct_ids WHERE {} ORDER BY person, rowid"
)
_WHOSE = """
    SELECT person, identified_seq IS NOT NULL, d.event_count
    FROM distinct_ids d LEFT JOIN persons USING (person) WHERE d.distinct_id = ? AND d.team_id = ?
"""
Row = tuple[Any, ...]


# Some of it


def persons_of(run: Run, distinct_ids: Iterable[str]) -> set[int]:
    """The persons that stand for these ids, in whatever team."""
    query = "SELECT person FROM distinct_ids WHERE {} AND person IS NOT NULL"
    return {number for (number,) in _about_ids(run, query, distinct_ids)}


def persons_left(run: Run, numbers: Collection[int]) -> PersonsLeft:
    """These persons, their ids, and who was merged into them; ValueError for what is no time."""
    asked = (json.dumps([*numbers]),)
    *standing, properties, id_counts = _columns(run.database.execute(_STANDING, asked), 8)
    *merged, survivors = _columns(run.database.execute(_MERGED, asked), 7)
    *ids, _ = _columns(run.database.execute(_IDS.format(f"person {_ASKED}"), asked), 8)
    return PersonsLeft(
        _persons(standing), values_of(properties), id_counts, _ids(ids), _persons(merged), survivors
    )


def personless_left(run: Run, distinct_ids: Iterable[str]) -> IdsLeft:
    """Those of these ids that have no person, in whatever team."""
    query = _IDS.format("{} AND person IS NULL")
    *ids, teams = _columns(_about_ids(run, query, distinct_ids), 8)
    return IdsLeft(teams, _ids(ids))


def whose(run: Run, team_id: int, distinct_id: str) -> Whose | None:
    """What had become of an id."""
    row = run.database.execute(_WHOSE, (distinct_id, team_id)).fetchone()
    return None if row is None else Whose(row[0], is_identified=bool(row[1]), events=row[2])


def remembered_by(run: Run) -> dict[str, list[bytes]]:
    """What the replay remembered for one that goes on, by name."""
    parts: dict[str, list[bytes]] = {}
    for part, content in run.database.execute("SELECT part, content FROM remembered ORDER BY part, nth"):
        parts.setdefault(part, []).append(content)
    return parts


def _about_ids(run: Run, query: str, distinct_ids: Iterable[str]) -> Iterator[Row]:
    """Rows of a query that says {} where it means these ids."""
    asked = [*distinct_ids]
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        yield from run.database.execute(query.format(f"distinct_id IN ({','.join('?' * len(some))})"), some)


def _columns(rows: Iterable[Row], width: int) -> list[Sequence[Any]]:
    return [*zip(*rows, strict=True)] or [()] * width


def _persons(columns: Sequence[Sequence[Any]]) -> PersonColumns:
    numbers, teams, creators, created_at, made_at, identified = columns
    return PersonColumns(
        numbers,
        teams,
        creators,
        times_of(created_at),
        times_of(made_at),
        identified,
    )


def _ids(columns: Sequence[Sequence[Any]]) -> IdColumns:
    texts, counts, seqs, joined, joined_persons, first, last = columns
    return IdColumns(
        texts,
        counts,
        seqs,
        joined,
        joined_persons,
        [NEVER_YET if one is None else one for one in times_of(first)],
        [NEVER_SINCE if one is None else one for one in times_of(last)],
    )


# All of it


def person_rows(run: Run, count: int) -> Iterator[Row]:
    """So many persons, from the first on, each as it is stored."""
    return iter(
        run.database.execute(
            "SELECT person, team_id, person_id, creator_distinct_id, created_at, made_at,"
            " coalesce(identified_seq, 0), coalesce(survivor, -1), properties, id_count, event_count,"
            " first_seen, last_seen FROM persons WHERE person < ? ORDER BY person",
            (count,),
        )
    )


def id_rows(run: Run, *, with_person: bool) -> Iterator[Row]:
    """The ids of one person after the other, or those without one, each as it is stored."""
    has_person = "IS NOT NULL" if with_person else "IS NULL"
    return iter(run.database.execute(f"SELECT * FROM distinct_ids WHERE person {has_person} ORDER BY rowid"))
