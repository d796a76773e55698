"""How the summary of a run looks: as a page, and as JSON."""

import shlex
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from identity_cli.cli.terminal.notices import NOTICES, UNMODELLED, show_notices
from identity_cli.cli.terminal.options import DEFAULT_RUN
from identity_cli.cli.terminal.page import Cell, Column, Page, origin_column
from identity_cli.cli.terminal.text import number_text, plural
from identity_cli.dialects import whose_rules
from identity_cli.outcomes import Outcome
from identity_cli.reports.run_summary import InternalUsers, Noted, NoticeNoted, Order, Summary, WarningNoted
from identity_cli.rules import DEFAULT, RULE_SETS
from identity_cli.rules.dating import called_for, stands_for_all

if TYPE_CHECKING:
    from identity_cli.answers import of_runs

FORMAT = 1
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


def document(figures: Summary) -> dict[str, Any]:
    """A summary as one JSON object."""
    return {
        "format": FORMAT,
        "sources": figures.sources,
        "passed_over": [{"file": path, "reason": reason} for path, reason in figures.passed_over],
        "dialects": [
            {**item._asdict(), "whose_rules": next(iter(whose_rules([item.name], figures.rule_set)), None)}
            for item in figures.dialects
        ],
        "rule_set": figures.rule_set,
        "rules_vendor": RULE_SETS[figures.rule_set].words.vendor,
        "rules_are_of_log": figures.rules_are_of_log,
        "rules_by_dates": figures.rules_by_dates,
        "days": None if figures.days is None else _days(figures.rule_set, *figures.days),
        "buffer_seconds": figures.buffer_seconds,
        "order": {
            **figures.order._asdict(),
            "first_late": None if figures.order.first_late is None else figures.order.first_late.place,
        },
        "notices": [_notice(item) for item in figures.notices],
        "repeats": {"count": figures.repeats, "skipped": figures.deduped},
        "refused_at_door": [_noted(item) for item in figures.refused_at_door],
        "lines": figures.lines,
        "events": figures.events,
        "persons": {
            "total": figures.persons,
            "identified": figures.identified,
            "anonymous": figures.persons - figures.identified,
        },
        "distinct_ids": figures.distinct_ids,
        "internal_users": None if figures.internal is None else _internal(figures.internal),
        "links": {
            "total": sum(figures.outcomes.values()),
            "outcomes": figures.outcomes,
            "attached_to_identified": 0 if figures.silent is None else figures.silent.times,
            "merged_from_identified": 0 if figures.forced is None else figures.forced.times,
        },
        "buffer": {"held": figures.held, "found_their_person": figures.held_found},
        "warnings": [_warning(item) for item in figures.warnings],
        "rejected": [_noted(item) for item in figures.rejected],
        "dropped": [_noted(item) for item in figures.dropped],
        "touching_nobody": [_noted(item) for item in figures.touching_nobody],
        "books": [{**line._asdict(), "balances": line.balances} for line in figures.books],
        "files": [name for name, _ in figures.files],
    }


def _internal(users: InternalUsers) -> dict[str, Any]:
    return {
        "source": users.source,
        "showing": users.showing,
        **{
            what: {"total": total, "internal": internal, "without_internal": total - internal}
            for what in ("persons", "events", "distinct_ids")
            for total, internal in (getattr(users, what),)
        },
        "not_evaluable": users.not_evaluable,
        "remarks": users.remarks,
    }


def _warning(item: WarningNoted) -> "of_runs.WarningCount":
    return {
        "type": item.type,
        "count": item.times,
        "example": {**item.origin.place, "distinct_id": item.distinct_id, "details": item.details},
    }


def _noted(item: Noted) -> "of_runs.Reason":
    return {"reason": item.what, "count": item.times, "example": item.origin.place}


def _notice(item: NoticeNoted) -> "of_runs.Notice":
    return {"kind": item.kind, "count": item.times, "example": {**item.origin.place, "what": item.what}}


def show(page: Page, figures: Summary, folder: str) -> None:
    """A summary as a page; folder is where the run is."""
    _show_if_mostly_rejected(page, figures)
    _show_source(page, figures)
    _show_order(page, figures)
    page.line()
    page.table(_COLUMNS, [*_person_rows(figures), *_link_rows(figures), *_buffer_rows(figures)], indent=0)
    if figures.internal is not None:
        _show_doubts(page, figures.internal)
    _show_warnings(page, figures)
    _show_noted(page, "Rejected lines", figures.rejected, "kept in rejected.ndjson")
    _show_noted(page, "Dropped events", figures.dropped, "they belong to nobody")
    _show_noted(page, "Events that touch nobody", figures.touching_nobody, "nothing is wrong with them")
    _show_noted(page, "Refused at the door", figures.refused_at_door, "by capture; replayed all the same")
    if any(item.kind in UNMODELLED for item in figures.notices):
        page.heading("In the log and in no rule set")
        show_notices(page, figures, UNMODELLED, indent=2)
    _show_books(page, figures)
    _show_next(page, figures, folder)


_COLUMNS = (
    Column("", keep="start"),
    Column("", right=True, style="bold"),
    Column("", keep="start", style="dim"),
)


def _days(rule_set: str, first: date, last: date) -> "of_runs.Days":
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "in_period_of_rules": stands_for_all(RULE_SETS[rule_set], first, last),
        "called_for": [rules.name for rules in called_for(first, last)],
    }


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
        shown = [f"{path} ({reason})" for path, reason in figures.passed_over[:SHOWN]]
        more = [f"and {len(figures.passed_over) - SHOWN:,} more"] if len(figures.passed_over) > SHOWN else []
        page.paragraph(f"Passed over, without an event: {', '.join([*shown, *more])}.", indent=0)


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
    return f"{share}, first {order.first_late}, by up to {timedelta(seconds=round(order.largest_step_back))}"


def _person_rows(figures: Summary) -> list[list[Cell]]:
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


def _show_doubts(page: Page, users: InternalUsers) -> None:
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
        no_option = "-- " if one.startswith("-") else ""
        page.line(f"  idcli person{where} {no_option}{shlex.quote(one)}")
    if figures.warnings:
        page.line(f"  idcli warnings{where}")
    page.line(f"  idcli persons{where}")
    for path in figures.names_persons[:1]:
        page.line(f"  idcli verify --events {shlex.quote(path)}{where}")
