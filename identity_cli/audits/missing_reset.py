"""Two logins with one anonymous id between them: nobody called reset()."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.kinds_of_ids import SENTINEL
from identity_cli.audits.severity import Severity
from identity_cli.events import IDENTIFY
from identity_cli.outcomes import Outcome
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """An `$identify` that names an anonymous id with which another login was identified before."""
    logins = evidence.login_ids(run, limit.config.login_ids)
    first_login: dict[tuple[int, str], evidence.SentLink] = {}
    for link in evidence.links(run, IDENTIFY):
        if link.outcome == Outcome.REFUSED_ILLEGAL:
            continue
        source = link.team_id, link.source
        before = first_login.setdefault(source, link)
        if before.target == link.target or source in logins or link.outcome == Outcome.SAME_PERSON:
            continue
        if link.source == SENTINEL:  # which no reset() changes; it has an audit of its own
            continue
        is_silent = link.outcome == Outcome.ATTACHED
        yield Suspicion(
            message=(
                f"{link.target} logged in where {before.target} had, with the same anonymous id {link.source}"
            ),
            distinct_ids=(link.target, before.target, link.source),
            persons=link.persons_now,
            seqs=(link.seq,),
            events=link.target_events if is_silent else 0,
            unique_users=-1 if is_silent else 0,
            lib=link.lib,
            version=link.version,
            seen=2,
            commands=(f"idcli why {shlex.quote(before.target)} {shlex.quote(link.target)}",),
        )


AUDIT = Audit(
    code="missing_reset",
    severity=Severity.ERROR,
    title="no reset() between two logins",
    looks_for="Two `$identify` of different logins that name one anonymous id.",
    evidence="The second names the anonymous id that the first was joined with.",
    false_positives="One human with two accounts who switches between them.",
    remedy="Call reset() at log-out: it gives the next person on the device an anonymous id of their own.",
    several="{count} devices went from one login to another without reset()",
    threshold=2,
    source="any pair: an anonymous id belongs to one login",
    find=find,
)
