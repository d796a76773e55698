"""The summary of a run as JSON."""

from datetime import date
from typing import TYPE_CHECKING, Any

from identity_cli.dialects import whose_rules
from identity_cli.reports.run_summary import InternalUsers, Noted, NoticeNoted, Summary, WarningNoted
from identity_cli.rules import RULE_SETS
from identity_cli.rules.dating import called_for, stands_for_all

if TYPE_CHECKING:
    from identity_cli.answers import of_runs

FORMAT = 1


def document(figures: Summary) -> dict[str, Any]:
    """A summary as one JSON object."""
    return {
        "format": FORMAT,
        "verdict": _verdict(figures),
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


def _verdict(figures: Summary) -> str | None:
    if figures.verdict is None:
        return None
    sentence, command = figures.verdict
    return f"{sentence}: idcli {command}" if command else sentence


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


def _days(rule_set: str, first: date, last: date) -> "of_runs.Days":
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "in_period_of_rules": stands_for_all(RULE_SETS[rule_set], first, last),
        "called_for": [rules.name for rules in called_for(first, last)],
    }
