"""Persons as SQL sees them: connected components of the links, and the last value of each property."""

import sys

import duckdb

COLUMNS = (
    "{distinct_id: 'VARCHAR', event: 'VARCHAR', timestamp: 'VARCHAR', properties: 'STRUCT("
    '"$anon_distinct_id" VARCHAR, alias VARCHAR, distinct_id VARCHAR, "$set" JSON)\'}'
)
LINKS = "('$identify', '$create_alias', '$merge_dangerously')"


def main(log: str, folder: str) -> None:
    """Write ids.csv and properties.csv."""
    db = duckdb.connect()
    db.execute(
        f"""CREATE TABLE events AS SELECT row_number() OVER () AS seq, event,
            coalesce(distinct_id, properties.distinct_id) AS id,
            coalesce(properties."$anon_distinct_id", properties.alias) AS other,
            properties."$set" AS set_
        FROM read_json(?, columns = {COLUMNS}, format = 'newline_delimited', ignore_errors = true)""",
        [log],
    )
    db.execute(
        f"""CREATE TABLE edges AS SELECT DISTINCT id, other FROM events
        WHERE event IN {LINKS} AND other IS NOT NULL AND id IS NOT NULL
        UNION SELECT other, id FROM events
        WHERE event IN {LINKS} AND other IS NOT NULL AND id IS NOT NULL"""
    )
    db.execute(
        """CREATE TABLE ids AS SELECT id, id AS person FROM
        (SELECT id FROM events WHERE id IS NOT NULL UNION SELECT other FROM edges)"""
    )
    while _spread(db):
        pass
    db.execute(f"COPY ids TO '{folder}/ids.csv'")
    db.execute(
        f"""COPY (SELECT person, key, arg_max(value, seq) FROM
            (SELECT seq, id, unnest(json_keys(set_)) AS key, json_extract(set_, '$."' || key || '"') AS value
            FROM events WHERE set_ IS NOT NULL) JOIN ids USING (id) GROUP BY ALL)
        TO '{folder}/properties.csv'"""
    )
    print(_number(db.execute("SELECT count(DISTINCT person) FROM ids")))


def _spread(db: "duckdb.DuckDBPyConnection") -> bool:
    """Give each id the smallest name among its neighbours; whether any changed."""
    db.execute(
        """CREATE OR REPLACE TABLE lower AS SELECT e.id, min(n.person) AS person FROM edges e
        JOIN ids n ON n.id = e.other JOIN ids i ON i.id = e.id
        GROUP BY e.id, i.person HAVING min(n.person) < i.person"""
    )
    changed = _number(db.execute("SELECT count(*) FROM lower"))
    db.execute("UPDATE ids SET person = lower.person FROM lower WHERE ids.id = lower.id")
    return bool(changed)


def _number(found: "duckdb.DuckDBPyConnection") -> int:
    row = found.fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
