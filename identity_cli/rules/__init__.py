"""The rule sets: each one dated state of the platform's rules, or another vendor's."""

from identity_cli.errors import UnknownRuleSet
from identity_cli.rules import mixpanel
from identity_cli.rules.base import RuleSet
from identity_cli.rules.posthog import (
    CURRENT,
    DECEMBER_2022,
    GUIDE,
    OCTOBER_2024,
    OCTOBER_2025,
    SEPTEMBER_2023,
)

POSTHOG_CODE = (DECEMBER_2022, SEPTEMBER_2023, OCTOBER_2024, OCTOBER_2025, CURRENT)
"""States of the platform's code, oldest first; the guide, which is none, shares their time."""
POSTHOG = (GUIDE, *POSTHOG_CODE)
VENDORS = (mixpanel.SIMPLIFIED, mixpanel.ORIGINAL)
DEFAULT = GUIDE.name
RULE_SETS = {rules.name: rules for rules in (*POSTHOG, *VENDORS)}


def rule_set(name: str | None) -> RuleSet:
    """The rule set of that name, the default where none is named; UnknownRuleSet if there is no such."""
    if name is None:
        return GUIDE
    if name not in RULE_SETS:
        raise UnknownRuleSet(name, list(RULE_SETS))
    return RULE_SETS[name]
