"""`idcli find`: where an id, a name, an e-mail address or any value stands, and whose it was and is."""

from typing import Any

import click

from identity_cli.cli.terminal.at_work import at_work
from identity_cli.cli.terminal.command import Command
from identity_cli.cli.terminal.options import format_option, limit_option
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, origin_column
from identity_cli.cli.terminal.run_arguments import with_run
from identity_cli.cli.terminal.text import number_text, plural, value_text
from identity_cli.reports.owners import Owner
from identity_cli.reports.sightings import Sighting, find
from identity_cli.store.reading.run import Run

SHOWN = 20
FIELDS = (
    *("what", "value", "match", "file", "line", "nth", "then", "then_person_id"),
    *("now", "now_person_id", "is_current"),
)


@click.command("find", cls=Command, epilog="Example: idcli find olga@example.org")
@click.argument("text", metavar="TEXT")
@limit_option("Rows of the table.", SHOWN)
@format_option()
@with_run
def command(run: Run, text: str, limit: int, output: str) -> None:
    """Find any id, e-mail address, name or value, now or ever.

    First what is exactly TEXT, then what begins with it, contains it, or has it in another case. Each
    with the line that brought it, the person that had it then, and who that is today. What a merge or a
    later event overwrote is found too.
    """
    with at_work("Searching"):
        found = find(run, text)
    if output != "table":
        from identity_cli.cli.terminal.render import write_records

        write_records(FIELDS, map(_record, found), output)
    else:
        _show(Page(), text, found, limit)


def _record(one: Sighting) -> dict[str, Any]:
    place = {"file": None, "line": None, "nth": None} if one.origin is None else one.origin.place
    return {
        "what": one.what,
        "value": one.value,
        "match": one.match,
        **place,
        **_owner("then", one.then),
        **_owner("now", one.now),
        "is_current": one.is_current,
    }


def _owner(when: str, owner: Owner | None) -> dict[str, str | None]:
    return {
        when: None if owner is None else owner.known_as,
        f"{when}_person_id": None if owner is None else owner.person_id,
    }


def _show(page: Page, text: str, found: list[Sighting], limit: int) -> None:
    if not found:
        page.paragraph(
            f"No id, person id or value that holds {text!r} was ever in this run. What stands on events "
            "alone, not on persons, is only in the log.",
            indent=0,
        )
        return
    exact = sum(one.match == "exact" for one in found)
    page.line((text, "bold"), f": {plural(len(found), 'place')}, {number_text(exact)} exact")
    moved = any(one.then != one.now for one in found[:limit])  # else there is more room for ids
    columns = [
        Column("what", "start"),
        id_column("value"),
        *([id_column("of", "")] if moved else []),
        id_column("who today is" if moved else "of", ""),
        origin_column(),
        Column("match", style="dim", extra=True),
        Column("person id", extra=True),
    ]
    rows = (_row(one, moved=moved) for one in found)
    page.folded(columns, rows, len(found), limit, "--limit shows them")
    if any(not one.is_current for one in found[:limit]):
        page.line()
        page.paragraph("! no longer: overwritten, removed, lost in a merge; idcli blame ID tells.", indent=2)


def _row(one: Sighting, *, moved: bool) -> list[Cell]:
    return [
        one.what if one.is_current else (f"{one.what} !", "yellow"),
        value_text(one.value),
        *(["" if one.then is None else one.then.known_as] if moved else []),
        "" if one.now is None else one.now.known_as,
        "" if one.origin is None else str(one.origin),
        one.match,
        "" if one.now is None else one.now.person_id,
    ]
