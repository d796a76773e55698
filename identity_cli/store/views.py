"""The views of run.db: what somebody wants who opens it by hand, in sqlite3, datasette or DuckDB.

Each row tells where its event stands, by file and line, and names persons by their person ids.
"""


def _place(seq: str) -> str:
    """Tables to join for the place of an event: its source, and a batch where its line is not just the next.

    The same as origins.Origins does; the two are held against each other.
    """
    return f"""
    LEFT JOIN line_order o ON o.seq = {seq}
    JOIN sources s ON s.source = (
        SELECT source FROM sources WHERE first_seq <= coalesce(o.unsorted_seq, {seq})
        ORDER BY first_seq DESC, source DESC LIMIT 1)
    LEFT JOIN batches b ON b.first_seq = (
        SELECT max(first_seq) FROM batches
        WHERE first_seq BETWEEN s.first_seq AND coalesce(o.unsorted_seq, {seq}))"""


def _columns(seq: str) -> str:
    """The columns of that place; nth is which of its line's events it is, where that has several."""
    at = f"coalesce(o.unsorted_seq, {seq})"
    return f"""s.path AS file,
    CASE WHEN b.line IS NULL THEN {at} - s.first_seq + 1
        WHEN {at} < b.first_seq + b.events THEN b.line
        ELSE b.line + {at} - b.first_seq - b.events + 1 END AS line,
    CASE WHEN b.events > 1 AND {at} < b.first_seq + b.events THEN {at} - b.first_seq + 1 END AS nth,
    {seq} AS seq"""


# An id of `persons` for each number of a person, as of then and as of the end.
_TODAY = "LEFT JOIN persons today ON today.person = coalesce({0}.survivor, {0}.person)"

VIEWS = f"""
CREATE VIEW people AS  -- everybody who stands in the end
SELECT person_id, team_id, creator_distinct_id, identified_seq IS NOT NULL AS is_identified,
    id_count, event_count, created_at, first_seen, last_seen, properties
FROM persons WHERE survivor IS NULL;

CREATE VIEW merged_people AS  -- those merged away, and into whom
SELECT gone.person_id, gone.team_id, gone.creator_distinct_id,
    gone.identified_seq IS NOT NULL AS was_identified, gone.made_at, today.person_id AS merged_into
FROM persons gone {_TODAY.format("gone")} WHERE gone.survivor IS NOT NULL;

CREATE VIEW ids AS  -- every distinct id, whose it is in the end, and where it was first seen
SELECT d.distinct_id, d.team_id, p.person_id, p.identified_seq IS NOT NULL AS is_identified,
    d.event_count, d.first_seen, d.last_seen, {_columns("d.seq")}
FROM distinct_ids d LEFT JOIN persons p USING (person) {_place("d.seq")};

CREATE VIEW all_links AS  -- every link that was asked for, and what became of it; persons as of just before
SELECT l.outcome, l.event, l.time, l.team_id, l.source_distinct_id, l.target_distinct_id,
    source.person_id AS source_person_id, target.person_id AS target_person_id, l.source_identified,
    whose.person_id AS person_id, today.person_id AS person_id_today, l.dropped, l.uuid, l.lib, l.lib_version,
    {_columns("l.seq")}
FROM links l LEFT JOIN persons source ON source.person = l.source_person
    LEFT JOIN persons target ON target.person = l.target_person
    LEFT JOIN persons whose ON whose.person = l.person {_TODAY.format("whose")} {_place("l.seq")};

CREATE VIEW merges AS  -- the links that made one person of two: the source's is gone, the target's stays
SELECT time, event, team_id, source_distinct_id, target_distinct_id, source_person_id, target_person_id,
    source_identified, person_id_today, dropped, uuid, lib, lib_version, file, line, nth, seq
FROM all_links WHERE outcome = 'merged';

CREATE VIEW suspicious_links AS  -- links that nothing warns of, and that may have made one person of several
SELECT CASE outcome WHEN 'merged' THEN 'merged away somebody identified'
        ELSE 'attached to somebody identified' END AS suspicion,
    time, event, team_id, source_distinct_id, target_distinct_id, person_id_today, uuid, lib, lib_version,
    file, line, nth, seq
FROM all_links WHERE source_identified AND outcome IN ('merged', 'attached');

CREATE VIEW property_history AS  -- every write to a property; `replaced` is NULL also where it was new
SELECT today.person_id, json_extract(one.value, '$[1]') AS property,
    json_extract(one.value, '$[0]') AS operation, json_extract(one.value, '$[2]') AS value,
    json_extract(one.value, '$[3]') AS replaced, written.person_id AS written_on_person_id,
    c.event, c.time, {_columns("c.seq")}
FROM property_changes c, json_each(c.changes) one
    JOIN persons written ON written.person = c.person {_TODAY.format("written")} {_place("c.seq")};

CREATE VIEW ingestion_warnings AS  -- what the platform would have warned of
SELECT w.type, w.distinct_id, w.team_id, p.person_id, w.details, w.uuid, w.time, w.lib, w.lib_version,
    {_columns("w.seq")}
FROM warnings w LEFT JOIN persons p USING (person) {_place("w.seq")};

CREATE VIEW rejected_lines AS  -- what could not be used, and why; whole in rejected.ndjson
SELECT r.reason, r.size, r.excerpt, {_columns("r.seq")} FROM rejected r {_place("r.seq")};
"""

# Only with --events. Joined by equalities alone, which DuckDB, that runs views itself, needs to be quick.
EVENTS_VIEW = f"""
CREATE VIEW events AS  -- every event, with its person when it was processed, and in the end
SELECT e.event, e.time, e.team_id, e.distinct_id, today.person_id, then_.person_id AS person_id_at_ingestion,
    e.note, e.uuid, e.lib, e.lib_version, {_columns("e.seq")}
FROM attributed_events e
    LEFT JOIN distinct_ids d ON d.team_id = e.team_id
        AND d.distinct_id = CASE WHEN coalesce(e.note, 'personless') = 'personless' THEN e.distinct_id END
    LEFT JOIN persons today ON today.person = d.person
    LEFT JOIN persons then_ ON then_.person = e.person_at_ingestion {_place("e.seq")};
"""
