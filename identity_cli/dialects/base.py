"""What a dialect is: how the lines of one input format become events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from identity_cli.events import Event


class Unusable(Exception):
    """The line is no event of this dialect; the message is the reason, for the log's reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One input format.

    decoder and lenient_decoder take the names of the event properties that the rules
    copy onto persons, and make a function from a line to an event. The first is fast and
    may raise anything; the second is asked about the lines on which the first failed, and
    raises Unusable.
    """

    name: str
    title: str
    decoder: Callable[[Iterable[str]], Callable[[bytes], Event]]
    lenient_decoder: Callable[[Iterable[str]], Callable[[bytes], Event]]
