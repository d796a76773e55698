"""`idcli export`: whole tables, written as they are read."""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

import click

from identity_cli.cli.options import format_option, with_run
from identity_cli.cli.text import is_terminal, visible_json, visible_lines
from identity_cli.store.run import Run
from identity_cli.store.tables import TABLES, lines

LINES_AT_ONCE = 1_000


@click.command("export", epilog="Example: idcli export links --format ndjson > links.ndjson")
@click.argument("table", type=click.Choice(list(TABLES)), metavar="TABLE")
@format_option("csv", "ndjson", "json")
@with_run
def command(run: Run, table: str, output: str) -> None:
    """Write a table of the run to standard output.

    TABLE is persons, distinct_ids, links, warnings, rejected or events (the last only if the
    log was replayed with --events). The same lines as in the files of the run folder.
    """
    text = _array(_lines(run, table, "ndjson")) if output == "json" else _lines(run, table, output)
    if is_terminal(sys.stdout):
        text = map(_VISIBLE[output], text)
    while some := "".join(islice(text, LINES_AT_ONCE)):
        sys.stdout.write(some)


def _lines(run: Run, table: str, table_format: str) -> Iterator[str]:
    if table == "rejected" and table_format == "ndjson":
        return run.rejected_lines()
    return iter(lines(TABLES[table], table_format, run.records(table)))


def _array(objects: Iterable[str]) -> Iterator[str]:
    """Lines of JSON as the items of one array."""
    items = iter(objects)
    first = next(items, None)
    if first is None:
        return iter(("[]\n",))
    return chain(("[\n", first.rstrip("\n")), (f",\n{item.rstrip()}" for item in items), ("\n]\n",))


_VISIBLE: dict[str, Callable[[str], str]] = {
    "csv": visible_lines,
    "ndjson": visible_json,
    "json": visible_json,
}
