"""The tables of run.db, the whole of one replay.

A person is a number, in order of creation; those merged away stay, with their survivor.
`seq` is an event's place over all sources, from 1, and mostly that of its line; `sources` and
`batches` turn it into file and line.
What happened at a seq happened in the order of (moment, seq), where moment is the seq
itself, or for an event that waited in the buffer the `released_before` in `held`.

By hand one asks the views, see views.

Version 2: the dialect of each source, lines that hold several events, lines in another order.
Version 3: events that touch nobody.
Version 4: views; the order of a sorted log as a table; references between tables; times of events;
where the lines of a file and the events of an id stand; which library sent a
link, a warning or an event.
"""

import sqlite3

from identity_cli.store.views import EVENTS_VIEW, VIEWS

SCHEMA_VERSION = 4

SCHEMA = """
CREATE TABLE run (  -- what was asked, and what came out: rule_set, buffer_seconds, counts, ...
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL             -- JSON
);

CREATE TABLE sources (  -- the files of the log, in order
    source INTEGER PRIMARY KEY, path TEXT NOT NULL,
    first_seq INTEGER NOT NULL,     -- of its first event, before any sorting
    lines INTEGER NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, dialect TEXT NOT NULL
);
CREATE TABLE batches (  -- lines that hold several events, or that are not the next line; before any sorting
    first_seq INTEGER PRIMARY KEY, line INTEGER NOT NULL, events INTEGER NOT NULL
);
CREATE TABLE landmarks (  -- where lines stand, of files that can be read one by one, see files/landmarks.py
    source INTEGER PRIMARY KEY REFERENCES sources,
    lines BLOB NOT NULL, offsets BLOB NOT NULL, ends BLOB NOT NULL, hashes BLOB NOT NULL
);
CREATE TABLE id_index (  -- which events have an id, by short hashes, see reading/id_index.py
    first_seq INTEGER PRIMARY KEY, own BLOB NOT NULL, linking_seqs BLOB NOT NULL, linked BLOB NOT NULL,
    block_seqs BLOB NOT NULL, block_clocks BLOB NOT NULL
);
CREATE TABLE senders (  -- libraries and their versions, as lines name them
    sender INTEGER PRIMARY KEY, lib TEXT, lib_version TEXT
);
CREATE TABLE periods (  -- how many events each id has in each hour, by sender, see tables/period_columns.py
    part INTEGER PRIMARY KEY, hours BLOB NOT NULL, senders BLOB NOT NULL, ids BLOB NOT NULL,
    events BLOB NOT NULL
);
CREATE TABLE shared_values (  -- evidence: what devices, sessions and addresses share
    kind TEXT NOT NULL,             -- device, session, address: ids of one; devices_of: devices of an id
    team_id INTEGER NOT NULL, value TEXT NOT NULL, partner TEXT NOT NULL,
    seq INTEGER                     -- the first event of both; NULL for the first partner
);
CREATE TABLE login_windows (  -- evidence: logins with an anonymous id that another had logged in with
    team_id INTEGER NOT NULL, anonymous_id TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    seq INTEGER NOT NULL,           -- of the later login
    first_seq INTEGER NOT NULL,     -- of the events since the last pause, under the earlier ids
    events INTEGER NOT NULL         -- how many these are
);
CREATE TABLE group_events (  -- evidence: how often `$groupidentify` was sent for an id, and by which library
    team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL, events INTEGER NOT NULL, lib TEXT, lib_version TEXT
);
CREATE TABLE misplaced_keys (  -- evidence: keys of links where nobody looks for them
    seq INTEGER NOT NULL, team_id INTEGER NOT NULL, event TEXT NOT NULL, distinct_id TEXT NOT NULL,
    key TEXT NOT NULL, place TEXT NOT NULL,
    other TEXT NOT NULL,            -- the id that was to be linked
    lib TEXT, lib_version TEXT
);
CREATE TABLE line_order (  -- of a log that was sorted first
    seq INTEGER PRIMARY KEY,
    unsorted_seq INTEGER NOT NULL   -- the seq that the event would have had without
);

CREATE TABLE persons (  -- all that ever were: `people` are those that stand in the end
    person INTEGER PRIMARY KEY,     -- in order of creation
    team_id INTEGER NOT NULL,
    person_id TEXT NOT NULL,        -- the platform's own: a UUID made of team and creator
    creator_distinct_id TEXT NOT NULL,
    created_at TEXT,                -- of all that were merged into it, the oldest
    made_at TEXT,                   -- its own, from the event that made it
    identified_seq INTEGER,
    survivor INTEGER REFERENCES persons (person),  -- whom it was merged into in the end; NULL while it stands
    -- of those that stand:
    properties TEXT,                -- JSON
    id_count INTEGER, event_count INTEGER, first_seen TEXT, last_seen TEXT
);

CREATE TABLE distinct_ids (  -- every one seen; with its team it is there once
    team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL,
    person INTEGER REFERENCES persons (person),  -- in the end; NULL for an id used only without profiles
    event_count INTEGER NOT NULL,
    seq INTEGER NOT NULL,           -- first sight
    joined_seq INTEGER NOT NULL,    -- the event that put it on its first person
    joined_person INTEGER REFERENCES persons (person),  -- that person
    first_seen TEXT, last_seen TEXT
);

CREATE TABLE links (  -- the journal: every link that was asked for
    seq INTEGER NOT NULL, uuid TEXT, event TEXT NOT NULL, time TEXT, team_id INTEGER NOT NULL,
    source_distinct_id TEXT NOT NULL, target_distinct_id TEXT NOT NULL, outcome TEXT NOT NULL,
    source_person INTEGER REFERENCES persons (person),  -- just before; NULL for an unknown id
    target_person INTEGER REFERENCES persons (person),  -- the same
    source_identified INTEGER NOT NULL,                 -- just before
    person INTEGER REFERENCES persons (person),         -- whom the event went to
    dropped TEXT,                   -- on a merge: the source's values that lost, JSON
    lib TEXT, lib_version TEXT      -- the library that sent it
);
CREATE TABLE property_changes (  -- the journal: what an event changed on a person
    seq INTEGER NOT NULL, person INTEGER NOT NULL REFERENCES persons (person),
    event TEXT NOT NULL, time TEXT,
    changes TEXT NOT NULL           -- [[operation, key, value, replaced value unless the key is new], ...]
);
CREATE TABLE warnings (  -- the journal: what the platform would have warned of
    seq INTEGER NOT NULL, uuid TEXT, team_id INTEGER NOT NULL, type TEXT NOT NULL,
    distinct_id TEXT NOT NULL, person INTEGER REFERENCES persons (person),
    details TEXT NOT NULL,          -- JSON
    time TEXT, lib TEXT, lib_version TEXT  -- of the event
);
CREATE TABLE findings (  -- what audits found, the worst first
    finding INTEGER PRIMARY KEY, code TEXT NOT NULL, severity TEXT NOT NULL,
    record TEXT NOT NULL,           -- JSON, as in findings.ndjson
    seqs TEXT NOT NULL              -- JSON: of the first event that shows it, the last, and since which it is
);
CREATE TABLE finding_persons (  -- whom each is about, in the end, and by which audit
    person INTEGER NOT NULL REFERENCES persons (person),
    finding INTEGER NOT NULL REFERENCES findings (finding),
    code TEXT NOT NULL,             -- the finding's own, or that of an audit that saw the same
    PRIMARY KEY (person, finding, code)
) WITHOUT ROWID;
CREATE TABLE held (  -- events that waited in the buffer
    seq INTEGER PRIMARY KEY, team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL,
    arrived TEXT, due TEXT,
    released_before INTEGER NOT NULL,  -- a seq
    person_existed INTEGER NOT NULL
);
CREATE TABLE dropped (  -- events that count for nobody: what is wrong with them
    seq INTEGER NOT NULL, team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE touching_nobody (  -- events that concern no person: nothing is wrong with them
    seq INTEGER PRIMARY KEY, event TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE rejected (  -- lines that could not be used, and events that failed
    seq INTEGER NOT NULL, reason TEXT NOT NULL, size INTEGER NOT NULL, excerpt TEXT NOT NULL
);
CREATE TABLE refused_at_door (  -- events that were replayed, but that the platform would not have let in
    seq INTEGER PRIMARY KEY, reason TEXT NOT NULL
);
CREATE TABLE remembered (  -- what another replay needs to go on with the log, see reading/remembering.py
    part TEXT NOT NULL, nth INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (part, nth)
) WITHOUT ROWID;
"""

# Gone with the connection: what internal_marks asks, of what a watcher of that name found.
SCRATCH_TABLES = """
CREATE TEMP TABLE passing_ids (
    team_id INTEGER NOT NULL, distinct_id TEXT NOT NULL, PRIMARY KEY (team_id, distinct_id)
) WITHOUT ROWID;
"""

# Only with --events.
EVENTS_TABLE = """
CREATE TABLE attributed_events (  -- every event, in order
    seq INTEGER PRIMARY KEY, uuid TEXT, event TEXT NOT NULL, team_id INTEGER NOT NULL,
    distinct_id TEXT NOT NULL,
    person_at_ingestion INTEGER REFERENCES persons (person),
    note TEXT,                      -- why nobody, or personless
    time TEXT, lib TEXT, lib_version TEXT
);
"""

# Only with --internal-users: who is internal, those merged into such a person among them.
INTERNAL_PERSONS_TABLE = """
CREATE TABLE internal_persons (  -- who is internal, and why
    person INTEGER PRIMARY KEY REFERENCES persons (person), reason TEXT NOT NULL
);
"""

# Built after the rows are in: several times cheaper than keeping them up to date.
INDEXES = """
CREATE UNIQUE INDEX distinct_ids_by_id ON distinct_ids (distinct_id, team_id);
CREATE INDEX distinct_ids_by_person ON distinct_ids (person);
CREATE UNIQUE INDEX persons_by_id ON persons (person_id);
CREATE INDEX persons_merged_away ON persons (survivor) WHERE survivor IS NOT NULL;
CREATE INDEX persons_of_several_ids ON persons (id_count DESC, person) WHERE id_count > 1;
CREATE INDEX links_by_source ON links (source_person);
CREATE INDEX links_by_target ON links (target_person);
CREATE INDEX links_by_person ON links (person);
CREATE INDEX property_changes_by_person ON property_changes (person);
CREATE INDEX warnings_by_person ON warnings (person);
CREATE INDEX sources_by_first_seq ON sources (first_seq);
"""


def script(*, with_events: bool = False) -> str:
    """What makes the tables and views of a run."""
    return SCHEMA + VIEWS + (EVENTS_TABLE + EVENTS_VIEW if with_events else "")


def strange_table(database: sqlite3.Connection) -> str | None:
    """A table, an index or whatever else that no replay writes so, or that is missing."""
    found = dict(database.execute("SELECT sql, name FROM sqlite_master WHERE sql IS NOT NULL"))
    needed = statements(script() + INDEXES)
    known = needed | statements(EVENTS_TABLE + EVENTS_VIEW + INTERNAL_PERSONS_TABLE)
    strange = (needed - found.keys()) | (found.keys() - known)
    return min((str(found.get(text) or _made_by(text)) for text in strange), default=None)


def statements(sql: str) -> set[str]:
    """Each statement, as SQLite keeps its text.

    To let SQLite tell, from an empty database, would take longer than to look up a person.
    """
    return {*map(str.strip, sql.split(";\n"))} - {""}


def _made_by(statement: str) -> str:
    """The name of what it makes."""
    return statement.partition("(")[0].partition(" AS ")[0].partition(" ON ")[0].split()[-1]
