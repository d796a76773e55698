"""`idcli export`: whole tables, written as they are read."""

import sys
from typing import Any

import click

from identity_cli.cli.terminal.at_work import writing_out
from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import FILE
from identity_cli.cli.terminal.fitting import is_terminal
from identity_cli.cli.terminal.options import format_option, guards_csv, internal_option
from identity_cli.cli.terminal.run_arguments import redactable, with_log, with_run
from identity_cli.cli.terminal.table_output import output_for
from identity_cli.cli.terminal.text import plural, print_error, visible_json
from identity_cli.store.reading.exports import export_into
from identity_cli.store.reading.run import Run
from identity_cli.tables.formats import TABLE_FORMATS
from identity_cli.tables.run_tables import TABLES

LOG = "log"


@click.command("export", cls=Command, epilog="Example: idcli export links --format ndjson > links.ndjson")
@click.argument("table", type=click.Choice([*TABLES, LOG]), metavar="TABLE")
@option(
    "--plan",
    metavar="FILE",
    type=FILE,
    help="With TABLE log: leave out what a plan of idcli repair leaves out.",
)
@format_option(*TABLE_FORMATS)
@with_run
@with_log
@redactable()
@internal_option
def command(run: Run, table: str, plan: str | None, output: str) -> None:
    """Write a table of the run to standard output.

    TABLE is persons, distinct_ids, links, warnings, rejected or events (the last only if the
    log was replayed with --events): the same lines as in the files of the run folder. Or held
    (events that waited in the buffer), dropped (those that count for nobody by rule),
    property_changes (what each event changed on a person). Or log: the lines of the log itself, as
    they are, without those that --plan leaves out, or that the run left out already.
    """
    if table == LOG:
        if run.is_redacted:
            raise click.UsageError("a log is not redacted: its lines are as they are.")
        _write_log(run, plan)
        return
    if plan is not None:
        raise click.UsageError("--plan goes with TABLE log.")
    sys.stdout.flush()
    with writing_out():
        export_into(output_for(output), run, table, output, csv_guard=guards_csv())


def _write_log(run: Run, plan: str | None) -> None:
    from identity_cli.cli.terminal.render import reading_progress
    from identity_cli.counterfactual.plan import read_plan
    from identity_cli.replaying.again.shortened_log import ShortenedLog

    planned = None if plan is None else read_plan(plan)
    blocked_ids = run.metadata["options"].get("blocked_ids", ()) if planned is None else planned.blocked_ids
    if blocked_ids:
        blocked, whose = ", ".join(blocked_ids), "run" if planned is None else "plan"
        print_error(
            f"idcli: the {whose} also blocks {blocked}, which no log can hold: replay --apply does it."
        )
    with reading_progress(run) as progress:
        events = () if planned is None else planned.located_in(run)
        log = ShortenedLog(run, events, progress)
    if log.earlier:
        earlier = plural(log.earlier, "event")
        print_error(f"idcli: without the {earlier} that the plan of this run left out already.")
    _tell_of_time(log)
    pieces = log.lines()
    if is_terminal(sys.stdout):
        sys.stdout.writelines(visible_json(piece.decode("utf-8", "replace")) for piece in pieces)
        return
    sys.stdout.flush()
    sys.stdout.buffer.writelines(pieces)


def _tell_of_time(log: Any) -> None:
    """Of a shortened log, what became of the time that its missing events told."""
    matters = "of events left out, by which others leave the buffer or are sorted"
    if log.standing:
        print_error(
            f'idcli: {plural(log.standing, "line")} named "left out", without a distinct_id, for the time '
            f"{matters}: idcli heeds it, do not import them."
        )
    if log.untold:
        print_error(
            f"idcli: no line tells the time {matters}, {log.untold[0]} the first: replayed, the log may "
            "differ from replay --apply."
        )
