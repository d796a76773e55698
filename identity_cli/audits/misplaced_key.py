"""A linking key in the wrong place."""

import json
import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence, traces
from identity_cli.store.reading.run import Run

KEYS = (
    "$anon_distinct_id",
    "anon_distinct_id",
    "$distinct_id",
    "$alias",
    "alias",
    "previousId",
    "anonymousId",
)
_OF_LINKS_ALONE = frozenset({"alias"})
"""Which anybody may have as a property; they tell only on an event that links."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Events that set as a property of the person what was to link two ids."""
    for change in traces.property_writes(run, KEYS):
        if change.key in _OF_LINKS_ALONE and change.event not in ("$create_alias", "$merge_dangerously"):
            continue
        value = change.value if isinstance(change.value, str) else json.dumps(change.value)
        own = evidence.creators(run, [change.person])[change.person][1]
        other = next((one.person for one in evidence.named(run, value)), None)
        yield Suspicion(
            message=f"{change.event} sets {change.key} as a property of {own}, where it links nothing",
            distinct_ids=(own, value),
            persons=(change.person,),
            seqs=(change.seq,),
            events=1,
            unique_users=int(other is not None and other != change.person),
            seen=1,
            cause=change.key,
            commands=(f"idcli why {shlex.quote(own)} {shlex.quote(value)}",),
        )


AUDIT = Audit(
    code="misplaced_key",
    severity=Severity.ERROR,
    title="a linking key in the wrong place",
    looks_for="`$anon_distinct_id`, `alias` and their like within `$set`: a property, and no link.",
    evidence="The property that the event wrote.",
    false_positives="A property that is called so on purpose.",
    remedy="Put the key beside `$set`, into the event's properties.",
    several="{count} events have the key that links in the wrong place",
    threshold=1,
    confidence=0.9,
    source="any: the platform looks for it in the event's properties alone",
    find=find,
)
