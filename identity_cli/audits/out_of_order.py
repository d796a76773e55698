"""A log that is not in the order of arrival."""

from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Events that stand behind others that arrived later."""
    seen = run.metadata["arrivals"]
    if not seen["late"]:
        return
    share = seen["late"] / seen["with_arrival"]
    yield Suspicion(
        message=(
            f"{seen['late']:,} events stand behind others that arrived later, by up to"
            f" {seen['largest_step_back']:,.0f} s: outcomes may be others than they were"
        ),
        distinct_ids=(),
        seqs=(seen["first_late"],),
        events=seen["late"],
        seen=round(share, 4),
        severity=None if share >= limit.number else Severity.INFO,
        commands=("idcli replay --order arrival",),
    )


AUDIT = Audit(
    code="out_of_order",
    severity=Severity.WARNING,
    title="a log that is not in the order of arrival",
    looks_for="Events that stand behind others which arrived more than a second later.",
    evidence="The arrival times that the lines tell.",
    false_positives="Several servers that write one log, a little apart.",
    remedy="Replay with `--order arrival`: who is who depends on what came first.",
    several="{count} logs are not in order",
    threshold=0.01,
    confidence=0.95,
    source="our own: below one event in a hundred it is the jitter of several senders",
    find=find,
)
