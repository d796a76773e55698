"""Which ids sent from an address: evidence for robots, whose every page is a new visitor."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from identity_cli.events import ABSENT
from identity_cli.reading.kept_values import kept_values, only_texts
from identity_cli.reading.log_items import Rows
from identity_cli.reading.own_ids import OwnIds
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.shared_values import MOST_PARTNERS, TABLE
from identity_cli.reading.watcher import Watching

ADDRESS = "$ip"
MOST_ADDRESSES = 1 << 16
"""Then all are forgotten, and counted anew."""
Key = tuple[int, str]
_Sent = tuple[int, str, str, int]


class Addresses:
    """Tells of each address its ids, from the second on with the event that shows it."""

    needs = (ADDRESS,)
    remembers: ClassVar[Kinds] = {"_first": dict[Key, str], "_ids": dict[Key, set[str]]}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls(watching.own_ids, watching.team_id) if watching.evidence else None

    def __init__(self, own_ids: OwnIds, team_id: int) -> None:
        """team_id: of events without one."""
        self._own_ids = own_ids
        self._team_id = team_id
        self._first: dict[Key, str] = {}
        self._ids: dict[Key, set[str]] = {}

    def look(self, block: Block) -> list[_Sent] | None:
        """Of each that has one its team, address, own id and seq."""
        kept = kept_values(block.events, ADDRESS)
        if kept.count(ABSENT) == len(kept):  # many logs have none
            return None
        owns = self._own_ids.of(block)
        return [
            (self._team_id if event.team_id is None else event.team_id, address, own, seq)
            for seq, event, own, address in zip(block.seqs, block.events, owns, only_texts(kept), strict=True)
            if address is not None and own
        ]

    def take(self, looked: Iterable[_Sent]) -> Iterable[Rows]:
        """Tell of each second id."""
        found: list[tuple[Any, ...]] = []
        for team, address, own, seq in looked:
            if self._first.setdefault((team, address), own) != own:
                self._add((team, address), own, seq, found)
        if len(self._first) > MOST_ADDRESSES:
            self._first.clear()
            self._ids.clear()
        return (Rows(TABLE, found),) if found else ()

    def rows(self) -> Iterable[Rows]:
        """All have been told."""
        return ()

    def _add(self, key: Key, own: str, seq: int, found: list[tuple[Any, ...]]) -> None:
        ids = self._ids.setdefault(key, set())
        if own in ids or len(ids) >= MOST_PARTNERS:
            return
        if not ids:
            found.append(("address", *key, self._first[key], None))
        ids.add(own)
        found.append(("address", *key, own, seq))
