"""Evidence beyond ids: devices and sessions that several ids used, and ids that several devices used.

Only what is shared is told, each id of a device once. Memory is bounded: of each kind the last many values
are remembered, so that two ids of a device are told apart unless a hundred thousand others came between.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Self

from identity_cli.reading.id_index import own_ids
from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.watcher import Watching
from identity_cli.rules.base import RuleSet

TABLE = "shared_values"
SESSION_ID = "$session_id"
REMEMBERED = 1 << 17
"""Values of a kind, about 250 bytes each."""
MOST_PARTNERS = 200
"""Of a value, that are told."""


class SharedValues:
    """Tells which ids share a device or a session."""

    needs = (SESSION_ID,)

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls(watching.rules, watching.team_id) if watching.evidence else None

    def __init__(self, rules: RuleSet, team_id: int) -> None:
        """team_id: of events without one."""
        self._rules = rules
        self._team_id = team_id
        self._ids_of_device = _Partners("device")
        self._ids_of_session = _Partners("session")
        self._devices_of_id = _Partners("devices_of")
        self._session_at: dict[type, str | None] = {}

    def see(self, block: Block) -> Iterable[Rows]:
        """Take the next events."""
        found: list[tuple[Any, ...]] = []
        devices, sessions, of_ids = self._ids_of_device, self._ids_of_session, self._devices_of_id
        owns = own_ids(block.events, self._rules)
        for seq, event, own in zip(block.seqs, block.events, owns, strict=True):
            properties = event.properties
            device, session = properties.device_id, self._session_of(properties)
            if not own or (device is None and session is None):
                continue
            team = self._team_id if event.team_id is None else event.team_id
            if type(device) is str:
                if devices.first.setdefault((team, device), own) != own:
                    found += devices.told(team, device, own, seq)
                if of_ids.first.setdefault((team, own), device) != device:
                    found += of_ids.told(team, own, device, seq)
            if type(session) is str and sessions.first.setdefault((team, session), own) != own:
                found += sessions.told(team, session, own, seq)
        for partners in (devices, sessions, of_ids):
            partners.forget()
        return (Rows(TABLE, found),) if found else ()

    def rows(self) -> Iterable[Rows]:
        """All have been told."""
        return ()

    def _session_of(self, properties: Any) -> Any:
        kind = type(properties)
        if kind not in self._session_at:
            names = kind.copied_names
            self._session_at[kind] = f"copied_{names.index(SESSION_ID)}" if SESSION_ID in names else None
        at = self._session_at[kind]
        return None if at is None else getattr(properties, at)


class _Partners:
    """Of values of one kind what each was seen with: the first, and once every other."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.first: dict[tuple[int, str], str] = {}
        self._others: dict[tuple[int, str], set[str]] = {}

    def told(self, team_id: int, value: str, partner: str, seq: int) -> Iterator[tuple[Any, ...]]:
        """Rows for one more partner; of the second also one for the first, whose seq is not known."""
        others = self._others.setdefault((team_id, value), set())
        if partner in others or len(others) >= MOST_PARTNERS:
            return
        if not others:
            yield self._kind, team_id, value, self.first[team_id, value], None
        others.add(partner)
        yield self._kind, team_id, value, partner, seq

    def forget(self) -> None:
        """The oldest values, where there are too many."""
        if len(self.first) > REMEMBERED:
            for key in [*islice(self.first, REMEMBERED // 2)]:
                del self.first[key]
                self._others.pop(key, None)
