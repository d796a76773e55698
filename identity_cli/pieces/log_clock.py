"""What time the whole log shows, wherever one stands in it: all that one component knows of the others."""

from array import array
from bisect import bisect_left
from datetime import datetime

from identity_cli.events import LONG_AGO, Event, arrival_of


class LogClock:
    """The log's clock as a function of its events, told in their order; it never goes back.

    Two words of memory for each event that arrived later than all before it.
    """

    def __init__(self) -> None:
        self._seqs = array("q")
        self._moments: list[datetime] = []

    def see(self, seq: int, event: Event) -> None:
        """Take the next event."""
        arrival = arrival_of(event)
        if arrival is not None and (not self._moments or arrival > self._moments[-1]):
            self._seqs.append(seq)
            self._moments.append(arrival)

    def before(self, seq: int) -> datetime:
        """What it shows before an event."""
        index = bisect_left(self._seqs, seq)
        return self._moments[index - 1] if index else LONG_AGO

    def reaches(self, moment: datetime) -> int | None:
        """The first event by which it shows that moment, or a later one; None if the log ends before."""
        index = bisect_left(self._moments, moment)
        return self._seqs[index] if index < len(self._seqs) else None
