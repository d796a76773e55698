"""The id of everybody without cookies, used for one."""

from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.kinds_of_ids import SENTINEL
from identity_cli.audits.severity import Severity
from identity_cli.outcomes import Outcome
from identity_cli.store.reading import evidence, sent_links
from identity_cli.store.reading.run import Run

MOVED = (Outcome.ATTACHED, Outcome.MERGED)


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Links that name the constant, and its events where nothing links it."""
    links = [*sent_links.links_naming(run, SENTINEL)]
    for link in links:
        ends = sent_links.ends_of(run, link)
        yield Suspicion(
            message=f"{link.target} was linked with {SENTINEL}, which all visitors without cookies send",
            distinct_ids=(SENTINEL, link.target),
            persons=ends.persons,
            seqs=(link.seq,),
            events=ends.target_events,
            unique_users=-1 if link.outcome in MOVED and link.source_identified else 0,
            lib=link.lib,
            version=link.version,
            seen=len(links),
            commands=(f"idcli culprits '{SENTINEL}'",),
        )
    for one in evidence.named(run, SENTINEL) if not links else ():
        followers = [*_followers(run, one.team_id)]
        own, seq = followers[0] if followers else (SENTINEL, one.seq)
        yield Suspicion(
            message=f"{one.events:,} events count for {SENTINEL}, which all visitors without cookies send",
            distinct_ids=tuple(dict.fromkeys((own, SENTINEL, *(name for name, _ in followers)))),
            persons=() if one.person is None else (one.person,),
            seqs=(seq, *(last for _, last in followers[-1:])),
            events=one.events,
            seen=one.events,
            severity=Severity.WARNING,
            commands=(f"idcli person '{SENTINEL}'",),
        )


def _followers(run: Run, team_id: int) -> list[tuple[str, int]]:
    """Who came on a device that had sent the constant, and with which event, in order: nothing links them."""
    devices = (one for one in evidence.shared(run, "device") if one.team_id == team_id)
    found = {
        name: seq
        for device in devices
        if SENTINEL in dict(device.partners)
        for name, seq in device.partners
        if seq is not None and name != SENTINEL
    }
    return sorted(found.items(), key=lambda one: one[1])


AUDIT = Audit(
    code="cookieless_sentinel",
    severity=Severity.ERROR,
    title="the id of everybody without cookies",
    looks_for=f"The constant `{SENTINEL}` taken for an id: in a link it makes one person of all who log in.",
    evidence="Links that name it; or a person that has it, and who came on the same devices after it.",
    false_positives="None: it is nobody's id.",
    remedy="Do not identify while the distinct id is this constant; reset() would not help.",
    several="{count} logins were linked with the id of everybody without cookies",
    threshold=1,
    confidence=0.98,
    source="the library sends this constant wherever it may keep nothing",
    find=find,
)
