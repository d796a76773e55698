"""Changes to a log that is replayed again: events left out, ids blocked, resets made up for."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from identity_cli.events import Event
from identity_cli.rules.base import RuleSet

Seq = int


@dataclass(frozen=True, slots=True)
class Edits:
    """What to do otherwise.

    without: seqs of events left out. blocked_ids: ids that count as illegal. resets: for an id, the
    seq from which on it stands for another, and which: as though the device had been reset before.
    """

    without: frozenset[Seq] = frozenset()
    blocked_ids: frozenset[str] = frozenset()
    resets: Mapping[str, tuple[Seq, str]] = field(default_factory=lambda: MappingProxyType({}))

    def applied(self, seq: Seq, event: Event) -> Event | None:
        """The event as it would have been, or None where it is left out."""
        if seq in self.without:
            return None
        return self._reset(seq, event) if self.resets else event

    def rules(self, rules: RuleSet) -> RuleSet:
        """The rules, with the blocked ids."""
        return replace(rules, blocked_ids=self.blocked_ids) if self.blocked_ids else rules

    def also_without(self, seqs: frozenset[Seq]) -> "Edits":
        """The same, with more events left out."""
        return replace(self, without=self.without | seqs)

    def _reset(self, seq: Seq, event: Event) -> Event:
        inside = event.properties
        changed: Any = None
        for owner, name in ((event, "distinct_id"), *((inside, name) for name in _IDS_INSIDE)):
            value = getattr(owner, name)
            if isinstance(value, str) and value in self.resets and seq >= self.resets[value][0]:
                if changed is None:
                    changed = copy(event)
                    changed.properties = copy(inside)
                setattr(changed if owner is event else changed.properties, name, self.resets[value][1])
        if event.links:
            changed = changed or copy(event)
            changed.links = tuple(self._reset(seq, link) for link in event.links)
        return event if changed is None else changed


_IDS_INSIDE = ("distinct_id", "anon_distinct_id", "alias", "device_id")
NO_EDITS = Edits()
