"""The tables of run.db, the whole of one replay.

A person is a number, in order of creation; those merged away stay, with their survivor.
`seq` is an event's place over all sources, from 1, and mostly that of its line; `sources` and
`batches` turn it into file and line.
What happened at a seq happened in the order of (moment, seq), where moment is the seq
itself, or for an event that waited in the buffer the `released_before` in `held`.

Version 2: the dialect of each source, lines that hold several events, lines in another order.
"""

import sqlite3
from contextlib import closing

SCHEMA_VERSION = 3

SCHEMA = """
-- What was asked, and what came out, as JSON values: rule_set, buffer_seconds, counts, ...
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE sources (
    path TEXT NOT NULL, first_seq INTEGER NOT NULL, lines INTEGER NOT NULL,
    size INTEGER NOT NULL, hash TEXT NOT NULL, dialect TEXT NOT NULL
);
-- Lines that hold several events, each with a seq of its own.
CREATE TABLE batches (first_seq INTEGER PRIMARY KEY, line INTEGER NOT NULL, events INTEGER NOT NULL);
-- Of a log that was sorted first: 64-bit integers, for each seq the one that it would have been without.
CREATE TABLE line_order (numbers BLOB NOT NULL);

CREATE TABLE persons (
    person INTEGER PRIMARY KEY, team_id INTEGER NOT NULL, person_id TEXT NOT NULL,
    creator_distinct_id TEXT NOT NULL,
    created_at TEXT,                -- of all that were merged into it, the oldest
    made_at TEXT,                   -- its own, from the event that made it
    identified_seq INTEGER,
    survivor INTEGER,               -- the person it was merged into in the end; NULL while it stands
    -- of those that stand:
    properties TEXT, id_count INTEGER, event_count INTEGER, first_seen TEXT, last_seen TEXT
);

CREATE TABLE distinct_ids (
    team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL,
    person INTEGER,                 -- in the end; NULL for an id used only without profiles
    event_count INTEGER NOT NULL,
    seq INTEGER NOT NULL,           -- first sight
    joined_seq INTEGER NOT NULL,    -- the event that put it on its first person
    joined_person INTEGER,          -- that person
    first_seen TEXT, last_seen TEXT
);

-- The journal.
CREATE TABLE links (
    seq INTEGER NOT NULL, uuid TEXT, event TEXT NOT NULL, time TEXT, team_id INTEGER NOT NULL,
    source_distinct_id TEXT NOT NULL, target_distinct_id TEXT NOT NULL, outcome TEXT NOT NULL,
    source_person INTEGER, target_person INTEGER,  -- just before; NULL for an unknown id
    source_identified INTEGER NOT NULL,            -- just before
    person INTEGER,                                -- whom the event went to
    dropped TEXT                                   -- on a merge: the source's values that lost
);
CREATE TABLE property_changes (
    seq INTEGER NOT NULL, person INTEGER NOT NULL, event TEXT NOT NULL, time TEXT,
    changes TEXT NOT NULL           -- [[operation, key, value, replaced value unless the key is new], ...]
);
CREATE TABLE warnings (
    seq INTEGER NOT NULL, uuid TEXT, team_id INTEGER NOT NULL, type TEXT NOT NULL,
    distinct_id TEXT NOT NULL, person INTEGER, details TEXT NOT NULL
);
CREATE TABLE held (
    seq INTEGER PRIMARY KEY, team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL,
    arrived TEXT, due TEXT, released_before INTEGER NOT NULL, person_existed INTEGER NOT NULL
);
CREATE TABLE dropped (
    seq INTEGER NOT NULL, team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE touching_nobody (seq INTEGER PRIMARY KEY, event TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE rejected (
    seq INTEGER NOT NULL, reason TEXT NOT NULL, size INTEGER NOT NULL, excerpt TEXT NOT NULL
);
-- Events that were replayed, but that the platform would not have let in.
CREATE TABLE refused_at_door (seq INTEGER PRIMARY KEY, reason TEXT NOT NULL);
"""

# Gone with the connection: what internal_marks asks, of what a watcher of that name found.
SCRATCH_TABLES = """
CREATE TEMP TABLE passing_ids (
    team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL, PRIMARY KEY (team_id, distinct_id)
) WITHOUT ROWID;
"""

# Only with --events.
EVENTS_TABLE = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, uuid TEXT, event TEXT NOT NULL, team_id INTEGER NOT NULL,
    distinct_id TEXT NOT NULL, person_at_ingestion INTEGER, note TEXT
);
"""

# Only with --internal-users: who is internal, those merged into such a person among them.
INTERNAL_PERSONS_TABLE = """
CREATE TABLE internal_persons (person INTEGER PRIMARY KEY, reason TEXT NOT NULL);
"""

# Built after the rows are in: several times cheaper than keeping them up to date.
INDEXES = """
CREATE INDEX distinct_ids_by_id ON distinct_ids (distinct_id);
CREATE INDEX distinct_ids_by_person ON distinct_ids (person);
CREATE INDEX persons_by_id ON persons (person_id);
CREATE INDEX persons_merged_away ON persons (survivor) WHERE survivor IS NOT NULL;
CREATE INDEX links_by_source ON links (source_person);
CREATE INDEX links_by_target ON links (target_person);
CREATE INDEX links_by_person ON links (person);
CREATE INDEX property_changes_by_person ON property_changes (person);
CREATE INDEX warnings_by_person ON warnings (person);
"""


def strange_table(database: sqlite3.Connection) -> str | None:
    """A table, an index or whatever else that no replay writes so, or that is missing."""
    found = _objects_of(database)
    with closing(sqlite3.connect(":memory:")) as pattern:
        pattern.executescript(SCHEMA + INDEXES)
        needed = _objects_of(pattern)
        pattern.executescript(EVENTS_TABLE + INTERNAL_PERSONS_TABLE)
        known = _objects_of(pattern)
    return min((name for name, _ in (needed - found) | (found - known)), default=None)


def _objects_of(database: sqlite3.Connection) -> set[tuple[str, str | None]]:
    return {*database.execute("SELECT name, sql FROM sqlite_master")}
