"""The own ids of a block's events, told to all watchers that want them and found once."""

from collections.abc import Sequence

from identity_cli.reading.reader import Block
from identity_cli.rules.base import RuleSet
from identity_cli.rules.own_id import stored_ids


class OwnIds:
    """Remembers those of the last block."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._block: Block | None = None
        self._ids: Sequence[str] = ()

    def of(self, block: Block) -> Sequence[str]:
        """The own id of each of its events as the resolver has it, "" where it has none."""
        if block is not self._block:
            self._block, self._ids = block, stored_ids(block.events, self._rules)
        return self._ids
