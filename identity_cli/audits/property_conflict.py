"""A merge of two persons who differ in what a human has once."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.outcomes import Outcome
from identity_cli.store.reading import sent_links, traces
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Merges on which a value of an exclusive property lost against another."""
    dropped = traces.dropped_values(run)
    for link in sent_links.links(run, outcomes=(Outcome.MERGED,)):
        names = [name for name in limit.config.exclusive_properties if name in dropped.get(link.seq, ())]
        if len(names) < limit.number:
            continue
        yield Suspicion(
            message=(f"{link.source} and {link.target} were merged, and each had another {', '.join(names)}"),
            distinct_ids=(link.target, link.source),
            persons=() if link.whose is None else (link.whose,),
            seqs=(link.seq,),
            events=sent_links.ends_of(run, link).target_events,
            unique_users=-1,
            lib=link.lib,
            version=link.version,
            seen=len(names),
            commands=(f"idcli why {shlex.quote(link.source)} {shlex.quote(link.target)}",),
        )


AUDIT = Audit(
    code="property_conflict",
    severity=Severity.WARNING,
    title="a merge of persons who differ",
    looks_for="A merge of two persons with different e-mail, phone, account number or date of birth.",
    evidence="The source's value that was lost, and the target's that stayed.",
    false_positives="Somebody who has changed the address.",
    remedy="Ask whether they are one human; if not, part them and mend what sent the link.",
    several="{count} merges joined persons who differ in what a human has once",
    threshold=1,
    confidence=0.7,
    source="entity resolution takes any conflict of an exclusive trait for a reason to look",
    find=find,
)
