"""`idcli whatif`: who would be who had an event, an id or a rule been different."""

from typing import TYPE_CHECKING, Any

import click

from identity_cli.cli.commands.compare_runs import figures, show_comparison
from identity_cli.cli.commands.compare_runs import show as show_diff
from identity_cli.cli.terminal.command import Replaying, option
from identity_cli.cli.terminal.completed import FILE, ID, Known
from identity_cli.cli.terminal.options import buffer_option, format_option, limit_option
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, origin_column
from identity_cli.cli.terminal.render import reading_progress, replaying_progress, write_document
from identity_cli.cli.terminal.run_arguments import with_ids, with_log, with_run
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.comparing.run_differences import diff
from identity_cli.counterfactual.changed_log import Change, Flip, WhatIf, whatif
from identity_cli.counterfactual.plan import read_plan
from identity_cli.reading.left_out import LeftOut
from identity_cli.replaying.again.rerun import replayed
from identity_cli.rules import RULE_SETS
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.answers import of_counterfactuals

FORMAT = 1


@click.command(
    "whatif",
    cls=Replaying,
    epilog="Example: idcli whatif --without sample_data/events.ndjson:297",
)
@option(
    "--without",
    multiple=True,
    metavar="EVENT",
    help="Leave out an event: its uuid, LINE or FILE:LINE; FILE:LINE#N is the N-th of a line with several.",
)
@option("--block-id", "blocked", multiple=True, metavar="ID", type=ID, help="Never link that distinct id.")
@option(
    "--reset-before",
    "resets",
    multiple=True,
    metavar="FILE:LINE",
    help="As though reset() had been called on the device before that event.",
)
@option("--plan", metavar="FILE", type=FILE, help="Leave out what a plan of idcli repair leaves out.")
@option(
    "--rules",
    type=Known(RULE_SETS),
    metavar="NAME",
    help=f"Another rule set, of {', '.join(RULE_SETS)}; replays the whole log.",
)
@buffer_option("Another buffer; replays the whole log.")
@limit_option("Changes and links shown.")
@format_option("table", "json")
@with_run
@with_log
@with_ids("blocked", whole=True)
def command(
    run: Run,
    without: tuple[str, ...],
    blocked: tuple[str, ...],
    resets: tuple[str, ...],
    plan: str | None,
    rules: str | None,
    buffer_seconds: float | None,
    limit: int,
    output: str,
) -> None:
    """Replay with a change, and show what it changes.

    Which persons split or merge, which ids and events move to another person, which links have another
    outcome, which properties differ, and how many unique users there are before and after. Only events
    that the change can affect are replayed. --without, --block-id and --reset-before can be given several
    times.
    """
    planned, ids = ((), ()) if plan is None else _planned(run, plan)
    events = Change((*without, *planned), (*blocked, *ids), resets)
    settings = {"rules": rules, "buffer_seconds": buffer_seconds}
    asked = {name: value for name, value in settings.items() if value is not None}
    if bool(asked) == (events != Change()):
        raise click.UsageError(
            "give --without, --block-id, --reset-before or --plan, or else --rules or --buffer."
        )
    if asked:
        _by_settings(run, asked, limit, output)
    else:
        with reading_progress(run) as progress:
            found = whatif(run, events, on_progress=progress)
        if output == "json":
            write_document(document(found))
        else:
            show(Page(), found, limit)


def _planned(run: Run, file: str) -> tuple[tuple[LeftOut, ...], tuple[str, ...]]:
    plan = read_plan(file)
    return plan.located_in(run), plan.blocked_ids


def _by_settings(run: Run, asked: dict[str, Any], limit: int, output: str) -> None:
    from identity_cli.cli.commands.compare_runs import document

    with replaying_progress(run) as progress, replayed(run, progress, **asked) as other:
        found = diff(run, other)
    if output == "json":
        write_document(document(found))
    else:
        show_diff(Page(), found, limit)


def document(found: WhatIf) -> "of_counterfactuals.WhatIf":
    """A what-if as one JSON object."""
    before, after = found.persons
    return {
        "format": FORMAT,
        "unique_users": {"before": before, "after": after},
        "scope": {"ids": found.ids, "events": found.events},
        **figures(found.comparison),
        "links": [_flip(flip) for flip in found.flips],
        "properties": [{"old": old, "new": new, "names": names} for old, new, names in found.properties],
    }


def _flip(flip: Flip) -> "of_counterfactuals.FlippedLink":
    return {
        **flip.origin.place,
        "uuid": flip.uuid,
        "event": flip.event,
        "source_distinct_id": flip.source_distinct_id,
        "target_distinct_id": flip.target_distinct_id,
        "before": flip.before,
        "after": flip.after,
    }


def show(page: Page, found: WhatIf, limit: int) -> None:
    """A what-if as a page."""
    before, after = found.persons
    if not found.differs:
        page.line(("It would change nothing.", "bold green"))
    page.line(("Unique users", "bold"), f"  {before:,} → {after:,}  ({after - before:+,})")
    if after == before and found.ids > 1:
        page.paragraph(
            "Nobody comes apart. Where other links join the same ids too, leaving out one of them is not "
            "enough: idcli culprits ID names all that it takes.",
            indent=0,
        )
    page.line(
        (
            f"replayed {plural(found.events, 'event')} of the {plural(found.ids, 'id')} that it can affect",
            "dim",
        )
    )
    page.line()
    show_comparison(page, found.comparison, limit)
    if found.flips:
        page.heading("Links whose outcome changes", number_text(len(found.flips)))
        of_links = (
            origin_column(),
            id_column("other id"),
            id_column("into"),
            Column("was"),
            Column("would be", style="bold"),
        )
        rows: list[list[Cell]] = [
            [str(flip.origin), flip.source_distinct_id, flip.target_distinct_id, flip.before, flip.after]
            for flip in found.flips
        ]
        page.folded(of_links, rows, len(rows), limit, "--limit shows them")
    if found.properties:
        page.heading("Properties that differ", plural(len(found.properties), "person"))
        changed: list[list[Cell]] = [[new, ", ".join(names)] for _, new, names in found.properties]
        page.folded(
            (Column("person"), Column("properties", "start")), changed, len(changed), limit, "--limit"
        )
