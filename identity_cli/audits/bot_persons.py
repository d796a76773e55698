"""Persons that are a robot's."""

from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import traces
from identity_cli.store.reading.activity import first_senders
from identity_cli.store.reading.run import Run

FEWEST = 100
"""Ids of one address."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Addresses from which nearly every event came under an id of its own."""
    found = [one for one in traces.addresses(run, FEWEST) if one.single / one.ids >= limit.number]
    senders = first_senders(run, [(one.team_id, one.examples[0]) for one in found])
    for one in found:
        lib, version = senders.get((one.team_id, one.examples[0]), (None, None))
        yield Suspicion(
            message=f"{one.single} of {one.ids} ids from {one.address} have one event, as a robot's",
            distinct_ids=one.examples,
            seqs=(one.seq, one.last_seq),
            events=one.single,
            unique_users=one.single,
            lib=lib,
            version=version,
            seen=round(one.single / one.ids, 3),
            cause=one.address,
            evidence={"address": one.address},
        )


AUDIT = Audit(
    code="bot_persons",
    severity=Severity.WARNING,
    title="persons that are a robot's",
    looks_for="An address from which id after id comes with one event alone.",
    evidence="The ids that sent from the address, at least 100 of them, and how many events each has.",
    false_positives="A proxy before people whose browsers keep no cookies.",
    remedy="Filter that address or its user agent before persons are counted.",
    several="{count} addresses send as robots do",
    threshold=0.95,
    confidence=0.7,
    source="reports of crawlers: 95 % of ids with one event in a group of 100 or more",
    find=find,
)
