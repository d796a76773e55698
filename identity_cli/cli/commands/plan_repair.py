"""`idcli repair`: a plan that a person can review and apply."""

from typing import Any

import click

from identity_cli.cli.terminal.command import Replaying, option
from identity_cli.cli.terminal.completed import FILE, ID
from identity_cli.cli.terminal.options import format_option, team_option
from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.render import reading_progress, write_document
from identity_cli.cli.terminal.run_arguments import with_ids, with_log, with_run
from identity_cli.counterfactual.repair_plan import Action, Plan, read_ids, repair
from identity_cli.origins import Origin
from identity_cli.store.reading.run import Run

IDS_SHOWN = 8
PLACES_SHOWN = 4
TITLES = {
    "leave_out": "Leave out of a re-import",
    "block_id": "Block in a re-import",
    "split": "Split off on the platform",
    "import": "Import anew",
    "fix_code": "Fix in the code",
}


@click.command("repair", cls=Replaying, epilog="Example: idcli repair user_nils --format json")
@click.argument("wanted", metavar="[ID]", required=False, type=ID)
@option(
    "--from",
    "findings",
    metavar="FILE",
    type=FILE,
    help="All ids of a file, one a line, as text or JSON; or findings, of idcli warnings.",
)
@team_option("The team of the id.")
@format_option("table", "json")
@with_run
@with_log
@with_ids("wanted")
def command(run: Run, wanted: str | None, findings: str | None, team_id: int | None, output: str) -> None:
    """Plan how to split an over-merged person.

    Which links to leave out of a re-import, which ids to split off on the platform, and which code to fix:
    each with its reason, and with its effect as measured by a replay. Save the plan with --format json and
    review it, test it with whatif --plan, then apply it with replay --apply or export log --plan.
    """
    if (wanted is None) == (findings is None):
        raise click.UsageError("give ID or --from FILE.")
    ids = [wanted] if wanted is not None else read_ids(findings or "")
    with reading_progress(run) as progress:
        plan = repair(run, ids, team_id, on_progress=progress)
    if output == "json":
        write_document(plan.document)
    else:
        _show(Page(), plan)


def _show(page: Page, plan: Plan) -> None:
    before, after = plan.persons
    page.line((", ".join(plan.person_ids), "bold"))
    if not plan.actions:
        page.sentence("Nothing to repair: it has no two login ids that leaving out events would part.")
        _show_rest(page, plan)
        return
    page.line(f"With this plan, unique users {before:,} → {after:,}  ({after - before:+,})")
    for kind, title in TITLES.items():
        actions = [one for one in plan.actions if one.kind == kind]
        if actions:
            page.heading(title)
        for one in actions:
            _show_action(page, one)

    _show_rest(page, plan)


def _show_rest(page: Page, plan: Plan) -> None:
    """What the plan does not part."""
    for group in plan.together:
        shown = ", ".join(group[:IDS_SHOWN]) + (", …" if len(group) > IDS_SHOWN else "")
        page.line()
        page.paragraph(f"Still one person: {shown}.", indent=0)
    if plan.stopped_at is not None:
        page.paragraph(
            f"The plan stops at {plan.stopped_at} steps; apply it, then plan again for what is left.",
            indent=0,
        )
    elif plan.together:
        page.paragraph("No set of events that could be tried parts these; see idcli why of two.", indent=0)


def _show_action(page: Page, one: Action) -> None:
    details = one.details
    if one.kind == "leave_out":
        origins = [Origin(event["file"], event["line"], event["nth"]) for event in details["events"]]
        _show_places(page, [*map(str, origins)])
    elif one.kind == "block_id":
        page.line("  ", (details["distinct_id"], "bold"))
    elif one.kind == "import":
        for ids in details["persons"]:
            page.paragraph(", ".join(ids), indent=2, style="bold")
    elif one.kind == "split":
        request = details["request"]
        page.line("  ", (f"{request['method']} {request['path']}", "bold"))
    else:
        page.line("  ", (_sender(details), "bold"), f"  {details['event']}")
        page.paragraph(f"{details['evidence']}.", indent=4)
    page.paragraph(f"{one.reason}.", indent=4)
    for name in ("note", "warning"):
        if name in details:
            page.paragraph(f"{details[name]}.", indent=4)


def _show_places(page: Page, places: list[str]) -> None:
    shown = places if len(places) <= PLACES_SHOWN + 1 else places[:PLACES_SHOWN]
    more = f" and {len(places) - len(shown):,} more; --format json has them" if shown is not places else ""
    told = " and ".join(shown)
    if len(told) + len(more) + 2 <= page.width:
        page.line("  ", (told, "cyan"), more)
        return
    for place in shown:
        page.line("  ", (place, "cyan"))
    if more:
        page.paragraph(more)


def _sender(details: dict[str, Any]) -> str:
    """Who sent it: the library, and the vendor's own call where that asked for the link."""
    library = " ".join(filter(None, (details["library"], details["version"])))
    return ", ".join(filter(None, (library, details["mapped_from"]))) or "its line names no library"
