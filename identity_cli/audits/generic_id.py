"""An id that many devices share."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run

MANY = 20
"""From there on it is an error."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Ids of more devices than a human has."""
    for one in evidence.shared(run, "devices_of"):
        if len(one.partners) < limit.number:
            continue
        known = [found for found in evidence.named(run, one.value) if found.team_id == one.team_id]
        if not known:
            continue
        yield Suspicion(
            message=f"the id {one.value} was used on {len(one.partners)} devices: it may not be of one human",
            distinct_ids=(one.value,),
            persons=tuple(found.person for found in known if found.person is not None),
            seqs=(known[0].seq, *sorted(seq for _, seq in one.partners if seq is not None)),
            events=known[0].events,
            seen=len(one.partners),
            severity=Severity.ERROR if len(one.partners) > MANY else None,
            cause=one.value,
            commands=(f"idcli person {shlex.quote(one.value)}",),
        )


AUDIT = Audit(
    code="generic_id",
    severity=Severity.WARNING,
    title="an id that many devices share",
    looks_for=(
        "A distinct id that is a word of the application, as a tenant or a service name: "
        "everybody there is one person."
    ),
    evidence="The devices that used the id.",
    false_positives="A person who clears the cookies each day; an id of a kiosk.",
    remedy="Use an id of the human, and keep the tenant in a group.",
    several="{count} ids are used on many devices",
    threshold=6,
    confidence=0.7,
    source=(
        "more than 5 devices of one id, an error beyond 20; peers quarantine an identifier from "
        "20 profiles on"
    ),
    find=find,
)
