"""`idcli blame`: which event wrote a person's properties."""

from typing import TYPE_CHECKING, Any

import click

from identity_cli.cli.terminal.command import Command
from identity_cli.cli.terminal.completed import ID
from identity_cli.cli.terminal.options import format_option, team_option
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, origin_column
from identity_cli.cli.terminal.render import reading_progress, write_document, write_records
from identity_cli.cli.terminal.run_arguments import with_ids, with_log, with_run
from identity_cli.cli.terminal.text import plural, value_text
from identity_cli.counterfactual.property_blame import Blame, BlamedValue, blame
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.counterfactual.unwritten import Mention, Unwritten

FORMAT = 1
MENTIONS_SHOWN = 10
FIELDS = (
    *("key", "what", "value", "replaced", "file", "line", "nth", "uuid", "event", "time"),
    *("person_id", "made_with", "is_stale"),
)
NO_OPERATIONS = ("lost", "brought")
"""What a merge did to a value."""
STYLES = {"lost": "red", "brought": "yellow", "unset": "red"}


@click.command("blame", cls=Command, epilog="Example: idcli blame user_nils email")
@click.argument("wanted", metavar="ID", type=ID)
@click.argument("key", metavar="[PROPERTY]", required=False)
@team_option("The team of the id.")
@format_option()
@with_run
@with_log
@with_ids("wanted")
def command(run: Run, wanted: str, key: str | None, team_id: int | None, output: str) -> None:
    """Tell which event wrote a person's properties.

    Each current value with its event, operation and the person it was written on. With
    PROPERTY all that ever happened to it: who overwrote whom, what merges lost or brought
    along, and stale wins: an older event, ingested later, that overwrote a newer value. The
    log tells the rest: each $set_once that came too late, and events that have the property
    themselves, which writes nothing on the person.
    """
    with reading_progress(run) as progress:
        found = blame(run, wanted, key, team_id, on_progress=progress)
    records = [_record(run, entry) for entry in found.entries]
    if output == "json":
        write_document(
            {
                "format": FORMAT,
                "person_id": found.person.person_id,
                "entries": records,
                "too_late": None if found.unwritten is None else _mentions(found.unwritten.too_late),
                "on_events": None if found.unwritten is None else _mentions(found.unwritten.on_events),
            }
        )
    elif output == "table":
        _show(Page(), run, found, key)
    else:
        write_records(FIELDS, iter(records), output)


def _record(run: Run, entry: BlamedValue) -> dict[str, Any]:
    origin = run.origin(entry.seq)
    values = (
        *(entry.key, entry.what, entry.value, entry.replaced, *origin, entry.uuid),
        *(entry.event, entry.time, entry.person_id, entry.made_with, entry.is_stale),
    )
    return dict(zip(FIELDS, values, strict=True))


def _mentions(mentions: "list[Mention]") -> list[dict[str, Any]]:
    return [
        {
            **one.origin.place,
            "event": one.event,
            "time": one.time,
            "distinct_id": one.distinct_id,
            "value": one.value,
        }
        for one in mentions
    ]


def _what(entry: BlamedValue) -> str:
    """An operation by its name in the event, as `person` has it."""
    name = entry.what if entry.what in NO_OPERATIONS else f"${entry.what}"
    return f"{name} !" if entry.is_stale else name


def _show(page: Page, run: Run, found: Blame, key: str | None) -> None:
    what = plural(len(found.entries), "value") if key is None else f"the history of {key}"
    page.line((found.person.person_id, "bold"), f": {what}")
    page.line()
    rows: list[list[Cell]] = [
        [
            entry.key,
            (_what(entry), STYLES.get(entry.what, "")),
            value_text(entry.value),
            value_text(entry.replaced[0]) if entry.replaced else "",
            str(run.origin(entry.seq)),
            entry.made_with,
            entry.event,
        ]
        for entry in found.entries
    ]
    if key is None:
        page.table(_COLUMNS, rows, indent=0)
    else:
        page.table(_COLUMNS[1:], [row[1:] for row in rows], indent=0)
    stale = sum(entry.is_stale for entry in found.entries)
    if stale:
        told = "an older event, ingested later, overwrote a newer value"
        page.line()
        page.paragraph(f"! {plural(stale, 'stale win')}: {told}", indent=0)
    if found.unwritten is not None:
        _show_unwritten(page, found.unwritten, key or "")
    elif key is not None:
        page.line()
        page.paragraph("The log cannot be read again, so what it says of it is not told.", indent=0)


def _show_unwritten(page: Page, found: "Unwritten", key: str) -> None:
    """What the log says of a property that is in no entry."""
    if found.too_late:
        page.heading("Came too late", "a $set_once of a property that was there writes nothing")
        rows = [
            [value_text(one.value), str(one.origin), one.distinct_id, one.event] for one in found.too_late
        ]
        page.folded(_TOO_LATE, rows, found.too_late_count, MENTIONS_SHOWN, "--format json shows them")
    if found.on_events:
        first, events = found.on_events[0], plural(found.on_events_count, "event")
        page.line()
        page.paragraph(
            f"{key} stands on {events} of this person, such as {first.origin} "
            f"({value_text(first.value)}), as the event's own. That writes nothing on the person: only what "
            "stands under $set or $set_once does.",
            indent=0,
        )


_TOO_LATE = (
    Column("value", keep="start"),
    origin_column(),
    id_column("of", ""),
    Column("event", keep="start", extra=True),
)
_COLUMNS = (
    Column("key", keep="start", style="bold"),
    Column("by"),
    Column("value", keep="start"),
    Column("was", keep="start", style="dim"),
    origin_column(),
    id_column("on the person of", ""),
    Column("event", keep="start", extra=True),
)
