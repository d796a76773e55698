"""`idcli replay`: from logs to a run folder, and a summary of it."""

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from identity_cli.cli.options import DEFAULT_RUN, INTEGER, format_option, run_option
from identity_cli.cli.page import Cell, Column, Page, origin_column
from identity_cli.cli.render import ReplayProgress, write_document
from identity_cli.cli.text import is_terminal, number_text, plural, print_error
from identity_cli.errors import BooksDoNotBalance, LogUnreadable
from identity_cli.events import Origin
from identity_cli.reports.summary import Noted, Summary, WarningNoted, summary
from identity_cli.rules import RULE_SETS
from identity_cli.store.run import Run

FORMAT = 1
TABLE_FORMATS = ("csv", "ndjson", "none")
LONGEST_BUFFER = 366 * 24 * 3600
"""Seconds; nobody waits longer, and dates end somewhere."""

OUTCOMES = {
    "created": ("green", "neither id known: one person with both"),
    "attached": ("green", "one id known: the other joined its person"),
    "merged": ("yellow", "two persons became one"),
    "same_person": ("", "both ids were one person already"),
    "same_id": ("", "an id linked to itself"),
    "refused_identified": ("red", "the other id is of an identified person"),
    "refused_illegal": ("red", "an id that can be nobody's"),
    "failed": ("red", "the event could not be processed"),
}


def _tables(ctx: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    strange = [name for name in names if name not in TABLE_FORMATS]
    if strange or ("none" in names and len(names) > 1):
        raise click.BadParameter(f"{value!r} is not csv, ndjson, csv,ndjson or none.")
    return () if names == ("none",) else names


def _buffer(ctx: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 <= value <= LONGEST_BUFFER:
        raise click.BadParameter(f"{value:g} is not between 0 and {LONGEST_BUFFER} seconds.")
    return value


@click.command(
    "replay",
    epilog="Example: idcli replay sample_data/events.ndjson --rules current --events",
)
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@run_option("The folder to write; an earlier run there is replaced.")
@click.option(
    "--rules",
    type=click.Choice(list(RULE_SETS)),
    default="guide",
    show_default=True,
    help="Which state of the platform's rules to apply.",
)
@click.option(
    "--buffer",
    "buffer_seconds",
    type=float,
    metavar="SECONDS",
    callback=_buffer,
    help="How long backend events of unknown ids wait; 0 for not at all.  [default: what the rules say]",
)
@click.option(
    "--team-id",
    type=INTEGER,
    metavar="N",
    default=1,
    show_default=True,
    help="The team of events that name none.",
)
@click.option(
    "--tables",
    "table_formats",
    metavar="LIST",
    default="csv",
    show_default=True,
    callback=_tables,
    help="Which files to write beside run.db: csv, ndjson, both with a comma, or none.",
)
@click.option("--events", "with_events", is_flag=True, help="Keep every event, with its person.")
@click.option("--strict", is_flag=True, help="Stop at the first line that cannot be used.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no summary.")
@format_option("table", "json")
def command(logs: tuple[str, ...], folder: str, quiet: bool, output: str, **options: Any) -> None:
    """Replay event logs and resolve their persons.

    LOG is an NDJSON file in the order of arrival, plain or compressed (gz, bz2, xz), a folder
    of such files, or - for standard input. Writes a run folder, which the other commands
    read: run.db, tables of persons, distinct ids, links and warnings, and the merge graph.
    """
    run = _replay(logs, folder, quiet, options)
    figures = summary(run)
    if not quiet:
        if output == "json":
            write_document(_document(figures))
        else:
            _show(Page(), figures, folder)
        _tell_rate(run, figures)
    wrong = [str(line) for line in figures.books if not line.balances]
    if wrong:
        raise BooksDoNotBalance(wrong)


def _replay(logs: tuple[str, ...], folder: str, quiet: bool, options: dict[str, Any]) -> Run:
    from identity_cli.replayer import ReplayOptions, file_openers, replay_sources
    from identity_cli.sources import expand, total_size

    paths, asked = expand(logs), ReplayOptions(**options)
    _check_names(paths)
    openers = file_openers(paths)
    if quiet or not is_terminal(sys.stderr):
        return replay_sources(openers, Path(folder), asked)
    with ReplayProgress(total_size(paths)) as progress:
        return replay_sources(openers, Path(folder), asked, progress)


def _check_names(paths: list[str]) -> None:
    for path in paths:
        if not path.isprintable() and any("\ud800" <= char <= "\udfff" for char in path):
            raise LogUnreadable(path, "its name is not UTF-8 text")


def _tell_rate(run: Run, figures: Summary) -> None:
    if run.seconds:
        rate = number_text(round(figures.lines / run.seconds))
        print_error(f"{plural(figures.lines, 'line')} in {run.seconds:.1f} s, {rate} a second")


def _document(figures: Summary) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "sources": figures.sources,
        "rule_set": figures.rule_set,
        "buffer_seconds": figures.buffer_seconds,
        "lines": figures.lines,
        "events": figures.events,
        "persons": {
            "total": figures.persons,
            "identified": figures.identified,
            "anonymous": figures.persons - figures.identified,
        },
        "distinct_ids": figures.distinct_ids,
        "links": {
            "total": sum(figures.outcomes.values()),
            "outcomes": figures.outcomes,
            "attached_to_identified": 0 if figures.silent is None else figures.silent.times,
        },
        "buffer": {"held": figures.held, "found_their_person": figures.held_found},
        "warnings": [_warning(item) for item in figures.warnings],
        "rejected": [_noted(item) for item in figures.rejected],
        "dropped": [_noted(item) for item in figures.dropped],
        "books": [{**line._asdict(), "balances": line.balances} for line in figures.books],
        "files": [name for name, _ in figures.files],
    }


def _warning(item: WarningNoted) -> dict[str, Any]:
    example = {**_place(item.origin), "distinct_id": item.distinct_id, "details": item.details}
    return {"type": item.type, "count": item.times, "example": example}


def _noted(item: Noted) -> dict[str, Any]:
    return {"reason": item.what, "count": item.times, "example": _place(item.origin)}


def _place(origin: Origin) -> dict[str, Any]:
    return {"file": origin.path, "line": origin.line}


def _show(page: Page, figures: Summary, folder: str) -> None:
    _show_source(page, figures)
    page.line()
    page.table(_COLUMNS, [*_person_rows(figures), *_link_rows(figures), *_buffer_rows(figures)], indent=0)
    _show_warnings(page, figures)
    _show_noted(page, "Rejected lines", figures.rejected, "kept in rejected.ndjson")
    _show_noted(page, "Dropped events", figures.dropped, "by the rules")
    _show_books(page, figures)
    _show_next(page, figures, folder)


_COLUMNS = (
    Column("", keep="start"),
    Column("", right=True, style="bold"),
    Column("", keep="start", style="dim"),
)


def _show_source(page: Page, figures: Summary) -> None:
    paths = [source["path"] for source in figures.sources]
    what = paths[0] if len(paths) == 1 else f"{len(paths):,} files, {paths[0]} to {paths[-1]}"
    buffer = f"buffer {figures.buffer_seconds:g} s" if figures.buffer_seconds else "no buffer"
    page.line((what, "bold"), f": {plural(figures.lines, 'line')}, rules {figures.rule_set}, {buffer}")
    if not figures.events:
        page.line(("Not one line of it is an event: is it the right file?", "bold red"))


def _person_rows(figures: Summary) -> list[list[Cell]]:
    anonymous = figures.persons - figures.identified
    most = f"at most {figures.most_ids:,} on one person" if figures.most_ids else ""
    return [
        [("Persons", "bold"), figures.persons, f"{figures.identified:,} identified, {anonymous:,} anonymous"],
        [("Distinct ids", "bold"), figures.distinct_ids, most],
    ]


def _link_rows(figures: Summary) -> list[list[Cell]]:
    rows: list[list[Cell]] = [[("Links", "bold"), sum(figures.outcomes.values()), ""]]
    for outcome, (style, meaning) in OUTCOMES.items():
        if outcome not in figures.outcomes:
            continue
        rows.append([(f"  {outcome}", style), figures.outcomes[outcome], meaning])
        if outcome == "attached" and figures.silent is not None:
            where = f"no warning, e.g. {figures.silent.origin}"
            rows.append([("    to somebody identified", "yellow"), figures.silent.times, (where, "yellow")])
    return rows


def _buffer_rows(figures: Summary) -> list[list[Cell]]:
    if not figures.buffer_seconds:
        return []
    alone = figures.held - figures.held_found
    what = f"{figures.held_found:,} found their person, {alone:,} made one" if figures.held else ""
    return [[("Held by the buffer", "bold"), figures.held, what]]


def _show_warnings(page: Page, figures: Summary) -> None:
    if not figures.warnings:
        return
    page.heading("Ingestion warnings", f"{sum(item.times for item in figures.warnings):,}")
    for item in figures.warnings:
        page.line("  ", (item.type, "red"), "  ", (number_text(item.times), "bold"))
        page.table(
            (Column("", keep="start", style="dim"), origin_column("")),
            [[f"  {_example(item)}", str(item.origin)]],
        )


def _example(item: WarningNoted) -> str:
    ids = [str(value) for key, value in item.details.items() if key.lower().endswith("distinctid")]
    return "e.g. " + " and ".join(repr(one) for one in ids[:2])


def _show_noted(page: Page, title: str, items: list[Noted], note: str) -> None:
    if items:
        page.heading(title, f"{sum(item.times for item in items):,}, {note}")
        columns = (Column("", keep="start"), Column("", right=True, style="bold"), origin_column(""))
        page.folded(columns, [[item.what, item.times, str(item.origin)] for item in items], 10)


def _show_books(page: Page, figures: Summary) -> None:
    balanced = all(line.balances for line in figures.books)
    page.heading("The books balance" if balanced else "The books do NOT balance")
    for line in figures.books:
        page.paragraph(str(line))


def _show_next(page: Page, figures: Summary, folder: str) -> None:
    where = "" if folder == DEFAULT_RUN else f" --run {shlex.quote(folder)}"
    page.heading(f"Written to {folder}", f"{len(figures.files)} files")
    page.paragraph(", ".join(name for name, _ in figures.files))
    page.heading("Next")
    for one in figures.ids_worth_a_look[:1]:
        page.line(f"  idcli person {shlex.quote(one)}{where}")
    if figures.warnings:
        page.line(f"  idcli warnings{where}")
    page.line(f"  idcli persons{where}")
