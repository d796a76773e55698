"""Where each moment of a story stands from left to right: in order of arrival, with idle hours shortened.

True time would make one dot of a session among days, and equal steps would hide the silent days; so every
moment has room of its own, and idle time costs a few pixels, by its logarithm.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import log2
from typing import NamedTuple

from identity_cli.drawing.story import Story
from identity_cli.outcomes import Outcome

EVENT_ROOM, LINK_ROOM, LOUD_ROOM = 11.0, 30.0, 22.0
"""Pixels of an event, of a link, and what a link that must be legible keeps in a crowd."""
IDLE_SECONDS = 1_800
MOST_IDLE = 46.0
MOST_STRETCH = 1.5
MOST_LOUD_SHARE = 0.6
"""Where loud links would need more of the width than that, the picture grows."""
BESIDE = 8.0


class Columns:
    """x of each moment of some stories, from 0, and when it was."""

    def __init__(self, stories: Sequence[Story], width: float) -> None:
        times = {moment: time for story in reversed(stories) for moment, time in _times(story).items()}
        self.moments = sorted(times)
        self.times = _filled([times[moment] for moment in self.moments])
        joints = [joint for story in stories for joint in story.joints]
        loud = {joint.seq for joint in joints if is_loud(joint.outcome, joint.finding)}
        links = {joint.seq for joint in joints}
        steps = [
            _Step(idle, LINK_ROOM if moment in links else EVENT_ROOM, LOUD_ROOM if moment in loud else 0.0)
            for moment, idle in zip(self.moments, _idle(self.times), strict=True)
        ]
        self._xs = _placed(steps, width)

    @property
    def right(self) -> float:
        """Where the last moment stands."""
        return self._xs[-1] if self._xs else 0.0

    def x(self, moment: float) -> float:
        """Where a moment stands; one that has no column stands between its neighbours."""
        at = bisect_left(self.moments, moment)
        if at < len(self.moments) and self.moments[at] == moment:
            return self._xs[at]
        if not self.moments:
            return 0.0
        if at == 0:
            return self._xs[0] - BESIDE
        if at == len(self.moments):
            return self._xs[-1] + BESIDE
        return (self._xs[at - 1] + self._xs[at]) / 2


class _Step(NamedTuple):
    """Pixels of idle time before a moment, its own, and those that it keeps in a crowd."""

    idle: float
    room: float
    kept: float


def is_loud(outcome: str, finding: str) -> bool:
    """Whether a link is worth its room whatever the crowd."""
    return bool(finding) or outcome in (Outcome.REFUSED_IDENTIFIED, Outcome.SAME_PERSON)


def seconds_of(time: str | None) -> float | None:
    """A stored time in seconds since 1970; None where there is none, or none that can be read."""
    if time is None:
        return None
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _times(story: Story) -> dict[float, float | None]:
    times: dict[float, float | None] = {tick.seq: seconds_of(tick.time) for tick in story.ticks}
    for joint in story.joints:
        if times.get(joint.seq) is None:
            times[joint.seq] = seconds_of(joint.time)
    for start in (*story.first.values(), *(span.start for span in story.joined.values())):
        times.setdefault(start, None)
    return times


def _filled(times: list[float | None]) -> list[float | None]:
    """A moment without a time stands with the one before it, the first with the first that has one."""
    last = next((time for time in times if time is not None), None)
    filled = []
    for time in times:
        last = last if time is None else time
        filled.append(last)
    return filled


def _idle(times: Iterable[float | None]) -> list[float]:
    """Pixels before each moment; time that runs backwards costs none."""
    latest: float | None = None
    found = []
    for time in times:
        gap = 0.0 if time is None or latest is None else time - latest
        found.append(min(MOST_IDLE, 8 + 5 * log2(gap / IDLE_SECONDS)) if gap > IDLE_SECONDS else 0.0)
        latest = time if latest is None or time is None else max(latest, time)
    return found


def _placed(steps: list[_Step], width: float) -> list[float]:
    """Where each step stands: stretched a little where there is room, else loud ones keep theirs."""
    wanted = sum(step.idle + step.room for step in steps)
    if wanted <= width:
        scale = min(MOST_STRETCH, width / (wanted or 1))
        return _summed([(step.idle * scale, step.room * scale) for step in steps])
    kept = sum(step.kept for step in steps)
    width = max(width, kept / MOST_LOUD_SHARE)
    others = sum(step.idle + step.room for step in steps if not step.kept)
    scale = (width - kept) / (others or 1)
    return _summed(
        [(0.0, step.kept) if step.kept else (step.idle * scale, step.room * scale) for step in steps]
    )


def _summed(rooms: list[tuple[float, float]]) -> list[float]:
    at, xs = 0.0, []
    for idle, room in rooms:
        xs.append(at + idle + room / 2)
        at += idle + room
    return xs
