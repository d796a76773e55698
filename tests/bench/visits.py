"""Who visits a web product when: bursts of events of one visitor, many visitors at once; their sessions."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Generic, TypeVar

MINUTE = 60_000.0  # milliseconds, as all times here
IDLE, LONGEST = 30 * MINUTE, 24 * 60 * MINUTE
"""After which posthog-js takes a new `$session_id` and `$window_id`: without an event, and in any case."""
GOES_ON = 0.8
"""How often another event of the same visit follows: a visit has five events, one in five has but one."""
PAUSE = 0.5 * MINUTE
AWAY, AWAY_FOR = 0.02, 60 * MINUTE
"""How often somebody leaves the page open and comes back to it, and after how long."""

Visitor = TypeVar("Visitor")


@dataclass(slots=True)
class Session:
    """What an SDK calls a session; last: its latest event."""

    session_id: str
    window_id: str
    began: float
    last: float


def session_at(now: float, session: Session | None, new_id: Callable[[], str]) -> Session:
    """The session of an event: the one there is, or a new one."""
    if session is None or now - session.last > IDLE or now - session.began > LONGEST:
        session = Session(new_id(), new_id(), now, now)
    session.last = now
    return session


@dataclass(slots=True)
class Visits(Generic[Visitor]):
    """Those who are there; as many come as it takes to have an event whenever one is due."""

    random: Random
    comes: Callable[[], Visitor]
    _waiting: list[tuple[float, int, Visitor]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def next(self, now: float) -> Visitor:
        """Whose event is the next one."""
        is_due = self._waiting and self._waiting[0][0] <= now
        visitor = heapq.heappop(self._waiting)[2] if is_due else self.comes()
        if self.random.random() < GOES_ON:
            pause = AWAY_FOR if self.random.random() < AWAY else PAUSE
            due = now + self.random.expovariate(1 / pause)
            heapq.heappush(self._waiting, (due, next(self._numbers), visitor))
        return visitor
