"""The own ids of a block's events, told to all watchers that want them and found once."""

from collections.abc import Iterable, Iterator, Sequence

from identity_cli.events import Event
from identity_cli.reading.reader import Block
from identity_cli.rules.base import RuleSet
from identity_cli.rules.own_id import own_id

REPLACEMENT = "\ufffd"
"""What newer rules make of a NUL in an id."""


class OwnIds:
    """Remembers those of the last block."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._block: Block | None = None
        self._ids: Sequence[str] = ()

    def of(self, block: Block) -> Sequence[str]:
        """The own id of each of its events as the resolver has it, "" where it has none."""
        if block is not self._block:
            self._block, self._ids = block, _own_ids(block.events, self._rules)
        return self._ids


def own_ids(events: Iterable[Event], rules: RuleSet) -> Iterator[str]:
    """The same of any events."""
    for event in events:
        given, inner = event.distinct_id, event.properties.distinct_id
        own = given if type(given) is str and inner in (None, given) else own_id(event, rules) or ""
        yield own.replace("\0", REPLACEMENT) if rules.nul_becomes_replacement else own


def _own_ids(events: Sequence[Event], rules: RuleSet) -> Sequence[str]:
    """By columns where all are plain, as they are of nearly every block."""
    outer = [event.distinct_id for event in events]
    inner = [event.properties.distinct_id for event in events]
    are_plain = set(map(type, outer)) == {str} and (inner == outer or set(map(type, inner)) == {type(None)})
    if are_plain and not (rules.nul_becomes_replacement and any("\0" in own for own in outer)):
        return outer
    return [*own_ids(events, rules)]
