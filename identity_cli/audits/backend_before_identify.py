"""A backend that was there before the browser."""

import shlex
from collections.abc import Iterable, Iterator
from datetime import datetime

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.outcomes import Outcome
from identity_cli.store.reading import evidence, sent_links
from identity_cli.store.reading.activity import first_senders
from identity_cli.store.reading.run import Run

A_HABIT = 10
"""So many of them are no chance any more."""
AN_HOUR = 3_600
"""From then on the login was not what the backend's event was about."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """First logins of ids that another library had made a person of before."""
    early_logins = [*_early_logins(run, limit)]
    senders = first_senders(run, [(link.team_id, link.target) for link, _, _ in early_logins])
    found = [
        (link, one, early, sender)
        for link, one, early in early_logins
        if (sender := senders.get((link.team_id, link.target))) and sender.lib != link.lib
    ]
    for link, one, early, sender in found:
        refused = link.outcome == Outcome.REFUSED_IDENTIFIED
        yield Suspicion(
            message=(
                f"{sender.lib or 'another library'} sent the first event of {link.target}"
                f" {early:,.0f} s before its $identify"
            ),
            distinct_ids=(link.target, link.source),
            persons=sent_links.ends_of(run, link).persons,
            seqs=(one.seq, link.seq),
            events=1,
            unique_users=int(refused),
            lib=sender.lib,
            version=sender.lib_version,
            seen=early,
            severity=Severity.WARNING if len(found) >= A_HABIT else None,
            commands=(f"idcli why {shlex.quote(link.target)} {shlex.quote(link.source)}",),
        )


def _early_logins(run: Run, limit: Limit) -> Iterator[tuple[sent_links.SentLink, evidence.KnownId, float]]:
    """First logins of ids that were known before, but not for long; with how many seconds."""
    for link, one in sent_links.first_logins(run):
        assert link.time is not None and one.first_seen is not None
        early = (datetime.fromisoformat(link.time) - datetime.fromisoformat(one.first_seen)).total_seconds()
        if limit.number <= early < AN_HOUR:
            yield link, one, early


AUDIT = Audit(
    code="backend_before_identify",
    severity=Severity.INFO,
    title="backend events before the login",
    looks_for="An id that one library made a person of before another identified it, and missed the buffer.",
    evidence="The first event of the id, and its first `$identify`; a warning from 10 ids on.",
    false_positives="Customers whom the backend knows from elsewhere, long before they log in.",
    remedy="Send the backend's event after the login, or with profiles off, so that no person waits for it.",
    several="{count} ids had events of a backend before their login",
    threshold=60,
    confidence=0.6,
    source="the platform's buffer waits 60 s for the login",
    find=find,
)
