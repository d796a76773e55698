"""Which rule sets the dates of a log call for."""

from datetime import date

from identity_cli.rules import POSTHOG_CODE
from identity_cli.rules.base import RuleSet


def nearest(day: date) -> RuleSet:
    """The platform's code that stands nearest to what a day's was; before the first, the first."""
    fitting = [rules for rules in POSTHOG_CODE if rules.period is not None and rules.period[0] <= day]
    return fitting[-1] if fitting else POSTHOG_CODE[0]


def called_for(first: date, last: date) -> list[RuleSet]:
    """The rule sets that the days from the first to the last call for, each for its part."""
    start, end = nearest(first), nearest(last)
    return [rules for rules in POSTHOG_CODE if start.date <= rules.date <= end.date]


def stands_for_all(rules: RuleSet, first: date, last: date) -> bool:
    """Whether all these days lie in the rule set's period; also where it has none."""
    return rules.period is None or rules.period[0] <= first <= last <= rules.period[1]
