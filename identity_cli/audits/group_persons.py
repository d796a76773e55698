"""Persons that are groups."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import traces
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Persons of one id of which all events are `$groupidentify`."""
    found = [one for one in traces.groups_only(run) if one.known.person is not None]
    for one in found if len(found) >= limit.number else ():
        known = one.known
        yield Suspicion(
            message=f"the person of {known.distinct_id} was made by $groupidentify alone: it is a group",
            distinct_ids=(known.distinct_id,),
            persons=() if known.person is None else (known.person,),
            seqs=(known.seq,),
            events=known.events,
            unique_users=1,
            lib=one.lib,
            version=one.version,
            seen=len(found),
            commands=(f"idcli person {shlex.quote(known.distinct_id)}",),
        )


AUDIT = Audit(
    code="group_persons",
    severity=Severity.WARNING,
    title="persons that are groups",
    looks_for="Persons that had no event but `$groupidentify`: libraries make an id up where none is given.",
    evidence="Every event of the person's only id is a `$groupidentify`.",
    false_positives="A user who did nothing yet but join a group.",
    remedy="Give groupIdentify the distinct_id of the user who is in the group, or leave profiles off.",
    several="{count} persons are groups",
    threshold=2,
    confidence=0.85,
    source="our own: one may be a user, two are a habit",
    find=find,
)
