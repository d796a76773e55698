"""`idcli trend`: how the figures of a run went over time, and where they jumped."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from identity_cli.cli.terminal.at_work import at_work
from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import Known
from identity_cli.cli.terminal.options import format_option, internal_option
from identity_cli.cli.terminal.page import Cell, Column, Page, number_column
from identity_cli.cli.terminal.run_arguments import with_run
from identity_cli.cli.terminal.sparkline import sparkline
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.reports.over_time import FIGURES, PERIODS, Beginning, Jump, Period, Trend, trend
from identity_cli.store.reading.kept_findings import kept_findings
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.answers import of_figures

FORMAT = 1
SHOWN = 14
"""Of the last periods on a terminal, beside those that jumped."""
FEW = 2
"""Days that are no trend."""
NAMES = {
    "persons": "unique users",
    "new_persons": "new users",
    "refused": "refused links",
    "warnings": "warnings",
}
OUTCOMES = ("created", "attached", "merged")
COLUMNS = (
    *("period", "lib", "lib_version", "events", "unique_persons", "new_persons", "links", *OUTCOMES),
    *("refused", "warnings", "findings", "jumps"),
)
"""Of CSV: what a chart can be made of."""


@click.command("trend", cls=Command, epilog="Example: idcli trend --by hour --format csv > trend.csv")
@option(
    "--by",
    type=Known(PERIODS),
    metavar="[" + "|".join(PERIODS) + "]",
    default="day",
    show_default=True,
    help="How long a period is; weeks begin on Monday.",
)
@option("--lib", "by_library", is_flag=True, help="Apart for each library and version.")
@option("--all", "show_all", is_flag=True, help="Every period, also on a terminal.")
@format_option()
@with_run
@internal_option
def command(run: Run, by: str, by_library: bool, show_all: bool, output: str) -> None:
    """Show events, unique users, links and warnings over time.

    By the time of each event, in UTC. A period is marked where a figure is far above what was usual just
    before it: the median of the last 24 hours, 7 days or 4 weeks.
    """
    begun = [  # what is only worth knowing marks no period
        Beginning(one["code"], one["since"]["time"])
        for one in kept_findings(run)
        if one["severity"] != "info"
    ]
    with at_work("Counting"):
        found = trend(run, by, by_library=by_library, findings=begun)
    if output == "table":
        _show(Page(), found, by_library, show_all)
    elif output == "json":
        from identity_cli.cli.terminal.render import write_document

        write_document(_document(found))
    else:
        record = _flat_record if output == "csv" else _record
        from identity_cli.cli.terminal.render import write_records

        write_records(COLUMNS, (record(one, by) for one in found.periods), output)


def _document(found: Trend) -> "of_figures.Trend":
    periods: Any = [_record(one, found.by) for one in found.periods]
    return {"format": FORMAT, "by": found.by, "undated_events": found.undated, "periods": periods}


def _record(period: Period, by: str) -> dict[str, Any]:
    sender = period.sender
    return {
        "period": _name(period, by),
        "lib": sender and sender.lib,
        "lib_version": sender and sender.lib_version,
        "events": period.events,
        "unique_persons": period.persons,
        "new_persons": period.new_persons,
        "links": period.links,
        "refused": period.refused,
        "warnings": period.warnings,
        "warnings_of": period.warnings_of,
        "findings": period.findings,
        "jumps": [jump._asdict() for jump in period.jumps],
    }


def _flat_record(period: Period, by: str) -> dict[str, Any]:
    """A figure a column, and names beside each other."""
    return {
        **_record(period, by),
        "links": sum(period.links.values()),
        **{outcome: period.links.get(outcome, 0) for outcome in OUTCOMES},
        "findings": " ".join(period.findings),
        "jumps": " ".join(jump.figure for jump in period.jumps),
    }


def _name(period: Period, by: str) -> str:
    """The day, or the hour in UTC, with which a period begins."""
    return period.begins.strftime("%Y-%m-%dT%H:00Z" if by == "hour" else "%Y-%m-%d").zfill(10)


def _show(page: Page, found: Trend, by_library: bool, show_all: bool) -> None:
    if not found.periods:
        page.line("no event of this run tells its time")
        return
    if not by_library:
        _show_lines(page, found)
    rows = found.periods if show_all or by_library or not page.is_terminal else _worth_showing(found.periods)
    columns = [
        Column(found.by),
        *([Column("library", keep="start")] if by_library else []),
        *map(number_column, ("events", "users", "new", "links", "refused", "warnings")),
        Column("", style="yellow"),
    ]
    page.table(columns, [_row(one, found.by, by_library) for one in rows], indent=0)
    if len(rows) < len(found.periods):
        page.line((f"… and {number_text(len(found.periods) - len(rows))} more; --all shows them", "dim"))
    if found.undated:
        page.line((f"{plural(found.undated, 'event')} without a time", "dim"))
    if found.by == "day" and len({one.begins for one in found.periods}) <= FEW:
        page.line(("so short a log shows more by the hour: idcli trend --by hour", "dim"))
    _show_marked(page, found)


def _worth_showing(periods: Sequence[Period]) -> list[Period]:
    """The last, and those that jumped."""
    if len(periods) <= SHOWN + 2:
        return [*periods]
    return [*(one for one in periods[:-SHOWN] if one.jumps or one.findings), *periods[-SHOWN:]]


def _show_lines(page: Page, found: Trend) -> None:
    """A line for unique users, and for each figure that jumped."""
    jumped = {jump.figure for period in found.periods for jump in period.jumps}
    width = max(map(len, NAMES.values()))
    for name, figure in FIGURES.items():
        if name == "persons" or name in jumped:
            room = page.width - width - 20
            figures = [None if period is None else figure(period) for period in found.shown[-room:]]
            most = max(one for one in figures if one is not None)
            page.line(
                (NAMES[name].ljust(width), "bold"), "  ", (sparkline(figures), "cyan"), f"  at most {most:,}"
            )
    page.line()


def _show_marked(page: Page, found: Trend) -> None:
    """What jumped in the periods that are marked, and which findings began there."""
    marked = [one for one in found.periods if one.jumps or one.findings]
    if marked:
        page.heading("! Jumped, or a finding began")
    for one in marked:
        told = [*_jumped(one.jumps), *_began(one.findings)]
        page.paragraph(f"{_name(one, found.by)}: {'; '.join(told)}")


def _began(codes: Sequence[str]) -> list[str]:
    return [f"{', '.join(codes)} began"] if codes else []


def _row(period: Period, by: str, by_library: bool) -> list[Cell]:
    return [
        _name(period, by),
        *([_library(period)] if by_library else []),
        *(period.events, period.persons, period.new_persons, sum(period.links.values())),
        *(period.refused, period.warnings, "!" if period.jumps or period.findings else ""),
    ]


def _library(period: Period) -> str:
    return " ".join(filter(None, period.sender or ())) or "not named"


def _jumped(jumps: Sequence[Jump]) -> list[str]:
    told = [f"{NAMES[one.figure]} {number_text(one.before)} → {one.now:,}" for one in jumps]
    return [", ".join(told)] if told else []
