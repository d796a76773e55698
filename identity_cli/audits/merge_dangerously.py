"""Merges without the safeguard."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.events import MERGE_DANGEROUSLY
from identity_cli.outcomes import Outcome
from identity_cli.store.reading import sent_links
from identity_cli.store.reading.run import Run

MANY = 5
"""More of them, on more than one day, are an error: no repair by hand."""
_DAY = len("2024-03-04")


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Every `$merge_dangerously` that joined somebody."""
    links = [*sent_links.links(run, MERGE_DANGEROUSLY, (Outcome.MERGED, Outcome.ATTACHED))]
    days = {str(link.time)[:_DAY] for link in links}
    is_habit = len(links) > MANY and len(days) > 1
    for link in links:
        yield Suspicion(
            message=f"$merge_dangerously joined {link.source} with {link.target}, whoever they were",
            distinct_ids=(link.target, link.source),
            persons=() if link.whose is None else (link.whose,),
            seqs=(link.seq,),
            unique_users=-1 if link.source_identified else 0,
            events=sent_links.ends_of(run, link).target_events if link.source_identified else 0,
            lib=link.lib,
            version=link.version,
            seen=len(links),
            severity=Severity.ERROR if is_habit else None,
            commands=(f"idcli why {shlex.quote(link.source)} {shlex.quote(link.target)}",),
        )


AUDIT = Audit(
    code="merge_dangerously",
    severity=Severity.WARNING,
    title="$merge_dangerously in use",
    looks_for=(
        "Events that merge persons whatever these are; meant for one repair by hand, and never "
        "reversed by the platform."
    ),
    evidence="A link of `$merge_dangerously` that joins; more than 5 on more than one day are an error.",
    false_positives="A repair on purpose.",
    remedy="Keep it out of application code; ask what each of them joined, and part the strangers.",
    several="{count} merges went past the safeguard",
    threshold=1,
    confidence=0.8,
    source="the platform's documentation calls it a last resort",
    find=find,
)
