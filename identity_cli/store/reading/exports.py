"""Whole tables of a run, written as they are read."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from identity_cli.files.outputs import output_file
from identity_cli.store.reading.run import Run
from identity_cli.tables.formats import TABLE_FORMATS
from identity_cli.tables.run_tables import REJECTED, TABLES
from identity_cli.tables.table import write_table


def export(
    run: Run, table: str, file: str | Path, table_format: str | None = None, *, csv_guard: bool = True
) -> None:
    """Write a table of a run into a file, which appears whole or not at all.

    table: a name of run_tables.TABLES; table_format: one of TABLE_FORMATS, else what the file's name ends in.
    csv_guard: an apostrophe keeps spreadsheets from taking text for a formula; programs need none.
    UnknownChoice for another, ExtraMissing, NoEvents, OutputIsInput where it is a file of the run.
    """
    if table_format is None:
        table_format = Path(file).suffix.removeprefix(".")
    _check("table", table, TABLES)
    _check("table format", table_format, TABLE_FORMATS)
    TABLE_FORMATS[table_format].check()
    inputs = [str(path) for path in run.folder.iterdir()]
    with output_file(str(file), inputs) as output:
        export_into(output, run, table, table_format, csv_guard=csv_guard)


def export_into(file: IO[bytes], run: Run, table: str, table_format: str, *, csv_guard: bool = True) -> None:
    """Write a table of a run, in a format; csv_guard: see tables.cells.csv_text."""
    if table == REJECTED.name and table_format in _VERBATIM:
        file.writelines(_VERBATIM[table_format](run.rejected_lines()))
    else:
        form = TABLE_FORMATS[table_format]
        write_table(file, TABLES[table], run.records(table), form if csv_guard else form.for_programs())


def _check(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        from identity_cli.errors import UnknownChoice

        raise UnknownChoice(what, name, known)


def _lines(lines: Iterator[str]) -> Iterator[bytes]:
    """As they are."""
    return (line.encode() for line in lines)


def _array(lines: Iterator[str]) -> Iterator[bytes]:
    """As the items of one array."""
    before = "[\n"
    for line in lines:
        yield (before + line.removesuffix("\n")).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


# The rejected lines are kept as JSON: what is no text stays what it is.
_VERBATIM = {"ndjson": _lines, "json": _array}
