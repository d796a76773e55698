"""The rule sets: each one dated state of the platform's rules, or another vendor's."""

from identity_cli.errors import UnknownRuleSet
from identity_cli.rules import mixpanel, posthog
from identity_cli.rules.base import RuleSet

POSTHOG_CODE = posthog.CODE
POSTHOG = (posthog.GUIDE, *POSTHOG_CODE)
VENDORS = mixpanel.RULE_SETS
AUTO = "auto"
"""In the place of a rule set's name: the one that the log's dates call for."""
DEFAULT = posthog.GUIDE.name
RULE_SETS = {rules.name: rules for rules in (*POSTHOG, *VENDORS)}


def rule_set(name: str | None) -> RuleSet:
    """The rule set of that name, the default where none is named; UnknownRuleSet if there is no such."""
    if name is None:
        return posthog.GUIDE
    if name not in RULE_SETS:
        raise UnknownRuleSet(name, [*RULE_SETS, AUTO])
    return RULE_SETS[name]
