"""Watches for events that the platform has come to treat in ways that the rules of a replay have not."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date
from typing import ClassVar, NamedTuple, Self

from identity_cli.origins import Origin
from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block, Noticed
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import NOTICES, Watching
from identity_cli.rules.base import RuleSet
from identity_cli.rules.words import POSTHOG

AI_EVENTS = "ai_events"
FLAG_CALLS = "flag_calls"
_Counted = tuple[str, int, Origin]
"""A kind, how many events there are of it, and where the first stands."""


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
    """Counts such events of PostHog's, and tells where the first of each kind stands."""

    needs = ()
    remembers: ClassVar[Kinds] = {"_notices": dict[str, Noticed]}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Where the rules miss any."""
        rules = watching.rules
        missed = [one for one in UNMODELLED if rules.words is POSTHOG and one.is_missed_by(rules)]
        return cls(missed) if missed else None

    def __init__(self, missed: Iterable[Unmodelled]) -> None:
        self._missed = missed
        self._notices: dict[str, Noticed] = {}

    def look(self, block: Block) -> list[_Counted] | None:
        """How many of each kind there are, and where the first is."""
        if not block.is_of_posthog:
            return None
        names = {event.event for event in block.events}  # few, so that the rest costs nothing
        return [
            (kind, *_counted(are, block)) for kind, are, _ in self._missed if any(map(are, names))
        ] or None

    def take(self, looked: Iterable[_Counted]) -> Iterable[Rows]:
        """Count them."""
        for kind, count, first in looked:
            if kind not in self._notices:
                self._notices[kind] = Noticed(first, "")
            self._notices[kind].count += count
        return ()

    def rows(self) -> Iterable[Rows]:
        """A notice for each kind."""
        return (Rows(NOTICES, [(kind, asdict(noticed)) for kind, noticed in self._notices.items()]),)


def _counted(are: Callable[[str], bool], block: Block) -> tuple[int, Origin]:
    found = [are(event.event) for event in block.events]
    return sum(found), block.origins[block.first_seq + found.index(True)]
