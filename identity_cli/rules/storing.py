"""What the platform's database takes, and where its code broke."""

from identity_cli.rules.base import RuleSet


class PlatformBroke(Exception):
    """The platform's code of that day, or its database, broke on an event, which is lost."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.reason = f"{what}: the platform fails this event"


def is_stored(distinct_id: str, rules: RuleSet) -> bool:
    """Whether the database takes the id: a column of so many code points, and no NUL."""
    limit = rules.longest_stored_id
    return limit is None or (len(distinct_id) <= limit and "\0" not in distinct_id)


def check_stored(distinct_id: str, rules: RuleSet) -> None:
    """PlatformBroke for an id that the database does not take."""
    if not is_stored(distinct_id, rules):
        raise PlatformBroke("the database takes no such distinct_id")


def stored_text(text: str) -> str:
    """The text as the database keeps it, which takes no NUL."""
    return text.replace("\0", "\ufffd")
