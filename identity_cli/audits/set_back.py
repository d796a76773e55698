"""A property set back by an event that had waited."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence, traces
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Values that an event wrote when the buffer let it go, over what a later one had written meanwhile."""
    named: dict[int, str] = {}  # once for each: a person may have very many ids
    for one in traces.set_back(run):
        if one.person not in named:
            named[one.person] = evidence.chief_ids(run, [one.person])[0].distinct_id
        own = named[one.person]
        yield Suspicion(
            message=f"an event that had waited set the {one.key} of {own} back to an older value",
            distinct_ids=(own,),
            persons=(one.person,),
            seqs=(one.seq, one.later_seq),
            events=1,
            seen=1,
            cause=one.key,
            evidence={"value": one.value, "replaced": one.replaced},
            commands=(f"idcli blame {shlex.quote(own)} {shlex.quote(one.key)}",),
        )


AUDIT = Audit(
    code="set_back",
    severity=Severity.INFO,
    title="a property set back by an event that had waited",
    looks_for=(
        "An event that the buffer held until the link that explains it: its `$set` comes last, over what"
        " events after it had set."
    ),
    evidence="The value that it replaced, and the event that had written this while it waited.",
    false_positives="A backend whose word counts more than the browser's.",
    remedy="Let one program write each property; `$set_once` for what must not change again.",
    several="{count} properties were set back by events that had waited",
    threshold=1,
    confidence=0.8,
    source="any: the platform's buffer lets go of events in this order",
    find=find,
)
