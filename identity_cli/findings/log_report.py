"""All that is wrong in a log: the verdict, its findings, and what the platform would have warned of."""

from datetime import date

from identity_cli.findings.finding import Finding
from identity_cli.findings.kept import findings_of
from identity_cli.findings.settings import DEFAULT, Settings, Suppression, sorted_out
from identity_cli.findings.verdict import Damage, Verdict, damage_of, verdict_of
from identity_cli.origins import Origin
from identity_cli.store.reading.rows import Row
from identity_cli.store.reading.run import Run
from identity_cli.warning_types import WarningType, warning_type


class WarningsOfType(Row):
    """Ingestion warnings of a type, and the first of them."""

    type: str
    times: int
    about: WarningType
    first: Origin
    distinct_id: str


class LogReport(Row):
    """What is wrong in a log.

    suppressed: findings that its project knows of. expired: suppressions that count no more. warnings: the
    most frequent type first. events, persons: of the whole run.
    """

    verdict: Verdict
    damage: Damage
    findings: list[Finding]
    suppressed: list[Finding]
    expired: list[Suppression]
    warnings: list[WarningsOfType]
    events: int
    persons: int


def log_report(
    run: Run, settings: Settings = DEFAULT, day: date | None = None, found: list[Finding] | None = None
) -> LogReport:
    """All that is wrong in a run; day: what suppressions go by, None to suppress nothing.

    found: by its audits, where that is known already.
    """
    if found is None:
        found = findings_of(run, settings.config)
    rest, suppressed, expired = (
        sorted_out(found, settings.suppressions, day) if day is not None else (found, [], [])
    )
    warnings = [
        WarningsOfType(name, times, warning_type(name), run.origin(first.seq), first.distinct_id)
        for name, (times, first) in run.warning_examples().items()
    ]
    return LogReport(
        *(verdict_of(rest, sum(one.times for one in warnings)), damage_of(rest), rest, suppressed, expired),
        *(warnings, run.metadata["events"], run.count("persons")),
    )
