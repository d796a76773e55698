"""Events that the platform refuses at its door, so that they may be in a log and never in the platform.

A log captured at the sender holds them; they are replayed like the others and marked.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Self

from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching

UUID_LENGTHS = frozenset({32, 36, 38, 45})
"""Plain, with hyphens, in braces, as a URN: what capture takes."""
_NONE = "-" * 36  # capture fills it in
NO_UUID = "its uuid is none: capture refuses the whole request"
_Row = tuple[int, str]


class CaptureChecks:
    """Tells the events of PostHog's that capture refuses for their uuid, by its length alone."""

    needs = ()
    remembers: ClassVar[Kinds] = {}

    @classmethod
    def asked(cls, _: Watching) -> Self:
        """Of every log."""
        return cls()

    def look(self, block: Block) -> list[_Row] | None:
        """A row for each that is refused: its seq, and why."""
        if not block.is_of_posthog or _are_taken(block):
            return None
        return [
            (seq, NO_UUID)
            for seq, event in enumerate(block.events, block.first_seq)
            if event.uuid and not (isinstance(event.uuid, str) and len(event.uuid) in UUID_LENGTHS)
        ]

    def take(self, looked: Sequence[_Row]) -> Iterable[Rows]:
        """Tell of them."""
        return (Rows("refused_at_door", looked),)

    def rows(self) -> Iterable[Rows]:
        """None: each is told at once."""
        return ()


def _are_taken(block: Block) -> bool:
    """Whether every event surely is; asked of all of them."""
    try:
        return {len(event.uuid or _NONE) for event in block.events} <= UUID_LENGTHS
    except TypeError:
        return False
