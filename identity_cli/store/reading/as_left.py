"""Everybody as a run's tables have them: who goes on with the log begins with that."""

from collections.abc import Sequence
from typing import Any

from identity_cli.facts import (
    NEVER_SINCE,
    NEVER_YET,
    Everybody,
    IdColumns,
    IdsLeft,
    PersonColumns,
    PersonsLeft,
)
from identity_cli.store.reading.run import Run
from identity_cli.tables.cells import times_of, values_of

_PERSONS = "person, team_id, creator_distinct_id, created_at, made_at, identified_seq"
_STANDING = f"SELECT {_PERSONS}, properties, id_count FROM persons WHERE survivor IS NULL ORDER BY person"
_MERGED = f"SELECT {_PERSONS}, survivor FROM persons WHERE survivor IS NOT NULL ORDER BY person"
_IDS = (
    "SELECT distinct_id, event_count, seq, joined_seq, joined_person, first_seen, last_seen, team_id"
    " FROM distinct_ids WHERE person {} ORDER BY rowid"
)
_CREATORS = "SELECT team_id, creator_distinct_id FROM persons WHERE person < ? ORDER BY person"


def everybody_left(run: Run) -> list[Everybody]:
    """Every person and every distinct id as the end of the log left them; ValueError for what is no time."""
    *standing, properties, id_counts = _columns(run, _STANDING, 8)
    *merged, survivors = _columns(run, _MERGED, 7)
    *ids, _ = _columns(run, _IDS.format("IS NOT NULL"), 8)
    *further, teams = _columns(run, _IDS.format("IS NULL"), 8)
    return [
        PersonsLeft(
            _persons(standing),
            values_of(properties),
            id_counts,
            _ids(ids),
            _persons(merged),
            survivors,
        ),
        IdsLeft(teams, _ids(further)),
    ]


def creators_of(run: Run, persons: int) -> tuple[Sequence[int], Sequence[str]]:
    """The teams, and the ids that they were made with, of so many persons, in order of creation."""
    teams, creators = _columns(run, _CREATORS, 2, (persons,))
    return teams, creators


def remembered_by(run: Run) -> dict[str, list[bytes]]:
    """What the replay remembered for one that goes on, by name."""
    parts: dict[str, list[bytes]] = {}
    for part, content in run.database.execute("SELECT part, content FROM remembered ORDER BY part, nth"):
        parts.setdefault(part, []).append(content)
    return parts


def _columns(run: Run, query: str, width: int, values: Sequence[Any] = ()) -> list[Sequence[Any]]:
    rows = run.database.execute(query, values).fetchall()
    return [*zip(*rows, strict=True)] if rows else [()] * width


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
