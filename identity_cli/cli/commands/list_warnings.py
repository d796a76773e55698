"""`idcli warnings`: what the platform refused and would have warned about."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from identity_cli.cli.terminal.completed import ID
from identity_cli.cli.terminal.options import (
    Command,
    format_option,
    internal_option,
    option,
    redactable,
    with_ids,
    with_run,
)
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, number_column, origin_column
from identity_cli.cli.terminal.render import write_document, write_records
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.reports.warning_report import BlamedId, WarningGroup, blamed_id, warnings
from identity_cli.store.reading.rows import WarningRow
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.answers import of_runs

FORMAT = 1
WORST = 5  # ids shown of each type
SEVERITY_STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}
EACH = ("file", "line", "nth", "event_uuid", "team_id", "type", "distinct_id", "details")
GROUPED = ("type", "severity", "count", "meaning", "what_to_do", "worst_ids")


@click.command(
    "warnings", cls=Command, epilog="Example: idcli warnings --type cannot_merge_already_identified --all"
)
@option("--type", "warning_type", metavar="TYPE", help="Only warnings of that type.")
@option("--id", "distinct_id", metavar="ID", type=ID, help="Only warnings that name that distinct id.")
@option("--all", "show_all", is_flag=True, help="Every warning, with its file and line.")
@format_option()
@with_run
@with_ids("distinct_id", whole=True)
@redactable("distinct_id")
@internal_option
def command(run: Run, warning_type: str | None, distinct_id: str | None, show_all: bool, output: str) -> None:
    """Show what the platform would have warned about.

    By type: how often, what it means, what to do, and the ids that cause most of it.
    """
    if show_all:
        _list(run, run.warnings(warning_type, distinct_id), output)
        return
    groups = warnings(run, warning_type, distinct_id)
    if output == "table":
        narrowed = warning_type is not None or distinct_id is not None
        _show(Page(), groups, 0 if narrowed else run.count("silent"))
    elif output == "json":
        total = sum(group.times for group in groups)
        silent = run.count("silent")
        document = {"format": FORMAT, "total": total, "types": list(map(_group, groups))}
        write_document({**document, "attached_to_identified": silent})
    else:
        write_records(GROUPED, map(_group, groups), output)


def _group(group: WarningGroup) -> "of_runs.WarningTypeRecord":
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


def _list(run: Run, found: Iterable[WarningRow], output: str) -> None:
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


def _show(page: Page, groups: list[WarningGroup], silent: int) -> None:
    for number, group in enumerate(groups):
        if number:
            page.line()
        _show_group(page, group)
    if not groups:
        page.line("no such warnings")
    if silent:
        page.line()
        page.line((f"And {plural(silent, 'link')} that nothing warns of", "bold yellow"))
        page.paragraph(
            "An id that nobody had was attached to a person already identified: on a shared device, two "
            "people become one. `idcli export links` lists them: outcome attached, source_identified true."
        )


def _show_group(page: Page, group: WarningGroup) -> None:
    style = SEVERITY_STYLES[group.about.severity]
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
