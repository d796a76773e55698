"""Evidence beyond ids: devices and sessions that several ids used, and ids that several devices used.

Only what is shared is told, each id of a device once. Memory is bounded: of each kind the last many values
are remembered, so that two ids of a device are told apart unless a hundred thousand others came between.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, ClassVar, Self

from identity_cli.reading.kept_values import kept_values, only_texts
from identity_cli.reading.log_items import Rows
from identity_cli.reading.own_ids import OwnIds
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching, of_run

TABLE = "shared_values"
SESSION_ID = "$session_id"
REMEMBERED = 1 << 17
"""Values of a kind, about 250 bytes each."""
DEVICES = "devices"
"""The key in the table `run`: how many devices there are, and whether that is all of them."""
MOST_DEVICES = 1 << 20
"""Told apart, some 100 bytes each; of a log with more it is known that there are so many."""
MOST_PARTNERS = 200
"""Of a value, that are told."""

_Known = dict[int, dict[str, tuple[str, ...]]]
_Used = tuple[int, str, str | None, str | None]
_Looked = dict[int | None, list[_Used]]
"""By team the seq, own id, device and session of each event."""


class SharedValues:
    """Tells which ids share a device or a session, and counts devices."""

    needs = (SESSION_ID,)
    remembers: ClassVar[Kinds] = {
        "_ids_of_device.known": _Known,
        "_ids_of_session.known": _Known,
        "_devices_of_id.known": _Known,
        "_seen_devices": set[str],
    }

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls(watching.own_ids, watching.team_id) if watching.evidence else None

    def __init__(self, own_ids: OwnIds, team_id: int) -> None:
        """team_id: of events without one."""
        self._own_ids = own_ids
        self._team_id = team_id
        self._ids_of_device = _Partners("device")
        self._ids_of_session = _Partners("session")
        self._devices_of_id = _Partners("devices_of")
        self._seen_devices: set[str] = set()

    def look(self, block: Block) -> _Looked:
        """Of each event its seq, own id, device and session, by team."""
        events = block.events
        devices = only_texts([event.properties.device_id for event in events])
        sessions = only_texts(kept_values(events, SESSION_ID))
        every = [*zip(block.seqs, self._own_ids.of(block), devices, sessions, strict=True)]
        teams = [event.team_id for event in events]
        known = set(teams)
        if len(known) == 1:  # mostly
            return {known.pop(): every}
        return {team: [one for one, its in zip(every, teams, strict=True) if its == team] for team in known}

    def take(self, looked: _Looked) -> Iterable[Rows]:
        """Tell what they share."""
        found: list[tuple[Any, ...]] = []
        for team, events in looked.items():
            self._take(self._team_id if team is None else team, events, found)
        for team in looked:
            for partners in (self._ids_of_device, self._ids_of_session, self._devices_of_id):
                partners.forget(self._team_id if team is None else team)
        return (Rows(TABLE, found),) if found else ()

    def _take(self, team: int, events: Iterable[_Used], found: list[tuple[Any, ...]]) -> None:
        """Events of one team; in line, as it is of every event, and a value's first partner as of most."""
        devices, sessions, of_ids = self._ids_of_device, self._ids_of_session, self._devices_of_id
        of_device, of_session, of_id = devices.known[team], sessions.known[team], of_ids.known[team]
        ids_of_device, ids_of_session, seen = of_device.get, of_session.get, self._seen_devices
        for seq, own, device, session in events:
            if not own:
                continue
            if device is not None and own not in (ids := ids_of_device(device, ())):
                if len(seen) < MOST_DEVICES:
                    seen.add(device)
                if ids:
                    found += devices.met(team, device, own, seq)
                else:
                    of_device[device] = (own,)
                if own not in of_id:
                    of_id[own] = (device,)
                elif device not in of_id[own]:
                    found += of_ids.met(team, own, device, seq)
            if session is not None and own not in (ids := ids_of_session(session, ())):
                if ids:
                    found += sessions.met(team, session, own, seq)
                else:
                    of_session[session] = (own,)

    def rows(self) -> Iterable[Rows]:
        """How many devices there were; what they share has been told."""
        count = len(self._seen_devices - {""})
        return (of_run(DEVICES, {"count": count, "is_all": len(self._seen_devices) < MOST_DEVICES}),)


class _Partners:
    """What values of one kind were seen with, by team; told of a value from its second partner on."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.known: dict[int, dict[str, tuple[str, ...]]] = defaultdict(dict)

    def met(self, team_id: int, value: str, partner: str, seq: int) -> Iterator[tuple[Any, ...]]:
        """Rows for one more partner; of the second also one for the first, whose seq is not known."""
        known = self.known[team_id].get(value, ())
        if len(known) >= MOST_PARTNERS:
            return
        if len(known) == 1:
            yield self._kind, team_id, value, known[0], None
        self.known[team_id][value] = (*known, partner)
        if known:
            yield self._kind, team_id, value, partner, seq

    def forget(self, team_id: int) -> None:
        """The oldest values of a team, where there are too many."""
        known = self.known[team_id]
        if len(known) > REMEMBERED:
            for value in [*islice(known, REMEMBERED // 2)]:
                del known[value]
