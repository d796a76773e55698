"""The own ids of a block's events, told to all watchers that want them and found once."""

from collections.abc import Sequence
from typing import Any, Protocol

from identity_cli.rules.base import RuleSet
from identity_cli.rules.own_id import stored_ids


class Seen(Protocol):
    """Consecutive events, the first with first_seq: a block of the reader, or a batch that is resolved."""

    @property
    def first_seq(self) -> int:
        """Of the first."""

    @property
    def seqs(self) -> range:
        """Of all."""

    @property
    def events(self) -> Sequence[Any]:
        """The events."""


class OwnIds:
    """Remembers those of the last block."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._block: Seen | None = None
        self._ids: Sequence[str] = ()

    def of(self, block: Seen) -> Sequence[str]:
        """The own id of each of its events as the resolver has it, "" where it has none."""
        if block is not self._block:
            self._block, self._ids = block, stored_ids(block.events, self._rules)
        return self._ids
