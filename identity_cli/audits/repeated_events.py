"""Events that are there twice."""

from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import traces
from identity_cli.store.reading.run import Run

OF_LOG = 0.01
"""The share of a whole log from which repeats distort every count."""
A_FEW = 20
"""So many within a block of events are chance, whatever its size."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Stretches of the log that repeat what was there before, and repeats as such."""
    total = run.metadata.get("repeats") or 0
    if not total:
        return
    bursts = [one for one in traces.repeats(run) if one.repeats >= max(A_FEW, limit.number * one.events)]
    for one in bursts:
        yield Suspicion(
            message=f"{one.repeats:,} of {one.events:,} events in a row were there before, a batch again",
            distinct_ids=(),
            seqs=(one.first_seq,),
            events=one.repeats,
            time=one.time,
            lib=one.lib,
            version=one.version,
            seen=round(one.repeats / one.events, 3),
        )
    if not bursts:
        seqs = tuple(one.first_seq for one in traces.repeats(run))[:1] or (1,)
        share = total / max(1, run.metadata["events"])
        said = "1 event repeats an earlier one" if total == 1 else f"{total:,} events repeat earlier ones"
        yield Suspicion(
            message=f"{said}, {share:.2%} of all",
            distinct_ids=(),
            seqs=seqs,
            events=total,
            seen=round(share, 4),
            severity=Severity.WARNING if share >= OF_LOG else Severity.INFO,
            commands=("idcli replay --dedupe",),
        )


AUDIT = Audit(
    code="repeated_events",
    severity=Severity.WARNING,
    title="events that are there twice",
    looks_for="Events that repeat an earlier one: a batch that was sent again, an export that overlaps.",
    evidence="The uuid, id and name of each event; without a uuid, its time and content.",
    false_positives="Hardly any; a few in a log are ordinary, as libraries send again what was not answered.",
    remedy="Replay with --dedupe, and let the sender keep the uuid of what it sends again.",
    several="{count} stretches of the log repeat earlier events",
    threshold=0.05,
    confidence=0.95,
    source="our own: one event in twenty of a block, or one in a hundred of the log",
    find=find,
)
