"""`idcli events`: the events of a person, and whose each was when it came."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import ID
from identity_cli.cli.terminal.options import format_option, limit_option, team_option
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, origin_column
from identity_cli.cli.terminal.render import reading_progress, write_records
from identity_cli.cli.terminal.run_arguments import with_ids, with_log, with_run
from identity_cli.cli.terminal.text import number_text, plural, time_text
from identity_cli.counterfactual.whose_events import PersonEvent, PersonEvents, person_events
from identity_cli.store.reading.run import Run
from identity_cli.tables.cells import time_text as stored_time

if TYPE_CHECKING:
    from identity_cli.answers import of_persons

SHOWN = 50
NARROW = 70  # columns below which there is no room for years
FIELDS = (
    *("time", "event", "distinct_id", "library", "version", "file", "line", "nth", "uuid"),
    *("then", "person_id_then"),
)


@click.command("events", cls=Command, epilog="Example: idcli events user_ivo --of user_ivo")
@click.argument("wanted", metavar="ID", type=ID)
@option("--of", "login", metavar="ID", type=ID, help="Only those of one of its logins.")
@option("--since", metavar="LINE|TIME|DAY", help="Only from that line, time or day on.")
@option("--until", metavar="LINE|TIME|DAY", help="Only up to that line, time or day.")
@team_option("The team of the id.")
@limit_option("Rows of the table.", SHOWN)
@format_option()
@with_run
@with_log
@with_ids("wanted", "login")
def command(
    run: Run,
    wanted: str,
    login: str | None,
    team_id: int | None,
    limit: int,
    output: str,
    **bounds: str | None,
) -> None:
    """Show a person's events, and whose each was when it came.

    In the order of the log, which is that of ingestion: with the distinct id and the library that sent
    each, and the person that it went to then. With --of those sent under that id, or under no other
    login's id while the person went by it. From the log, or from a run of replay --events.
    """
    with reading_progress(run) as progress:
        found = person_events(run, wanted, team_id, of=login, on_progress=progress, **bounds)
    if output == "table":
        _show(Page(), found, limit)
    else:
        write_records(FIELDS, _records(found.events), output)


def _records(events: Iterable[PersonEvent]) -> Iterable["of_persons.EventOfPerson"]:
    for one in events:
        yield {
            "time": None if one.time is None else stored_time(one.time),
            "event": one.event,
            "distinct_id": one.distinct_id,
            "library": one.library,
            "version": one.version,
            **one.origin.place,
            "uuid": one.uuid,
            "then": None if one.then is None else one.then.known_as,
            "person_id_then": None if one.then is None else one.then.person_id,
        }


def _show(page: Page, found: PersonEvents, limit: int) -> None:
    columns = [
        Column("time"),
        Column("event", "start", "bold"),
        id_column("distinct_id", ""),
        id_column("whose then", ""),
        origin_column(),
        Column("library", "start", extra=True),
    ]
    skipped = 0 if page.width >= NARROW else len("2023-")
    rows = ([_time(one)[skipped:], *_cells(one)] for one in found.events)
    page.table(columns, [row for row, _ in zip(rows, range(limit), strict=False)], indent=0)
    rest = len(found.events) - limit
    if rest > 0:
        page.note(f"… and {number_text(rest)} more; --limit {len(found.events)} shows them")
    else:
        page.note(plural(len(found.events), "event"))


def _time(one: PersonEvent) -> str:
    return "" if one.time is None else time_text(stored_time(one.time))


def _cells(one: PersonEvent) -> Iterable[Cell]:
    yield one.event
    yield one.distinct_id
    yield "" if one.then is None else one.then.known_as
    yield str(one.origin)
    yield " ".join(filter(None, (one.library, one.version)))
