"""At which event the whole log shows what time: by that it is told when what waited was released."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from identity_cli.events import LONG_AGO

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NEVER = (LONG_AGO - EPOCH) // _MICROSECOND


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND


class LogClock:
    """When the log's clock reached what time, told in the order of the log; it never goes back.

    Two words of memory for each event that arrived later than all before it.
    """

    def __init__(self, seqs: Sequence[int] = (), moments: Sequence[int] = ()) -> None:
        """seqs: of such events. moments: the time of each, as `micros` has it. Both rise."""
        self.seqs = seqs or array("q")
        self.moments = moments or array("q")

    def see(self, seq: int, moment: datetime) -> None:
        """Take what it shows after the next event; what is no later than before says nothing."""
        time = micros(moment)
        if time > (self.moments[-1] if self.moments else _NEVER):
            self.seqs.append(seq)  # type: ignore[attr-defined]  # an array of its own
            self.moments.append(time)  # type: ignore[attr-defined]

    def reaches(self, moment: datetime, after: int) -> int | None:
        """The first event after one by which it shows that moment, or a later one; None if there is none.

        Where that one shows the end of the calendar already, no clock goes on to it.
        """
        index = bisect_left(self.moments, micros(moment))
        return self.seqs[index] if index < len(self.seqs) and self.seqs[index] > after else None
