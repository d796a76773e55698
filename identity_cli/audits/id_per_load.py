"""A fresh id for every page or request."""

from collections.abc import Iterable, Mapping, Sequence

from identity_cli.audits.audit import Audit, Limit, Suspicion
from identity_cli.audits.severity import Severity
from identity_cli.store.reading import evidence
from identity_cli.store.reading.activity import Begun, begun, sender_of_single
from identity_cli.store.reading.periods import Sender
from identity_cli.store.reading.run import Run

FEWEST_IDS = 50
"""Of a version: fewer tell nothing."""
ALONE = 0.8
"""The share of a library's only version: on a public site most visitors may leave at once."""
TIMES_OTHERS = 1.5
"""How much larger the share is than that of the library's other versions, where it has any."""

NAMED = 20
"""Ids of a version, its first."""
KEPT = 1_000
"""Until the first of them are known."""


def find(run: Run, limit: Limit) -> Iterable[Suspicion]:
    """Versions of a library most of whose new ids have one event."""
    every = begun(run)
    usual = {sender: _usual(every, sender) for sender in every}
    conspicuous = [sender for sender in every if _is_much(every[sender], usual[sender], limit)]
    for sender, its in _single(run, conspicuous).items():
        ids = its.first()
        count, rest = every[sender].ids, usual[sender]
        share = every[sender].single / count
        others = "" if rest is None else f", of other versions {rest:.0%}"
        yield Suspicion(
            message=f"{share:.0%} of the {count:,} ids that {_named(sender)} brought have one event{others}",
            distinct_ids=tuple(one.distinct_id for one in ids),
            persons=tuple(one.person for one in ids if one.person is not None),
            seqs=(ids[0].seq, its.last_seq),
            events=its.count,
            unique_users=int(its.count - (rest or 0.0) * count),
            lib=sender.lib,
            version=sender.lib_version,
            seen=round(share, 3),
            severity=Severity.WARNING if rest is None else None,
            commands=("idcli trend --lib",),
        )


def _named(sender: Sender) -> str:
    return " ".join(filter(None, sender)) or "the senders without a name"


def _usual(every: Mapping[Sender, Begun], sender: Sender) -> float | None:
    """The share of ids with one event of the library's other versions, None where it has none."""
    rest = [one for other, one in every.items() if other.lib == sender.lib and other != sender]
    return sum(one.single for one in rest) / sum(one.ids for one in rest) if rest else None


def _is_much(its: Begun, usual: float | None, limit: Limit) -> bool:
    least = max(limit.number, ALONE if usual is None else TIMES_OTHERS * usual)
    return its.ids >= FEWEST_IDS and its.single / its.ids >= least


class _Single:
    """The ids of one event of one version; only as many are kept as are named."""

    def __init__(self) -> None:
        self.count = 0
        self.last_seq = 0
        self._kept: list[evidence.KnownId] = []

    def add(self, one: evidence.KnownId) -> None:
        """One more, in any order."""
        self.count += 1
        self.last_seq = max(self.last_seq, one.seq)
        self._kept.append(one)
        if len(self._kept) >= KEPT:
            self._kept = self.first()

    def first(self) -> list[evidence.KnownId]:
        """The first of them, in order."""
        return sorted(self._kept, key=lambda one: one.seq)[:NAMED]


def _single(run: Run, senders: Sequence[Sender]) -> dict[Sender, _Single]:
    """Those of each of these; one pass over all ids, if it is needed."""
    if not senders:
        return {}
    found: dict[Sender, _Single] = {}
    sender_of = sender_of_single(run, senders)
    for one in evidence.ids(run, at_least=1):
        sender = sender_of(one.team_id, one.distinct_id) if one.events == 1 else None
        if sender is not None:
            found.setdefault(sender, _Single()).add(one)
    return found


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
    adds_up=True,
)
