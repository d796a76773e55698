"""What happened on a device just before another login: evidence for whose events these were.

Where two logins name one anonymous id, nobody called reset() in between. The events since the last pause that
still had the earlier login, or the anonymous id, are the later one's. Teams are not told apart here: whoever
uses this looks at the link too.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, ClassVar, Self

from identity_cli.events import IDENTIFY, Event, time_of
from identity_cli.reading.log_items import Rows
from identity_cli.reading.on_demand import Column, OnDemand, Times
from identity_cli.reading.own_ids import OwnIds, Seen
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching

TABLE = "login_windows"
PAUSE = timedelta(minutes=15)
"""After which whoever goes on may be another; half of what analytics take for the end of a session."""
REMEMBERED = 1 << 17
"""Ids, about 250 bytes each."""

LAST, FIRST_SEQ, EVENTS = 0, 1, 2
Visit = list[Any]
"""The events of an id since its last pause: when the last was, the seq of the first, and how many."""
_Login = tuple[int, str]
"""Its team, and the anonymous id that it names."""
_Looked = tuple[int, Sequence[str], Sequence[bool], Column[datetime | None], Column[_Login | None]]
"""The first seq, own ids, which are logins, times, and what logins name."""


class LoginWindows:
    """Tells of each login on a device of another what came just before it."""

    needs = ()
    remembers: ClassVar[Kinds] = {"_visits": dict[str, list[datetime | int]], "_login_of": dict[str, str]}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls(watching.own_ids, watching.team_id) if watching.evidence else None

    def __init__(self, own_ids: OwnIds, team_id: int) -> None:
        """team_id: of events without one."""
        self._own_ids = own_ids
        self._team_id = team_id
        self._visits: dict[str, Visit] = {}  # of those who logged in, and what they were before
        self._login_of: dict[str, str] = {}

    def look(self, block: Seen) -> _Looked:
        """Their own ids, which are logins, their times, and what those logins name."""
        events = block.events
        are_logins = [event.event == IDENTIFY for event in events]
        times = Times([event.timestamp or time_of(event) for event in events])
        return block.first_seq, self._own_ids.of(block), are_logins, times, OnDemand(events, self._login)

    def take(self, looked: _Looked) -> Iterable[Rows]:
        """Tell of logins on devices of others."""
        found: list[tuple[Any, ...]] = []
        first_seq, owns, are_logins, times, logins = looked
        visits = self._visits
        for index, own in enumerate(owns):
            visit = visits.get(own)
            if visit is None and not are_logins[index]:  # of many events
                continue
            moment = times[index]
            if moment is None:
                continue
            if are_logins[index] and (login := logins[index]) is not None:
                found += self._logged_in(first_seq + index, own, login, moment)
                visit = visits.get(own)
            if visit is not None and moment - visit[LAST] <= PAUSE:
                visit[LAST] = moment
                visit[EVENTS] += 1
            else:
                visits[own] = [moment, first_seq + index, 1]
        for remembered in (visits, self._login_of):
            if len(remembered) > REMEMBERED:
                for one in [*islice(remembered, REMEMBERED // 2)]:
                    del remembered[one]
        return (Rows(TABLE, found),) if found else ()

    def rows(self) -> Iterable[Rows]:
        """All have been told."""
        return ()

    def _login(self, event: Event) -> _Login | None:
        """None where it is none, or names no anonymous id."""
        anonymous = event.properties.anon_distinct_id
        if type(anonymous) is not str or event.event != IDENTIFY:
            return None
        return self._team_id if event.team_id is None else event.team_id, anonymous

    def _logged_in(self, seq: int, own: str, login: _Login, moment: datetime) -> Iterable[tuple[Any, ...]]:
        team_id, anonymous = login
        before = self._login_of.setdefault(anonymous, own)
        self._visits.setdefault(anonymous, [moment, seq, 0])
        if before == own:
            return ()
        self._login_of[anonymous] = own
        visits = [self._visits.get(one) for one in (before, anonymous)]
        recent = [one for one in visits if one is not None and one[EVENTS] and moment - one[LAST] <= PAUSE]
        events = sum(one[EVENTS] for one in recent)
        first = min((one[FIRST_SEQ] for one in recent), default=seq)
        return ((team_id, anonymous, before, own, seq, first, events),)
