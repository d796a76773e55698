"""Watches for distinct ids of more events at a time than the platform takes in order.

Since 2023 its ingestion has a token bucket for each id. What goes beyond is handed on to a consumer of
its own, which gets it in no order and warned of it for a time (`ingestion_capacity_overflow`).
"""

from datetime import date, datetime

from identity_cli.origins import Origins
from identity_cli.reading.reader import Noticed
from identity_cli.rules.base import RuleSet
from identity_cli.rules.words import POSTHOG
from identity_cli.tables.people import Ids, People

OVERFLOW = "capacity_overflow"
CAPACITY = 1_000
PER_SECOND = 1
"""Events: EVENT_OVERFLOW_BUCKET_CAPACITY and EVENT_OVERFLOW_BUCKET_REPLENISH_RATE where nobody sets them."""
_SINCE = date(2023, 1, 1)


class OverflowWatch:
    """Counts such ids, by the times of their events; notices: the one furthest beyond.

    Judged at the end, by an id's first and last event and how many there were: so a burst within a long
    time is missed, and an id whose events tell no time.
    """

    def __init__(self, rules: RuleSet, origins: Origins) -> None:
        self.notices: dict[str, Noticed] = {}
        self._knows_overflow = rules.words is POSTHOG and rules.date >= _SINCE
        self._origins = origins
        self._furthest = 0.0

    def see(self, told: People | Ids) -> None:
        """Take some ids, once all their events are counted."""
        ids = told.ids if isinstance(told, People) else told
        if not self._knows_overflow or max(ids.counts, default=0) <= CAPACITY:  # of nearly all
            return
        for text, count, seq, first, last in zip(
            ids.texts, ids.counts, ids.seqs, ids.first_seen, ids.last_seen, strict=True
        ):
            if count > CAPACITY and first is not None and last is not None:
                lasted = datetime.fromisoformat(last) - datetime.fromisoformat(first)
                beyond = count - CAPACITY - PER_SECOND * lasted.total_seconds()
                if beyond > 0:
                    self._note(text, seq, beyond)

    def _note(self, text: str, seq: int, beyond: float) -> None:
        count = self.notices[OVERFLOW].count if self.notices else 0
        if beyond > self._furthest:
            self._furthest = beyond
            self.notices[OVERFLOW] = Noticed(self._origins[seq], text)
        self.notices[OVERFLOW].count = count + 1
