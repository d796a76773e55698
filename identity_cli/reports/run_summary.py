"""What a replay found: the figures of a whole run."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from identity_cli.answering import as_dict, as_frame, as_html
from identity_cli.origins import Origin
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run

_NOUNS = {
    "lines": "line",
    "events": "event",
    "links": "link",
    "distinct ids": "distinct id",
    "events of the plan": "event of the plan",
}
_PLACE_IN_LINE = re.compile(r"( at)? at (column|byte) \d+$")


class Noted(NamedTuple):
    """Something that occurred so many times, and the first time."""

    what: str
    times: int
    origin: Origin


class NoticeNoted(NamedTuple):
    """A kind of notice, what stood there the first time, on how many events, and where."""

    kind: str
    what: str
    times: int
    origin: Origin


class WarningNoted(NamedTuple):
    """A type of warning, how often, and the first."""

    type: str
    times: int
    origin: Origin
    distinct_id: str
    details: dict[str, Any]


class Sum(NamedTuple):
    """A figure, and the parts it must be the sum of."""

    what: str
    total: int
    parts: dict[str, int]

    @property
    def balances(self) -> bool:
        """Whether it is."""
        return self.total == sum(self.parts.values())

    def __str__(self) -> str:
        parts = [_counted(count, what) for what, count in self.parts.items() if count]
        sign = "=" if self.balances else "is not"
        return f"{_counted(self.total, self.what)} {sign} {' + '.join(parts) or 'none'}"


class Order(NamedTuple):
    """Whether the log is in the order of arrival, and what was done about it.

    sorted_by: "arrival", "time" or None. late: events behind one that arrived at least a second
    later; largest_step_back in seconds.
    """

    sorted_by: str | None
    moved: int
    with_arrival: int
    late: int
    first_late: Origin | None
    largest_step_back: float


class InternalUsers(NamedTuple):
    """Who of a run is internal, and how sure that is.

    persons, events, distinct_ids: of all persons, and of internal ones. showing: "include",
    "exclude" or "only": whose figures the rest of the summary gives.
    """

    source: str
    persons: tuple[int, int]
    events: tuple[int, int]
    distinct_ids: tuple[int, int]
    showing: str
    not_evaluable: list[str]
    remarks: list[str]


class DialectRead(NamedTuple):
    """One input format of the log: how many files and lines there are of it."""

    name: str
    files: int
    lines: int


class Summary(NamedTuple):
    """The figures of a run, or of the persons that it shows; the books are of the whole run.

    days: the first and the last of the log. verdict: of the audits, in a sentence, and the command of idcli
    that shows the worst, "" for none.
    """

    sources: list[dict[str, Any]]
    dialects: list[DialectRead]
    names_persons: list[str]
    passed_over: list[tuple[str, str]]
    order: "Order"
    notices: list[NoticeNoted]
    repeats: int
    deduped: bool
    refused_at_door: list[Noted]
    rule_set: str
    rules_are_of_log: bool
    rules_by_dates: bool
    days: tuple[date, date] | None
    buffer_seconds: float
    lines: int
    events: int
    persons: int
    identified: int
    distinct_ids: int
    most_ids: int
    outcomes: dict[str, int]
    silent: Noted | None
    forced: Noted | None
    held: int
    held_found: int
    warnings: list[WarningNoted]
    rejected: list[Noted]
    dropped: list[Noted]
    touching_nobody: list[Noted]
    books: list[Sum]
    files: list[tuple[str, int]]
    ids_worth_a_look: list[str]
    internal: InternalUsers | None
    verdict: tuple[str, str] | None

    def to_dict(self) -> dict[str, Any]:
        """As answering.InNotebook."""
        return as_dict(self)

    def frame(self, library: str | None = None) -> Any:
        """As answering.InNotebook."""
        return as_frame(self, library)

    def _repr_html_(self) -> str:
        return as_html(self)


def summary(run: Run) -> Summary:
    """The figures of a run: events, persons, links, warnings, whether its books balance, and the verdict."""
    about = run.metadata
    return Summary(
        run.sources(),
        _dialects(run),
        about["names_persons"],
        [(path, reason) for path, reason in about.get("passed_over", ())],
        _order(run),
        [
            NoticeNoted(kind, noticed["what"], noticed["count"], Origin(*noticed["origin"]))
            for kind, noticed in about["notices"].items()
        ],
        about["repeats"],
        about["deduped"],
        _refused_at_door(run),
        about["rule_set"],
        about["rules_are_of_log"],
        about.get("rules_by_dates", False),
        run.days(),
        about["buffer_seconds"],
        about["lines"],
        about["events"],
        run.count("persons"),
        run.count("identified"),
        run.count("distinct_ids"),
        run.count("most_ids"),
        run.counts_by("links", "outcome"),
        _first_of(run, "silent", run.silent_attachments()),
        _first_of(run, "forced", run.forced_merges()),
        run.count("held"),
        run.count("held_found"),
        [
            WarningNoted(name, count, run.origin(first.seq), first.distinct_id, first.details)
            for name, (count, first) in run.warning_examples().items()
        ],
        list(_reasons(run, "rejected")),
        list(_reasons(run, "dropped")),
        list(_reasons(run, "touching_nobody")),
        books(run),
        run.files(),
        list(dict.fromkeys(_ids_worth_a_look(run))),
        _internal(run),
        tuple(about["verdict"]) if "verdict" in about else None,
    )


def books(run: Run) -> list[Sum]:
    """The sums that must balance."""
    return [Sum(*line) for line in run.books()]


def _dialects(run: Run) -> list[DialectRead]:
    """Those of the files that have lines, in order of their first."""
    lines: dict[str, list[int]] = {}
    for source in run.sources():
        if source["lines"]:
            lines.setdefault(source["dialect"], []).append(source["lines"])
    return [DialectRead(name, len(counts), sum(counts)) for name, counts in lines.items()]


def _order(run: Run) -> Order:
    seen = run.metadata["arrivals"]
    first = seen["first_late"]
    return Order(
        run.metadata["order"],
        run.metadata["moved"],
        seen["with_arrival"],
        seen["late"],
        None if first is None else run.origin(first),
        seen["largest_step_back"],
    )


def _refused_at_door(run: Run) -> list[Noted]:
    noted = list(_reasons(run, "refused_at_door"))
    blank = run.blank_ids()
    if blank is not None:
        noted.append(
            Noted("a distinct_id of blanks: capture refuses it today", blank[0], run.origin(blank[1]))
        )
    return noted


def _internal(run: Run) -> InternalUsers | None:
    about = run.internal_users
    if about is None:
        return None
    return InternalUsers(
        source=about["source"],
        **run.internal_counts(),
        showing=run.shows_internal,
        not_evaluable=about["not_evaluable"],
        remarks=about["remarks"],
    )


def _first_of(run: Run, what: str, links: Iterator[LinkRow]) -> Noted | None:
    first = next(links, None)
    if first is None:
        return None
    return Noted(first.target_distinct_id, run.count(what), run.origin(first.seq))


def _reasons(run: Run, table: str) -> Iterator[Noted]:
    """Reasons, whatever the place within the line they name."""
    noted: dict[str, Noted] = {}
    for reason, (count, seq) in run.reasons(table).items():
        what = _PLACE_IN_LINE.sub("", reason)
        first = noted.get(what) or Noted(what, 0, run.origin(seq))
        noted[what] = first._replace(times=first.times + count)
    yield from sorted(noted.values(), key=lambda item: -item.times)


def _ids_worth_a_look(run: Run) -> Iterator[str]:
    """Ids whose persons tell most: joined in silence, merged by force, refused, with the most ids."""
    silent, forced = next(run.silent_attachments(), None), next(run.forced_merges(), None)
    for link in (silent, forced, run.first_refusal()):
        if link is not None:
            yield link.target_distinct_id
    largest = next(run.persons("ids"), None)
    if largest is not None:
        yield largest.creator_distinct_id


def _counted(count: int, what: str) -> str:
    """A figure and what it is of: one of nouns is written as one."""
    return f"{count:,} {_NOUNS.get(what, what) if count == 1 else what}"
