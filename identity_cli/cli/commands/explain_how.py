"""`idcli how`: how a person came to be, as a tree of steps."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import click

from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import ID
from identity_cli.cli.terminal.options import format_option, team_option
from identity_cli.cli.terminal.page import Cell, Column, Page, origin_column
from identity_cli.cli.terminal.run_arguments import with_ids, with_run
from identity_cli.cli.terminal.text import number_text, plural, time_text
from identity_cli.reports.link_history import HistoryStep, How, how
from identity_cli.store.reading.run import Run

if TYPE_CHECKING:
    from identity_cli.answers import of_persons

FORMAT = 1
DEPTH = 3
LONGEST_RUN = 6  # steps of one kind before they fold
STYLES = {
    "created": "green",
    "attached": "green",
    "merged": "yellow",
    "refused": "red",
    "identified": "cyan",
}


@click.command("how", cls=Command, epilog="Example: idcli how user_nils")
@click.argument("wanted", metavar="ID", type=ID)
@team_option("The team of the id.")
@option(
    "--depth",
    type=click.IntRange(0),
    default=DEPTH,
    show_default=True,
    metavar="N",
    help="Merges within merges shown.",
)
@option("--all", "show_all", is_flag=True, help="Every step, whatever the depth.")
@format_option("table", "json")
@with_run
@with_ids("wanted")
def command(run: Run, wanted: str, team_id: int | None, depth: int, show_all: bool, output: str) -> None:
    """Tell how a person came to be, step by step.

    From first sight to now: made with an id, ids attached, persons merged in with their own
    history before, links refused, marked identified. Suspicious steps have a mark.
    """
    found = how(run, wanted, team_id)
    if output == "json":
        from identity_cli.cli.terminal.render import write_document

        write_document(_document(run, found))
    else:
        _show(Page(), run, found, None if show_all else depth)


def _document(run: Run, found: How) -> "of_persons.How":
    """The history as one JSON object, never folded; a merged person's steps have a greater depth."""
    return {
        "format": FORMAT,
        "person_id": found.person.person_id,
        "team_id": found.person.team_id,
        "persons": found.persons,
        "merges": found.merges,
        "refused": found.refused,
        "steps": [_step(run, step) for step in found.steps],
    }


def _step(run: Run, step: HistoryStep) -> "of_persons.HowStep":
    origin = run.origin(step.seq)
    return {
        "number": step.number,
        "depth": step.depth,
        "kind": step.kind,
        **origin.place,
        "uuid": step.uuid,
        "distinct_id": step.distinct_id,
        "other": step.other,
        "event": step.event,
        "time": step.time,
        "outcome": step.outcome,
        "person_id": step.person_id,
        "ids": step.ids,
        "events": step.events,
        "values_lost": step.lost,
        "is_suspicious": step.is_suspicious,
    }


def _show(page: Page, run: Run, found: How, depth: int | None) -> None:
    columns = Column("", "start"), origin_column(""), Column("", style="dim", extra=True)
    page.table(columns, [_row(run, item) for item in _folded(found.steps, depth)], indent=0)
    person = found.person
    flag = "not identified"
    if found.identified_seq is not None:
        flag = f"identified at {run.origin(found.identified_seq)}"
    page.line()
    page.line((f"Person {person.person_id}", "bold"))
    page.paragraph(
        f"is {plural(person.id_count, 'id')} and {plural(person.event_count, 'event')}, {flag}; made of "
        f"{plural(found.persons, 'person')} by {plural(found.merges, 'merge')}, "
        f"{plural(found.refused, 'link')} refused.",
        indent=0,
    )


def _row(run: Run, item: HistoryStep | str) -> list[Cell]:
    if isinstance(item, str):
        return [(item, "dim"), "", ""]
    mark = " !" if item.is_suspicious else ""
    style = "bold yellow" if item.is_suspicious else STYLES[item.kind]
    text = f"{_lead(item.depth)}{item.number}. {item.kind}{mark} {_what(item)}"
    return [(text.rstrip(), style), str(run.origin(item.seq)), time_text(item.time)]


def _folded(steps: list[HistoryStep], depth: int | None) -> Iterator[HistoryStep | str]:
    """The steps to show, and a line for each stretch that is not."""
    if depth is None:
        yield from steps
        return
    for too_deep, stretch in groupby(steps, lambda step: step.depth > depth):
        if too_deep:
            count = sum(1 for _ in stretch)
            yield f"{_lead(depth + 1)}… {plural(count, 'step')}; --depth, --all"
            continue
        for _, run_of in groupby(stretch, lambda step: (step.depth, step.kind, step.is_suspicious)):
            same = list(run_of)
            if len(same) <= LONGEST_RUN:
                yield from same
            else:
                yield from same[:2]
                more = f"{number_text(len(same) - 3)} more {same[0].kind}"
                yield f"{_lead(same[0].depth)}… {more}; --all"
                yield same[-1]


def _lead(depth: int) -> str:
    return "│ " * depth


def _what(step: HistoryStep) -> str:
    match step.kind:
        case "merged":
            lost = f", {plural(step.lost, 'value')} lost" if step.lost else ""
            return f"{step.distinct_id} with {plural(step.ids, 'id')}, {plural(step.events, 'event')}{lost}"
        case "refused":
            return f"{step.distinct_id} into {step.other}: {step.outcome}"
        case "identified":
            return ""
        case _:
            return step.distinct_id if step.other is None else f"{step.distinct_id} with {step.other}"
