"""Events that count for the one who used the device before."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.events import IDENTIFY
from identity_cli.outcomes import Outcome, is_refused
from identity_cli.store.reading import evidence, sent_links
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """What was done on a device just before another login, under the id of the one before."""
    windows = [*evidence.login_windows(run)]
    links = sent_links.links_at(run, (window.seq for window in windows), IDENTIFY)
    for window in windows:
        link = links.get(window.seq)
        if link is None or window.events < limit.number:
            continue
        is_silent = link.outcome == Outcome.ATTACHED and link.source_identified
        if not (is_silent or is_refused(link.outcome)):
            continue
        ends = sent_links.ends_of(run, link)
        since = f", as do {ends.target_events} since" if is_silent else ""
        yield Suspicion(
            message=(
                f"{window.events} events just before {window.after} logged in count for {window.before},"
                f" who used the device before{since}"
            ),
            distinct_ids=(window.after, window.before, window.anonymous_id),
            persons=ends.persons,
            seqs=(window.first_seq, window.seq),
            events=window.events,
            lib=link.lib,
            version=link.version,
            seen=window.events,
            cause="attached" if is_silent else "",
            evidence={"counted_for": window.before, "of": window.after},
            commands=(f"idcli events {shlex.quote(window.before)}",),
        )


AUDIT = Audit(
    code="contaminated_window",
    severity=Severity.WARNING,
    title="events that count for the wrong person",
    looks_for=(
        "A login on a shared device that was refused, or put on the person of the one before: what its human"
        " did just before it counts for whoever used the device before."
    ),
    evidence=(
        "Events under the earlier login, or the anonymous id, after a pause of 15 minutes and right before"
        " the later login."
    ),
    false_positives="The one before may have come back for a moment without logging in.",
    remedy="Call reset() at log-out; a repair cannot tell these events apart without it.",
    several="{count} times events count for whoever used the device before",
    threshold=1,
    source="any event is one too many",
    confidence=0.7,
    find=find,
)
