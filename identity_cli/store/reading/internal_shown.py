"""Who is internal is left out, or shown alone, when a run is read."""

import sqlite3

# Whose each row is, in the terms of its own table; a person merged away is marked with its survivor.
_OF_ITS_ID = (
    "(SELECT d.person FROM main.distinct_ids d"
    " WHERE d.distinct_id = {0}.distinct_id AND d.team_id = {0}.team_id)"
)
_WHOSE = {
    "persons": "person",
    "distinct_ids": "person",
    "links": "person",
    "warnings": f"coalesce(person, {_OF_ITS_ID.format('warnings')})",
    "held": _OF_ITS_ID.format("held"),
    "dropped": _OF_ITS_ID.format("dropped"),
    "property_changes": "person",
    "attributed_events": _OF_ITS_ID.format("attributed_events"),
}


def narrow(database: sqlite3.Connection, which: str, *, with_events: bool) -> None:
    """Let the tables show only rows of persons that are internal ("only") or are not ("exclude").

    Views of the connection's own stand before the tables and take their names, so that
    every query is narrowed alike; `main.persons` is still all of them. Rows of nobody's
    are not internal.
    """
    test = {"only": "IS TRUE", "exclude": "IS NOT TRUE"}[which]
    for table, whose in _WHOSE.items():
        if table == "attributed_events" and not with_events:
            continue
        condition = f"({whose} IN (SELECT person FROM main.internal_persons)) {test}"
        rows = f"SELECT rowid AS rowid, * FROM main.{table} AS {table} WHERE {condition}"
        database.execute(f"CREATE TEMP VIEW {table} AS {rows}")


def widen(database: sqlite3.Connection) -> None:
    """Let the tables show everything again."""
    for table in _WHOSE:
        database.execute(f"DROP VIEW IF EXISTS temp.{table}")


COUNTS = """
SELECT count(*), count(reason),
    coalesce(sum(event_count), 0), coalesce(sum(event_count) FILTER (WHERE reason IS NOT NULL), 0),
    coalesce(sum(id_count), 0), coalesce(sum(id_count) FILTER (WHERE reason IS NOT NULL), 0)
FROM main.persons LEFT JOIN main.internal_persons USING (person) WHERE survivor IS NULL
"""
"""Persons that stand, their events and their distinct ids: all, and the internal ones."""
