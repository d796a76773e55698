"""Several login ids on one person."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run

MANY = 5
"""From there on it is an error."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Persons that people logged in to under several ids."""
    logins = evidence.login_ids(run, limit.config.login_ids)
    by_person: dict[int, list[evidence.KnownId]] = {}
    for one in evidence.ids_in_company(run):
        if one.person is not None and (one.team_id, one.distinct_id) in logins:
            by_person.setdefault(one.person, []).append(one)
    for person, known in by_person.items():
        if len(known) < limit.number:
            continue
        ids = sorted(known, key=lambda one: one.seq)
        most = max(ids, key=lambda one: one.events)
        names = ", ".join(one.distinct_id for one in ids[:3])
        yield Suspicion(
            message=f"one person has {len(ids)} ids that somebody logged in with: {names}",
            distinct_ids=tuple(one.distinct_id for one in ids),
            persons=(person,),
            seqs=tuple(one.seq for one in ids)[1:],
            events=sum(one.events for one in ids) - most.events,
            unique_users=1 - len(ids),
            seen=len(ids),
            severity=Severity.ERROR if len(ids) > MANY else None,
            commands=(f"idcli culprits {shlex.quote(most.distinct_id)}",),
        )


AUDIT = Audit(
    code="several_login_ids",
    severity=Severity.WARNING,
    title="one person, several login ids",
    looks_for="A person with several ids that an `$identify` named as its own.",
    evidence="The ids of the person, of those that `$identify` had as its own id.",
    false_positives="People with several accounts, joined on purpose; an id scheme that changed.",
    remedy="Rank the events that joined them, and part those that are strangers to one another.",
    several="{count} persons have several login ids",
    threshold=2,
    confidence=0.7,
    source="peers limit a person to one external id and warn from the second on; beyond 5 it is an error",
    find=find,
)
