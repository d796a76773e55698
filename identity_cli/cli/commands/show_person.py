"""`idcli person`: who an id is, and why."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import ID
from identity_cli.cli.terminal.fitting import shortened
from identity_cli.cli.terminal.options import format_option, team_option
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, number_column, origin_column
from identity_cli.cli.terminal.run_arguments import redactable, with_ids, with_run
from identity_cli.cli.terminal.text import plural, time_text, value_text
from identity_cli.origins import Address, Origin
from identity_cli.reports.person_report import PersonReport, person
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run

FORMAT = 1
LONGEST_IN_TEXT = 200
SHOWN = 10  # rows of each table before it folds
SEVERITIES = {"error": "red", "warning": "yellow", "info": "cyan"}
STYLES = {"merged": "yellow", "created": "green", "attached": "green"}
_NAMES = {"uuid": "event_uuid"}
NUMBERS = ("moment", "source_person", "target_person", "person")  # of the store, nobody's business


@click.command("person", cls=Command, epilog="Example: idcli person user_hanna")
@click.argument("wanted", metavar="ID", type=ID)
@team_option("Only the ID of this team.")
@format_option("table", "json")
@option(
    "--as-of",
    "moment",
    metavar="LINE|TIME|DAY",
    help="As it was after a line (120 or FILE:120), before anything of it later than a time, or at the end "
    "of a day.",
)
@option("--all", "show_all", is_flag=True, help="Show long lists in full.")
@option("--timeline", is_flag=True, help="Draw how it came to be, as idcli graph ID does.")
@with_run
@with_ids("wanted")
@redactable("wanted")
def command(
    run: Run,
    wanted: str,
    team_id: int | None,
    output: str,
    show_all: bool,
    timeline: bool,
    moment: str | None,
) -> None:
    """Show who ID is, and why.

    ID is any distinct id or person id. Shows the distinct ids of its person and the line
    that brought each in, the properties and the line that wrote each, and all links and
    warnings that touch the person.
    """
    if moment is not None:
        from identity_cli.cli.commands.show_person_as_of import (
            tell,  # the person of today needs nothing of it
        )

        tell(run, wanted, (moment, team_id), output)
        return
    report = person(run, wanted, team_id)
    if output == "json":
        from identity_cli.cli.terminal.render import write_document

        write_document(_document(run, wanted, report))
        return
    page = _Screen(run, None if show_all else SHOWN)
    if timeline:
        from identity_cli.cli.terminal.timeline_page import show_person  # a page of words needs none of it

        show_person(page, run, (report.person, wanted))
        page.line()
    _show(page, wanted, report)


def _document(run: Run, wanted: str, report: PersonReport) -> dict[str, Any]:
    """The report as one object; `format` changes when a key is renamed or means something else.

    Every item of `distinct_ids`, `properties`, `links` and `warnings` has the `file`,
    `line` and `nth` of its event. `replaced` holds the value before in a list, empty if there was none.
    """
    about = report.person._asdict()
    del about["person"]
    about["is_identified"] = bool(report.person.is_identified)
    about["properties"] = json.loads(report.person.properties)
    about["identified_at"] = None if report.identified_seq is None else _place(run, report.identified_seq)
    return {
        "format": FORMAT,
        "asked_for": wanted,
        "person": about,
        "merged_person_ids": report.merged_person_ids,
        "internal": report.internal,
        "distinct_ids": [_placed(run, item) for item in report.distinct_ids],
        "properties": [{"key": key, **_placed(run, item)} for key, item in report.properties.items()],
        "links": [
            {**_placed(run, link), "silently": link.is_silent, "forced": link.is_forced}
            for link in report.links
        ],
        "warnings": [_placed(run, item) for item in report.warnings],
        "findings": report.findings,
    }


def _placed(run: Run, record: Any) -> dict[str, Any]:
    """A record as an object, with the place of its event."""
    fields = record._asdict()
    place = _place(run, fields.pop("seq"))
    return {**place, **{_NAMES.get(key, key): fields[key] for key in fields if key not in NUMBERS}}


def _place(run: Run, seq: int) -> Address:
    return run.origin(seq).place


class _Screen(Page):
    """A page that knows its run and how long its lists may be."""

    def __init__(self, run: Run, limit: int | None) -> None:
        super().__init__()
        self._run = run
        self._limit = limit

    def where(self, seq: int) -> str:
        """The path:line of a seq."""
        return str(self._run.origin(seq))

    def list(self, columns: list[Column], rows: Iterable[list[Cell]], count: int) -> None:
        """A table of so many rows, folded if they are many."""
        self.folded(columns, rows, count, self._limit)


def _show(page: _Screen, wanted: str, report: PersonReport) -> None:
    _show_verdict(page, wanted, report)
    _show_ids(page, report)
    _show_properties(page, report)
    _show_links(page, report.links)
    _show_losses(page, report.links)
    _show_warnings(page, report)
    _show_findings(page, report)


def _show_verdict(page: _Screen, wanted: str, report: PersonReport) -> None:
    person = report.person
    state = ("identified", "green") if person.is_identified else ("anonymous", "yellow")
    page.sentence((_short(page, wanted), "bold"), " is person ", person.person_id, ", ", state)
    ids, events = plural(person.id_count, "distinct id"), plural(person.event_count, "event")
    page.sentence(f"{ids}, {events}{_between(person.first_seen, person.last_seen)}")
    silent = sum(item.silently for item in report.distinct_ids)
    if silent:
        joined = f"! {plural(silent, 'id')} joined it when already identified, without a warning: "
        page.sentence((joined, "yellow"), ("one person, or two?", "bold yellow"))
    forced = [link.event for link in report.links if link.is_forced]
    if forced:
        by = " and ".join(sorted(set(forced)))
        merged = f"! {plural(len(forced), 'identified person')} merged in by {by}: "
        page.sentence((merged, "yellow"), ("one person, or several?", "bold yellow"))
    page.line()
    made = f"{time_text(person.created_at)}, with {_short(page, person.creator_distinct_id)}".removeprefix(
        ", "
    )
    rows: list[list[Cell]] = [["team", str(person.team_id)], ["created", made]]
    if report.identified_seq is not None:
        rows.append(["identified", (page.where(report.identified_seq), "cyan")])
    if report.internal is not None:
        rows.append(["internal", (report.internal, "magenta")])
    if report.merged_person_ids:
        rows.append(["merged in", plural(len(report.merged_person_ids), "person")])
    page.pairs(rows)


def _short(page: Page, distinct_id: str) -> str:
    """For running text on a terminal; the list of ids has its own ways with those of a megabyte."""
    return shortened(distinct_id, LONGEST_IN_TEXT, "ends") if page.is_terminal else distinct_id


def _between(first: str | None, last: str | None) -> str:
    if first is None or last is None:
        return ""
    return f", {time_text(first)}" if first == last else f", {time_text(first)} to {time_text(last)}"


def _show_ids(page: _Screen, report: PersonReport) -> None:
    ways: dict[str, int] = {}
    for item in report.distinct_ids:
        ways[item.how] = ways.get(item.how, 0) + 1
    page.heading("Distinct ids", ", ".join(f"{count:,} {how}" for how, count in ways.items()))
    columns = [
        id_column(),
        Column("how"),
        id_column("with", ""),
        origin_column(),
        number_column("events"),
        Column("when", extra=True),
    ]
    rows: Iterator[list[Cell]] = (
        [
            item.distinct_id,
            (f"{item.how} !", "yellow") if item.silently else (item.how, STYLES[item.how]),
            item.linked_with,
            page.where(item.seq),
            item.event_count,
            time_text(item.time),
        ]
        for item in report.distinct_ids
    )
    page.list(columns, rows, len(report.distinct_ids))


def _show_properties(page: _Screen, report: PersonReport) -> None:
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
    rows: Iterator[list[Cell]] = (
        [
            key,
            value_text(item.value),
            value_text(item.replaced[0]) if item.replaced else "",
            f"${item.operation}",
            page.where(item.seq),
            item.event,
        ]
        for key, item in report.properties.items()
    )
    page.list(columns, rows, len(report.properties))


def _show_links(page: _Screen, links: list[LinkRow]) -> None:
    if not links:
        return
    refused = sum(link.is_refused for link in links)
    page.heading("Links", f"{len(links):,}, {refused:,} refused" if refused else f"{len(links):,}")
    columns = [
        Column("outcome"),
        id_column("other id"),
        id_column("into"),
        origin_column(),
        Column("event", keep="start", extra=True),
    ]
    rows: Iterator[list[Cell]] = (
        [
            (link.outcome, STYLES.get(link.outcome, "red")),
            link.source_distinct_id,
            link.target_distinct_id,
            page.where(link.seq),
            link.event,
        ]
        for link in links
    )
    page.list(columns, rows, len(links))


def _show_losses(page: _Screen, links: list[LinkRow]) -> None:
    lost = [(key, value, link.seq) for link in links if link.dropped for key, value in link.dropped.items()]
    if lost:
        page.heading("Values lost in merges", f"{len(lost):,}")
        columns = [Column("key", keep="start", style="bold"), Column("value", keep="start"), origin_column()]
        rows: Iterator[list[Cell]] = ([key, value_text(value), page.where(seq)] for key, value, seq in lost)
        page.list(columns, rows, len(lost))


def _show_warnings(page: _Screen, report: PersonReport) -> None:
    warnings = report.warnings
    if warnings:
        page.heading("Warnings", f"{len(warnings):,}")
        columns = [Column("type", keep="start"), id_column(), origin_column()]
        rows: Iterator[list[Cell]] = ([one.type, one.distinct_id, page.where(one.seq)] for one in warnings)
        page.list(columns, rows, len(warnings))


def _show_findings(page: _Screen, report: PersonReport) -> None:
    found = report.findings
    if found:
        page.heading("Findings", f"{len(found):,}; idcli warnings --code CODE tells more")
        columns = [Column("severity"), Column("code"), number_column("events"), origin_column("first")]
        rows = [row for one in found for row in _finding(one)]
        page.list(columns, iter(rows), len(rows))


def _finding(one: Mapping[str, Any]) -> Iterator[list[Cell]]:
    """A row for it, and one for each other audit that saw the same."""
    yield [(one["severity"], SEVERITIES[one["severity"]]), one["code"], one["events"], _origin(one["first"])]
    for also in one["evidence"].get("also", ()):
        yield [("  also", "dim"), also["code"], also["events"], _origin(also["first"])]


def _origin(place: Address) -> str:
    return str(Origin(place["file"], place["line"], place["nth"]))
