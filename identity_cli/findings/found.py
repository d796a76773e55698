"""All that the audits find in a run: gathered by cause, ranked by damage."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from identity_cli.audits import AUDITS
from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.config import DEFAULT, Config
from identity_cli.audits.severity import Severity
from identity_cli.findings.finding import Finding, Moment, Since
from identity_cli.findings.kept import findings_kept
from identity_cli.findings.releases import Beginning, Releases
from identity_cli.store.reading import evidence
from identity_cli.store.reading.activity import activities_of
from identity_cli.store.reading.run import Run

T = TypeVar("T")
Sender = tuple[str | None, str | None]
"""A library and its version."""
MOST_IDS = 20
"""That a finding of many names; all of them are in its evidence's count."""


def findings_of(run: Run, config: Config = DEFAULT) -> list[Finding]:
    """What is wrong in a run, the worst first; as its replay kept it, where that looked for the same."""
    kept = findings_kept(run, config)
    return audited(run, config) if kept is None else kept


def audited(run: Run, config: Config = DEFAULT) -> list[Finding]:
    """The same, looked for anew."""
    releases = Releases(run)
    found = [finding for audit in AUDITS for finding in _findings(run, audit, config, releases)]
    moments = (moment.seq for one in found for moment in (one.first, one.last, one.since.moment))
    times = evidence.times_of(run, moments)
    return sorted((_dated(one, times) for one in found), key=lambda finding: (finding.damage, finding.code))


def _dated(finding: Finding, times: Mapping[int, str]) -> Finding:
    """With its times, which are looked up for all findings at once."""
    first, last, began = (
        replace(one, time=one.time or times.get(one.seq))
        for one in (finding.first, finding.last, finding.since.moment)
    )
    return replace(finding, first=first, last=last, since=replace(finding.since, moment=began))


def _findings(run: Run, audit: Audit, config: Config, releases: Releases) -> Iterator[Finding]:
    if config.codes is not None and audit.code not in config.codes:
        return
    limit = Limit(config.thresholds.get(audit.code, audit.threshold or 0), config)
    by_cause: dict[tuple[Severity | None, str], list[Suspicion]] = defaultdict(list)
    found = [*audit.find(run, limit)]
    senders = evidence.senders_of(run, [one.seqs[0] for one in found if _is_nobodys(one)])
    for suspicion in map(partial(_with_sender, run, senders), found):
        by_cause[suspicion.severity, suspicion.cause].append(suspicion)
    for same in by_cause.values():
        for alike in releases.joined(same):
            yield _finding(run, audit, limit, alike, releases.beginning(alike))


def _is_nobodys(suspicion: Suspicion) -> bool:
    """Whether the audit did not tell which library sent it."""
    return suspicion.lib is None and suspicion.version is None


def _with_sender(run: Run, senders: Mapping[int, Sender], suspicion: Suspicion) -> Suspicion:
    """The same with the library of its first event, as far as the run tells: of that, or of its id."""
    if not _is_nobodys(suspicion):
        return suspicion
    sender: Sender | None = senders.get(suspicion.seqs[0])
    for known in (
        evidence.named(run, suspicion.distinct_ids[0]) if sender is None and suspicion.distinct_ids else ()
    ):
        sender = activities_of(run).first(known.team_id, known.distinct_id)
    return suspicion if sender is None else replace(suspicion, lib=sender[0], version=sender[1])


def _finding(
    run: Run, audit: Audit, limit: Limit, alike: Sequence[Suspicion], beginning: Beginning
) -> Finding:
    """One finding of all suspicions of one cause."""
    first, began = alike[0], beginning.suspicion
    ids = _several(one.distinct_ids for one in alike)
    moments = [
        _moment(run, first.seqs[0], first.time),
        _moment(run, max(one.seqs[-1] for one in alike)),
    ]
    seen = max((one.seen for one in alike if one.seen is not None), default=None)
    crossed = limit.number if first.limit is None else first.limit
    return Finding(
        code=audit.code,
        severity=first.severity or audit.severity,
        confidence=first.confidence or audit.confidence,
        message=first.message if len(alike) == 1 else _said_of_many(audit, alike),
        distinct_ids=ids[:MOST_IDS],
        person_ids=_person_ids(run, _several(one.persons for one in alike)[:MOST_IDS]),
        events=sum(one.events for one in alike),
        unique_users=sum(one.unique_users for one in alike),
        first=moments[0],
        last=moments[1],
        since=Since(
            _moment(run, began.seqs[0], began.time), began.lib, began.version, before=beginning.before
        ),
        evidence={**first.evidence, "times": len(alike), "ids": len(ids)},
        threshold=None if seen is None else {"limit": crossed, "seen": seen, "source": audit.source},
        remedy=audit.remedy,
        commands=_several(one.commands for one in alike[:3]),
        fingerprint=_fingerprint(audit.code, first.cause, ids),
        persons=_several(one.persons for one in alike),
    )


def _said_of_many(audit: Audit, alike: Sequence[Suspicion]) -> str:
    first = alike[0]
    versions = [*dict.fromkeys(one.version for one in alike if one.version is not None)]
    sender = " ".join(filter(None, (first.lib, " to ".join(dict.fromkeys((*versions[:1], *versions[-1:]))))))
    said = audit.several.format(count=f"{len(alike):,}")
    return f"{said}{f', sent by {sender}' if sender else ''}. The first: {first.message}"


def _several(parts: Iterable[Sequence[T]]) -> tuple[T, ...]:
    """What is in any of these, each once."""
    return tuple(dict.fromkeys(one for part in parts for one in part))


def _person_ids(run: Run, persons: Sequence[int]) -> tuple[str, ...]:
    known = evidence.creators(run, persons)
    return tuple(known[person][0] for person in persons if person in known)


def _moment(run: Run, seq: int, time: str | None = None) -> Moment:
    return Moment(seq, run.origin(seq), time)


def _fingerprint(*parts: object) -> str:
    """The same of the same parts, in every process."""
    return hashlib.blake2s(repr(parts).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
