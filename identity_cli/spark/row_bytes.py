"""Events and ids as bytes, times as numbers: as rows carry them from one worker to the other."""

from collections.abc import Callable
from typing import Any

from identity_cli.dialects.record import event_type
from identity_cli.events import Event
from identity_cli.files.messages import reader_of
from identity_cli.pieces.edges import Key
from identity_cli.rules.base import RuleSet
from identity_cli.rules.copying import names_to_read

key_in: Callable[[bytes], Key] = reader_of(tuple[int, str])
"""A team's id of its message."""
nobodys_in: Callable[[bytes], tuple[str, Any]] = reader_of(tuple[str, Any])
"""What an event that concerns no person is called, and its uuid, of their message."""


def event_reader(rules: RuleSet) -> Callable[[bytes], Event]:
    """What makes events of their messages, with what these rules look at."""
    return reader_of(event_type(names_to_read(rules)))
