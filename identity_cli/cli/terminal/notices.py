"""What lines of a log show and figures cannot tell, in sentences of the summary."""

from collections.abc import Callable, Mapping

from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.text import plural
from identity_cli.reports.run_summary import Summary

Telling = Callable[[int, Summary], str]
"""How so many events of one kind are told, up to where an example follows."""


def show_notices(page: Page, figures: Summary, told: Mapping[str, Telling], indent: int = 0) -> None:
    """What lines show and the figures cannot tell, of the kinds that are told here."""
    for item in figures.notices:
        if item.kind not in told:
            continue
        example = f"e.g. {item.what!r} at {item.origin}" if item.what else f"e.g. {item.origin}"
        text = f"{told[item.kind](item.times, figures)}, {example}."
        page.paragraph(text, indent=indent, style="yellow")


def _unreadable(count: int, _: Summary) -> str:
    return f"{plural(count, 'event')} {'has' if count == 1 else 'have'} a time that cannot be read"


def _unsorted(count: int, figures: Summary) -> str:
    time = "arrival time" if figures.order.sorted_by == "arrival" else "time"
    lines = f"{plural(count, 'line')} {'has' if count == 1 else 'have'}"
    return f"{lines} no readable {time}, so each stays behind the line above it"


def _long_ids(count: int, _: Summary) -> str:
    was = "was" if count == 1 else "were"
    return f"{plural(count, 'event')} {was} sent with a distinct_id longer than capture keeps: 200 characters"


def _long_lines(count: int, _: Summary) -> str:
    has, sets = ("line has", "it sets") if count == 1 else ("lines have", "they set")
    return f"{count:,} {has} more than 1 MiB: what {sets} stays in memory until the end"


def _one_page(count: int, _: Summary) -> str:
    page = "answer is one page of several" if count == 1 else "answers are each one page of several"
    return f"{count:,} {page}, so others may be missing: each says that there is a next"


def _unreadable_columns(count: int, _: Summary) -> str:
    file = "file has columns" if count == 1 else "files have columns"
    return f"{count:,} {file} that cannot be decoded, left out as no event needs them"


def _cookieless(count: int, _: Summary) -> str:
    is_or_are = "event is of a visitor" if count == 1 else "events are of visitors"
    return (
        f"{count:,} cookieless {is_or_are} whose id only the platform can make: told apart by address, "
        "browser, host and day"
    )


def _ai_events(count: int, figures: Summary) -> str:
    return (
        f"{plural(count, '$ai_ event')}: since mid 2026 such events make and change no person, which rules "
        f"{figures.rule_set} do not know"
    )


def _flag_calls(count: int, _: Summary) -> str:
    return (
        f"{plural(count, '$feature_flag_called event')}: since June 2026 such events make no person in some "
        "projects, which no line shows"
    )


def _overflow(count: int, _: Summary) -> str:
    has = "distinct id has" if count == 1 else "distinct ids have"
    return (
        f"{count:,} {has} more events than the platform takes in order (1,000 of one id, then one a second): "
        "the rest may have come out of order, with a warning ingestion_capacity_overflow"
    )


NOTICES: dict[str, Telling] = {
    "one_page": _one_page,
    "unreadable_column": _unreadable_columns,
    "unreadable_time": _unreadable,
    "no_time_to_sort_by": _unsorted,
    "long_id": _long_ids,
    "cookieless": _cookieless,
    "long_line": _long_lines,
}
"""How each kind of notice is told that is to be known before the figures."""
UNMODELLED: dict[str, Telling] = {
    "ai_events": _ai_events,
    "flag_calls": _flag_calls,
    "capacity_overflow": _overflow,
}
"""And under them, what no rule set models."""
