"""What is wrong with the database of a run that somebody or something has changed.

Its tables are compared whenever a run is opened, see schema. Its rows are looked through only when
a question ends in a way that none should: then either they are at fault, or idcli is.
"""

import sqlite3
from collections.abc import Iterator

from identity_cli.outcomes import Outcome

_TYPES = {"INTEGER": "integer", "TEXT": "text", "BLOB": "blob"}
_OBJECTS = ("persons.properties", "links.dropped", "warnings.details", "findings.record")
_TIMES = (
    *("persons.created_at", "persons.made_at", "persons.first_seen", "persons.last_seen", "links.time"),
    "warnings.time",
    *(
        "distinct_ids.first_seen",
        "distinct_ids.last_seen",
        "property_changes.time",
        "held.arrived",
        "held.due",
    ),
)
_PERSONS = (
    *("persons.survivor", "distinct_ids.person", "distinct_ids.joined_person", "links.source_person"),
    *("links.target_person", "links.person", "property_changes.person", "warnings.person"),
)
_SEQS = (
    *("distinct_ids.seq", "distinct_ids.joined_seq", "links.seq", "property_changes.seq", "warnings.seq"),
    *("held.seq", "dropped.seq", "rejected.seq", "refused_at_door.seq", "touching_nobody.seq"),
    *("persons.identified_seq", "batches.first_seq", "line_order.seq", "line_order.unsorted_seq"),
)
_COUNTS = ("lines", "blank", "rejected", "seqs", "events", "attributed", "links", "distinct_ids")


def damage_in(database: sqlite3.Connection) -> str | None:
    """What is wrong with the rows of a run, in a sentence; None for nothing."""
    try:
        (integrity,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        if integrity != "ok":
            return str(integrity)
        wrong = (what for what, query in _checks(database) if database.execute(query).fetchone())
        return next((f"{what} is not as a replay writes it" for what in wrong), None)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)


def _checks(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """What each looks at, and a query that finds a row which is wrong."""
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for _, column, declared, is_needed, _, is_key in database.execute(f"PRAGMA table_info({table})"):
            types = f"'{_TYPES[declared]}'" + ("" if is_needed or is_key else ", 'null'")
            yield f"{table}.{column}", _rows(table, f"typeof({column}) NOT IN ({types})")
    yield from _checks_of_run()
    for what in _OBJECTS:
        yield what, _about(what, "NOT json_valid({0}) OR json_type({0}) != 'object'")
    for what in _TIMES:
        yield what, _about(what, "julianday({0}) IS NULL OR {0} NOT GLOB '????-??-??T??:??:??.???Z'")
    for what in _PERSONS:
        yield what, _about(what, "{0} NOT IN (SELECT person FROM persons)")
    for what in _SEQS:
        yield what, _about(what, "{0} NOT BETWEEN 1 AND (SELECT value FROM run WHERE key = 'seqs')")
    yield from _checks_of_words()
    standing = "SELECT person FROM persons WHERE survivor IS NULL"
    yield "persons.survivor", _about("persons.survivor", f"{{0}} NOT IN ({standing})")
    yield "distinct_ids.person", _about("distinct_ids.person", f"{{0}} NOT IN ({standing})")
    for column in ("properties", "id_count", "event_count"):
        yield f"persons.{column}", _rows("persons", f"survivor IS NULL AND {column} IS NULL")
    yield from _checks_between_tables()


def _checks_of_run() -> Iterator[tuple[str, str]]:
    yield "run.value", _rows("run", "NOT json_valid(value)")
    for key in _COUNTS:
        right = f"SELECT 1 FROM run WHERE key = '{key}' AND json_type(value) = 'integer'"
        yield f"run.{key}", f"SELECT 1 WHERE NOT EXISTS ({right})"
    right = "SELECT 1 FROM run WHERE key = 'options' AND json_type(value, '$.left_out') = 'array'"
    yield "run.options", f"SELECT 1 WHERE NOT EXISTS ({right})"
    every = "SELECT value FROM run WHERE key = 'seqs'"
    yield "line_order", f"SELECT 1 WHERE (SELECT count(*) FROM line_order) NOT IN (0, ({every}))"
    yield "sources", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sources WHERE first_seq = 1)"


def _checks_of_words() -> Iterator[tuple[str, str]]:
    outcomes = ", ".join(f"'{outcome}'" for outcome in Outcome)
    yield "links.outcome", _rows("links", f"outcome NOT IN ({outcomes})")
    changes = "SELECT 1 FROM property_changes, json_each(changes) one WHERE one.type != 'array'"
    yield "property_changes.changes", _rows("property_changes", "NOT json_valid(changes)")
    yield "property_changes.changes", _rows("property_changes", "json_type(changes) != 'array'")
    yield "property_changes.changes", changes
    wrong = (
        "json_extract(one.value, '$[0]') NOT IN ('set', 'set_once', 'unset')"
        " OR json_type(one.value, '$[1]') != 'text' OR json_array_length(one.value) NOT BETWEEN 3 AND 4"
    )
    yield "property_changes.changes", changes.replace("one.type != 'array'", wrong)


def _checks_between_tables() -> Iterator[tuple[str, str]]:
    """An id is where its first person went, a person has the ids that it counts, a merge has a source."""
    went = "SELECT coalesce(survivor, person) FROM persons p WHERE p.person = joined_person"
    yield "distinct_ids.person", _rows("distinct_ids", f"person IS NOT ({went})")
    own = "SELECT count(*) FROM distinct_ids d WHERE d.person = persons.person"
    yield "persons.id_count", _rows("persons", f"survivor IS NULL AND id_count IS NOT ({own})")
    made = (
        "SELECT 1 FROM distinct_ids d WHERE d.distinct_id = creator_distinct_id"
        " AND d.team_id = persons.team_id AND d.joined_person = persons.person"
    )
    yield "persons.creator_distinct_id", _rows("persons", f"NOT EXISTS ({made})")
    gone = "SELECT 1 FROM persons p WHERE p.person = source_person AND p.survivor IS NOT NULL"
    yield "links.source_person", _rows("links", f"outcome = 'merged' AND NOT EXISTS ({gone})")
    yield "links.target_person", _rows("links", "outcome = 'merged' AND target_person IS NULL")
    yield "links.person", _rows("links", "outcome IN ('merged', 'attached', 'created') AND person IS NULL")


def _rows(table: str, wrong: str) -> str:
    return f"SELECT 1 FROM {table} WHERE {wrong} LIMIT 1"


def _about(what: str, wrong: str) -> str:
    table, column = what.split(".")
    return _rows(table, f"{column} IS NOT NULL AND ({wrong.format(column)})")
