"""The numbers that an analyst quotes of a run as a whole: how much it consolidated, and what was linked."""

import re
from collections import Counter

from identity_cli.store.reading.rows import Row, is_refused
from identity_cli.store.reading.run import Run
from identity_cli.store.reading.whole_run import (
    IdLinks,
    ids_and_company,
    ids_by_links,
    ids_per_person,
    linked_ids,
    persons_by_email,
)

PERCENTILES = (50, 75, 90, 99)
TOP = 10
MOST_KINDS = 12
OTHER = "other"
_KINDS = {
    "e-mail": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "UUID": re.compile(r"(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"),
    "web library's": re.compile(r"[0-9a-f]{9,}(-[0-9a-f]+){3}-[0-9a-f]{9,}"),
    "number": re.compile(r"\d+"),
}
_PREFIX = re.compile(r"([A-Za-z$]{2,12})[_:|-].")


class KindOfId(Row):
    """Ids of a kind: how many, and how many of them are alone on their person."""

    kind: str
    ids: int
    alone: int


class LinkedKinds(Row):
    """Links between two kinds: the other id's, the event's own; how many, and how many were refused."""

    source_kind: str
    target_kind: str
    links: int
    refused: int


class RunAudit(Row):
    """A run as a whole.

    consolidation_rate: the share of ids that share a person with an earlier one: 1 - persons / ids.
    percentiles: of ids per person, by PERCENTILES. kinds: of ids, by their look, the most frequent first.
    pairs: which kinds were linked. top: the ids of most links. unique_users: by what one may count: persons;
    e-mail addresses and persons without; devices (see reading.shared_values); None where the run
    does not know.
    """

    persons: int
    distinct_ids: int
    consolidation_rate: float
    percentiles: dict[int, int]
    largest: int
    kinds: list[KindOfId]
    pairs: list[LinkedKinds]
    top: list[IdLinks]
    unique_users: dict[str, int | None]


def run_audit(run: Run) -> RunAudit:
    """Add up a run."""
    sizes = sorted(ids_per_person(run))
    ids = sum(sizes)
    emails, without = persons_by_email(run)
    devices = run.metadata.get("devices")
    by_kind = Counter((kind_of(one), is_alone) for one, is_alone in ids_and_company(run))
    common = _most_common(by_kind)
    return RunAudit(
        len(sizes),
        ids,
        1 - len(sizes) / ids if ids else 0.0,
        {share: sizes[max(0, -(-share * len(sizes) // 100) - 1)] for share in PERCENTILES} if sizes else {},
        sizes[-1] if sizes else 0,
        _kinds(by_kind, common),
        _pairs(run, common),
        ids_by_links(run, TOP),
        {
            "person": len(sizes),
            "email": emails + without if emails else None,
            "device": devices["count"] if devices and devices["count"] else None,
        },
    )


def kind_of(distinct_id: str) -> str:
    """What an id looks like: an address, a UUID, a number, or how it begins."""
    for name, pattern in _KINDS.items():
        if pattern.fullmatch(distinct_id):
            return name
    prefix = _PREFIX.match(distinct_id)
    return OTHER if prefix is None else distinct_id[: prefix.end() - 1] + "…"


def _most_common(by_kind: Counter[tuple[str, bool]]) -> frozenset[str]:
    """The kinds that are told apart; a prefix of few ids is none."""
    totals: Counter[str] = Counter()
    for (kind, _), count in by_kind.items():
        totals[kind] += count
    return frozenset(kind for kind, count in totals.most_common(MOST_KINDS) if count > 1 or kind in _KINDS)


def _kinds(by_kind: Counter[tuple[str, bool]], common: frozenset[str]) -> list[KindOfId]:
    totals: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for (kind, is_alone), count in by_kind.items():
        name = kind if kind in common else OTHER
        totals[name] += count
        alone[name] += count * is_alone
    return [
        KindOfId(kind, totals[kind], alone[kind])
        for kind in sorted(totals, key=lambda one: (-totals[one], one))
    ]


def _pairs(run: Run, common: frozenset[str]) -> list[LinkedKinds]:
    links: Counter[tuple[str, str]] = Counter()
    refused: Counter[tuple[str, str]] = Counter()
    for source, target, outcome in linked_ids(run):
        one, other = (kind if (kind := kind_of(text)) in common else OTHER for text in (source, target))
        links[one, other] += 1
        refused[one, other] += is_refused(outcome)
    ordered = sorted(links, key=lambda pair: (-links[pair], pair))
    return [LinkedKinds(*pair, links[pair], refused[pair]) for pair in ordered]
