"""A person of very many ids."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run

MANY = 100
"""From there on it is an error."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Persons with more ids than any human has."""
    for person, id_count, events in evidence.persons_larger_than(run, int(limit.number)):
        ((_, own),) = evidence.creators(run, [person]).values()
        first = next(evidence.ids_of_person(run, person))
        yield Suspicion(
            message=f"the person of {own} has {id_count:,} distinct ids",
            distinct_ids=(own,),
            persons=(person,),
            seqs=(first.seq,),
            events=events,
            seen=id_count,
            cause=str(person),
            severity=Severity.ERROR if id_count > MANY else None,
            commands=(f"idcli culprits {shlex.quote(own)}",),
        )


AUDIT = Audit(
    code="mega_person",
    severity=Severity.WARNING,
    title="a person of very many ids",
    looks_for="A person with more distinct ids than a human has devices and accounts.",
    evidence="The number of distinct ids of the person.",
    false_positives="A browser that forgets its cookies each day; a test account.",
    remedy="Rank the events that joined them; mostly one shared id did.",
    several="{count} persons have very many ids",
    threshold=50,
    confidence=0.8,
    source="peers warn from 50 ids on, and the platform stops at 100 of a kind",
    find=find,
)
