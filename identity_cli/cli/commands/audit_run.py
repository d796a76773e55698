"""`idcli audit`: a run as a whole, in the numbers that one quotes."""

from typing import Any

import click

from identity_cli.cli.terminal.at_work import at_work
from identity_cli.cli.terminal.command import Command
from identity_cli.cli.terminal.options import format_option, internal_option
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, number_column
from identity_cli.cli.terminal.run_arguments import with_run
from identity_cli.reports.run_audit import RunAudit, run_audit
from identity_cli.store.reading.run import Run

FORMAT = 1
PAIRS_SHOWN = 6
TOP_SHOWN = 5
NAMES = {"person": "persons", "email": "e-mails, and persons without", "device": "devices"}


@click.command("audit", cls=Command, epilog="Example: idcli audit --format json")
@format_option("table", "json")
@with_run
@internal_option
def command(run: Run, output: str) -> None:
    """Sum up a run: ids per person, kinds of ids, what was linked.

    How many ids share a person, how many ids a person has, what ids look like and which kinds of them were
    linked, the ids with the most links, and unique users counted by person, by e-mail address and by device.
    """
    with at_work("Counting"):
        found = run_audit(run)
    if output == "json":
        from identity_cli.cli.terminal.render import write_document

        write_document(_document(found))
    else:
        _show(Page(), found)


def _document(found: RunAudit) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "persons": found.persons,
        "distinct_ids": found.distinct_ids,
        "consolidation_rate": found.consolidation_rate,
        "ids_per_person": {
            "percentiles": {str(share): size for share, size in found.percentiles.items()},
            "largest": found.largest,
        },
        "kinds": [one._asdict() for one in found.kinds],
        "linked_kinds": [one._asdict() for one in found.pairs],
        "top_ids": [one._asdict() for one in found.top],
        "unique_users": found.unique_users,
    }


def _show(page: Page, found: RunAudit) -> None:
    rate = f"{found.consolidation_rate:.1%} consolidated"
    page.line((f"{found.distinct_ids:,} distinct ids on {found.persons:,} persons", "bold"), f": {rate}")
    sizes = ", ".join(f"{size:,} at {share} %" for share, size in found.percentiles.items())
    page.paragraph(f"Ids per person: {sizes}, at most {found.largest:,}", indent=0)
    users = [f"{count:,} {NAMES[by]}" for by, count in found.unique_users.items() if count is not None]
    page.paragraph(f"Unique users: {'; '.join(users)}", indent=0)
    if found.kinds:
        page.heading("Kinds of ids")
        columns = [Column("kind", keep="start"), number_column("ids"), number_column("alone on a person")]
        page.table(columns, [[one.kind, one.ids, one.alone] for one in found.kinds])
    if found.pairs:
        page.heading("Linked")
        columns = [Column("the other id", keep="start"), Column("own id", keep="start")]
        columns += [number_column("links"), number_column("refused")]
        rows: list[list[Cell]] = [[*one] for one in found.pairs]
        page.folded(columns, rows, len(rows), PAIRS_SHOWN, "--format json has them")
    if found.top:
        page.heading("Ids of most links")
        page.table(
            [id_column(), number_column("links"), number_column("refused")],
            [[*one] for one in found.top[:TOP_SHOWN]],
        )
