"""Clocks that are wrong."""

from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import traces
from identity_cli.store.reading.run import Run

A_HABIT = 10
"""So many events are more than one broken device."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Senders of events that happened after they arrived, or long before."""
    for one in traces.clocks(run):
        hours = abs(one.seconds) / 3_600
        if one.kind == "ahead" and hours < limit.number:
            continue
        said = {
            "ahead": f"happened after they arrived, by up to {hours:,.0f} hours",
            "ancient": f"happened up to {hours / 24:,.0f} days before they arrived",
            "unreadable": "have a time that cannot be read",
        }[one.kind]
        yield Suspicion(
            message=f"{one.events:,} events {said}",
            distinct_ids=(),
            seqs=(one.first_seq,),
            events=one.events,
            time=one.time,
            lib=one.lib,
            version=one.version,
            seen=round(hours, 1),
            cause=one.kind,
            severity=None if one.events >= A_HABIT else Severity.INFO,
        )


AUDIT = Audit(
    code="clock_trouble",
    severity=Severity.WARNING,
    title="clocks that are wrong",
    looks_for="Events that happened after they arrived, or more than a year before.",
    evidence="The time of the event against its arrival, by library and version.",
    false_positives="A backfill, which arrives years later.",
    remedy="Look at the device's clock, or at the unit: milliseconds taken for seconds are years off.",
    several="{count} senders have wrong clocks",
    threshold=23,
    confidence=0.8,
    source="the platform takes for now what is more than 23 hours ahead; a year back is our own",
    find=find,
)
