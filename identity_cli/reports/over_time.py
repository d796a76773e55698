"""How a run went over time: unique users, links and warnings per hour, day or week, and where they jumped."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from identity_cli.store.reading.periods import Sender, events_by_hour, links_by_hour, warnings_by_hour
from identity_cli.store.reading.rows import Row, is_refused
from identity_cli.store.reading.run import Run

PERIODS = ("hour", "day", "week")
LOOKS_BACK = {"hour": 24, "day": 7, "week": 4}
"""How many periods before it one is held against: their median, which a single odd one does not move."""
JUMP = 1.3
"""Times the median: what a release that doubles some users exceeds, and a weekend mostly does not."""
LEAST_CHANGE = 4.0
"""In standard deviations of a count of that size, its square root: what chance alone never does."""
_EPOCH = datetime(1, 1, 1)
_HOURS = {"hour": 1, "day": 24, "week": 24 * 7}


class Jump(Row):
    """A figure that jumped: what it mostly was before, and what it is."""

    figure: str
    before: float
    now: int


class Period(Row):
    """An hour, a day or a week from Monday; perhaps of one sender alone.

    begins: in UTC, without a zone. persons: unique ones with an event in it. new_persons: those with none
    before. links: by outcome. warnings_of: ingestion warnings by type. findings: codes of those that began
    in it.
    """

    begins: datetime
    sender: Sender | None
    events: int
    persons: int
    new_persons: int
    links: dict[str, int]
    warnings_of: dict[str, int]
    findings: list[str]
    jumps: list[Jump]

    @property
    def warnings(self) -> int:
        """Ingestion warnings of all types."""
        return sum(self.warnings_of.values())

    @property
    def refused(self) -> int:
        """Links that were refused."""
        return sum(count for outcome, count in self.links.items() if is_refused(outcome))


class Trend(Row):
    """All periods that have events, in order; undated: events without a time, which are in none."""

    by: str
    periods: list[Period]
    undated: int

    @property
    def shown(self) -> list[Period | None]:
        """The same with None where a period between has no event, unless most have none."""
        step = timedelta(hours=_HOURS[self.by])
        by_time = {period.begins: period for period in self.periods}
        if not by_time:
            return []
        count = (max(by_time) - min(by_time)) // step + 1
        if count > 2 * len(by_time) + LOOKS_BACK[self.by]:
            return [*self.periods]
        return [by_time.get(min(by_time) + number * step) for number in range(count)]

    def to_dict(self) -> dict[str, Any]:
        """As answering.InNotebook."""
        from identity_cli.answering import as_dict  # nobody asks for it at a prompt

        return as_dict(self)

    def frame(self, library: str | None = None) -> Any:
        """As answering.InNotebook."""
        from identity_cli.answering import as_frame  # nobody asks for it at a prompt

        return as_frame(self, library)

    def _repr_html_(self) -> str:
        from identity_cli.answering import as_html  # nobody asks for it at a prompt

        return as_html(self)


Key = tuple[int, Sender | None]


class _Tally:
    """Of a period."""

    def __init__(self) -> None:
        self.events = 0
        self.persons: set[int] = set()
        self.new_persons = 0
        self.links: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()


class Beginning(Row):
    """A finding, and when it began: ISO 8601."""

    code: str
    time: str | None


def trend(
    run: Run, by: str = "day", *, by_library: bool = False, findings: Iterable[Beginning] = ()
) -> Trend:
    """The figures of a run per hour, day or week of the events' own time, in UTC.

    by: one of PERIODS, UnknownChoice for another. by_library: apart for each library and
    version. findings: of the run, to be named where they began.
    """
    if by not in PERIODS:
        from identity_cli.errors import UnknownChoice

        raise UnknownChoice("period", by, PERIODS)
    tallies, undated = _tallied(run, _HOURS[by], by_library)
    begun = _begun(findings, _HOURS[by])
    periods = [
        Period(
            _EPOCH + timedelta(hours=number * _HOURS[by]),
            sender,
            tally.events,
            len(tally.persons),
            tally.new_persons,
            links=dict(sorted(tally.links.items())),
            warnings_of=dict(sorted(tally.warnings.items())),
            findings=begun.get(number, []),
            jumps=[],
        )
        for (number, sender), tally in sorted(tallies.items(), key=_order)
    ]
    return Trend(by, periods if by_library else _with_jumps(periods, by), undated)


def _order(item: tuple[Key, _Tally]) -> tuple[int, int, str]:
    (number, sender), tally = item
    return number, -tally.events, str(sender)


def _tallied(run: Run, hours: int, by_library: bool) -> tuple[dict[Key, _Tally], int]:
    tallies: defaultdict[Key, _Tally] = defaultdict(_Tally)
    firsts: dict[int, tuple[int, Key]] = {}
    undated = 0
    for hour, sender, person, events in events_by_hour(run):
        if hour is None:
            undated += events
            continue
        since = hour - 24  # of year 1
        key = since // hours, sender if by_library else None
        tally = tallies[key]
        tally.events += events
        if person is not None:
            tally.persons.add(person)
            if person not in firsts or since < firsts[person][0]:
                firsts[person] = since, key
    for _, key in firsts.values():
        tallies[key].new_persons += 1
    for noted, add in ((links_by_hour(run), _add_link), (warnings_by_hour(run), _add_warning)):
        for when, sender, what, count in noted:
            if when is not None:
                add(tallies[_number_of(when, hours), sender if by_library else None], what, count)
    return tallies, undated


def _add_link(tally: _Tally, outcome: str, count: int) -> None:
    tally.links[outcome] += count


def _add_warning(tally: _Tally, type_: str, count: int) -> None:
    tally.warnings[type_] += count


def _number_of(time: str, hours: int) -> int:
    """The period of a stored time, counted from the beginning of year 1, a Monday."""
    return int((datetime.fromisoformat(f"{time[:13]}:00") - _EPOCH) // timedelta(hours=hours))


def _begun(findings: Iterable[Beginning], hours: int) -> dict[int, list[str]]:
    begun: defaultdict[int, list[str]] = defaultdict(list)
    for code, time in findings:
        if time is not None and code not in begun[_number_of(time, hours)]:
            begun[_number_of(time, hours)].append(code)
    return begun


FIGURES: dict[str, Callable[[Period], int]] = {
    "persons": lambda period: period.persons,
    "new_persons": lambda period: period.new_persons,
    "refused": lambda period: period.refused,
    "warnings": lambda period: period.warnings,
}
"""What is watched for jumps."""


def _with_jumps(periods: Sequence[Period], by: str) -> list[Period]:
    return [
        period._replace(jumps=list(_jumps(period, periods[max(0, index - LOOKS_BACK[by]) : index])))
        for index, period in enumerate(periods)
    ]


def _jumps(period: Period, before: Sequence[Period]) -> Iterable[Jump]:
    """Where a period exceeds what was usual; the first few of a log have nothing to be held against."""
    if len(before) < 2:
        return
    for name, figure in FIGURES.items():
        usual = max(_median([*map(figure, before)]), float(figure(before[-1])))  # a plateau jumps once
        now = figure(period)
        if now > JUMP * usual and now - usual > LEAST_CHANGE * max(usual, 1.0) ** 0.5:
            yield Jump(name, usual, now)


def _median(counts: Sequence[int]) -> float:
    """The one in the middle; that of `statistics` takes long to import."""
    ordered = sorted(counts)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
