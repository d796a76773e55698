"""A library that never logs anybody in."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence, traces
from identity_cli.store.reading.activity import activities_of
from identity_cli.store.reading.run import Run

ELSEWHERE = 0.05
"""The share of other libraries' ids that are identified; below it nobody logs in anywhere."""

FLEETING = 5
"""Ids of one event: fewer may be anybody's."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Libraries whose ids are all anonymous, where those of others are not."""
    activities = activities_of(run)
    identified = traces.identified_persons(run)
    ids: dict[str, list[evidence.KnownId]] = {}
    known: Counter[str] = Counter()
    for one in evidence.ids(run, at_least=1):
        active = activities.of(one.team_id, one.distinct_id)
        if active is not None and active.first.lib is not None:
            ids.setdefault(active.first.lib, []).append(one)
            known[active.first.lib] += one.person in identified
    yield from _fleeting(ids, identified) if known.total() else ()
    total = sum(map(len, ids.values()))
    for lib, its in ids.items():
        others = total - len(its)
        if len(its) < limit.number or known[lib] or not others or known.total() / others < ELSEWHERE:
            continue
        yield Suspicion(
            message=f"none of the {len(its):,} ids that {lib} brought belongs to anybody who logged in",
            distinct_ids=tuple(one.distinct_id for one in its[:20]),
            persons=tuple(one.person for one in its[:20] if one.person is not None),
            seqs=(its[0].seq, its[-1].seq),
            events=sum(one.events for one in its),
            lib=lib,
            version=None,
            seen=len(its),
            commands=("idcli trend --lib",),
        )


def _fleeting(
    ids: Mapping[str, Sequence[evidence.KnownId]], identified: AbstractSet[int]
) -> Iterator[Suspicion]:
    """Libraries most of whose ids have one event and are nobody's who logged in, where somebody does."""
    for lib, its in ids.items():
        fleeting = [one for one in its if one.events == 1 and one.person not in identified]
        if len(fleeting) < FLEETING or 2 * len(fleeting) < len(its):
            continue
        yield Suspicion(
            message=f"{len(fleeting):,} of {len(its):,} ids that {lib} brought had one event and no login",
            distinct_ids=tuple(one.distinct_id for one in fleeting[:20]),
            seqs=(fleeting[0].seq, fleeting[-1].seq),
            events=len(fleeting),
            lib=lib,
            version=None,
            seen=len(fleeting),
            limit=FLEETING,
            severity=Severity.INFO,
            confidence=0.3,
            cause="fleeting",
            commands=("idcli trend --lib",),
        )


AUDIT = Audit(
    code="never_identifies",
    severity=Severity.WARNING,
    title="a library that never logs anybody in",
    looks_for=(
        "A library whose ids are all anonymous, in a log in which others identify their users. Only worth "
        "knowing: one most of whose ids have one event and no login, as of a window that begins anew."
    ),
    evidence="The ids that each library was the first to send, and whether their persons are identified.",
    false_positives="A public site beside an app; a server that has ids of its own.",
    remedy="Identify there as well, or pass the id on: what one user uses should share the id.",
    several="{count} libraries never log anybody in",
    threshold=50,
    confidence=0.5,
    source="our own: of 50 users of a product with logins somebody logs in",
    find=find,
)
