"""Questions to a run as a whole, in one pass each."""

from collections.abc import Iterator

from identity_cli.store.reading.opened import OpenedRun
from identity_cli.store.reading.rows import Row


class IdLinks(Row):
    """A distinct id, how many links name it, and how many of them were refused."""

    distinct_id: str
    links: int
    refused: int


def ids_per_person(run: OpenedRun) -> Iterator[int]:
    """How many distinct ids each person that stands has."""
    for (count,) in run.database.execute("SELECT id_count FROM persons WHERE survivor IS NULL"):
        yield count


def ids_and_company(run: OpenedRun) -> Iterator[tuple[str, bool]]:
    """Each distinct id that has a person, and whether it is alone there."""
    query = "SELECT d.distinct_id, p.id_count = 1 FROM distinct_ids d JOIN persons p USING (person)"
    for distinct_id, is_alone in run.database.execute(query):
        yield distinct_id, bool(is_alone)


def linked_ids(run: OpenedRun) -> Iterator[tuple[str, str, str]]:
    """Of each link the other id, the event's own, and the outcome."""
    return iter(run.database.execute("SELECT source_distinct_id, target_distinct_id, outcome FROM links"))


def ids_by_links(run: OpenedRun, most: int) -> list[IdLinks]:
    """The ids that most links name."""
    query = """
        SELECT distinct_id, count(*), sum(outcome GLOB 'refused*') FROM (
            SELECT team_id, source_distinct_id AS distinct_id, outcome FROM links
            UNION ALL SELECT team_id, target_distinct_id, outcome FROM links)
        GROUP BY team_id, distinct_id ORDER BY 2 DESC, 1 LIMIT ?"""
    return [IdLinks(*row) for row in run.database.execute(query, (most,))]


def persons_by_email(run: OpenedRun) -> tuple[int, int]:
    """How many e-mail addresses persons have, whatever their case, and how many persons have none."""
    query = """
        SELECT count(DISTINCT email), count(*) - count(email) FROM (
            SELECT nullif(lower(trim(json_extract(properties, '$.email'))), '') AS email
            FROM persons WHERE survivor IS NULL)"""
    emails, without = run.database.execute(query).fetchone()
    return emails, without
