"""Events that the platform refuses at its door, so that they may be in a log and never in the platform.

A log captured at the sender holds them; they are replayed like the others and marked.
"""

from collections.abc import Iterator, Sequence

from identity_cli.events import Event

UUID_LENGTHS = frozenset({32, 36, 38, 45})
"""Plain, with hyphens, in braces, as a URN: what capture takes."""
_NONE = "-" * 36  # capture fills it in
NO_UUID = "its uuid is none: capture refuses the whole request"


def may_be_refused(events: Sequence[Event]) -> bool:
    """Whether refusals has anything to look at; asked of every event."""
    try:
        return not {len(event.uuid or _NONE) for event in events} <= UUID_LENGTHS
    except TypeError:
        return True


def refusals(first_seq: int, events: Sequence[Event]) -> Iterator[tuple[int, str]]:
    """The seqs of events that capture refuses for their uuid, and why; told by its length alone."""
    for seq, event in enumerate(events, first_seq):
        if event.uuid and not (isinstance(event.uuid, str) and len(event.uuid) in UUID_LENGTHS):
            yield seq, NO_UUID
