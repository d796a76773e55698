"""The charts of a run: persons, links by outcome and warnings over time, and how many ids persons have."""

from collections import Counter
from collections.abc import Sequence

from identity_cli.findings.finding import Finding
from identity_cli.outcomes import Outcome
from identity_cli.pages.charts import Chart, Series, stacked_bars, step_lines
from identity_cli.pages.contents import ChartShown, Figure, Table
from identity_cli.reports.over_time import Beginning, Period, trend
from identity_cli.store.reading.graph_rows import sizes
from identity_cli.store.reading.run import Run

MOST_BINS = 60
"""More bars nobody tells apart; the table has them all the same."""
MOST_HOURLY = 2
"""Days of a log that is shown by the hour."""
MOST_TYPES = 5
"""Of ingestion warnings, that have a colour each."""
_GOOD = (Outcome.ATTACHED, Outcome.CREATED, Outcome.MERGED, Outcome.SAME_PERSON)


def charts_of(run: Run, found: Sequence[Finding]) -> list[ChartShown]:
    """The charts, of those that have something to show."""
    periods, by = _periods(run, found)
    charts = [shown(_sizes(run), 0, is_bars=True)]
    if len(periods) > 1:
        labels = [f"{one.begins:%d %b %H:%M}" if by == "hour" else f"{one.begins:%d %b}" for one in periods]
        charts = [
            shown(_users(periods, labels, by), 1, is_bars=False),
            shown(_links(periods, labels, by), 2, is_bars=True),
            shown(_noted(periods, labels, by), 3, is_bars=True),
            *charts,
        ]
    return charts


def shown(chart: Chart, number: int, *, is_bars: bool) -> ChartShown:
    """A chart with its table."""
    draw = stacked_bars if is_bars else step_lines
    head = (chart.of, *(one.name for one in chart.series))
    table = Table(chart.title, head, chart.rows, frozenset(range(len(head))))
    return ChartShown(Figure(chart.title, draw(chart, f"c{number}"), chart.caption), table)


def _periods(run: Run, found: Sequence[Finding]) -> tuple[Sequence[Period], str]:
    """Hours, days or weeks, the finest of which there are few enough; of many weeks the last."""
    days = run.days()
    length = 0 if days is None else (days[1] - days[0]).days + 1
    by = "hour" if length <= MOST_HOURLY else "day" if length <= MOST_BINS else "week"
    begun = [Beginning(one.code, one.since.moment.time) for one in found if one.severity != "info"]
    return trend(run, by, findings=begun).periods[-MOST_BINS:], by


def _users(periods: Sequence[Period], labels: Sequence[str], by: str) -> Chart:
    flags = [(at, one.jumps[0].figure) for at, one in enumerate(periods) if one.jumps]
    series = (
        Series("unique persons", [one.persons for one in periods]),
        Series("new persons", [one.new_persons for one in periods]),
    )
    return Chart(
        "Persons",
        f"With an event in the {by}, and of these those with none before.",
        labels,
        series,
        by,
        flags,
    )


def _links(periods: Sequence[Period], labels: Sequence[str], by: str) -> Chart:
    found = {outcome for one in periods for outcome in one.links}
    ordered = [*(one for one in _GOOD if one in found), *sorted(found - {*_GOOD})]
    series = [
        Series(
            outcome.replace("_", " "), [one.links.get(outcome, 0) for one in periods], outcome not in _GOOD
        )
        for outcome in ordered
    ]
    return Chart("Links by outcome", f"By {by}; what was refused is hatched.", labels, series, by)


def _noted(periods: Sequence[Period], labels: Sequence[str], by: str) -> Chart:
    flags = [(at, one.findings[0].replace("_", " ")) for at, one in enumerate(periods) if one.findings]
    caption = f"By type and {by}; a flag where a finding began."
    return Chart("Ingestion warnings", caption, labels, _by_type(periods), by, flags[:3])


def _by_type(periods: Sequence[Period]) -> list[Series]:
    """A series for each type, the most frequent first, and one for those that are left."""
    counts = sum((Counter(one.warnings_of) for one in periods), Counter[str]())
    types = [name for name, _ in counts.most_common()] or ["warnings"]
    series = [
        Series(name.replace("_", " "), [one.warnings_of.get(name, 0) for one in periods], is_bad=True)
        for name in types[:MOST_TYPES]
    ]
    left = types[MOST_TYPES:]
    if left:
        rest = [sum(one.warnings_of.get(name, 0) for name in left) for one in periods]
        series.append(Series(f"{len(left)} other types", rest, is_bad=True))
    return series


def _sizes(run: Run) -> Chart:
    known = sizes(run)
    small = [(str(ids), count) for ids, count in known if ids <= 6]
    steps = (
        ("7 to 19", 7, 20),
        ("20 to 99", 20, 100),
        ("100 to 999", 100, 1_000),
        ("1,000 or more", 1_000, 10**12),
    )
    large = [(name, sum(count for ids, count in known if low <= ids < high)) for name, low, high in steps]
    every = small + [(name, count) for name, count in large if count]
    series = (Series("persons", [count for _, count in every]),)
    return Chart(
        "Distinct ids per person",
        "How many persons have so many.",
        [name for name, _ in every],
        series,
        "ids",
    )
