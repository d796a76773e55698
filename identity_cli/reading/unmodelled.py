"""Watches for events that the platform has come to treat in ways that the rules of a replay have not."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date
from typing import ClassVar, NamedTuple, Self

from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block, Noticed
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import NOTICES, Watching
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

    def see(self, block: Block) -> Iterable[Rows]:
        """Take the next events."""
        if block.is_of_posthog:
            names = {event.event for event in block.events}  # few, so that the rest costs nothing
            for kind, are, _ in self._missed:
                if any(map(are, names)):
                    self._count(kind, [are(event.event) for event in block.events], block)
        return ()

    def rows(self) -> Iterable[Rows]:
        """A notice for each kind."""
        return (Rows(NOTICES, [(kind, asdict(noticed)) for kind, noticed in self._notices.items()]),)

    def _count(self, kind: str, found: list[bool], block: Block) -> None:
        if kind not in self._notices:
            self._notices[kind] = Noticed(block.origins[block.first_seq + found.index(True)], "")
        self._notices[kind].count += sum(found)
