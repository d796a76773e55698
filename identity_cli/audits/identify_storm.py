"""Logins in a storm."""

import shlex
from collections import Counter
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import sent_links
from identity_cli.store.reading.run import Run

_MINUTE = len("2024-03-04T09:15")


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Ids that log in more often in a minute than anybody can."""
    by_login: dict[tuple[int, str], list[sent_links.SentLink]] = {}
    for link in sent_links.logins_repeated(run, limit.number):
        if link.time is None:
            continue
        by_login.setdefault((link.team_id, link.target), []).append(link)
    for (_, own), links in by_login.items():
        if len(links) < limit.number:
            continue
        minutes = Counter(str(link.time)[:_MINUTE] for link in links)
        most = max(minutes.values())
        if most < limit.number:
            continue
        busy = [link for link in links if minutes[str(link.time)[:_MINUTE]] >= limit.number]
        yield Suspicion(
            message=f"{own} was identified {len(links)} times, up to {most} times in one minute",
            distinct_ids=(own,),
            persons=sent_links.ends_of(run, links[0]).persons[-1:],
            seqs=(busy[0].seq, busy[-1].seq),
            events=len(links) - 1,
            lib=busy[0].lib,
            version=busy[0].version,
            seen=most,
            commands=(f"idcli how {shlex.quote(own)}",),
        )


AUDIT = Audit(
    code="identify_storm",
    severity=Severity.WARNING,
    title="logins in a storm",
    looks_for="An id that `$identify` is sent for again and again, as on each page or each key.",
    evidence="The times of the links that name the id as their own.",
    false_positives="A queue that sends at once what was kept while offline.",
    remedy="Identify once, after the login; the library keeps the id from there on.",
    several="{count} ids were identified in a storm",
    threshold=13,
    confidence=0.85,
    source="our own: more than 12 a minute; the platform's guide speaks of dozens",
    find=find,
)
