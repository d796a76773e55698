"""What each id did, by the hours and senders that a run counts: how many events, and who sent the first."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

from identity_cli.store.reading.periods import Sender, counts_by_hour, senders_of
from identity_cli.store.reading.run import Run
from identity_cli.tables.period_columns import beginning_of, id_hash


class Activity(NamedTuple):
    """Of one id: its first and its last hour, counted as in period_columns, and who sent its events then."""

    events: int
    first_hour: int
    first: Sender
    last_hour: int
    last: Sender

    @property
    def begins(self) -> datetime:
        """The hour in which it was first there."""
        return beginning_of(self.first_hour)


class Begun(NamedTuple):
    """How many ids began in some way, and how many of these have one event."""

    ids: int
    single: int


class Activities:
    """Of all ids of a run; those without a time are missing.

    sent: how many events each library and version sent, in the order in which they came first.
    """

    def __init__(self, run: Run) -> None:
        self._of: dict[int, Activity] = {}
        self.sent = dict.fromkeys(senders_of(run).values(), 0)
        for hour, sender, own, events in counts_by_hour(run):
            self.sent[sender] += events
            if hour is not None:
                self._add(own, Activity(events, hour, sender, hour, sender))

    def _add(self, own: int, new: Activity) -> None:
        old = self._of.get(own)
        if old is not None:
            early = min(old, new, key=lambda one: one.first_hour)
            late = max(new, old, key=lambda one: one.last_hour)
            events = old.events + new.events
            new = Activity(events, early.first_hour, early.first, late.last_hour, late.last)
        self._of[own] = new

    def begun(self) -> dict[Sender, Begun]:
        """By library and version how many ids began with it, and how many of these have one event."""
        counts: Counter[Sender] = Counter()
        single: Counter[Sender] = Counter()
        for one in self._of.values():
            counts[one.first] += 1
            single[one.first] += one.events == 1
        return {sender: Begun(ids, single[sender]) for sender, ids in counts.items()}

    def of(self, team_id: int, distinct_id: str) -> Activity | None:
        """Of that id; None if it had no event, or none with a time."""
        return self._of.get(id_hash(team_id, distinct_id))


_KNOWN: WeakKeyDictionary[Run, Activities] = WeakKeyDictionary()


def activities_of(run: Run) -> Activities:
    """The same, added up once for each run."""
    if run not in _KNOWN:
        _KNOWN[run] = Activities(run)
    return _KNOWN[run]
