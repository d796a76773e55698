"""Suspicions of one cause as one finding, with what they explain."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

from identity_cli.answers.of_findings import FindingAlso, FindingThreshold
from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.registry import AUDITS
from identity_cli.audits.severity import Severity
from identity_cli.findings.finding import Finding, Moment, Since
from identity_cli.findings.releases import Beginning
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run

T = TypeVar("T")
MOST_IDS = 20
"""That a finding of many names; all of them are in its evidence's count."""
BESIDE = frozenset({"contaminated_window"})
"""Audits whose events are others than those of their cause: before the login, not since."""
OfAudit = tuple[str, Sequence[Suspicion]]
"""Suspicions, and the code of their audit."""
_SEVERITIES = {audit.code: audit.severity for audit in AUDITS}


def finding_of(
    run: Run, audit: Audit, limit: Limit, alike: Sequence[Suspicion], beginning: Beginning
) -> Finding:
    """One finding of all suspicions of one cause."""
    first, began = alike[0], beginning.suspicion
    ids = _several(one.distinct_ids for one in alike)
    explained = _explained(alike)
    harm_first = sorted(alike, key=lambda one: one.unique_users == 0)
    of_audits: list[OfAudit] = [(audit.code, harm_first), *explained]
    persons = {code: _several(one.persons for one in its) for code, its in of_audits}
    also = [_also(run, *one) for one in explained]
    return Finding(
        code=audit.code,
        severity=_worst(of_audits),
        confidence=first.confidence or audit.confidence,
        message=first.message if len(alike) == 1 else _said_of_many(audit, alike),
        distinct_ids=_several(one.distinct_ids for one in harm_first)[:MOST_IDS],
        person_ids=_person_ids(run, persons[audit.code]),
        events=_events(alike, explained),
        unique_users=max((_users(its) for _, its in of_audits), key=abs),
        first=_moment(run, first.seqs[0], first.time),
        last=_moment(run, max(one.seqs[-1] for one in alike)),
        since=Since(
            _moment(run, began.seqs[0], began.time), began.lib, began.version, before=beginning.before
        ),
        evidence={**first.evidence, "times": len(alike), "ids": len(ids)} | ({"also": also} if also else {}),
        threshold=_threshold(audit, limit, alike),
        remedy=audit.remedy,
        commands=_several(one.commands for one in harm_first[:3]),
        fingerprint=_fingerprint(audit.code, first.cause, ids),
        persons={code: its for code, its in persons.items() if its},
    )


def _explained(alike: Iterable[Suspicion]) -> list[OfAudit]:
    """What these explain, by code, in the order of audits."""
    found: dict[str, list[Suspicion]] = {}
    for code, one in (also for cause in alike for also in cause.also):
        found.setdefault(code, []).append(one)
    return [(code, found[code]) for code in _SEVERITIES if code in found]


def _also(run: Run, code: str, alike: Sequence[Suspicion]) -> FindingAlso:
    first = min(alike, key=lambda one: one.seqs)
    return {
        "code": code,
        "severity": str(_worst([(code, alike)])),
        "times": len(alike),
        "message": first.message,
        "distinct_ids": [*_several(one.distinct_ids for one in alike)[:MOST_IDS]],
        "person_ids": [*_person_ids(run, _several(one.persons for one in alike))],
        "events": sum(one.events for one in alike),
        "unique_users": _users(alike),
        "first": run.origin(first.seqs[0]).place,
        "last": run.origin(max(one.seqs[-1] for one in alike)).place,
        "evidence": first.evidence,
    }


def _worst(found: Iterable[OfAudit]) -> Severity:
    severities = (one.severity or _SEVERITIES[code] for code, alike in found for one in alike)
    return min(severities, key=lambda one: one.rank)


def _events(alike: Sequence[Suspicion], explained: Iterable[OfAudit]) -> int:
    """Of what has one cause most is counted by each of its audits."""
    beside, same = 0, [sum(one.events for one in alike)]
    for code, its in explained:
        events = sum(one.events for one in its)
        if code in BESIDE:
            beside += events
        else:
            same.append(events)
    return max(same) + beside


def _users(alike: Iterable[Suspicion]) -> int:
    return sum(one.unique_users for one in alike)


def _threshold(audit: Audit, limit: Limit, alike: Sequence[Suspicion]) -> FindingThreshold | None:
    seen = max((one.seen for one in alike if one.seen is not None), default=None)
    crossed = limit.number if alike[0].limit is None else alike[0].limit
    return None if seen is None else {"limit": crossed, "seen": seen, "source": audit.source}


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
    """Of the first of them."""
    shown = persons[:MOST_IDS]
    known = evidence.creators(run, shown)
    return tuple(known[person][0] for person in shown if person in known)


def _moment(run: Run, seq: int, time: str | None = None) -> Moment:
    return Moment(seq, run.origin(seq), time)


def _fingerprint(*parts: object) -> str:
    """The same of the same parts, in every process."""
    return hashlib.blake2s(repr(parts).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
