"""`idcli diff`: two runs compared, person by person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from identity_cli.cli.terminal.command import Command
from identity_cli.cli.terminal.completed import FOLDER
from identity_cli.cli.terminal.options import format_option, limit_option
from identity_cli.cli.terminal.page import Cell, Column, Page, id_column, number_column
from identity_cli.cli.terminal.render import write_document, write_records
from identity_cli.cli.terminal.run_arguments import opened
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.comparing.comparison import ChangeKind, Comparison, Member, PersonChange
from identity_cli.comparing.run_differences import Diff, diff
from identity_cli.errors import ExitCode

if TYPE_CHECKING:
    from identity_cli.answers import of_comparisons

FORMAT = 1
MOVED = ("team_id", "distinct_id", "events", "change", "old_person_id", "new_person_id")
MEANINGS = {
    ChangeKind.MERGED: ("red", "were several persons, are one"),
    ChangeKind.SPLIT: ("green", "were one person, are several"),
    ChangeKind.OVERLAPPING: ("yellow", "exchanged ids"),
    ChangeKind.NEW: ("cyan", "have only ids that were not there"),
    ChangeKind.GONE: ("cyan", "had only ids that are gone"),
}


@click.command(
    "diff",
    cls=Command,
    epilog="A second run, to compare with: idcli replay LOG --rules current --run current-run\n\n"
    "Example: idcli diff idcli-run current-run",
)
@click.argument("run1", metavar="RUN1", type=FOLDER)
@click.argument("run2", metavar="RUN2", type=FOLDER)
@limit_option("Changes shown.")
@format_option()
@click.pass_context
def command(ctx: click.Context, run1: str, run2: str, limit: int, output: str) -> None:
    """Compare two runs, person by person.

    Who is together in one and apart in the other; persons are compared by their ids. Exit
    code 1 when persons or their properties differ. csv and ndjson give every id that moved,
    is new or is gone.
    """
    with opened(run1, run2) as (old, new):
        found = diff(old, new)
    if output == "table":
        show(Page(), found, limit)
    elif output == "json":
        write_document(document(found))
    else:
        write_records(MOVED, _rows(found.comparison), output)
    if found.differs:
        ctx.exit(ExitCode.FINDINGS)


def document(found: Diff) -> "of_comparisons.Diff":
    """A diff as one JSON object."""
    return {
        "format": FORMAT,
        "settings": {name: {"old": old, "new": new} for name, (old, new) in found.settings.items()},
        **figures(found.comparison),
        "properties_differ": [{"old": old, "new": new} for old, new in found.properties_differ],
    }


def figures(comparison: Comparison) -> "of_comparisons.Figures":
    """A comparison as JSON."""
    return {
        "persons": {"before": comparison.persons_before, "after": comparison.persons_after},
        "unchanged": len(comparison.unchanged),
        "merged": comparison.count(ChangeKind.MERGED),
        "split": comparison.count(ChangeKind.SPLIT),
        "overlapping": comparison.count(ChangeKind.OVERLAPPING),
        "new": comparison.count(ChangeKind.NEW),
        "gone": comparison.count(ChangeKind.GONE),
        "ids": {"all": comparison.ids, "new": comparison.ids_new, "gone": comparison.ids_gone},
        "ids_moved": sum(len(change.moved) for change in comparison.changes),
        "events_moved": sum(change.events_moved for change in comparison.changes),
        "pairs": {
            "old": comparison.pairs.old,
            "new": comparison.pairs.new,
            "both": comparison.pairs.both,
            "precision": comparison.pairs.precision,
            "recall": comparison.pairs.recall,
        },
        "changes": [
            {
                "kind": str(change.kind),
                "old": change.old,
                "new": change.new,
                "ids": change.ids,
                "moved": [_moved(change.kind, member) for member in change.moved],
            }
            for change in comparison.changes
        ],
    }


def _rows(comparison: Comparison) -> Iterator["of_comparisons.MovedId"]:
    for change, member in comparison.moved:
        yield _moved(change.kind, member)
    for member in comparison.unshared:
        yield _moved(ChangeKind.NEW if member.old is None else ChangeKind.GONE, member)


def _moved(kind: ChangeKind, member: Member) -> "of_comparisons.MovedId":
    return {
        "team_id": member.team_id,
        "distinct_id": member.distinct_id,
        "events": member.events,
        "change": str(kind),
        "old_person_id": member.old,
        "new_person_id": member.new,
    }


def show(page: Page, found: Diff, limit: int) -> None:
    """A diff as a page."""
    for name, (old, new) in found.settings.items():
        page.line((f"{name}: ", "dim"), f"{_value(old)} → {_value(new)}")
    if found.settings:
        page.line()
    show_comparison(page, found.comparison, limit)
    if found.properties_differ:
        what = plural(len(found.properties_differ), "person")
        page.line()
        page.line(f"{what} unchanged but for properties or the identified flag")


def show_comparison(page: Page, comparison: Comparison, limit: int) -> None:
    """The figures of a comparison, and its largest changes."""
    before, after = comparison.persons_before, comparison.persons_after
    known = ", of those in both" if comparison.unshared else ""
    difference = f"{after - before:+,}" if after != before else "as many"
    rows: list[list[Cell]] = [
        [("Persons", "bold"), after, f"were {before:,}: {difference}"],
        ["  unchanged", len(comparison.unchanged), f"the same ids{known}"],
    ]
    for kind, (style, meaning) in MEANINGS.items():
        if comparison.count(kind):
            rows.append([(f"  {kind}", style), comparison.count(kind), meaning])
    moved = sum(len(change.moved) for change in comparison.changes)
    events = sum(change.events_moved for change in comparison.changes)
    of_all = f"with {plural(events, 'event')}, of {plural(comparison.ids, 'id')}"
    rows.append([("Ids moved", "bold"), moved, of_all])
    if comparison.unshared:
        one_only = f"{comparison.ids_gone:,} gone, {comparison.ids_new:,} new"
        rows.append([("Ids of one only", "bold"), len(comparison.unshared), one_only])
    pairs = comparison.pairs
    agreement = f"precision {pairs.precision:.4f}, recall {pairs.recall:.4f}"
    rows.append([("Pairs of ids", "bold"), pairs.new, agreement])
    page.table(_FIGURES, rows, indent=0)
    _show_largest(page, comparison.changes, limit)


_FIGURES = (
    Column("", keep="start"),
    Column("", right=True, style="bold"),
    Column("", keep="start", style="dim"),
)


def _show_largest(page: Page, changes: list[PersonChange], limit: int) -> None:
    shown = [change for change in changes if change.moved][:limit]
    if not shown:
        return
    page.heading("Largest changes", f"{len(shown):,} of {number_text(len(changes))}")
    columns = (
        Column("", style="bold"),
        number_column("ids moved"),
        number_column("events"),
        number_column("persons before"),
        number_column("after"),
        id_column("e.g."),
    )
    page.table(
        columns,
        [
            [
                (str(change.kind), MEANINGS[change.kind][0]),
                len(change.moved),
                change.events_moved,
                len(change.old),
                len(change.new),
                change.moved[0].distinct_id,
            ]
            for change in shown
        ],
    )


def _value(value: Any) -> str:
    return str(value) if isinstance(value, bool | str | None) else number_text(value)
