"""A library that never logs anybody in."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence, traces
from identity_cli.store.reading.activity import IDS_AT_ONCE, Begun, begun, first_senders
from identity_cli.store.reading.periods import Sender
from identity_cli.store.reading.run import Run

ELSEWHERE = 0.05
"""The share of other libraries' ids that are identified; below it nobody logs in anywhere."""

EXAMPLES = 20
"""Ids that are named."""
FLEETING = 5
"""Ids of one event: fewer may be anybody's."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Libraries whose ids are all anonymous, where those of others are not."""
    brought = _by_library(run)
    may_never = {lib for lib, its in brought.items() if its.ids >= limit.number}
    may_flee = {lib for lib, its in brought.items() if _is_most(its.single, its)}
    known, single = _identified(run) if may_never or may_flee else (Counter[str](), Counter[str]())
    if not known:
        return
    for lib, its in brought.items():
        count = its.single - single[lib]
        if lib in may_flee and _is_most(count, its):
            some = islice(_ids_of(run, lib, of_one_event=True), EXAMPLES)
            yield _fleeting(lib, its, sorted(some, key=lambda one: one.seq), count)
    total = sum(its.ids for its in brought.values())
    for lib in (lib for lib in brought if lib in may_never and lib not in known):
        if _logs_in_elsewhere(known, total - brought[lib].ids):
            yield _never(lib, sorted(_ids_of(run, lib), key=lambda one: one.seq))


def _is_most(count: int, its: Begun) -> bool:
    return count >= FLEETING and 2 * count >= its.ids


def _logs_in_elsewhere(known: Counter[str], others: int) -> bool:
    return others > 0 and known.total() / others >= ELSEWHERE


def _by_library(run: Run) -> dict[str, Begun]:
    """How many ids each library brought, those without a name left out."""
    found: dict[str, Begun] = {}
    for sender, its in begun(run).items():
        if sender.lib is not None:
            old = found.get(sender.lib, Begun(0, 0))
            found[sender.lib] = Begun(old.ids + its.ids, old.single + its.single)
    return found


def _identified(run: Run) -> tuple[Counter[str], Counter[str]]:
    """By library its ids whose persons are identified, and of these those with one event."""
    known, single = Counter[str](), Counter[str]()
    for one, sender in _sent_first(run, evidence.ids_of_identified(run)):
        if sender.lib is not None:
            known[sender.lib] += 1
            single[sender.lib] += one.events == 1
    return known, single


def _ids_of(run: Run, lib: str, *, of_one_event: bool = False) -> Iterator[evidence.KnownId]:
    """The ids that a library brought and whose persons are not identified."""
    identified = traces.identified_persons(run)
    anonymous = (
        one
        for one in evidence.ids(run, at_least=1)
        if one.person not in identified and (one.events == 1 or not of_one_event)
    )
    return (one for one, sender in _sent_first(run, anonymous) if sender.lib == lib)


def _sent_first(run: Run, ids: Iterable[evidence.KnownId]) -> Iterator[tuple[evidence.KnownId, Sender]]:
    """Each of these ids of whose first event the sender is known, with that; some of them at a time."""
    rest = iter(ids)
    while some := {(one.team_id, one.distinct_id): one for one in islice(rest, IDS_AT_ONCE)}:
        senders = first_senders(run, some)
        yield from ((one, senders[key]) for key, one in some.items() if key in senders)


def _never(lib: str, its: Sequence[evidence.KnownId]) -> Suspicion:
    return Suspicion(
        message=f"none of the {len(its):,} ids that {lib} brought belongs to anybody who logged in",
        distinct_ids=tuple(one.distinct_id for one in its[:EXAMPLES]),
        persons=tuple(one.person for one in its[:EXAMPLES] if one.person is not None),
        seqs=(its[0].seq, its[-1].seq),
        events=sum(one.events for one in its),
        lib=lib,
        version=None,
        seen=len(its),
        commands=("idcli trend --lib",),
    )


def _fleeting(lib: str, brought: Begun, its: Sequence[evidence.KnownId], count: int) -> Suspicion:
    """Most of a library's ids have one event and are nobody's who logged in, where somebody does."""
    return Suspicion(
        message=f"{count:,} of {brought.ids:,} ids that {lib} brought had one event and no login",
        distinct_ids=tuple(one.distinct_id for one in its[:EXAMPLES]),
        seqs=(its[0].seq, its[-1].seq),
        events=count,
        lib=lib,
        version=None,
        seen=count,
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
    adds_up=True,
)
