"""The event buffer: backend events of unknown ids wait for the link that explains them.

Its clock is the arrival time on the lines and never goes back; the machine's own clock
plays no part. The delay is the same for all, so events leave in the order they came.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from identity_cli.events import FAR_FUTURE, LONG_AGO, Event


class Held(NamedTuple):
    """An event that waits."""

    due: datetime
    arrived: datetime
    seq: int
    event: Event
    team_id: int
    distinct_id: str


class EventBuffer:
    """The events that wait, and the log's clock."""

    def __init__(self, delay_seconds: float) -> None:
        self.delay = timedelta(seconds=delay_seconds)
        self.is_on = bool(self.delay)
        self.clock = LONG_AGO
        self.next_due = FAR_FUTURE
        self._waiting: deque[Held] = deque()

    @property
    def has_time(self) -> bool:
        """Whether it is on and any event so far told when it arrived; without that nothing can wait."""
        return self.clock > LONG_AGO

    @property
    def waits(self) -> bool:
        """Whether any event does."""
        return bool(self._waiting)

    def hold(self, seq: int, event: Event, team_id: int, distinct_id: str) -> None:
        """Let an event wait, from now on the log's clock."""
        held = Held(self._due(), self.clock, seq, event, team_id, distinct_id)
        self._waiting.append(held)
        self.next_due = self._waiting[0].due

    def _due(self) -> datetime:
        with suppress(OverflowError):  # the calendar ends in the clock's own zone first
            return min(self.clock + self.delay, FAR_FUTURE)  # which a clock of another zone may pass
        with suppress(OverflowError):
            return min(self.clock.astimezone(UTC) + self.delay, FAR_FUTURE)
        return FAR_FUTURE

    def rewind(self) -> None:
        """Let the clock start anew, once nothing waits."""
        assert not self._waiting, "what waits is released first"
        self.clock = LONG_AGO

    def take_due(self, now: datetime = FAR_FUTURE) -> Held | None:
        """The next event whose time has come, or None."""
        if not self._waiting or self._waiting[0].due > now:
            return None
        held = self._waiting.popleft()
        self.next_due = self._waiting[0].due if self._waiting else FAR_FUTURE
        return held

    @property
    def waiting(self) -> list[Held]:
        """The events that wait, in order."""
        return [*self._waiting]

    @waiting.setter
    def waiting(self, events: Iterable[Held]) -> None:
        self._waiting = deque(events)
        self.next_due = self._waiting[0].due if self._waiting else FAR_FUTURE

    def waiting_since(self, seq: int) -> Iterator[int]:
        """The seqs, from that one on, of events that wait, newest first."""
        for held in reversed(self._waiting):
            if held.seq < seq:
                return
            yield held.seq
