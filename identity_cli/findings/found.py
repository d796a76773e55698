"""All that the audits find in a run: gathered by cause, ranked by damage."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.config import DEFAULT, Config
from identity_cli.audits.registry import AUDITS
from identity_cli.audits.severity import Severity
from identity_cli.findings.causes import gathered
from identity_cli.findings.finding import Finding
from identity_cli.findings.one_cause import finding_of
from identity_cli.findings.releases import Releases
from identity_cli.findings.senders import with_senders
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run

Suspected = Mapping[str, Sequence[Suspicion]]
"""By the codes of audits."""


def audits_asked(config: Config) -> list[Audit]:
    """Those that a project wants."""
    return [audit for audit in AUDITS if config.codes is None or audit.code in config.codes]


def suspicions(run: Run, audit: Audit, config: Config) -> list[Suspicion]:
    """What one of them suspects by itself."""
    return [*audit.find(run, _limit(audit, config))]


def audited(run: Run, config: Config = DEFAULT, suspected: Suspected | None = None) -> list[Finding]:
    """What is wrong in a run, the worst first, looked for anew (see kept.findings_of).

    suspected: what each audit suspects, where that is known already.
    """
    audits = audits_asked(config)
    if suspected is None:
        suspected = {audit.code: suspicions(run, audit, config) for audit in audits}
    remaining, releases = with_senders(run, gathered(suspected)), Releases(run)
    found = [
        finding
        for audit in audits
        for finding in _findings(run, audit, _limit(audit, config), remaining[audit.code], releases)
    ]
    moments = (moment.seq for one in found for moment in (one.first, one.last, one.since.moment))
    times = evidence.times_of(run, moments)
    return sorted((_dated(one, times) for one in found), key=lambda finding: (finding.damage, finding.code))


def _limit(audit: Audit, config: Config) -> Limit:
    return Limit(config.thresholds.get(audit.code, audit.threshold or 0), config)


def _dated(finding: Finding, times: Mapping[int, str]) -> Finding:
    """With its times, which are looked up for all findings at once."""
    first, last, began = (
        replace(one, time=one.time or times.get(one.seq))
        for one in (finding.first, finding.last, finding.since.moment)
    )
    return replace(finding, first=first, last=last, since=replace(finding.since, moment=began))


def _findings(
    run: Run, audit: Audit, limit: Limit, suspected: Sequence[Suspicion], releases: Releases
) -> Iterator[Finding]:
    by_cause: dict[tuple[Severity | None, str], list[Suspicion]] = defaultdict(list)
    for one in suspected:
        by_cause[one.severity, one.cause].append(one)
    for same in by_cause.values():
        for alike in releases.joined(same):
            yield finding_of(run, audit, limit, alike, releases.beginning(alike))
