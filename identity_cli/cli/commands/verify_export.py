"""`idcli verify`: a run held against what the platform itself exported."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from identity_cli.cli.commands.compare_runs import figures, show_comparison
from identity_cli.cli.terminal.command import Replaying, option
from identity_cli.cli.terminal.options import format_option, limit_option
from identity_cli.cli.terminal.page import Cell, Column, Page, number_column
from identity_cli.cli.terminal.render import export_progress, replaying_progress, write_document
from identity_cli.cli.terminal.run_arguments import with_log, with_run
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.comparing.partings import Parting
from identity_cli.comparing.verification import (
    TRIALS,
    Trial,
    Verification,
    answer_of,
    suggestions,
    verification,
)
from identity_cli.errors import ExitCode
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.answers import of_comparisons

FORMAT = 1
NAMED = 3  # ids of one change


@click.command(
    "verify",
    cls=Replaying,
    epilog="Example: idcli verify --persons sample_data/persons_export.jsonl --suggest",
)
@option("--persons", metavar="EXPORT", multiple=True, help="Persons and their ids: a batch export, a CSV.")
@option("--events", metavar="EXPORT", multiple=True, help="Events that carry their person_id.")
@option("--suggest", is_flag=True, help="Try every rule set and buffer, and rank them by agreement.")
@limit_option("Differences shown.")
@format_option("table", "json")
@with_run
@with_log
@click.pass_context
def command(
    ctx: click.Context,
    run: Run,
    persons: tuple[str, ...],
    events: tuple[str, ...],
    suggest: bool,
    limit: int,
    output: str,
) -> None:
    """Compare a run with the platform's exports.

    Shows how far the two agree, which ids are on different persons, the first line where they
    differ, and the likely reason. Exit code 1 when they differ.
    """
    with export_progress(persons or events) as progress:
        answer = answer_of(run, persons, events, progress)
        found = verification(run, answer)
    with replaying_progress(run, TRIALS) as progress:
        trials = sorted(suggestions(run, answer, progress), key=_rank) if suggest else []
    if output == "json":
        write_document(_document(found, trials))
    else:
        _show(Page(), found, trials, limit)
    if not found.agrees:
        ctx.exit(ExitCode.FINDINGS)


def _rank(trial: Trial) -> tuple[float, int, str, float]:
    return -trial.agreement, trial.differing, trial.rules, trial.buffer_seconds


def _document(found: Verification, trials: list[Trial]) -> "of_comparisons.Verification":
    return {
        "format": FORMAT,
        "agrees": found.agrees,
        "remarks": found.remarks,
        **figures(found.comparison),
        "missing": [{"team_id": team, "distinct_id": one} for team, one in found.missing],
        "extra": [{"team_id": team, "distinct_id": one} for team, one in found.extra],
        "strays": [{"team_id": team, "distinct_id": one} for team, one in found.strays],
        "partings": [_parting(one) for one in found.partings],
        "trials": [
            {
                "rules": trial.rules,
                "buffer_seconds": trial.buffer_seconds,
                "agreement": trial.agreement,
                "precision": trial.precision,
                "recall": trial.recall,
                "matched": trial.matched,
                "differing": trial.differing,
            }
            for trial in trials
        ],
    }


def _parting(one: Parting) -> "of_comparisons.PartedIds":
    return {
        "kind": str(one.change.kind),
        "platform": one.change.old,
        "replay": one.change.new,
        "ids": list(one.ids),
        "origin": None if one.origin is None else {**one.origin.place, "uuid": one.uuid},
        "reason": one.reason,
    }


def _show(page: Page, found: Verification, trials: list[Trial], limit: int) -> None:
    if found.agrees:
        page.line(("The replay agrees with the platform.", "bold green"))
    for remark in found.remarks:
        page.paragraph(f"Note: {remark}.", indent=0)
    page.line(("before: the platform's persons; after: the replay's", "dim"))
    show_comparison(page, found.comparison, 0)
    _show_ids(page, "Missing from the log", found.missing, limit, "ids of the platform that no event names")
    _show_ids(page, "Not in the export", found.extra, limit, "ids of the log that the export does not have")
    _show_ids(page, "On nobody there", found.strays, limit, "and here on persons that the export has")
    for number, one in enumerate(found.partings[:limit], 1):
        _show_parting(page, number, one)
    if len(found.partings) > limit:
        page.line((f"  … and {number_text(len(found.partings) - limit)} more; --limit shows them", "dim"))
    if trials:
        _show_trials(page, trials)


def _show_parting(page: Page, number: int, one: Parting) -> None:
    named = ", ".join(one.ids[:NAMED]) + (" …" if len(one.ids) > NAMED else "")
    page.line()
    page.line((f"{number}. {one.change.kind}", "bold"), f": {plural(len(one.ids), 'id')} at fault: {named}")
    if one.origin is not None:
        page.line("   first part at ", (str(one.origin), "cyan"))
    page.paragraph(one.reason, indent=3)


def _show_ids(page: Page, title: str, ids: Iterable[tuple[int, str]], limit: int, note: str) -> None:
    ids = list(ids)
    if ids:
        page.heading(title, f"{number_text(len(ids))} {note}")
        shown = [distinct_id for _, distinct_id in ids[:limit]]
        page.paragraph(", ".join(shown if len(ids) <= limit else [*shown, "…"]))


def _show_trials(page: Page, trials: list[Trial]) -> None:
    best = sum(_rank(one)[:2] == _rank(trials[0])[:2] for one in trials)
    tie = f"; the first {best:,} agree equally well" if best > 1 else ""
    page.heading("Settings", f"the best agreement first{tie}")
    columns = [
        Column("--rules", style="bold"),
        Column("--buffer", right=True),
        Column("agreement", right=True),
        Column("precision", right=True),
        Column("recall", right=True),
        number_column("matched"),
        number_column("differ"),
    ]
    rows: list[list[Cell]] = [
        [
            trial.rules,
            number_text(trial.buffer_seconds),
            f"{trial.agreement:.4f}",
            f"{trial.precision:.4f}",
            f"{trial.recall:.4f}",
            trial.matched,
            trial.differing,
        ]
        for trial in trials
    ]
    page.table(columns, rows)
