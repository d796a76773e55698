"""Which ids `$groupidentify` was sent for, and how often: evidence for persons that are groups."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from identity_cli.events import GROUP_IDENTIFY
from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching
from identity_cli.rules.base import RuleSet
from identity_cli.rules.own_id import stored_ids

TABLE = "group_events"
MOST_IDS = 1 << 16
"""Those that come after so many are not told: by then it is plain enough."""
_Sent = tuple[int, str, Any, Any]
"""Its team and own id, the library and that one's version."""


class GroupEvents:
    """Counts them by id."""

    needs = ()
    remembers: ClassVar[Kinds] = {"_found": dict[tuple[int, str], tuple[int, Any, Any]]}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls(watching.rules, watching.team_id) if watching.evidence else None

    def __init__(self, rules: RuleSet, team_id: int) -> None:
        """team_id: of events without one."""
        self._rules = rules
        self._team_id = team_id
        self._found: dict[tuple[int, str], tuple[int, Any, Any]] = {}

    def look(self, block: Block) -> list[_Sent] | None:
        """Of each what it was sent for, and by what."""
        events = [event for event in block.events if event.event == GROUP_IDENTIFY]
        if not events:  # of most blocks
            return None
        return [
            (
                self._team_id if event.team_id is None else event.team_id,
                own,
                event.properties.lib,
                event.properties.lib_version,
            )
            for event, own in zip(events, stored_ids(events, self._rules), strict=True)
        ]

    def take(self, looked: Iterable[_Sent]) -> Iterable[Rows]:
        """Count them."""
        for team_id, own, *sender in looked:
            count, lib, version = self._found.get((team_id, own), (0, *sender))
            if count or len(self._found) < MOST_IDS:
                self._found[team_id, own] = count + 1, lib, version
        return ()

    def rows(self) -> Iterable[Rows]:
        """All of them."""
        found = [(*key, *told) for key, told in self._found.items()]
        return (Rows(TABLE, found),) if found else ()
