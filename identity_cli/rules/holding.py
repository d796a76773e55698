"""Which events of an id without a person wait in the event buffer.

A backend event can arrive before the linking event that explains its id; the buffer
gives that event a minute to come. The rule is asked once, on arrival. Under no rule set does an event wait
that links: links happen, and mark persons identified, in the order of the log.
"""

from identity_cli.events import ABSENT, Event
from identity_cli.rules.base import Hold, RuleSet
from identity_cli.rules.linking import named_id

MOBILE_LIBRARIES = frozenset({"posthog-ios", "posthog-android", "posthog-react-native", "posthog-flutter"})


def waits(event: Event, distinct_id: str, team_id: int, rules: RuleSet) -> bool:
    """Whether an event of an id without a person waits for a link."""
    hold = rules.passes_buffer.get(event.links_as or event.event)  # as kind_of, in line
    if hold is not None and _passes(event, distinct_id, hold, rules):
        return False
    if team_id <= rules.holds_anonymous_up_to_team:
        return True
    properties = event.properties
    if properties.device_id == distinct_id:  # strictly: a number is not the id it reads as
        return False
    return not (isinstance(properties.lib, str) and properties.lib in MOBILE_LIBRARIES)


def _passes(event: Event, distinct_id: str, hold: Hold, rules: RuleSet) -> bool:
    if hold is Hold.NEVER:
        return True
    other = named_id(event, rules)
    return other is not ABSENT and (hold is Hold.UNLESS_LINK or other != distinct_id)
