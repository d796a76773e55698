"""Ingestion warnings by type, or each with its place: as a page, and as records."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from identity_cli.cli.terminal.findings_page import STYLES
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, number_column, origin_column
from identity_cli.cli.terminal.render import write_records
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.reports.warning_report import BlamedId, WarningGroup, blamed_id
from identity_cli.store.reading.rows import WarningRow
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.answers import of_runs

WORST = 5  # ids shown of each type
EACH = ("file", "line", "nth", "event_uuid", "team_id", "type", "distinct_id", "details")
GROUPED = ("type", "severity", "count", "meaning", "what_to_do", "worst_ids")


def group_record(group: WarningGroup) -> "of_runs.WarningTypeRecord":
    """A type of warnings, in JSON."""
    return {
        "type": group.type,
        "severity": group.about.severity,
        "count": group.times,
        "meaning": group.about.meaning,
        "what_to_do": group.about.remedy,
        "worst_ids": [_blamed(one) for one in group.ids[:WORST]],
    }


def _blamed(one: BlamedId) -> "of_runs.WorstId":
    return {
        "distinct_id": one.distinct_id,
        "count": one.times,
        "first": one.origin.place,
    }


def list_warnings(run: Run, found: Iterable[WarningRow], output: str) -> None:
    """Each warning with its place, as a table or in a format for machines."""
    if output != "table":
        write_records(EACH, (_record(run, warning) for warning in found), output)
        return
    page = Page()
    columns = [origin_column(), Column("type", keep="start"), id_column("id at fault"), id_column()]
    rows = [[str(run.origin(one.seq)), one.type, blamed_id(one), one.distinct_id] for one in found]
    page.table(columns, rows, indent=0)
    page.line((plural(len(rows), "warning"), "dim"))


def _record(run: Run, warning: WarningRow) -> dict[str, Any]:
    origin = run.origin(warning.seq)
    values = (*origin, warning.uuid, warning.team_id, warning.type, warning.distinct_id)
    return dict(zip(EACH, (*values, warning.details), strict=True))


def show_groups(page: Page, groups: list[WarningGroup]) -> None:
    """Each type, what it means, and the ids that cause most of it."""
    for number, group in enumerate(groups):
        if number:
            page.line()
        _show_group(page, group)
    if not groups:
        page.line("no such warnings")


def _show_group(page: Page, group: WarningGroup) -> None:
    style = STYLES[group.about.severity]
    page.line(
        (group.type, f"bold {style}"), "  ", (number_text(group.times), "bold"), "  ", group.about.severity
    )
    page.paragraph(group.about.meaning)
    page.paragraph(f"What to do: {group.about.remedy}")
    columns = [id_column("worst ids"), number_column("warnings"), origin_column("first")]
    rows: list[list[Cell]] = [[one.distinct_id, one.times, str(one.origin)] for one in group.ids[:WORST]]
    page.line()
    page.table(columns, rows)
    if len(group.ids) > WORST:
        more = number_text(len(group.ids) - WORST)
        page.line((f"  … and {more} more; --all shows every warning", "dim"))
