"""What a replay found, told again as it was kept: audits take a while, and come to the same."""

import json
from typing import Any

from identity_cli import __version__
from identity_cli.audits.config import DEFAULT, Config
from identity_cli.audits.severity import Severity
from identity_cli.findings.finding import Finding, Moment, Since
from identity_cli.store.reading.kept_findings import Persons, rows_kept
from identity_cli.store.reading.run import Run

AUDITED = "audited_with"
"""The key in the table `run`: by what its findings were found."""


def audited_with(config: Config) -> str:
    """All on which findings depend beside the run."""
    codes = None if config.codes is None else sorted(config.codes)
    patterns = [(pattern.pattern, pattern.flags) for pattern in config.login_ids]
    parts = (dict(config.thresholds), codes, patterns, config.exclusive_properties)
    return json.dumps([__version__, *parts], sort_keys=True)


def findings_of(run: Run, config: Config = DEFAULT) -> list[Finding]:
    """What is wrong in a run, the worst first; as its replay kept it, where that looked for the same."""
    kept = findings_kept(run, config)
    if kept is not None:
        return kept
    from identity_cli.findings.found import audited  # brings all audits along

    return audited(run, config)


def is_audited(run: Run) -> bool:
    """Whether its replay looked for findings."""
    return AUDITED in run.metadata


def findings_kept(run: Run, config: Config) -> list[Finding] | None:
    """The findings of a replay that audited in the same way, the worst first; None where none did.

    RunUnreadable where they are not as a replay keeps them.
    """
    if run.metadata.get(AUDITED) != audited_with(config):
        return None
    try:
        return [_finding(run, *row) for row in rows_kept(run)]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        from identity_cli.errors import RunUnreadable

        raise RunUnreadable(run.name, f"its findings are damaged: {error}") from None


def _finding(run: Run, record: dict[str, Any], seqs: list[int], persons: Persons) -> Finding:
    first, last, since = (
        Moment(seq, run.origin(seq), record[name]["time"])
        for seq, name in zip(seqs, ("first", "last", "since"), strict=True)
    )
    began = record["since"]
    told = ("code", "confidence", "message", "events", "unique_users", "evidence", "threshold", "remedy")
    return Finding(
        **{name: record[name] for name in (*told, "fingerprint")},
        severity=Severity(record["severity"]),
        distinct_ids=tuple(record["distinct_ids"]),
        person_ids=tuple(record["person_ids"]),
        commands=tuple(record["commands"]),
        first=first,
        last=last,
        since=Since(since, began["lib"], began["version"], began["before"]),
        persons={code: tuple(its) for code, its in persons.items()},
    )
