"""The whole summary of a run, with examples: what `--verbose` shows."""

from collections.abc import Iterator

from identity_cli.cli.terminal.notices import UNMODELLED, show_notices
from identity_cli.cli.terminal.page import Cell, Column, Page, origin_column
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.outcomes import Outcome
from identity_cli.reports.run_summary import InternalUsers, Noted, Summary, WarningNoted
from identity_cli.rules import RULE_SETS

SHOWN = 10  # reasons for rejecting lines

OUTCOMES = {
    Outcome.CREATED: ("green", "neither id known: one person with both"),
    Outcome.ATTACHED: ("green", "one id known: the other joined its person"),
    Outcome.MERGED: ("yellow", "two persons became one"),
    Outcome.SAME_PERSON: ("", "both ids were one person already"),
    Outcome.SAME_ID: ("", "an id linked to itself"),
    Outcome.REFUSED_IDENTIFIED: ("red", "the other id is of an identified person"),
    Outcome.REFUSED_ILLEGAL: ("red", "an id that can be nobody's"),
    Outcome.REFUSED_TAKEN: ("red", "the other id is somebody else's already"),
    Outcome.REFUSED_FORM: ("red", "the other id is not of the form of an anonymous one"),
    Outcome.REFUSED_FULL: ("red", "one person would have too many ids"),
    Outcome.REFUSED_NO_EFFECT: ("yellow", "an event that these rules pay no heed to"),
    Outcome.FAILED: ("red", "the event could not be processed"),
}


def show_details(page: Page, figures: Summary) -> None:
    """All that is known, with examples."""
    page.table(COLUMNS, [*person_rows(figures), *_link_rows(figures), *_buffer_rows(figures)], indent=0)
    if figures.internal is not None:
        show_doubts(page, figures.internal)
    _show_warnings(page, figures)
    _show_noted(page, "Rejected lines", figures.rejected, "kept in rejected.ndjson")
    _show_noted(page, "Dropped events", figures.dropped, "they belong to nobody")
    _show_noted(page, "Events that touch nobody", figures.touching_nobody, "nothing is wrong with them")
    _show_noted(page, "Refused at the door", figures.refused_at_door, "by capture; replayed all the same")
    if any(item.kind in UNMODELLED for item in figures.notices):
        page.heading("In the log and in no rule set")
        show_notices(page, figures, UNMODELLED, indent=2)


COLUMNS = (
    Column("", keep="start"),
    Column("", right=True, style="bold"),
    Column("", keep="start", style="dim"),
)


def person_rows(figures: Summary) -> list[list[Cell]]:
    """How many persons and ids there are."""
    anonymous = figures.persons - figures.identified
    most = f"at most {figures.most_ids:,} on one person" if figures.most_ids else ""
    words = RULE_SETS[figures.rule_set].words
    kinds = f"{figures.identified:,} {words.identified}, {anonymous:,} {words.others}"
    return [
        [
            ("Persons" + _SHOWING[figures.internal.showing if figures.internal else "include"], "bold"),
            figures.persons,
            kinds,
        ],
        *(_internal_rows(figures.internal) if figures.internal else []),
        [("Distinct ids", "bold"), figures.distinct_ids, most],
    ]


_SHOWING = {"include": "", "exclude": ", none internal", "only": ", internal only"}


def _internal_rows(users: InternalUsers) -> list[list[Cell]]:
    total, internal = users.persons
    return [
        ["  internal", internal, f"{plural(users.events[1], 'event')}, by {users.source}"],
        ["  without them", total - internal, f"{plural(users.events[0] - users.events[1], 'event')}"],
    ]


def show_doubts(page: Page, users: InternalUsers) -> None:
    """What could not be told, and what looks wrong in the file."""
    if users.not_evaluable or users.remarks:
        page.heading("Internal users", "what to know of " + users.source)
    for sentence in users.not_evaluable:
        page.paragraph(f"Not evaluated, so nobody is internal by it: {sentence}")
    for sentence in users.remarks:
        page.paragraph(sentence)


def _link_rows(figures: Summary) -> list[list[Cell]]:
    rows: list[list[Cell]] = [[("Links", "bold"), sum(figures.outcomes.values()), ""]]
    for outcome, (style, meaning) in OUTCOMES.items():
        if outcome not in figures.outcomes:
            continue
        rows.append([(f"  {outcome}", style), figures.outcomes[outcome], meaning])
        if outcome == Outcome.ATTACHED and figures.silent is not None:
            where = f"no warning, e.g. {figures.silent.origin}"
            rows.append([("    to somebody identified", "yellow"), figures.silent.times, (where, "yellow")])
        if outcome == Outcome.MERGED and figures.forced is not None:
            where = f"{RULE_SETS[figures.rule_set].words.force}, e.g. {figures.forced.origin}"
            rows.append([("    from identified", "yellow"), figures.forced.times, (where, "yellow")])
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
        rows: Iterator[list[Cell]] = ([item.what, item.times, str(item.origin)] for item in items)
        page.folded(columns, rows, len(items), SHOWN, "see the run folder")


def show_books(page: Page, figures: Summary, *, balance: bool) -> None:
    """The sums that must balance."""
    page.heading("The books balance" if balance else "The books do NOT balance")
    for line in figures.books:
        page.paragraph(str(line))
