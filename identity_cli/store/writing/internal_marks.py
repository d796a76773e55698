"""Who is internal: marked in a run once its persons are written."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from identity_cli.store import schema

if TYPE_CHECKING:
    from identity_cli.internal_users import InternalUsers

METADATA = "internal_users"
"""The key in the table `run`: source, kind, size, not_evaluable, remarks."""
_AT_ONCE = 1_000

_PERSONS = "SELECT person, properties FROM persons WHERE survivor IS NULL ORDER BY person"
_IDS = """
SELECT person, distinct_id, passing.distinct_id IS NOT NULL FROM distinct_ids
LEFT JOIN passing_ids passing USING (team_id, distinct_id)
WHERE person IS NOT NULL ORDER BY person, joined_seq
"""
_MERGED_AWAY = (
    "INSERT INTO internal_persons SELECT p.person, i.reason FROM persons p"
    " JOIN internal_persons i ON i.person = p.survivor"
)


def mark_internal(
    database: sqlite3.Connection, internal_users: "InternalUsers", remarks: Iterable[str]
) -> None:
    """Mark the persons that are internal; the database holds all persons and ids, and is writable.

    remarks: further ones, of what filters on properties of events could not tell.
    """
    database.execute("BEGIN")
    database.execute(schema.INTERNAL_PERSONS_TABLE)
    marked: list[tuple[int, str]] = []
    for person, reason in _internal(database, internal_users):
        marked.append((person, reason))
        if len(marked) == _AT_ONCE:
            _insert(database, marked)
    _insert(database, marked)
    database.execute(_MERGED_AWAY)
    about = {
        "source": internal_users.source,
        "kind": internal_users.kind,
        "size": internal_users.size,
        "not_evaluable": internal_users.not_evaluable,
        "remarks": [*internal_users.remarks, *remarks],
    }
    database.execute("INSERT INTO run VALUES (?, ?)", (METADATA, json.dumps(about)))
    database.execute("COMMIT")


def _internal(database: sqlite3.Connection, internal_users: "InternalUsers") -> Iterator[tuple[int, str]]:
    """Persons that stand and are internal, and why, in order of creation."""
    ids = groupby(database.execute(_IDS), key=itemgetter(0))
    owner, owned = next(ids, (None, iter(())))
    for person, properties in database.execute(_PERSONS):
        own: tuple[str, ...] = ()
        passing: tuple[int, ...] = ()
        if owner == person:
            _, own, passing = zip(*owned, strict=True)
            owner, owned = next(ids, (None, iter(())))
        reason = internal_users.person_reason(json.loads(properties), own)
        if reason is None and internal_users.event_property_names and not any(passing):
            reason = "no event passes"
        if reason is not None:
            yield person, reason


def _insert(database: sqlite3.Connection, marked: list[tuple[int, str]]) -> None:
    database.executemany("INSERT INTO internal_persons VALUES (?, ?)", marked)
    marked.clear()
