"""An id with more events than a human makes."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.activity import first_senders
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Ids of very many events."""
    found = [*evidence.ids(run, at_least=int(limit.number))]
    senders = first_senders(run, [(one.team_id, one.distinct_id) for one in found])
    for one in found:
        lib, version = senders.get((one.team_id, one.distinct_id), (None, None))
        yield Suspicion(
            message=f"{one.distinct_id} has {one.events:,} events: it may be a program",
            distinct_ids=(one.distinct_id,),
            persons=() if one.person is None else (one.person,),
            seqs=(one.seq,),
            events=one.events,
            lib=lib,
            version=version,
            seen=one.events,
            cause=one.distinct_id,
            commands=(f"idcli person {shlex.quote(one.distinct_id)}",),
        )


AUDIT = Audit(
    code="hot_id",
    severity=Severity.WARNING,
    title="an id of very many events",
    looks_for="A distinct id with more events than a human makes, as of a job or a service.",
    evidence="The number of its events.",
    false_positives="A log of years.",
    remedy="Give the job events without a profile, or an id for each thing that it is about.",
    several="{count} ids have very many events",
    threshold=10_000,
    confidence=0.8,
    source="peers look at persons from 10,000 events on; platforms slow an id down at 200,000 a day",
    find=find,
)
