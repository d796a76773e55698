"""What happened on a device just before another login: evidence for whose events these were.

Where two logins name one anonymous id, nobody called reset() in between. The events since the last pause that
still had the earlier login, or the anonymous id, are the later one's.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Self

from identity_cli.events import IDENTIFY, Event, time_of
from identity_cli.reading.log_items import Rows
from identity_cli.reading.own_ids import OwnIds
from identity_cli.reading.reader import Block
from identity_cli.reading.watcher import Watching

TABLE = "login_windows"
PAUSE = timedelta(minutes=15)
"""After which whoever goes on may be another; half of what analytics take for the end of a session."""
REMEMBERED = 1 << 17
"""Ids, about 250 bytes each."""

Key = tuple[int, str]


LAST, FIRST_SEQ, EVENTS = 0, 1, 2
Visit = list[Any]
"""The events of an id since its last pause: when the last was, the seq of the first, and how many."""


class LoginWindows:
    """Tells of each login on a device of another what came just before it."""

    needs = ()

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls(watching.own_ids, watching.team_id) if watching.evidence else None

    def __init__(self, own_ids: OwnIds, team_id: int) -> None:
        """team_id: of events without one."""
        self._own_ids = own_ids
        self._team_id = team_id
        self._visits: dict[Key, Visit] = {}
        self._login_of: dict[Key, str] = {}

    def see(self, block: Block) -> Iterable[Rows]:
        """Take the next events."""
        found: list[tuple[Any, ...]] = []
        visits = self._visits
        for seq, event, own in zip(block.seqs, block.events, self._own_ids.of(block), strict=True):
            moment = event.timestamp or time_of(event)
            if moment is None:
                continue
            team = self._team_id if event.team_id is None else event.team_id
            if event.event == IDENTIFY and type(event.properties.anon_distinct_id) is str:
                found += self._logged_in(seq, team, own, event, moment)
            visit = visits.get((team, own))
            if visit is None or moment - visit[LAST] > PAUSE:
                visits[team, own] = [moment, seq, 1]
            else:
                visit[LAST] = moment
                visit[EVENTS] += 1
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
        recent = [one for one in visits if one is not None and moment - one[LAST] <= PAUSE]
        events = sum(one[EVENTS] for one in recent)
        first = min((one[FIRST_SEQ] for one in recent), default=seq)
        return ((team, anonymous, before, own, seq, first, events),)
