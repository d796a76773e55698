"""A linking key in the wrong place."""

import json
import shlex
from collections.abc import Iterable, Iterator
from itertools import chain

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
    """Events whose key of a link is a property of the person, or stands elsewhere."""
    return chain(_set(run), _elsewhere(run))


def _set(run: Run) -> Iterator[Suspicion]:
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


def _elsewhere(run: Run) -> Iterator[Suspicion]:
    for one in traces.misplaced_keys(run):
        if one.other == one.distinct_id:
            continue
        own, other = (_person(run, one.team_id, name) for name in (one.distinct_id, one.other))
        yield Suspicion(
            message=f"{one.event} of {one.distinct_id} has {one.key} {one.place}, where it links nothing",
            distinct_ids=(one.distinct_id, one.other),
            persons=tuple(dict.fromkeys(person for person in (own, other) if person is not None)),
            seqs=(one.seq,),
            events=1,
            unique_users=int(other is not None and other != own),
            lib=one.lib,
            version=one.version,
            seen=1,
            severity=Severity.INFO if own is not None and own == other else None,  # another event linked them
            cause=" ".join((one.event, one.key, one.place)),
            evidence={"key": one.key, "place": one.place},
            commands=(f"idcli why {shlex.quote(one.distinct_id)} {shlex.quote(one.other)}",),
        )


def _person(run: Run, team_id: int, distinct_id: str) -> int | None:
    return next((one.person for one in evidence.named(run, distinct_id) if one.team_id == team_id), None)


AUDIT = Audit(
    code="misplaced_key",
    severity=Severity.ERROR,
    title="a linking key in the wrong place",
    looks_for=(
        "`$anon_distinct_id`, `alias` and their like within `$set`, beside the properties, spelt in another "
        "way, or in an event that links nothing: no link is made."
    ),
    evidence="The property that the event wrote; the line of an `$identify` or alias that links nothing.",
    false_positives="A property that is called so on purpose.",
    remedy="Put the key as it is called into the properties of the event that links, beside `$set`.",
    several="{count} events have the key that links in the wrong place",
    threshold=1,
    confidence=0.9,
    source="any: the platform looks for it in the event's properties alone",
    find=find,
)
