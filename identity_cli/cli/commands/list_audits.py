"""`idcli audits`: what is looked for, and how each audit decides."""

import click

from identity_cli.audits.registry import AUDITS
from identity_cli.cli.terminal.audit_pages import explain
from identity_cli.cli.terminal.command import Command
from identity_cli.cli.terminal.completed import Known
from identity_cli.cli.terminal.findings_page import STYLES
from identity_cli.cli.terminal.options import format_option
from identity_cli.cli.terminal.page import Cell, Column, Page
from identity_cli.cli.terminal.render import write_records
from identity_cli.errors import UnknownChoice

COLUMNS = (
    *("code", "severity", "title", "looks_for", "evidence", "threshold", "source", "false_positives"),
    *("remedy", "confidence"),
)


@click.command("audits", cls=Command, epilog="Example: idcli audits silent_attach")
@click.argument("name", required=False, metavar="[NAME]", type=Known([audit.code for audit in AUDITS]))
@format_option()
def command(name: str | None, output: str) -> None:
    """List the audits, or explain one.

    What it looks for, by which evidence, from which number on and where that comes from, and when it is
    wrong. The number is set in .idcli.toml: thresholds.NAME.
    """
    codes = [audit.code for audit in AUDITS]
    if name is not None and name not in codes:
        raise UnknownChoice("audit", name, codes)
    if output != "table":
        chosen = (audit for audit in AUDITS if name in (None, audit.code))
        write_records(
            COLUMNS, ({field: getattr(audit, field) for field in COLUMNS} for audit in chosen), output
        )
    elif name is not None:
        explain(Page(), name)
    else:
        rows: list[list[Cell]] = [
            [audit.code, (str(audit.severity), STYLES[audit.severity]), audit.title] for audit in AUDITS
        ]
        Page().table([Column("code"), Column("severity"), Column("looks for", keep="start")], rows, indent=0)
