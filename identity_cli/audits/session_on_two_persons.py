"""A session on two persons."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import traces
from identity_cli.store.reading.activity import last_senders
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Sessions that began under an anonymous id, and went on as somebody whom nothing links with it."""
    found = [one for one in traces.torn_sessions(run) if not one.was_identified]
    senders = last_senders(run, [(one.team_id, one.before) for one in found])
    for one in found:
        lib, version = senders.get((one.team_id, one.before), (None, None))
        yield Suspicion(
            message=f"one session is of {one.before} and then of {one.after}, and nothing links the two",
            distinct_ids=(one.before, one.after),
            persons=one.persons,
            seqs=(one.seq,),
            events=one.events,
            unique_users=1,
            lib=lib,
            version=version,
            seen=2,
            commands=(f"idcli why {shlex.quote(one.before)} {shlex.quote(one.after)}",),
        )


AUDIT = Audit(
    code="session_on_two_persons",
    severity=Severity.ERROR,
    title="a session on two persons",
    looks_for="A `$session_id` that begins under an anonymous id and goes on under another, without a link.",
    evidence="The ids that the session was seen with, and that they are two persons in the end.",
    false_positives="A session that outlives a log-out; those that begin logged in are not counted.",
    remedy="See that the login sends `$identify` with the anonymous id that the browser has.",
    several="{count} sessions are on two persons",
    threshold=2,
    source="any: one session is one visit, and the platform's own docs link the two by `$identify`",
    find=find,
)
