"""`idcli person`: who an id is, and why."""

import json
from typing import Any

import click

from identity_cli.cli.options import format_option, team_option, with_run
from identity_cli.cli.page import Cell, Column, Page, id_column, number_column, origin_column
from identity_cli.cli.render import write_document
from identity_cli.cli.text import plural, time_text, value_text
from identity_cli.events import Origin
from identity_cli.reports.person import Link, PersonReport, Warned, person_report
from identity_cli.store.run import Run

FORMAT = 1
SHOWN = 10  # rows of each table before it folds
STYLES = {"merged": "yellow", "created": "green", "attached": "green"}


@click.command("person", epilog="Example: idcli person user_hanna")
@click.argument("wanted", metavar="ID")
@team_option("Only the ID of this team.")
@format_option("table", "json")
@click.option("--all", "show_all", is_flag=True, help="Show long lists in full.")
@with_run
def command(run: Run, wanted: str, team_id: int | None, output: str, show_all: bool) -> None:
    """Show who ID is, and why.

    ID is any distinct id or person id. Shows the distinct ids of its person and the line
    that brought each in, the properties and the line that wrote each, and all links and
    warnings that touch the person.
    """
    report = person_report(run, wanted, team_id)
    if output == "json":
        write_document(_document(wanted, report))
    else:
        _show(Page(), wanted, report, None if show_all else SHOWN)


def _document(wanted: str, report: PersonReport) -> dict[str, Any]:
    _, *fields = report.person
    person = dict(zip(report.person._fields[1:], fields, strict=True))
    person["is_identified"] = bool(report.person.is_identified)
    person["properties"] = json.loads(report.person.properties)
    person["identified_at"] = None if report.identified_at is None else _flat(report.identified_at)
    return {
        "format": FORMAT,
        "asked_for": wanted,
        "person": person,
        "merged_person_ids": report.merged_person_ids,
        "distinct_ids": [_flat(item) for item in report.distinct_ids],
        "properties": [_flat(item) for item in report.properties],
        "links": [_flat(item) for item in report.links],
        "warnings": [_flat(item) for item in report.warnings],
    }


def _flat(record: Any) -> dict[str, Any]:
    """A record as an object, its origin as file and line."""
    if isinstance(record, Origin):
        return {"file": record.path, "line": record.line}
    fields = record._asdict()
    origin = fields.pop("origin")
    return {"file": origin.path, "line": origin.line, **fields}


def _show(page: Page, wanted: str, report: PersonReport, limit: int | None) -> None:
    _show_verdict(page, wanted, report)
    _show_ids(page, report, limit)
    _show_properties(page, report, limit)
    _show_links(page, report.links, limit)
    _show_warnings(page, report.warnings, limit)


def _show_verdict(page: Page, wanted: str, report: PersonReport) -> None:
    person = report.person
    state = ("identified", "green") if person.is_identified else ("anonymous", "yellow")
    page.line((wanted, "bold"), " is person ", person.person_id, ", ", state)
    page.line(
        f"{plural(person.id_count, 'distinct id')}, {plural(person.event_count, 'event')}"
        f"{_between(person.first_seen, person.last_seen)}"
    )
    silent = sum(item.silently for item in report.distinct_ids)
    if silent:
        joined = f"! {plural(silent, 'id')} joined it when already identified, without a warning: "
        page.line((joined, "yellow"), ("one person, or two?", "bold yellow"))
    page.line()
    rows: list[list[Cell]] = [["person id", (person.person_id, "bold")], ["team", str(person.team_id)]]
    made = f"{time_text(person.created_at)}, with {person.creator_distinct_id}".removeprefix(", ")
    rows.append(["created", made])
    if report.identified_at is not None:
        rows.append(["identified", (str(report.identified_at), "cyan")])
    if report.merged_person_ids:
        rows.append(["merged in", plural(len(report.merged_person_ids), "person")])
    page.pairs(rows)


def _between(first: str | None, last: str | None) -> str:
    if first is None or last is None:
        return ""
    return f", {time_text(first)}" if first == last else f", {time_text(first)} to {time_text(last)}"


def _show_ids(page: Page, report: PersonReport, limit: int | None) -> None:
    page.heading("Distinct ids", _ways(report))
    columns = [
        id_column(),
        Column("how"),
        id_column("with")._replace(style=""),
        origin_column(),
        number_column("events"),
        Column("when", extra=True),
    ]
    rows: list[list[Cell]] = [
        [
            item.distinct_id,
            (f"{item.how} !", "yellow") if item.silently else (item.how, STYLES[item.how]),
            item.linked_with,
            str(item.origin),
            item.event_count,
            time_text(item.time),
        ]
        for item in report.distinct_ids
    ]
    page.folded(columns, rows, limit)


def _ways(report: PersonReport) -> str:
    """How many ids came in which way."""
    ways: dict[str, int] = {}
    for item in report.distinct_ids:
        ways[item.how] = ways.get(item.how, 0) + 1
    return ", ".join(f"{count:,} {how}" for how, count in ways.items())


def _show_properties(page: Page, report: PersonReport, limit: int | None) -> None:
    if not report.properties:
        return
    page.heading("Properties", f"{len(report.properties):,}")
    columns = [
        Column("key", keep="start", style="bold"),
        Column("value", keep="start"),
        Column("was", keep="start", style="dim"),
        Column("by"),
        origin_column(),
        Column("event", keep="start", extra=True),
    ]
    rows: list[list[Cell]] = [
        [
            item.key,
            value_text(item.value),
            value_text(item.replaced[0]) if item.replaced else "",
            f"${item.operation}",
            str(item.origin),
            item.event,
        ]
        for item in report.properties
    ]
    page.folded(columns, rows, limit)


def _show_links(page: Page, links: list[Link], limit: int | None) -> None:
    if not links:
        return
    refused = sum(link.outcome.startswith("refused") for link in links)
    page.heading("Links", f"{len(links):,}, {refused:,} refused" if refused else f"{len(links):,}")
    columns = [
        Column("outcome"),
        id_column("other id"),
        id_column("into"),
        origin_column(),
        Column("event", keep="start", extra=True),
    ]
    rows: list[list[Cell]] = [
        [
            (link.outcome, STYLES.get(link.outcome, "red")),
            link.source_distinct_id,
            link.target_distinct_id,
            str(link.origin),
            link.event,
        ]
        for link in links
    ]
    page.folded(columns, rows, limit)
    lost = [(link, key, value) for link in links if link.dropped for key, value in link.dropped.items()]
    if lost:
        page.heading("Values lost in merges", f"{len(lost):,}")
        columns = [Column("key", keep="start", style="bold"), Column("value", keep="start"), origin_column()]
        page.folded(columns, [[key, value_text(value), str(link.origin)] for link, key, value in lost], limit)


def _show_warnings(page: Page, warnings: list[Warned], limit: int | None) -> None:
    if not warnings:
        return
    page.heading("Warnings", f"{len(warnings):,}")
    columns = [Column("type", keep="start"), id_column(), origin_column()]
    page.folded(columns, [[item.type, item.distinct_id, str(item.origin)] for item in warnings], limit)
