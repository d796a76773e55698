"""`idcli replay`: from logs to a run folder, and a summary of it."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from identity_cli.cli.terminal.command import Replaying, option
from identity_cli.cli.terminal.completed import FILE, Known
from identity_cli.cli.terminal.fitting import is_terminal
from identity_cli.cli.terminal.options import (
    Number,
    buffer_option,
    bytes_in,
    config_option,
    format_option,
    guards_csv,
    internal_choice,
    run_option,
    with_csv_guard,
)
from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.render import ReplayProgress, write_document
from identity_cli.cli.terminal.summary_json import document
from identity_cli.cli.terminal.summary_page import show
from identity_cli.cli.terminal.text import number_text, plural, print_error
from identity_cli.errors import BooksDoNotBalance, LogUnreadable
from identity_cli.findings.kept import is_audited
from identity_cli.findings.log_report import log_report
from identity_cli.findings.settings import Settings, read_settings, today
from identity_cli.reading.options import MOST_BY_ITSELF, MOST_JOBS, NONE, GoingOn
from identity_cli.reading.sorted_reader import ORDERS
from identity_cli.reports.run_summary import Summary, books, summary
from identity_cli.rules import AUTO, RULE_SETS
from identity_cli.store.reading.run import Run
from identity_cli.tables.formats import TABLE_FORMATS
from identity_cli.tables.graph_formats import ALWAYS, GRAPH_FORMATS

if TYPE_CHECKING:
    from identity_cli.files.folders import LogFile

REPAIRED = "-repaired"


def _dialects() -> Iterable[str]:
    from identity_cli.dialects import DIALECTS, generic

    return [*DIALECTS, generic.NAME]


@click.command(
    "replay",
    cls=Replaying,
    epilog="Example: idcli replay sample_data/events.ndjson --rules current --events",
)
@click.argument("logs", nargs=-1, required=True, metavar="LOG...", type=FILE)
@run_option(
    "The folder to write; an earlier run there is replaced. With --apply, unless named here, the run beside "
    "it whose name ends in -repaired."
)
@option(
    "--rules",
    type=Known([*RULE_SETS, AUTO]),
    metavar="NAME",
    help=f"Whose rules to apply, and as of when: {', '.join(RULE_SETS)}; {AUTO}: as of the dates at the "
    "log's beginning.  [default: those of the log's vendor; guide for PostHog's]",
)
@buffer_option(
    "How long backend events of unknown ids wait; 0 for not at all.  [default: what the rules say]"
)
@option(
    "--team-id",
    type=int,
    metavar="N",
    default=1,
    show_default=True,
    help="The team of events that name none.",
)
@with_csv_guard(
    option(
        "--tables",
        "table_formats",
        metavar="LIST",
        type=Known([*TABLE_FORMATS, NONE], several=True),
        default="csv",
        show_default=True,
        help=f"Which files to write beside run.db: {', '.join(TABLE_FORMATS)}, several with commas, "
        f"or {NONE}.",
    )
)
@option(
    "--graphs",
    "graph_formats",
    metavar="LIST",
    type=Known([*GRAPH_FORMATS, NONE], several=True),
    default=",".join(ALWAYS),
    show_default=True,
    help=f"How to write the merge graph: {', '.join(GRAPH_FORMATS)}, or {NONE}.",
)
@option("--events", "with_events", is_flag=True, help="Keep every event, with its person.")
@option(
    "--dialect",
    metavar="NAME",
    type=Known(_dialects),
    help="The input format, whatever the lines look like; see: idcli dialects.  [default: as detected]",
)
@option(
    "--map",
    "mapping",
    metavar="FIELD=PATH|FILE|DIALECT",
    multiple=True,
    help="Where a field stands in a log of no known format, e.g. distinct_id=user.id; may be repeated. "
    "For a known one its name says it all, e.g. snowplow.",
)
@option("--save-map", metavar="FILE", type=FILE, help="Keep what --map says in a file, for --map FILE.")
@option(
    "--internal-users",
    metavar="FILE",
    type=FILE,
    help="Mark persons as staff: the project's test_account_filters, or ids, e-mails and domains.",
)
@internal_choice("Whom the summary counts, with --internal-users: all, all but staff, or staff alone.")
@option(
    "--order",
    type=Known(ORDERS),
    metavar="[arrival|time]",
    help="Sort first: by arrival, for exports in another order; by time of event, which is not what "
    "the platform did: it went by arrival.",
)
@option("--dedupe", is_flag=True, help="Skip events that repeat an earlier one.")
@option(
    "--apply", "plan", metavar="PLAN", type=FILE, help="Leave out what a plan of idcli repair leaves out."
)
@option(
    "--continue",
    "continued",
    metavar="RUN",
    type=FILE,
    help="Go on with a run, as in: replay tomorrow.ndjson --continue idcli-run. LOG is what came after its "
    "files. Its options stay; the new run takes its place, unless --run names another, and is what replaying "
    "all files together gives.",
)
@option(
    "--no-evidence",
    "evidence",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Do not note which ids share a device or a session: a little faster, and some findings are missing.",
)
@option(
    "--one-process", is_flag=True, help="Read and write in this process alone, whatever the size of the log."
)
@option(
    "--spill",
    is_flag=True,
    help="Resolve in parts, through files in the run's folder: memory then need not hold all ids. Chosen by "
    "itself where it would not; the run is the same.",
)
@option(
    "--memory",
    metavar="BYTES",
    callback=bytes_in,
    help="How much a replay may take before it goes on as with --spill, e.g. 4GiB.  [default: what is free]",
)
@option(
    "--jobs",
    type=Number(int, "the jobs", f"a whole number from 1 to {MOST_JOBS}"),
    metavar="N",
    help=f"How many processes may work at a time, 1 to {MOST_JOBS}: from 4 on so many read the log in turn, "
    "and resolve it in as many parts side by side.  [default: as many as cores, if these are 4 or more, "
    f"up to {MOST_BY_ITSELF}]",
)
@config_option
@option("--strict", is_flag=True, help="Stop at the first line that cannot be used.")
@option(
    "--max-rejected",
    metavar="N|P%",
    help="Write nothing, exit 2, if more lines cannot be used: a number, or a share of all. --strict "
    "allows none, whatever stands here.",
)
@option(
    "--max-line",
    "longest_line",
    metavar="BYTES",
    default="64M",
    show_default=True,
    callback=bytes_in,
    help="Of a longer line only the beginning is kept, as a rejected line. K, M and G are powers of 1024.",
)
@option(
    "--report", "report_file", metavar="FILE", help="Also write a report into FILE, as idcli report does."
)
@option("--quiet", "-q", is_flag=True, help="No progress and no summary.")
@option("--verbose", "-v", is_flag=True, help="All figures, with examples, the books and the files.")
@format_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    logs: tuple[str, ...],
    folder: str,
    quiet: bool,
    verbose: bool,
    output: str,
    save_map: str | None,
    config: str | None,
    report_file: str | None,
    continued: str | None,
    **options: Any,
) -> None:
    """Replay event logs and resolve their persons.

    LOG is a file of events in the order of arrival: JSON lines, a JSON array, an API's answer, CSV or TSV,
    Parquet; plain, compressed (gz, bz2, xz, zst, br) or in a zip or tar; a folder of such files, or - for
    standard input. Writes a run folder, which the other commands read: run.db, tables of persons, distinct
    ids, links and warnings, and the merge graph.
    """
    shown, plan = options.pop("internal"), options.pop("plan")
    folder = _place(ctx, folder, plan, continued)
    going_on = None if continued is None else GoingOn(Path(continued), _given(ctx))
    if plan is not None:
        options |= _planned(plan, logs)
    if shown != "include" and options["internal_users"] is None:
        raise click.UsageError(f"--internal {shown} needs --internal-users FILE.")
    if save_map is not None:
        _save_map(options, (*options["mapping"], plan, options["internal_users"]), logs, save_map)
    if report_file is not None:
        from identity_cli.cli.commands.write_report import check_installed, write_report

        check_installed()  # a replay may take an hour
    settings = read_settings(config)
    run = _replay(logs, folder, (quiet, going_on), options, settings)
    run.show_internal(shown)
    _tell_what_did_not_fit(run)
    if not quiet:
        figures = summary(run)
        if settings.suppressions:
            figures = figures._replace(verdict=log_report(run, settings, today()).verdict)
        if output == "json":
            write_document(document(figures))
        else:
            show(Page(), figures, folder, verbose=verbose)
        _tell_rate(run, figures)
    if report_file is not None:
        write_report(run, report_file, settings)
    wrong = [str(line) for line in books(run) if not line.balances]
    if wrong:
        raise BooksDoNotBalance(wrong)


def _replay(
    logs: tuple[str, ...],
    folder: str,
    how: tuple[bool, GoingOn | None],
    options: dict[str, Any],
    settings: Settings,
) -> Run:
    from identity_cli.files.folders import expand
    from identity_cli.files.raw_file import STANDARD_INPUT
    from identity_cli.reading.intake import log_of
    from identity_cli.reading.options import ReplayOptions
    from identity_cli.replaying.replayer import replay_log

    quiet, going_on = how
    asked = ReplayOptions(**options, csv_guard=guards_csv())
    _check_names(expand(logs))
    if STANDARD_INPUT in logs and is_terminal(sys.stdin) and not quiet:
        print_error("idcli: waiting for events on standard input; Ctrl-D ends them")
    log = log_of(logs)
    if quiet or not is_terminal(sys.stderr):
        return replay_log(log, Path(folder), asked, None, settings.config, going_on)
    with ReplayProgress(log.size) as progress:
        return replay_log(log, Path(folder), asked, progress, settings.config, going_on)


def _place(ctx: click.Context, folder: str, plan: str | None, continued: str | None) -> str:
    """The folder to write, where none is named: a run that goes on takes its own place."""
    if ctx.get_parameter_source("folder") is ParameterSource.COMMANDLINE:
        return folder
    if continued is not None:
        return continued
    return folder if plan is None else f"{folder.rstrip('/')}{REPAIRED}"  # the run that it was made of stays


def _given(ctx: click.Context) -> set[str]:
    """The options that were asked for."""
    return {name for name in ctx.params if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT}


def _tell_what_did_not_fit(run: Run) -> None:
    if run.did_not_fit:
        print_error("idcli: memory would not hold all ids, so they were resolved in parts, as with --spill")
    if not is_audited(run):
        print_error(
            "idcli: memory would not hold what audits add up of each id, so none looked for findings; "
            "`idcli warnings` does, where there is more memory"
        )


def _planned(file: str, logs: tuple[str, ...]) -> dict[str, Any]:
    """What a plan asks of the replay of a log."""
    from identity_cli.counterfactual.plan import read_plan
    from identity_cli.files.folders import expand
    from identity_cli.files.raw_file import STANDARD_INPUT

    if STANDARD_INPUT in logs:
        raise click.UsageError("--apply needs the log as a file: a pipe cannot be compared first.")
    plan = read_plan(file)
    return {
        "left_out": plan.located([file.path for file in expand(logs)]),
        "blocked_ids": plan.blocked_ids,
    }


def _save_map(options: dict[str, Any], asked: Iterable[str | None], logs: tuple[str, ...], file: str) -> None:
    from identity_cli.dialects.mapping import mapping_text, read_mapping
    from identity_cli.files.folders import expand
    from identity_cli.files.outputs import output_file

    if not options["mapping"]:
        raise click.UsageError("--save-map needs --map FIELD=PATH.")
    text = mapping_text(read_mapping(options["mapping"]))
    with output_file(file, [*filter(None, asked), *(found.path for found in expand(logs))]) as output:
        output.write(text.encode())


def _check_names(files: "list[LogFile]") -> None:
    for path, _ in files:
        if not path.isprintable() and any("\ud800" <= char <= "\udfff" for char in path):
            raise LogUnreadable(path, "its name is not UTF-8 text")


def _tell_rate(run: Run, figures: Summary) -> None:
    if run.seconds and run.seconds >= ReplayProgress.WAIT_SECONDS:
        rate = number_text(round(figures.lines / run.seconds))
        print_error(f"{plural(figures.lines, 'line')} in {run.seconds:.1f} s, {rate} a second")
