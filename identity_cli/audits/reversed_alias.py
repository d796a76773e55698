"""An alias the wrong way round."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Aliases refused because they would merge a login away into an anonymous id."""
    logins = evidence.login_ids(run, limit.config.login_ids)
    for link in evidence.links(run, "event = '$create_alias' AND outcome = 'refused_identified'"):
        if (link.team_id, link.target) in logins:
            continue
        yield Suspicion(
            message=(
                f"the alias would merge the login {link.source} into {link.target}, which nobody logged in "
                "with"
            ),
            distinct_ids=(link.source, link.target),
            persons=link.persons_now,
            seqs=(link.seq,),
            events=link.target_events,
            unique_users=1,
            lib=link.lib,
            version=link.version,
            seen=1,
            commands=(f"idcli why {shlex.quote(link.source)} {shlex.quote(link.target)}",),
        )


AUDIT = Audit(
    code="reversed_alias",
    severity=Severity.ERROR,
    title="an alias the wrong way round",
    looks_for=(
        "A `$create_alias` that names a login id as the one to be merged away, into an id that "
        "nobody logged in with."
    ),
    evidence="The outcome is `refused_identified`; the alias is a login id, and the own id is none.",
    false_positives="Hardly any: in this direction it can only be refused.",
    remedy=(
        "Swap the two: the login is the distinct_id, the anonymous id the alias. Both ids are "
        "apart for good until then."
    ),
    several="{count} aliases have their ids the wrong way round",
    threshold=1,
    source="any; libraries differ in the order of their arguments",
    find=find,
)
