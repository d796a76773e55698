"""At which event the whole log shows what time: by that it is told when what waited was released."""

from array import array
from bisect import bisect_left
from datetime import datetime

from identity_cli.events import LONG_AGO


class LogClock:
    """When the log's clock reached what time, told in the order of the log; it never goes back.

    Two words of memory for each event that arrived later than all before it.
    """

    def __init__(self) -> None:
        self._seqs = array("q")
        self._moments: list[datetime] = []

    def see(self, seq: int, moment: datetime) -> None:
        """Take what it shows after the next event; what is no later than before says nothing."""
        if moment > (self._moments[-1] if self._moments else LONG_AGO):
            self._seqs.append(seq)
            self._moments.append(moment)

    def reaches(self, moment: datetime) -> int | None:
        """The first event by which it shows that moment, or a later one; None if the log ends before."""
        index = bisect_left(self._moments, moment)
        return self._seqs[index] if index < len(self._seqs) else None
