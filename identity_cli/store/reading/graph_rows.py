"""What a merge graph shows of persons and their ids: many persons at a time."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from identity_cli.store.reading.opened import OpenedRun
from identity_cli.store.reading.rows import Row

_TOUCHED = """
SELECT DISTINCT coalesce(survivor, person) FROM main.persons WHERE person IN (
    SELECT source_person FROM links UNION SELECT target_person FROM links UNION SELECT person FROM links
) ORDER BY 1
"""
_LOGIN = """
    SELECT l.target_distinct_id FROM links l WHERE l.person = p.person AND l.event = '$identify'
    AND l.outcome IN ('created', 'attached', 'merged', 'same_person') ORDER BY l.rowid LIMIT 1
"""
_PERSONS = f"""
SELECT p.person, p.team_id, p.person_id, coalesce(({_LOGIN}), p.creator_distinct_id),
       p.identified_seq IS NOT NULL, p.properties, p.id_count, p.event_count, s.person_id
FROM main.persons p LEFT JOIN main.persons s ON s.person = p.survivor
WHERE coalesce(p.survivor, p.person) IN {{parts}} ORDER BY p.person
"""
_IDS = """
SELECT d.team_id, d.distinct_id, d.event_count, p.person_id, j.person_id
FROM main.distinct_ids d JOIN main.persons p USING (person)
JOIN main.persons j ON j.person = d.joined_person
WHERE d.person IN {parts} ORDER BY d.person, d.joined_seq, d.rowid
"""
_OTHERS = """
SELECT d.team_id, d.distinct_id, d.event_count, p.person_id, p.person_id
FROM main.distinct_ids d JOIN main.persons p USING (person)
WHERE d.team_id = ? AND d.distinct_id IN (SELECT value FROM json_each(?)) ORDER BY d.rowid
"""
# Which persons each link touched, as they stand in the end.
_TOUCHES = """
    SELECT l.rowid AS link, coalesce(p.survivor, p.person) AS person
    FROM links l JOIN main.persons p ON p.person = l.source_person
    UNION SELECT l.rowid, coalesce(p.survivor, p.person)
    FROM links l JOIN main.persons p ON p.person = l.target_person
    UNION SELECT l.rowid, coalesce(p.survivor, p.person) FROM links l JOIN main.persons p USING (person)
"""
_OUTCOMES = f"""
SELECT t.person, l.outcome, l.source_identified, count(*) FROM ({_TOUCHES}) t JOIN links l ON l.rowid = t.link
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_UNTOUCHED = f"""
SELECT id_count, count(*), min(person) FROM persons
WHERE survivor IS NULL AND person NOT IN (SELECT person FROM ({_TOUCHES})) GROUP BY 1 ORDER BY 1
"""
_LOST = """
SELECT l.seq, coalesce(p.survivor, p.person), l.dropped FROM links l JOIN main.persons p USING (person)
WHERE l.dropped NOT IN ('{}', 'null') ORDER BY l.rowid
"""


class GraphPerson(Row):
    """A person; survivor_id: the person id of whom it was merged into; counts of those that stand.

    known_as: the id that somebody first logged in with as that person, else the one that it was made with.
    """

    person: int
    team_id: int
    person_id: str
    known_as: str
    is_identified: bool
    properties: dict[str, Any]
    id_count: int
    event_count: int
    survivor_id: str | None


class GraphId(Row):
    """A distinct id: whose it is, and whose it was first, as person ids."""

    team_id: int
    distinct_id: str
    event_count: int
    person_id: str
    first_person_id: str


def touched_persons(run: OpenedRun) -> list[int]:
    """The numbers of all persons that stand and that a link ever touched."""
    return [number for (number,) in run.database.execute(_TOUCHED)]


def graph_persons(run: OpenedRun, numbers: Collection[int]) -> Iterator[GraphPerson]:
    """These persons, and those that were merged into them."""
    for row in run.rows_about(_PERSONS, numbers):
        person, team_id, person_id, known_as, identified, properties, ids, events, survivor = row
        yield GraphPerson(
            *(person, team_id, person_id, known_as, bool(identified)),
            *(json.loads(properties or "{}"), ids or 0, events or 0, survivor),
        )


def graph_ids(run: OpenedRun, numbers: Collection[int]) -> Iterator[GraphId]:
    """Their distinct ids."""
    return map(GraphId._make, run.rows_about(_IDS, numbers))


def graph_others(run: OpenedRun, team_id: int, distinct_ids: Collection[str]) -> Iterator[GraphId]:
    """Distinct ids by name, whoever has them."""
    return map(GraphId._make, run.database.execute(_OTHERS, (team_id, json.dumps([*distinct_ids]))))


def outcomes_by_person(run: OpenedRun) -> Iterator[tuple[int, str, bool, int]]:
    """Of every person that stands, its links: outcome, whether the source was identified, how many."""
    return run.database.execute(_OUTCOMES)


def sizes_of_untouched(run: OpenedRun) -> Iterator[tuple[int, int, int]]:
    """Of the persons that no link touched: a number of ids, how many have it, and the first of them."""
    return run.database.execute(_UNTOUCHED)


def sizes_of(run: OpenedRun, persons: Collection[int]) -> dict[int, int]:
    """How many ids each of these persons has."""
    return dict(run.rows_about("SELECT person, id_count FROM main.persons WHERE person IN {parts}", persons))


def sizes(run: OpenedRun) -> list[tuple[int, int]]:
    """A number of ids, and how many persons that stand have it."""
    query = "SELECT id_count, count(*) FROM persons WHERE survivor IS NULL GROUP BY 1 ORDER BY 1"
    return run.database.execute(query).fetchall()


def values_lost(run: OpenedRun) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Of every merge in which values of the source lost: its seq, whose they were to be, and which."""
    for seq, person, dropped in run.database.execute(_LOST):
        yield seq, person, json.loads(dropped)
