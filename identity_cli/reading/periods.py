"""What happened in each hour: events by id and by the library that sent them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from identity_cli.events import Event, time_of
from identity_cli.reading.log_items import Rows
from identity_cli.reading.own_ids import OwnIds, Seen
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching
from identity_cli.tables.cells import uuid_text
from identity_cli.tables.period_columns import UNDATED, Columns, hour_of, id_hashes, packed

TABLE, SENDERS = "periods", "senders"
KEYS_AT_ONCE = 1 << 13
"""Ids in hours that are counted before they are told: few enough to stay in the processor's cache."""
MOST_SENDERS = 4_096
"""Libraries and versions told apart; what a log has beyond that, which makes its versions up, is nameless."""
_NOTHING = type(None)
_Key = tuple[int, str | None, str | None, str, int | None]
"""An hour, a library and its version, the own id and the team."""
_Looked = tuple[
    Sequence[int], Sequence[str | None], Sequence[str | None], Sequence[str], Sequence[int | None]
]
"""The same of each event, in columns."""


class PeriodCounts:
    """Counts events by hour, sender and id."""

    needs = ()
    remembers: ClassVar[Kinds] = {
        "_senders": dict[tuple[str | None, str | None], int],
        "_counts": dict[_Key, int],
        "_part": int,
    }

    @classmethod
    def asked(cls, watching: Watching) -> Self:
        """Of every log."""
        return cls(watching.own_ids, watching.team_id)

    def __init__(self, own_ids: OwnIds, team_id: int) -> None:
        """team_id: of events without one."""
        self._own_ids = own_ids
        self._team_id = team_id
        self._senders = _Senders()
        self._counts: Counter[_Key] = Counter()
        self._part = 0

    def look(self, block: Seen) -> _Looked:
        """The parts of their keys."""
        events = block.events  # column by column, as it is of every event
        records = [event.properties for event in events]
        libs = _texts([about.lib for about in records])
        versions = _texts([about.lib_version for about in records])
        teams = [event.team_id for event in events]
        return _hours(events), libs, versions, self._own_ids.of(block), teams

    def take(self, looked: _Looked) -> Iterable[Rows]:
        """Count them; a row whenever there are many."""
        self._counts.update(zip(*looked, strict=True))
        return self._told() if len(self._counts) >= KEYS_AT_ONCE else ()

    def rows(self) -> Iterable[Rows]:
        """The last part, and who the senders are."""
        yield from self._told()
        yield Rows(SENDERS, [(number, *sender) for sender, number in self._senders.items()])

    def _told(self) -> Iterable[Rows]:
        keys, events = [*self._counts], [*self._counts.values()]
        self._counts.clear()
        hours, owns = [key[0] for key in keys], [key[3] for key in keys]
        # Senders are numbered by all events, also by those without an id.
        senders = [self._senders[key[1:3]] for key in keys]
        if not any(owns):
            return ()
        teams = [self._team_id if key[4] is None else key[4] for key in keys]
        columns = Columns(hours, senders, id_hashes(teams, owns), events)
        self._part += 1
        return (Rows(TABLE, [(self._part, *packed(columns.only([*map(bool, owns)])))]),)


class _Senders(dict[tuple[str | None, str | None], int]):
    """The number of each library and version, in the order in which they come."""

    def __missing__(self, sender: tuple[str | None, str | None]) -> int:
        if len(self) >= MOST_SENDERS:
            return self.setdefault((None, None), len(self))
        return self.setdefault(sender, len(self))


def _texts(values: Sequence[Any]) -> Sequence[str | None]:
    """Names as tables have them: mostly they are texts already."""
    return values if set(map(type, values)) <= {str, _NOTHING} else [*map(uuid_text, values)]


def _hours(events: Sequence[Event]) -> Sequence[int]:
    """The hour of each event; mostly it is one for all of a block."""
    moments: list[Any] = [event.timestamp for event in events]
    if not all(moments):
        told = map(time_of, events)
        return [UNDATED if moment is None else hour_of(moment) for moment in told]
    first, last = hour_of(min(moments)), hour_of(max(moments))
    return [first] * len(moments) if first == last else [*map(hour_of, moments)]
