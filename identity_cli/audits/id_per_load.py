"""A fresh id for every page or request."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.activity import activities_of
from identity_cli.store.reading.periods import Sender
from identity_cli.store.reading.run import Run

FEWEST_IDS = 50
"""Of a version: fewer tell nothing."""
ALONE = 0.8
"""The share of a library's only version: on a public site most visitors may leave at once."""
TIMES_OTHERS = 1.5
"""How much larger the share is than that of the library's other versions, where it has any."""


class _Share(NamedTuple):
    """Ids that a version brought, the seq of the first, and those with one event alone."""

    ids: int
    first_seq: int
    single: list[evidence.KnownId]

    @property
    def of_ids(self) -> float:
        return len(self.single) / self.ids


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Versions of a library most of whose new ids have one event."""
    shares = dict(_shares(run))
    for sender, share in shares.items():
        rest = [one for other, one in shares.items() if other.lib == sender.lib and other != sender]
        usual = sum(len(one.single) for one in rest) / max(1, sum(one.ids for one in rest))
        least = limit.number if rest else max(limit.number, ALONE)
        if share.ids < FEWEST_IDS or share.of_ids < max(least, TIMES_OTHERS * usual):
            continue
        yield Suspicion(
            message=(
                f"{share.of_ids:.0%} of the {share.ids:,} ids that {_named(sender)} brought have one event"
                f"{f', of other versions {usual:.0%}' if rest else ''}"
            ),
            distinct_ids=tuple(one.distinct_id for one in share.single[:20]),
            persons=tuple(one.person for one in share.single[:20] if one.person is not None),
            seqs=(share.first_seq, share.single[-1].seq),
            events=len(share.single),
            unique_users=int(len(share.single) - usual * share.ids),
            lib=sender.lib,
            version=sender.lib_version,
            seen=round(share.of_ids, 3),
            severity=None if rest else Severity.WARNING,
            commands=("idcli trend --lib",),
        )


def _named(sender: Sender) -> str:
    return " ".join(filter(None, sender)) or "the senders without a name"


def _shares(run: Run) -> Iterator[tuple[Sender, _Share]]:
    activities = activities_of(run)
    counts: dict[Sender, int] = defaultdict(int)
    first: dict[Sender, int] = {}
    single: dict[Sender, list[evidence.KnownId]] = defaultdict(list)
    for one in evidence.ids(run, at_least=1):
        active = activities.of(one.team_id, one.distinct_id)
        if active is not None:
            counts[active.first] += 1
            first[active.first] = min(one.seq, first.get(active.first, one.seq))
            if one.events == 1:
                single[active.first].append(one)
    return ((sender, _Share(counts[sender], first[sender], ids)) for sender, ids in single.items())


AUDIT = Audit(
    code="id_per_load",
    severity=Severity.ERROR,
    title="a fresh id for every page or request",
    looks_for="A version of a library most of whose new ids come once and never again.",
    evidence="The share of ids with one event, by the version that brought them, against its other versions.",
    false_positives="Campaigns and robots that look at one page; a log of an hour.",
    remedy="Look how that release keeps the id: a cookie that cannot be set, or one made on the server.",
    several="{count} versions make a fresh id for every page",
    threshold=0.5,
    confidence=0.8,
    source="our own: on sites a third of visitors leave after a page; peers look from 30 % of single ids on",
    find=find,
)
