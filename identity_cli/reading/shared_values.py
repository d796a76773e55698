"""Evidence beyond ids: devices and sessions that several ids used, and ids that several devices used.

Only what is shared is told, each id of a device once. Memory is bounded for each team: of each kind its last
many values are remembered, so that two ids of a device are told apart unless a hundred thousand others of the
team came between.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, islice
from types import MappingProxyType
from typing import Any, ClassVar, Self

from identity_cli.reading.kept_values import kept_values
from identity_cli.reading.log_items import Rows
from identity_cli.reading.own_ids import OwnIds
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching, of_run

TABLE = "shared_values"
SESSION_ID = "$session_id"
REMEMBERED = 1 << 17
"""Values of a kind, of each team; about 250 bytes each."""
DEVICES = "devices"
"""The key in the table `run`: how many devices there are, and whether that is all of them."""
MOST_DEVICES = 1 << 20
"""Told apart, some 100 bytes each; of a log with more it is known that there are so many."""
MOST_PARTNERS = 200
"""Of a value, that are told."""

_Known = dict[int, dict[str, tuple[str, ...]]]
_Sent = tuple[Sequence[int], Sequence[str], Sequence[Any], Sequence[Any]]
"""Of events the seqs, own ids, devices and sessions."""
_Looked = dict[int | None, _Sent]


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
        """What each event was sent with, by team."""
        events = block.events
        devices = [event.properties.device_id for event in events]
        columns = block.seqs, self._own_ids.of(block), devices, kept_values(events, SESSION_ID)
        teams = dict.fromkeys([event.team_id for event in events])  # in order, as hash(None) varies
        if len(teams) == 1:  # mostly
            return dict.fromkeys(teams, columns)
        return {team: _only([event.team_id == team for event in events], columns) for team in teams}

    def take(self, looked: _Looked) -> Iterable[Rows]:
        """Tell what they share."""
        found: list[tuple[Any, ...]] = []
        for team, sent in looked.items():
            self._take(self._team_id if team is None else team, sent, found)
        for team in looked:
            for partners in (self._ids_of_device, self._ids_of_session, self._devices_of_id):
                partners.forget(self._team_id if team is None else team)
        return (Rows(TABLE, found),) if found else ()

    def _take(self, team: int, sent: _Sent, found: list[tuple[Any, ...]]) -> None:
        """Events of one team; in line, as it is of every event, and most values have but one partner."""
        devices, sessions, of_ids = self._ids_of_device, self._ids_of_session, self._devices_of_id
        of_device, of_session, of_id = devices.first[team], sessions.first[team], of_ids.first[team]
        id_of_device, id_of_session, seen = of_device.get, of_session.get, self._seen_devices
        for seq, own, device, session in zip(*sent, strict=True):
            if not own:
                continue
            if type(device) is str and (first := id_of_device(device)) != own:
                if first is None:
                    of_device[device] = own
                    if len(seen) < MOST_DEVICES:
                        seen.add(device)
                if first is None or not devices.has(team, device, own):
                    if first is not None:
                        found += devices.met(team, device, own, seq)
                    if of_id.setdefault(own, device) != device and not of_ids.has(team, own, device):
                        found += of_ids.met(team, own, device, seq)
            if type(session) is str and (first := id_of_session(session)) != own:
                if first is None:
                    of_session[session] = own
                elif not sessions.has(team, session, own):
                    found += sessions.met(team, session, own, seq)

    def rows(self) -> Iterable[Rows]:
        """How many devices there were; what they share has been told."""
        count = len(self._seen_devices - {""})
        return (of_run(DEVICES, {"count": count, "is_all": len(self._seen_devices) < MOST_DEVICES}),)


def _only(are_wanted: Sequence[bool], columns: _Sent) -> _Sent:
    seqs, owns, devices, sessions = columns
    known = [*compress(seqs, are_wanted)], [*compress(owns, are_wanted)]
    return *known, [*compress(devices, are_wanted)], [*compress(sessions, are_wanted)]


class _Partners:
    """What values of one kind were seen with, by team; told of a value from its second partner on.

    first: of each value, in the order in which they came. several: all, of those that have more.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.first: dict[int, dict[str, str]] = defaultdict(dict)
        self.several: _Known = defaultdict(dict)

    def has(self, team_id: int, value: str, partner: str) -> bool:
        """Whether a value, whose first partner is another, was seen with this one too."""
        return partner in self.several[team_id].get(value, ())

    def met(self, team_id: int, value: str, partner: str, seq: int) -> Iterator[tuple[Any, ...]]:
        """Rows for one more partner; of the second also one for the first, whose seq is not known."""
        first = self.first[team_id][value]
        known = self.several[team_id].get(value, (first,))
        if len(known) >= MOST_PARTNERS:
            return
        if len(known) == 1:
            yield self._kind, team_id, value, first, None
        self.several[team_id][value] = (*known, partner)
        yield self._kind, team_id, value, partner, seq

    def forget(self, team_id: int) -> None:
        """The oldest values of a team, where there are too many."""
        first = self.first[team_id]
        if len(first) > REMEMBERED:
            for value in [*islice(first, REMEMBERED // 2)]:
                del first[value]
                self.several[team_id].pop(value, None)

    @property
    def known(self) -> Mapping[int, dict[str, tuple[str, ...]]]:
        """All partners of each value, by team."""
        return MappingProxyType(
            {
                team: {value: self.several[team].get(value, (one,)) for value, one in first.items()}
                for team, first in self.first.items()
            }
        )

    @known.setter
    def known(self, known: _Known) -> None:
        for team, values in known.items():
            self.first[team] = {value: partners[0] for value, partners in values.items() if partners}
            self.several[team] = {value: partners for value, partners in values.items() if len(partners) > 1}
