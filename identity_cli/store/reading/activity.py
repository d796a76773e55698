"""What each id did, by the hours and senders that a run counts: how many events, and who sent the first."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from itertools import accumulate, compress
from operator import eq, lt, not_
from typing import NamedTuple
from weakref import WeakKeyDictionary

from identity_cli.store.reading.periods import Sender, parts_of, senders_of
from identity_cli.store.reading.run import Run
from identity_cli.tables.period_columns import UNDATED, Columns, id_hash

Moment = tuple[int, int]
"""An hour, and the number of a sender."""
HOUR, SENDER = 0, 1


class Begun(NamedTuple):
    """How many ids began in some way, and how many of these have one event."""

    ids: int
    single: int


class Activities:
    """Of all ids of a run; those without a time are missing.

    sent: how many events each library and version sent, in the order in which they came first.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._senders = senders_of(run)
        self.sent = dict.fromkeys(self._senders.values(), 0)
        self._first: dict[int, Moment] = {}
        self._single: set[int] = set()
        newest = UNDATED
        for part in parts_of(run):
            for (sender, events), rows in Counter(zip(part.senders, part.events, strict=True)).items():
                self.sent[self._senders[sender]] += events * rows
            in_order, late = _by_order(part, newest)
            self._begin(in_order)
            for row in zip(*late, strict=True):
                self._begin_late(*row)
            newest = max((newest, *in_order.hours[-1:]))

    def _begin(self, part: Columns) -> None:
        """The next rows, in order of time: of an id that is new the first counts."""
        ids = [*part.ids]
        places = dict(zip(reversed(ids), reversed(range(len(ids))), strict=True))
        single = {*places}.difference(self._first)  # runs over the fewer
        self._single.difference_update(places)
        self._first.update((own, (part.hours[places[own]], part.senders[places[own]])) for own in single)
        single.difference_update(compress(ids, map((1).__lt__, part.events)))
        if len(places) < len(ids):
            in_a_row = sorted(ids)
            single.difference_update(compress(in_a_row, map(eq, in_a_row, in_a_row[1:])))
        self._single |= single

    def _begin_late(self, hour: int, sender: int, own: int, events: int) -> None:
        """A row of an earlier hour than one before it."""
        if own in self._first or events > 1:
            self._single.discard(own)
        else:
            self._single.add(own)
        if hour < self._first.setdefault(own, (hour, sender))[HOUR]:
            self._first[own] = hour, sender

    @cached_property
    def _last(self) -> dict[int, Moment]:
        found: dict[int, Moment] = {}
        newest = UNDATED
        for part in parts_of(self._run):
            in_order, late = _by_order(part, newest)
            found.update(zip(in_order.ids, zip(in_order.hours, in_order.senders, strict=True), strict=True))
            for hour, sender, own, _ in zip(*late, strict=True):
                if hour >= found.setdefault(own, (hour, sender))[HOUR]:
                    found[own] = hour, sender
            newest = max((newest, *in_order.hours[-1:]))
        return found

    def begun(self) -> dict[Sender, Begun]:
        """By library and version how many ids began with it, and how many of these have one event."""
        ids = Counter([sender for _, sender in self._first.values()])
        single = Counter([self._first[own][SENDER] for own in self._single])
        return {self._senders[number]: Begun(ids[number], single[number]) for number in sorted(ids)}

    def first(self, team_id: int, distinct_id: str) -> Sender | None:
        """Who sent the first events of that id; None if it has none, or none with a time."""
        return self._sender(self._first, team_id, distinct_id)

    def last(self, team_id: int, distinct_id: str) -> Sender | None:
        """Who sent the last."""
        return self._sender(self._last, team_id, distinct_id)

    def _sender(self, known: Mapping[int, Moment], team_id: int, distinct_id: str) -> Sender | None:
        moment = known.get(id_hash(team_id, distinct_id))
        return None if moment is None else self._senders[moment[SENDER]]


def _by_order(part: Columns, newest: int) -> tuple[Columns, Columns]:
    """The rows that are not before any hour so far, of which newest is the last, and those that are.

    Those without a time are left out.
    """
    if UNDATED in part.hours:
        part = part.only([hour != UNDATED for hour in part.hours])
    hours = [*part.hours]
    if not hours or (hours[0] >= newest and hours == sorted(hours)):  # mostly
        return part, part.only([False] * len(hours))
    are_late = [*map(lt, hours, accumulate(hours, max, initial=newest))]
    return part.only([*map(not_, are_late)]), part.only(are_late)


_KNOWN: WeakKeyDictionary[Run, Activities] = WeakKeyDictionary()


def activities_of(run: Run) -> Activities:
    """The same, added up once for each run."""
    if run not in _KNOWN:
        _KNOWN[run] = Activities(run)
    return _KNOWN[run]
