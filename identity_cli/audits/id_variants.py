"""One id in several spellings."""

import shlex
import unicodedata
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import traces
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Ids of several persons that differ in case, blanks or Unicode form alone."""
    for alike in traces.alike(run, plain):
        persons = tuple(dict.fromkeys(one.person for one in alike if one.person is not None))
        if len(persons) < limit.number:
            continue
        later = alike[1:]
        names = " and ".join(repr(one.distinct_id) for one in alike[:2])
        yield Suspicion(
            message=f"{names} differ in spelling alone, and are {len(persons)} persons",
            distinct_ids=tuple(one.distinct_id for one in (*later, alike[0])),
            persons=persons,
            seqs=tuple(one.seq for one in later),
            events=sum(one.events for one in alike) - max(one.events for one in alike),
            unique_users=len(persons) - 1,
            seen=len(persons),
            severity=Severity.ERROR if "@" in alike[0].distinct_id else None,
            commands=(f"idcli why {shlex.quote(alike[0].distinct_id)} {shlex.quote(alike[1].distinct_id)}",),
        )


def plain(distinct_id: str) -> str:
    """What spellings of one id have in common."""
    if distinct_id.isascii() and distinct_id.islower():
        return distinct_id.strip()
    return unicodedata.normalize("NFC", distinct_id).strip().casefold()


AUDIT = Audit(
    code="id_variants",
    severity=Severity.WARNING,
    title="one id in several spellings",
    looks_for="Ids of different persons that differ in case, blanks at the ends or Unicode form alone.",
    evidence="The ids themselves; an error for e-mail addresses, which nobody tells apart by case.",
    false_positives="Short codes in which case counts.",
    remedy="Trim and lower-case ids before they are sent, and join the persons that there are.",
    several="{count} ids are there in several spellings",
    threshold=2,
    confidence=0.9,
    source="distinct ids are compared as they are, so that any second spelling is a second person",
    find=find,
)
