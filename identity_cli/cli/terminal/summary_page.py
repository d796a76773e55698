"""How the summary of a run looks: a screen of it, what stands out first."""

import shlex
from collections.abc import Iterator
from datetime import date

from identity_cli.cli.terminal.notices import NOTICES, UNMODELLED, show_notices
from identity_cli.cli.terminal.page import Cell, Column, Page, origin_column
from identity_cli.cli.terminal.summary_details import (
    COLUMNS,
    person_rows,
    show_books,
    show_details,
    show_doubts,
)
from identity_cli.cli.terminal.text import duration_text, number_text, plural
from identity_cli.cli.terminal.typed import of_run, typed
from identity_cli.dialects import whose_rules
from identity_cli.outcomes import is_refused
from identity_cli.reports.run_summary import Order, Summary
from identity_cli.rules import DEFAULT, RULE_SETS
from identity_cli.rules.dating import called_for, stands_for_all

PASSED_SHOWN = 3  # files
PLAN_BOOK = "events of the plan"
LONGEST_OUTCOMES = 52  # columns that a terminal of 80 has for them
TYPES_SHOWN = 3  # of warnings, where a screen has to do


def show(page: Page, figures: Summary, folder: str, *, verbose: bool = False) -> None:
    """A summary as a page, of a screen unless verbose; folder is where the run is."""
    _show_if_mostly_rejected(page, figures)
    _show_source(page, figures)
    _show_order(page, figures)
    page.line()
    if verbose:
        show_details(page, figures)
    else:
        _show_in_short(page, figures)
    balance = all(line.balances for line in figures.books)
    if verbose or not balance:
        show_books(page, figures, balance=balance)
    else:
        _show_plan(page, figures)
    page.line()
    page.line((f"Written to {folder}", "bold"), f": {plural(len(figures.files), 'file')}")
    if verbose:
        page.paragraph(", ".join(name for name, _ in figures.files))
    _show_next(page, figures, folder)
    _show_verdict(page, figures, folder)


def _show_plan(page: Page, figures: Summary) -> None:
    """What became of a plan, where one was applied."""
    for line in figures.books:
        if line.what == PLAN_BOOK:
            page.paragraph(str(line), indent=0)


def _show_in_short(page: Page, figures: Summary) -> None:
    """Persons and links, a line each for what stands out and for each kind of what was not replayed."""
    page.table(COLUMNS, [*person_rows(figures), _links_in_short(figures)], indent=0)
    if figures.internal is not None:
        show_doubts(page, figures.internal)
    rows = [*_doubtful_links(figures), *_warnings_in_short(figures), *_left_aside(figures)]
    unmodelled = sum(item.kind in UNMODELLED for item in figures.notices)
    if rows or unmodelled:
        page.line()
    page.table(_IN_SHORT, rows, indent=0)
    if unmodelled:
        kinds = plural(unmodelled, "kind")
        page.line((f"In the log and in no rule set: {kinds} of events; --verbose tells which", "yellow"))


_IN_SHORT = (
    Column("", keep="start"),
    Column("", right=True, style="bold"),
    Column("", keep="start", style="dim"),
    origin_column(""),
)


def _links_in_short(figures: Summary) -> list[Cell]:
    outcomes = figures.outcomes
    refused = sum(count for one, count in outcomes.items() if is_refused(one))
    kinds = [(count, str(one)) for one, count in outcomes.items() if not is_refused(one)]
    kinds += [(refused, "refused")] if refused else []
    text = ", ".join(f"{count:,} {kind}" for count, kind in kinds)
    if len(text) > LONGEST_OUTCOMES:
        text = _largest(sorted(kinds, key=lambda one: -one[0]))
    return [("Links", "bold"), sum(outcomes.values()), text]


def _largest(kinds: list[tuple[int, str]]) -> str:
    """As many of the largest kinds as there is room for, and how many links are of others."""
    for shown in reversed(range(len(kinds))):
        parts = [f"{count:,} {kind}" for count, kind in kinds[:shown]]
        others = sum(count for count, _ in kinds[shown:])
        text = f"{', '.join([*parts, f'{others:,} others'])}: see --verbose"
        if len(text) <= LONGEST_OUTCOMES:
            break
    return text


def _doubtful_links(figures: Summary) -> Iterator[list[Cell]]:
    """Links that may be wrong and that nothing warns of."""
    if figures.silent is not None:
        where = str(figures.silent.origin)
        yield [("attached to identified", "yellow"), figures.silent.times, "no warning", where]
    if figures.forced is not None:
        how, where = RULE_SETS[figures.rule_set].words.force, str(figures.forced.origin)
        yield [("merged from identified", "yellow"), figures.forced.times, how, where]


def _warnings_in_short(figures: Summary) -> Iterator[list[Cell]]:
    for item in figures.warnings[:TYPES_SHOWN]:
        yield [(item.type, "red"), item.times, "", str(item.origin)]
    if rest := figures.warnings[TYPES_SHOWN:]:
        yield [(f"{len(rest)} more types", "red"), sum(item.times for item in rest), "idcli warnings", ""]


def _left_aside(figures: Summary) -> Iterator[list[Cell]]:
    """Of each kind of what was not replayed, or should not have been: how many, and the first."""
    for title, items in (
        ("rejected lines", figures.rejected),
        ("dropped events", figures.dropped),
        ("events that touch nobody", figures.touching_nobody),
        ("refused at the door", figures.refused_at_door),
    ):
        if items:
            reasons = items[0].what if len(items) == 1 else plural(len(items), "reason")
            yield [title, sum(item.times for item in items), reasons, str(items[0].origin)]


def _show_source(page: Page, figures: Summary) -> None:
    paths = [source["path"] for source in figures.sources]
    what = paths[0] if len(paths) == 1 else f"{len(paths):,} files, {paths[0]} to {paths[-1]}"
    buffer = f"buffer {number_text(figures.buffer_seconds)} s" if figures.buffer_seconds else "no buffer"
    page.sentence((what, "bold"), f": {_lines_of_dialects(figures)}, rules {_rules(figures)}, {buffer}")
    for sentence in whose_rules([item.name for item in figures.dialects], figures.rule_set):
        page.paragraph(sentence, indent=0, style="yellow")
    rules = RULE_SETS[figures.rule_set]
    if figures.days is None and figures.events and rules.period is not None:
        page.paragraph("No event tells its date, so which --rules fit is not known.", indent=0)
    if figures.days is not None and not stands_for_all(rules, *figures.days):
        page.paragraph(_of_another_time(rules.name, *figures.days), indent=0, style="yellow")
    if figures.passed_over:
        shown = [f"{path} ({reason})" for path, reason in figures.passed_over[:PASSED_SHOWN]]
        more = (
            [f"and {len(figures.passed_over) - PASSED_SHOWN:,} more"]
            if len(figures.passed_over) > PASSED_SHOWN
            else []
        )
        page.paragraph(f"Passed over: {', '.join([*shown, *more])}.", indent=0)


def _show_if_mostly_rejected(page: Page, figures: Summary) -> None:
    rejected = sum(item.times for item in figures.rejected)
    if rejected > figures.events:
        most = figures.rejected[0]
        share = f"{rejected:,} of {plural(rejected + figures.events, 'line')} could not be used"
        page.paragraph(f"{share}: is it the right file?", indent=0, style="bold red")
        page.paragraph(f"Most of them: {most.what}, first at {most.origin}.", indent=0, style="red")


def _of_another_time(rule_set: str, first: date, last: date) -> str:
    """That the log is not of the rule set's time, and which rule set is nearest to it."""
    when = f"{first}" if first == last else f"{first} to {last}"
    fitting = [rules.name for rules in called_for(first, last)]
    if fitting == [rule_set]:
        return f"Log of {when}: it begins before {rule_set}'s time, and no rules here are older."
    if len(fitting) == 1:
        fits = "fits" if stands_for_all(RULE_SETS[fitting[0]], first, last) else "is nearest"
        return f"Log of {when}, not of {rule_set}'s time: --rules {fitting[0]} {fits}."
    return f"Log of {when}: no rules fit all of it, {', '.join(fitting)} each a part."


def _rules(figures: Summary) -> str:
    """The rule set, and whose it is where that is not PostHog's own default."""
    if figures.rules_by_dates:
        return f"{figures.rule_set} (by the dates at its beginning)"
    name, vendor = figures.rule_set, RULE_SETS[figures.rule_set].words.vendor
    if not figures.rules_are_of_log or name == DEFAULT:
        return name
    return f"{name} ({vendor}'s own)"


def _lines_of_dialects(figures: Summary) -> str:
    """How many lines, and of which dialect; of a log that mixes some, how many of each."""
    lines, dialects = plural(figures.lines, "line"), figures.dialects
    if len(dialects) > 1:
        parts = [f"{item.lines:,} of {item.name} in {plural(item.files, 'file')}" for item in dialects]
        return f"{lines} ({', '.join(parts)})"
    return f"{lines} of {dialects[0].name}" if dialects else lines


def _show_order(page: Page, figures: Summary) -> None:
    """What to know of the log's order and of its repeats before believing the figures."""
    order = figures.order
    if order.sorted_by is not None:
        page.paragraph(f"Sorted by {order.sorted_by}: {plural(order.moved, 'line')} moved.", indent=0)
    if order.sorted_by == "time":
        page.paragraph(
            "The platform went by arrival, not by time: where events came late, its persons differ.",
            indent=0,
        )
    elif order.late:
        page.paragraph(f"Not in order of arrival: {_late(order)}.", indent=0)
        page.paragraph("Persons depend on the order: idcli replay --order arrival sorts first.", indent=0)
    show_notices(page, figures, NOTICES)
    if figures.repeats:
        what = "skipped" if figures.deduped else "replayed all the same; --dedupe skips them"
        text = f"{plural(figures.repeats, 'event')} repeated an earlier one, {what}"
        page.paragraph(text, indent=0, style="yellow")


def _late(order: Order) -> str:
    share = f"{order.late:,} of {order.with_arrival:,} events arrived before one above them"
    return f"{share}, first {order.first_late}, by up to {duration_text(order.largest_step_back)}"


def _show_next(page: Page, figures: Summary, folder: str) -> None:
    where = of_run(folder)
    page.heading("Next")
    for one in figures.ids_worth_a_look[: 0 if figures.verdict and figures.verdict[1] else 1]:
        no_option = "-- " if one.startswith("-") else ""
        page.line(f"  idcli person{where} {no_option}{shlex.quote(one)}")
    if figures.warnings:
        page.line(f"  idcli warnings{where}")
    page.line(f"  idcli persons{where}")
    for path in figures.names_persons[:1]:
        page.line(f"  idcli verify --events {shlex.quote(path)}{where}")


def _show_verdict(page: Page, figures: Summary, folder: str) -> None:
    """What audits conclude, last, where it is seen."""
    if figures.verdict is None:
        return
    sentence, command = figures.verdict
    page.line()
    if not command:
        page.sentence((sentence, "bold"))
        return
    line = typed(f"idcli {command}", folder)
    if len(sentence) + len(line) + 2 <= page.width:
        page.line((f"{sentence}: ", "bold yellow"), line)
    else:  # a command is never broken
        page.paragraph(f"{sentence}:", indent=0, style="bold yellow")
        page.line(f"  {line}")
