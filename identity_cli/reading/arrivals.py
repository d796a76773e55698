"""Watches whether a log is in the order of arrival, by the arrival times that its lines tell."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Self

from identity_cli.reading.log_items import Rows
from identity_cli.reading.on_demand import Times
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching, of_run

VISIBLE_SECONDS = 1.0
"""Smaller steps back are the jitter of several senders, which every real log has."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_Looked = tuple[int, bool, Sequence[datetime | None]]
"""Their first seq, whether they are in order of arrival, and when each arrived."""


class ArrivalWatch:
    """Counts the events that stand behind one that arrived later."""

    needs = ()
    remembers: ClassVar[Kinds] = {
        "with_arrival": int,
        "late": int,
        "first_late": int | None,
        "largest_step_back": float,
        "_latest": datetime,
        "_earliest": datetime | None,
    }

    @classmethod
    def asked(cls, _: Watching) -> Self:
        """Of every log."""
        return cls()

    def __init__(self) -> None:
        self.with_arrival = 0
        self.late = 0
        self.first_late: int | None = None
        self.largest_step_back = 0.0
        self._latest = _LONG_AGO
        self._earliest: datetime | None = None

    def look(self, block: Block) -> _Looked | None:
        """When they arrived, and whether that is in order; nothing where none tells."""
        # As events.arrival_told, in line: this is asked of every event.
        arrived = [
            event.now or event.received_at or event.created_at or event.inserted_at for event in block.events
        ]
        if not any(arrived):  # many logs do not tell
            return None
        is_ordered = None not in arrived and sorted(arrived) == arrived  # type: ignore[type-var]  # none is None
        return block.first_seq, is_ordered, Times(arrived)

    def take(self, looked: _Looked) -> Iterable[Rows]:
        """Hold them against what came before."""
        first_seq, is_ordered, arrived = looked
        if is_ordered and arrived[0] >= self._latest:  # type: ignore[operator]  # none is None
            self.with_arrival += len(arrived)
            self._earliest = self._earliest or arrived[0]
            self._latest = arrived[-1]  # type: ignore[assignment]
            return ()
        for seq, moment in enumerate(arrived, first_seq):
            if moment is not None:
                self._see_one(seq, moment)
        return ()

    def _see_one(self, seq: int, moment: datetime) -> None:
        self.with_arrival += 1
        if self._earliest is None or moment < self._earliest:
            self._earliest = moment
        if moment >= self._latest:
            self._latest = moment
            return
        back = (self._latest - moment).total_seconds()
        self.largest_step_back = max(self.largest_step_back, back)
        if back >= VISIBLE_SECONDS:
            self.late += 1
            if self.first_late is None:
                self.first_late = seq

    def rows(self) -> Iterable[Rows]:
        """What was seen; seconds."""
        seen = {
            "with_arrival": self.with_arrival,
            "late": self.late,
            "first_late": self.first_late,
            "largest_step_back": self.largest_step_back,
            "first": None if self._earliest is None else self._earliest.isoformat(),
            "last": None if self._earliest is None else self._latest.isoformat(),
        }
        return (of_run("arrivals", seen),)
