"""Watches for events that the platform has come to treat in ways that the rules of a replay have not."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from identity_cli.origins import Origins
from identity_cli.reading.reader import Block, Noticed
from identity_cli.rules.base import RuleSet
from identity_cli.rules.words import POSTHOG

AI_EVENTS = "ai_events"
FLAG_CALLS = "flag_calls"


class Unmodelled(NamedTuple):
    """Events of which something else became: by their names, and under which rules that is missed."""

    kind: str
    are: Callable[[str], bool]
    is_missed_by: Callable[[RuleSet], bool]


_MID_2026 = date(2026, 6, 10)

UNMODELLED = (
    # The analytics pipeline of mid 2026 hands them to one of their own, which makes and changes no person.
    Unmodelled(AI_EVENTS, lambda name: name.startswith("$ai_"), lambda rules: rules.date < _MID_2026),
    # PR 62816, of that day: personless for projects on a list, where no person exists yet.
    Unmodelled(
        FLAG_CALLS,
        lambda name: name == "$feature_flag_called",
        lambda rules: rules.date >= _MID_2026 and not rules.flag_calls_are_personless,
    ),
)


class UnmodelledWatch:
    """Counts such events; notices: by kind."""

    def __init__(self, rules: RuleSet) -> None:
        self.notices: dict[str, Noticed] = {}
        self._missed = [one for one in UNMODELLED if rules.words is POSTHOG and one.is_missed_by(rules)]

    def see(self, block: Block, origins: Origins) -> None:
        """Take the next events."""
        names = {event.event for event in block.events}  # few, so that the rest costs nothing
        for kind, are, _ in self._missed:
            if any(map(are, names)):
                self._count(kind, [are(event.event) for event in block.events], block.first_seq, origins)

    def _count(self, kind: str, found: list[bool], first_seq: int, origins: Origins) -> None:
        if kind not in self.notices:
            self.notices[kind] = Noticed(origins[first_seq + found.index(True)], "")
        self.notices[kind].count += sum(found)
