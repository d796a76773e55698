"""At which event the whole log shows what time: by that it is told when what waited was released."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from identity_cli.events import FAR_FUTURE, LONG_AGO

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_WESTMOST = -timedelta(hours=23, minutes=59)
"""Of zones, some of which are not yet at the end of the calendar when UTC is."""


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    since = moment - EPOCH  # taken apart, as dividing it takes twice the time
    return since.days * _DAY + since.seconds * _SECOND + since.microseconds


def moment_of(time: int) -> datetime:
    """Of microseconds since 1970: in UTC, or where that has no date for it any more in the westmost zone."""
    since = timedelta(microseconds=time)
    if since <= FAR_FUTURE - EPOCH:
        return EPOCH + since
    return (EPOCH + _WESTMOST + since).replace(tzinfo=timezone(_WESTMOST))


_NEVER = micros(LONG_AGO)


class LogClock:
    """When the log's clock reached what time; it never goes back.

    Two words of memory for each event that arrived later than all before it.
    """

    def __init__(self, told: Sequence[Sequence[Sequence[int]]] = ()) -> None:
        """told: by each process that read the log, seqs and times as `micros` has them; both rise."""
        self._told = told or [(array("q"), array("q"))]

    def see(self, seq: int, moment: datetime) -> None:
        """Take what it shows after the next event; what is no later than before says nothing."""
        seqs, moments = self._told[0]
        time = micros(moment)
        if time > (moments[-1] if moments else _NEVER):
            seqs.append(seq)  # type: ignore[attr-defined]  # an array of its own
            moments.append(time)  # type: ignore[attr-defined]

    @property
    def last(self) -> datetime:
        """What it shows where the log ends, see moment_of."""
        last = max((moments[-1] for _, moments in self._told if len(moments)), default=None)
        return LONG_AGO if last is None else moment_of(last)

    def reaches(self, moment: datetime, after: int) -> int | None:
        """The first event after one by which it shows that moment, or a later one; None if there is none.

        Where that one shows the end of the calendar already, no clock goes on to it.
        """
        time = micros(moment)
        found = [(seqs, bisect_left(moments, time)) for seqs, moments in self._told]
        first = min((seqs[index] for seqs, index in found if index < len(seqs)), default=after)
        return first if first > after else None
