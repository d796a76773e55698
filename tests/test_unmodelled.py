"""What a log shows and the rules do not know is one line of the summary."""

from collections.abc import Callable

import pytest

from identity_cli import Run
from identity_cli.reports.summary import summary
from identity_cli.rules import POSTHOG

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
    is_of_today = rules == "current"
    assert told == ({"flag_calls": (1, 4)} if is_of_today else {"ai_events": (2, 2)})


def test_under_another_vendors_rules_nothing_is_missed(run_of: RunOf) -> None:
    assert summary(run_of(LOG, rules="mixpanel-original")).notices == []
