"""What a log shows and the rules do not know is one line of the summary."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from identity_cli import Run
from identity_cli.reports.run_summary import summary
from identity_cli.rules import POSTHOG, rule_set

START = datetime(2023, 6, 1, tzinfo=UTC)
RunOf = Callable[..., Run]
LOG = [
    {"event": name, "distinct_id": "ada"}
    for name in ("e", "$ai_span", "$ai_generation", "$feature_flag_called")
]


@pytest.mark.parametrize("rules", [rules.name for rules in POSTHOG])
def test_events_that_the_rules_do_not_know_are_counted(run_of: RunOf, rules: str) -> None:
    told = {
        noticed.kind: (noticed.times, noticed.origin.line)
        for noticed in summary(run_of(LOG, rules=rules)).notices
    }
    knows_ai = bool(rule_set(rules).looks_up_prefixes)
    assert told == ({"flag_calls": (1, 4)} if knows_ai else {"ai_events": (2, 2)})


def burst(distinct_id: str, events: int, seconds: float) -> list[dict[str, str]]:
    """So many events of an id, evenly within that time."""
    times = (START + timedelta(seconds=seconds * number / max(1, events - 1)) for number in range(events))
    return [{"event": "e", "distinct_id": distinct_id, "timestamp": time.isoformat()} for time in times]


@pytest.mark.parametrize(
    ("events", "seconds", "is_told"),
    [(1_000, 0, False), (1_001, 0, True), (1_100, 100, False), (1_101, 100, True), (5_000, 5_000, False)],
)
def test_an_id_of_more_events_than_the_platform_takes_in_order(
    run_of: RunOf, events: int, seconds: float, is_told: bool
) -> None:
    log = burst("ada", 10, 0) + burst("bob", events, seconds)
    told = [(item.kind, item.times, item.what, item.origin.line) for item in summary(run_of(log)).notices]
    assert told == ([("capacity_overflow", 1, "bob", 11)] if is_told else [])


def test_of_ids_with_too_many_events_the_one_furthest_beyond_is_told(run_of: RunOf) -> None:
    log = burst("ada", 1_002, 0) + burst("bob", 1_005, 0) + burst("eve", 1_003, 0)
    (told,) = summary(run_of(log)).notices
    assert (told.times, told.what) == (3, "bob")


def test_an_id_whose_events_tell_no_time_may_be_of_any_speed(run_of: RunOf) -> None:
    log = [{"event": "e", "distinct_id": "ada"}] * 2_000
    assert summary(run_of(log)).notices == []


@pytest.mark.parametrize(("rules", "is_told"), [("2022-12", False), ("2023-09", True), ("current", True)])
def test_the_platform_has_known_too_many_events_of_an_id_since_2023(
    run_of: RunOf, rules: str, is_told: bool
) -> None:
    assert bool(summary(run_of(burst("ada", 2_000, 60), rules=rules)).notices) == is_told


def test_under_another_vendors_rules_nothing_is_missed(run_of: RunOf) -> None:
    assert summary(run_of(LOG, rules="mixpanel-original")).notices == []
