"""The platform's door: what capture makes of the distinct id of an event as an SDK sent it.

Exports, and messages of the platform's own, are past it. Found in `posthog/api/capture.py`, and
since 2024 in `rust/capture`.
"""

from enum import Enum
from typing import NamedTuple

from identity_cli.events import SentId


class IdText(Enum):
    """What capture makes of an id that is no text."""

    PYTHON = "what Python's str makes of it"
    JSON = "its JSON text"


class Door(NamedTuple):
    """One dated state of it.

    takes_inner_id_first: `properties.distinct_id` counts before the one at the top.
    refuses_false_ids: 0, false, [] and {} are as good as none.
    warns_of_long_ids: of more than LONGEST_SENT_ID code points, to which it always cut them (`alias` and
    `$anon_distinct_id` never); and its endpoint v1 drops the event instead.
    """

    takes_inner_id_first: bool
    refuses_false_ids: bool
    id_text: IdText
    warns_of_long_ids: bool = False


DJANGO_CAPTURE = Door(takes_inner_id_first=True, refuses_false_ids=True, id_text=IdText.PYTHON)
"""Until 2024."""
RUST_CAPTURE = Door(takes_inner_id_first=False, refuses_false_ids=False, id_text=IdText.JSON)
"""Since 2024."""
CAPTURE_OF_2026 = RUST_CAPTURE._replace(warns_of_long_ids=True)


def sent_text(sent: SentId, door: Door) -> str | None:
    """What capture takes for the id's text, uncut; None where it takes it for none."""
    if sent.is_false and door.refuses_false_ids:
        return None
    return sent.python if door.id_text is IdText.PYTHON else sent.json
