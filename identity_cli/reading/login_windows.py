"""What happened on a device just before another login: evidence for whose events these were.

Where two logins name one anonymous id, nobody called reset() in between. The events since the last pause that
still had the earlier login, or the anonymous id, are the later one's.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple, Self

from identity_cli.events import IDENTIFY, Event, time_of
from identity_cli.reading.id_index import own_ids
from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.watcher import Watching
from identity_cli.rules.base import RuleSet

TABLE = "login_windows"
PAUSE = timedelta(minutes=15)
"""After which whoever goes on may be another; half of what analytics take for the end of a session."""
REMEMBERED = 1 << 17
"""Ids, about 250 bytes each."""

Key = tuple[int, str]


class _Visit(NamedTuple):
    """The events of an id since its last pause."""

    last: datetime
    first_seq: int
    events: int


class LoginWindows:
    """Tells of each login on a device of another what came just before it."""

    needs = ()

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls(watching.rules, watching.team_id) if watching.evidence else None

    def __init__(self, rules: RuleSet, team_id: int) -> None:
        """team_id: of events without one."""
        self._rules = rules
        self._team_id = team_id
        self._visits: dict[Key, _Visit] = {}
        self._login_of: dict[Key, str] = {}

    def see(self, block: Block) -> Iterable[Rows]:
        """Take the next events."""
        found: list[tuple[Any, ...]] = []
        visits = self._visits
        for seq, event, own in zip(block.seqs, block.events, own_ids(block.events, self._rules), strict=True):
            moment = event.timestamp or time_of(event)
            if moment is None:
                continue
            team = self._team_id if event.team_id is None else event.team_id
            if event.event == IDENTIFY and type(event.properties.anon_distinct_id) is str:
                found += self._logged_in(seq, team, own, event, moment)
            key = team, own
            before = visits.get(key)
            if before is None or moment - before.last > PAUSE:
                visits[key] = _Visit(moment, seq, 1)
            else:
                visits[key] = _Visit(max(moment, before.last), before.first_seq, before.events + 1)
        for remembered in (visits, self._login_of):
            if len(remembered) > REMEMBERED:
                for key in [*islice(remembered, REMEMBERED // 2)]:
                    del remembered[key]
        return (Rows(TABLE, found),) if found else ()

    def rows(self) -> Iterable[Rows]:
        """All have been told."""
        return ()

    def _logged_in(
        self, seq: int, team: int, own: str, event: Event, moment: datetime
    ) -> Iterable[tuple[Any, ...]]:
        anonymous = event.properties.anon_distinct_id
        before = self._login_of.setdefault((team, anonymous), own)
        if before == own:
            return ()
        self._login_of[team, anonymous] = own
        visits = [self._visits.get((team, one)) for one in (before, anonymous)]
        recent = [one for one in visits if one is not None and moment - one.last <= PAUSE]
        events = sum(one.events for one in recent)
        first = min((one.first_seq for one in recent), default=seq)
        return ((team, anonymous, before, own, seq, first, events),)
