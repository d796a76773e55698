"""What audits found when the log was replayed, as the run keeps it."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from identity_cli.store.reading.opened import OpenedRun


def kept_findings(run: OpenedRun, person: int | None = None) -> Iterator[dict[str, Any]]:
    """Findings as answers.of_findings.FindingRecord, the worst first; perhaps those about one person."""
    touching = "finding IN (SELECT finding FROM finding_persons WHERE person = :person)"
    query = f"SELECT record FROM findings WHERE :person IS NULL OR {touching} ORDER BY finding"
    for (record,) in run.database.execute(query, {"person": person}):
        yield json.loads(record)


def rows_kept(run: OpenedRun) -> Iterator[tuple[dict[str, Any], list[int], list[int]]]:
    """Of each finding, the worst first: its record, the seqs of its moments, and the persons it is about."""
    persons: dict[int, list[int]] = {}
    for person, finding in run.database.execute(
        "SELECT person, finding FROM finding_persons ORDER BY person"
    ):
        persons.setdefault(finding, []).append(person)
    rows = run.database.execute("SELECT finding, record, seqs FROM findings ORDER BY finding")
    for finding, record, seqs in rows:
        yield json.loads(record), json.loads(seqs), persons.get(finding, [])


def persons_found(run: OpenedRun, codes: Collection[str] | None = None) -> set[int]:
    """The numbers of the persons that findings are about: of these codes, or all that are no mere remarks."""
    chosen = "severity != 'info'" if codes is None else "code IN (SELECT value FROM json_each(?))"
    query = f"SELECT DISTINCT person FROM finding_persons JOIN findings USING (finding) WHERE {chosen}"
    return {
        person for (person,) in run.database.execute(query, () if codes is None else (json.dumps([*codes]),))
    }


def findings_each(run: OpenedRun, persons: Collection[int]) -> dict[int, int]:
    """How many findings are about each of these persons, by its number; only those that some are about."""
    query = (
        "SELECT person, count(DISTINCT finding) FROM finding_persons"
        " WHERE person IN (SELECT value FROM json_each(?)) GROUP BY 1"
    )
    return dict(run.database.execute(query, (json.dumps([*persons]),)))


def codes_found(run: OpenedRun) -> list[str]:
    """Of the findings that there are."""
    return [code for (code,) in run.database.execute("SELECT DISTINCT code FROM findings ORDER BY code")]
