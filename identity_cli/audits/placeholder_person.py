"""A placeholder that collects strangers."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.kinds_of_ids import PLACEHOLDERS, is_placeholder
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Ids that are words of a program and not of a human, and have events."""
    for one in evidence.ids_that_may_be(run, PLACEHOLDERS):
        if not is_placeholder(one.distinct_id):
            continue
        yield Suspicion(
            message=f"{_events(one.events)} for the placeholder {one.distinct_id!r}, whoever sent them",
            distinct_ids=(one.distinct_id,),
            persons=() if one.person is None else (one.person,),
            seqs=(one.seq,),
            events=one.events,
            seen=one.events,
            cause=one.distinct_id,
            commands=(f"idcli person {shlex.quote(one.distinct_id)}",),
        )


def _events(count: int) -> str:
    return "1 event counts" if count == 1 else f"{count:,} events count"


AUDIT = Audit(
    code="placeholder_person",
    severity=Severity.WARNING,
    title="a placeholder used as an id",
    looks_for=(
        "A distinct id that is a word of a program, as `undefined`, `null` or `guest`: all who "
        "send it are one person."
    ),
    evidence=(
        "The id is on the list that the platform refuses to link, or is nothing but zeros, blanks or -1."
    ),
    false_positives="A person who is really called so.",
    remedy="Send no event until the id is known, or leave the id to the library.",
    several="{count} placeholders were used as ids",
    threshold=1,
    confidence=0.95,
    source="the platform's own list of ids unfit for linking, and those that peers add",
    find=find,
)
