"""Changes to a log that is replayed again: events left out, ids blocked, resets made up for."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from identity_cli.events import Event, SentId
from identity_cli.rules.base import RuleSet

Seq = int
Device = tuple[int, str]
"""Team and distinct id."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What to do otherwise.

    without: seqs of events left out. blocked_ids: ids that count as illegal. resets: for a device, in
    order, the seqs from which on it goes by another id, and which. team_id: that of events without one.
    """

    without: frozenset[Seq] = frozenset()
    blocked_ids: frozenset[str] = frozenset()
    resets: Mapping[Device, list[tuple[Seq, str]]] = field(default_factory=lambda: MappingProxyType({}))
    team_id: int = 1

    def applied(self, seq: Seq, event: Event) -> Event | None:
        """The event as it would have been, or None where it is left out."""
        if seq in self.without:
            return None
        return self._reset(seq, event) if self.resets else event

    def rules(self, rules: RuleSet) -> RuleSet:
        """The rules, with the blocked ids as well."""
        return replace(rules, blocked_ids=rules.blocked_ids | self.blocked_ids) if self.blocked_ids else rules

    def also_without(self, seqs: frozenset[Seq]) -> "Edits":
        """The same, with more events left out."""
        return replace(self, without=self.without | seqs)

    @property
    def new_ids(self) -> list[Device]:
        """The ids that devices get by resets."""
        return [(team_id, new) for (team_id, _), resets in self.resets.items() for _, new in resets]

    def _reset(self, seq: Seq, event: Event) -> Event:
        team_id = self.team_id if event.team_id is None else event.team_id
        inside = event.properties
        outer = self._new_names(seq, team_id, {"distinct_id": event.distinct_id})
        inner = self._new_names(seq, team_id, {name: getattr(inside, name) for name in _IDS_INSIDE})
        if not outer and not inner and not event.links:
            return event
        changed: Any = copy(event)
        changed.properties = copy(inside)
        if event.links:  # which not every record has
            changed.links = tuple(self._reset(seq, link) for link in event.links)
        for owner, names in ((changed, outer), (changed.properties, inner)):
            for name, value in names.items():
                setattr(owner, name, value)
        return changed  # type: ignore[no-any-return]  # as copied

    def _new_names(self, seq: Seq, team_id: int, ids: dict[str, Any]) -> dict[str, str]:
        """Of some ids of an event, by their fields, those that are others now."""
        found: dict[str, str] = {}
        for name, value in ids.items():
            text = value.json if isinstance(value, SentId) and value.is_text else value
            if isinstance(text, str) and (text or name != "distinct_id"):  # an event of no id stays one
                for since, new in self.resets.get((team_id, text), ()):
                    if seq >= since:
                        found[name] = new
        return found


_IDS_INSIDE = ("distinct_id", "anon_distinct_id", "alias", "device_id")
NO_EDITS = Edits()
