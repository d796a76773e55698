"""`idcli culprits`: which events over-merged a person."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from identity_cli.cli.terminal.command import Replaying
from identity_cli.cli.terminal.completed import ID
from identity_cli.cli.terminal.options import format_option, limit_option, team_option
from identity_cli.cli.terminal.page import Cell, Column, Page, number_column, origin_column
from identity_cli.cli.terminal.render import reading_progress, write_document
from identity_cli.cli.terminal.run_arguments import with_ids, with_log, with_run
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.counterfactual.culprit_search import Culprit, Culprits, culprits
from identity_cli.counterfactual.resolution import Place
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.answers import of_counterfactuals

FORMAT = 1
LOGINS_SHOWN = 8
ALSO_SHOWN = 5  # events of a set, beside the first


@click.command("culprits", cls=Replaying, epilog="Example: idcli culprits user_nils")
@click.argument("wanted", metavar="ID", type=ID)
@team_option("The team of the id.")
@limit_option("Culprits shown.")
@format_option("table", "json")
@with_run
@with_log
@with_ids("wanted")
def command(run: Run, wanted: str, team_id: int | None, limit: int, output: str) -> None:
    """Rank the events that over-merged a person.

    Tries which events, left out, take ids off the person. First come those that separate the most login ids
    and move the most events, with the fewest events left out. Each effect is measured by a replay.
    """
    with reading_progress(run) as progress:
        found = culprits(run, wanted, team_id, on_progress=progress)
    if output == "json":
        write_document(_document(found))
    else:
        _show(Page(), found, limit)


def _document(found: Culprits) -> "of_counterfactuals.Culprits":
    return {
        "format": FORMAT,
        "person_id": found.person_id,
        "login_ids": found.login_ids,
        "ids": found.ids,
        "links": found.links,
        "links_measured": found.measured,
        "links_held": found.held,
        "largest_set": found.largest_set,
        "culprits": [_culprit(one) for one in found.found],
    }


def _culprit(one: Culprit) -> "of_counterfactuals.Culprit":
    return {
        "events": [place.document for place in one.places],
        "event": one.link.event,
        "outcome": one.link.outcome,
        "source_distinct_id": one.link.source_distinct_id,
        "target_distinct_id": one.link.target_distinct_id,
        "login_ids_separated": one.login_ids,
        "ids_separated": list(one.ids),
        "events_moved": one.events,
    }


def _show(page: Page, found: Culprits, limit: int) -> None:
    shown = ", ".join(found.login_ids[:LOGINS_SHOWN])
    page.line(
        (found.person_id, "bold"), f": {plural(found.ids, 'id')}, {plural(len(found.login_ids), 'login id')}"
    )
    if shown:
        page.paragraph(shown + (", …" if len(found.login_ids) > LOGINS_SHOWN else ""))
    page.line()
    if not found.found:
        page.line("No event can be left out to part it.")
        _show_limits(page, found)
        return
    columns = (
        origin_column("without"),
        Column("and", "end"),
        number_column("login ids"),
        number_column("ids"),
        number_column("events"),
        Column("event", "start", extra=True),
    )
    rows: list[list[Cell]] = [
        [
            str(one.places[0].origin),
            _also(one.places[1:]),
            one.login_ids,
            len(one.ids),
            one.events,
            one.link.event,
        ]
        for one in found.found
    ]
    page.folded(columns, rows, len(rows), limit, "--limit shows them")
    _show_limits(page, found)


def _show_limits(page: Page, found: Culprits) -> None:
    """What was not looked for."""
    if found.measured < found.links:
        page.line((f"  measured {number_text(found.measured)} of {plural(found.links, 'link')}", "dim"))
    if found.held:
        page.paragraph(
            f"{plural(found.held, 'link')} of these no set of up to {number_text(found.largest_set)} events "
            "undoes: others hold their ids together all the same.",
            style="dim",
        )


def _also(places: Sequence[Place]) -> str:
    """The further events of a set, as many as a table has room for."""
    shown = [f":{str(place.origin).rpartition(':')[2]}" for place in places[:ALSO_SHOWN]]
    return ", ".join(shown) + (f", … {len(places) - ALSO_SHOWN} more" if len(places) > ALSO_SHOWN else "")
