"""What audits found when the log was replayed, as the run keeps it."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from identity_cli.store.reading.opened import OpenedRun


def kept_findings(run: OpenedRun, person: int | None = None) -> Iterator[dict[str, Any]]:
    """Findings as answers.of_findings.FindingRecord, the worst first; perhaps those about one person.

    These tell of what other audits saw, `also`, only what that person shows.
    """
    if person is None:
        for (record,) in run.database.execute("SELECT record FROM findings ORDER BY finding"):
            yield json.loads(record)
        return
    query = (
        "SELECT record, json_group_array(finding_persons.code) FROM finding_persons"
        " JOIN findings USING (finding) WHERE person = ? GROUP BY finding ORDER BY finding"
    )
    for record, codes in run.database.execute(query, (person,)):
        yield _of_person(json.loads(record), json.loads(codes))


def _of_person(record: dict[str, Any], codes: Collection[str]) -> dict[str, Any]:
    also = [one for one in record["evidence"].get("also", ()) if one["code"] in codes]
    rest = {name: value for name, value in record["evidence"].items() if name != "also"}
    return {**record, "evidence": rest | ({"also": also} if also else {})}


Persons = Mapping[str, Sequence[int]]
"""The numbers of those whom a finding is about, by the code of the audit."""


def rows_kept(run: OpenedRun) -> Iterator[tuple[dict[str, Any], list[int], Persons]]:
    """Of each finding, the worst first: its record, the seqs of its moments, and the persons it is about."""
    persons: dict[int, dict[str, list[int]]] = {}
    rows = run.database.execute("SELECT finding, code, person FROM finding_persons ORDER BY person")
    for finding, code, person in rows:
        persons.setdefault(finding, {}).setdefault(code, []).append(person)
    rows = run.database.execute("SELECT finding, record, seqs FROM findings ORDER BY finding")
    for finding, record, seqs in rows:
        yield json.loads(record), json.loads(seqs), persons.get(finding, {})


def persons_found(run: OpenedRun, codes: Collection[str] | None = None) -> set[int]:
    """The numbers of the persons that findings are about: of these codes, or all that are no mere remarks.

    A code is that of the finding, or of an audit that saw the same.
    """
    remarked = "finding IN (SELECT finding FROM findings WHERE severity = 'info')"
    chosen = f"NOT {remarked}" if codes is None else "code IN (SELECT value FROM json_each(?))"
    query = f"SELECT DISTINCT person FROM finding_persons WHERE {chosen}"
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
    """Of the findings that there are, and of audits that saw the same."""
    query = "SELECT code FROM findings UNION SELECT code FROM finding_persons ORDER BY 1"
    return [code for (code,) in run.database.execute(query)]
