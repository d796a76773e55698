"""`idcli dialects`: the input formats, and how the calls of each become links and property writes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from identity_cli.cli.terminal.command import Command
from identity_cli.cli.terminal.completed import Known
from identity_cli.cli.terminal.options import format_option
from identity_cli.cli.terminal.page import Column, Page
from identity_cli.cli.terminal.render import write_document
from identity_cli.dialects import DIALECTS, generic
from identity_cli.dialects.base import Dialect
from identity_cli.errors import UnknownDialect

if TYPE_CHECKING:
    from identity_cli.answers import of_runs

FORMAT = 1
FILE_ORDER = "the order of the file"


@click.command("dialects", cls=Command, epilog="Example: idcli dialects rudderstack")
@click.argument("name", required=False, metavar="[NAME]", type=Known([*DIALECTS, generic.NAME]))
@format_option("table", "json")
def command(name: str | None, output: str) -> None:
    """List the input formats, and what each means to persons.

    With NAME: how its identify, alias, merge and traits become links and property writes,
    what the vendor itself does differently, and what its log cannot tell.
    """
    known = {**DIALECTS, generic.NAME: generic.dialect({})}
    if name is not None and name not in known:
        raise UnknownDialect(name, list(known))
    chosen = list(known.values()) if name is None else [known[name]]
    if output == "json":
        write_document({"format": FORMAT, "dialects": [_record(dialect) for dialect in chosen]})
    elif name is None:
        _list(Page(), chosen)
    else:
        _show(Page(), chosen[0])


def _record(dialect: Dialect) -> "of_runs.DialectRecord":
    return {
        "name": dialect.name,
        "title": dialect.title,
        "vendor": dialect.vendor,
        "own_rules": [*dialect.own_rules],
        "order_key": dialect.order_key,
        "guide": dialect.guide,
    }


def _list(page: Page, dialects: Sequence[Dialect]) -> None:
    columns = [Column("dialect", style="bold"), Column("what it reads", "start")]
    page.table(columns, [[dialect.name, dialect.title] for dialect in dialects], indent=0)
    page.line()
    page.paragraph(
        "Which one a file is follows from its first lines; --dialect NAME insists. "
        "How one maps to persons: idcli dialects NAME",
        indent=0,
    )


def _show(page: Page, dialect: Dialect) -> None:
    page.line((dialect.name, "bold"))
    for paragraph in dialect.guide.split("\n\n"):
        page.paragraph(" ".join(paragraph.split()), indent=0)
        page.line()
    page.line(("arrival time: ", "dim"), dialect.order_key or FILE_ORDER)
