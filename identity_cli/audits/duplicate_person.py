"""One human on several persons, by e-mail."""

import shlex
from collections.abc import Iterable

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.run import Run


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Persons that share the value of a property of which a human has one."""
    for name in limit.config.exclusive_properties:
        by_value: dict[str, list[tuple[int, int]]] = {}
        for person, events, value in evidence.values_of(run, name):
            if value.strip():
                by_value.setdefault(value.strip().lower(), []).append((person, events))
        for value, persons in by_value.items():
            if len(persons) < limit.number:
                continue
            own = evidence.creators(run, [person for person, _ in persons])
            ids = tuple(distinct_id for _, distinct_id in own.values())
            seq = max(one.seq for distinct_id in ids[:9] for one in evidence.named(run, distinct_id))
            yield Suspicion(
                message=f"{len(persons)} persons have the {name} {value}",
                distinct_ids=ids,
                persons=tuple(person for person, _ in persons),
                seqs=(seq,),
                events=sum(events for _, events in persons) - max(events for _, events in persons),
                unique_users=len(persons) - 1,
                seen=len(persons),
                cause=f"{name} {value}",
                commands=(f"idcli why {shlex.quote(ids[0])} {shlex.quote(ids[1])}",),
            )


AUDIT = Audit(
    code="duplicate_person",
    severity=Severity.WARNING,
    title="one human on several persons",
    looks_for="Persons that have the same e-mail, phone or account number.",
    evidence="The property is the same once blanks and case are put aside.",
    false_positives="A shared mailbox; a company number.",
    remedy="Ask why they were never joined; if they are one human, let an `$identify` or alias join them.",
    several="{count} values belong to several persons",
    threshold=2,
    confidence=0.7,
    source="two are one too many: a strong identifier has one owner",
    find=find,
)
