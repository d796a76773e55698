"""`idcli report`: one HTML file to send."""

import sys
from typing import TYPE_CHECKING

import click

from identity_cli.cli.terminal.at_work import at_work
from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import ID
from identity_cli.cli.terminal.options import config_option, run_option, team_option
from identity_cli.cli.terminal.run_arguments import opened, redact_options, redacted
from identity_cli.cli.terminal.text import print_error

if TYPE_CHECKING:
    from identity_cli.findings.settings import Settings
    from identity_cli.pages.contents import Page
    from identity_cli.store.reading.run import Run

DEFAULT = "report.html"


@click.command("report", cls=Command, epilog="Example: idcli report user_nils -o - > nils.html")
@click.argument("wanted", metavar="[ID]", required=False, type=ID)
@option(
    "-o", "--output", "path", metavar="FILE", default=DEFAULT, show_default=True, help="Where to write it."
)
@option("--compare", nargs=2, metavar="RUN1 RUN2", help="Of two runs: before and after, and who moved.")
@team_option("Only the ID of this team.")
@config_option
@redact_options
@run_option("The run folder to read.")
def command(
    wanted: str | None,
    path: str,
    compare: tuple[str, str] | None,
    team_id: int | None,
    folder: str,
    redact: bool,
    redact_key: str | None,
    config: str | None,
) -> None:
    """Write a report as one HTML file, which loads nothing from anywhere.

    Of the whole run: the verdict, the findings by damage with their timelines and the commands that mend
    them, charts, the largest persons, what was lost and what was rejected. With ID of one person, for a
    support ticket.
    """
    if compare is not None and wanted is not None:
        raise click.UsageError("give ID or --compare RUN1 RUN2.")
    with opened(*(compare or (folder,))) as runs, redacted(runs, redact, redact_key) as (shown, renamed):
        with at_work("Making the report"):
            if compare is not None:
                page = _of_two(*shown)
            elif wanted is not None:
                page = _of_person(shown[0], renamed(wanted), team_id)
            else:
                page = _of_run(shown[0], config)
        _write(runs, path, page)


def _of_two(old: "Run", new: "Run") -> "Page":
    from identity_cli.pages.two_runs_page import page_of_two

    return page_of_two(old, new)


def _of_person(run: "Run", wanted: str, team_id: int | None) -> "Page":
    from identity_cli.pages.one_person_page import page_of_person

    return page_of_person(run, wanted, team_id)


def _of_run(run: "Run", config: str | None) -> "Page":
    from identity_cli.findings.settings import read_settings
    from identity_cli.pages.run_page import page_of_run

    return page_of_run(run, read_settings(config))


def _write(runs: "list[Run]", path: str, page: "Page") -> None:
    from identity_cli.files.outputs import output_file
    from identity_cli.pages.rendering import rendered

    with at_work("Writing the report"):
        data = rendered(page).encode("utf-8", "backslashreplace")
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    inputs = [source["path"] for run in runs for source in run.sources()]
    with output_file(path, inputs) as file:
        file.write(data)
    print_error(f"idcli: {path} written.")


def check_installed() -> None:
    """ExtraMissing where this installation cannot write a report."""
    from identity_cli.pages.rendering import engine

    engine()


def write_report(run: "Run", path: str, settings: "Settings") -> None:
    """Write the report of a whole run."""
    from identity_cli.pages.run_page import page_of_run

    with at_work("Making the report"):
        page = page_of_run(run, settings)
    _write([run], path, page)
