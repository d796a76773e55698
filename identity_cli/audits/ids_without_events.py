"""Ids that never had an event."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import sent_links
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Persons with many ids that only links name."""
    by_person: dict[int, list[sent_links.SentLink]] = {}
    for link in sent_links.joins_of_silent(run, limit.number):
        person = sent_links.ends_of(run, link).source
        if person is not None:
            by_person.setdefault(person, []).append(link)
    for person, links in by_person.items():
        names = dict.fromkeys(link.source for link in links)
        if len(names) < limit.number:
            continue
        own = links[0].target
        yield Suspicion(
            message=f"{len(names)} ids of {own} never had an event: something made them up for the link",
            distinct_ids=(own, *names),
            persons=(person,),
            seqs=(links[0].seq, links[-1].seq),
            lib=links[0].lib,
            version=links[0].version,
            seen=len(names),
            commands=(f"idcli person {shlex.quote(own)}",),
        )


AUDIT = Audit(
    code="ids_without_events",
    severity=Severity.WARNING,
    title="ids that never had an event",
    looks_for="A person with several ids that links named, and under which nothing was ever sent.",
    evidence="The ids of the person that have no event of their own.",
    false_positives="A log that begins after the visits, or has only a part of the libraries.",
    remedy="Send the anonymous id that the browser has, or none: a made-up one links nothing.",
    several="{count} persons have ids that never had an event",
    threshold=5,
    confidence=0.9,
    source="our own: a browser or two may be missing from a log, five hardly",
    find=find,
)
