"""One human on several persons, by e-mail."""

import shlex
from collections.abc import Iterable

from identity_cli.audits import two_id_schemes
from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.audits.shared_properties import shared_properties
from identity_cli.store.reading.run import Run

A_HABIT = 3
"""So many persons of one value are no second account: what made the later ones made the first as well."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Persons that share the value of a property of which a human has one, but for two schemes of ids."""
    shared = [*shared_properties(run, limit.config.exclusive_properties, int(limit.number))]
    schemes = two_id_schemes.schemes_among(shared)
    for one in shared:
        if one.kinds in schemes:
            continue
        later = one.ids[1:]
        ids = one.ids if len(one.ids) >= A_HABIT else later
        yield Suspicion(
            message=f"{len(one.ids)} persons have the {one.name} {one.value}",
            distinct_ids=tuple(dict.fromkeys(known.distinct_id for known in (*ids, *one.ids))),
            persons=tuple(known.person for known in one.ids if known.person is not None),
            seqs=tuple(known.seq for known in ids),
            events=one.lost,
            unique_users=len(later),
            seen=len(one.ids),
            cause=" ".join((one.name, *one.kinds)),
            commands=(
                f"idcli why {shlex.quote(one.ids[0].distinct_id)} {shlex.quote(later[0].distinct_id)}",
            ),
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
