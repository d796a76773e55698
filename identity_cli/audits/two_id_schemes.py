"""Two schemes of ids for one human."""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.audits.shared_properties import SharedProperty, shared_properties
from identity_cli.store.reading.run import Run

A_SCHEME = 5
"""Persons in pairs of the same two kinds of ids, from which on these are two schemes and no chance."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Pairs of persons with the same property, whose ids are of two kinds that many such pairs have."""
    shared = [*shared_properties(run, limit.config.exclusive_properties, 2)]
    for one in shared:
        if one.kinds not in schemes_among(shared, int(limit.number)):
            continue
        later = one.ids[1:]
        yield Suspicion(
            message=(
                f"{one.ids[0].distinct_id} and {later[0].distinct_id} have one {one.name}: the same human is"
                f" called by {' and '.join(one.kinds)}"
            ),
            distinct_ids=tuple(known.distinct_id for known in (*later, one.ids[0])),
            persons=tuple(known.person for known in one.ids if known.person is not None),
            seqs=tuple(known.seq for known in later),
            events=one.lost,
            unique_users=len(later),
            seen=len(shared),
            cause=" ".join((one.name, *one.kinds)),
            commands=(
                f"idcli why {shlex.quote(one.ids[0].distinct_id)} {shlex.quote(later[0].distinct_id)}",
            ),
        )


def schemes_among(shared: Sequence[SharedProperty], fewest: int = A_SCHEME) -> set[tuple[str, ...]]:
    """The pairs of kinds of ids that so many values have."""
    counts = Counter(one.kinds for one in shared if len(one.kinds) > 1)
    return {kinds for kinds, times in counts.items() if times >= fewest}


AUDIT = Audit(
    code="two_id_schemes",
    severity=Severity.WARNING,
    title="two schemes of ids",
    looks_for="Humans whom two programs call by two kinds of ids, with nothing to link them.",
    evidence="Pairs of persons with one e-mail, phone or number, whose ids are of the same two kinds.",
    false_positives="A shared mailbox, if that is common.",
    remedy="Let all programs send one id, or one of them an alias once for each user.",
    several="{count} humans are called by two kinds of ids",
    threshold=A_SCHEME,
    confidence=0.8,
    source="our own: five pairs of the same two kinds are a scheme; fewer are told as duplicates",
    find=find,
)
