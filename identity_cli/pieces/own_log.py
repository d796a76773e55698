"""The lines of a component as a log by itself, which comes to what they come to in the whole.

Of all others they need the time alone, by which what waits is let go. So lines stand between them that tell
it: events of PostHog's without an id, which are rejected wherever they stand.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from identity_cli.events import LONG_AGO

Placed = tuple[datetime, bytes]
"""What the whole log shows before the first event of the component on a line, and that line."""


def own_log(lines: Iterable[Placed], end: datetime) -> Iterator[bytes]:
    """The lines, in the order of the whole log, and between them its time; end: what it shows at its end."""
    shown = LONG_AGO
    for clock, line in lines:
        if clock > shown:
            yield _time_line(clock)
            shown = clock
        yield line
    if end > shown:
        yield _time_line(end)


def _time_line(moment: datetime) -> bytes:
    return json.dumps({"event": "the time of the whole log", "timestamp": moment.isoformat()}).encode()
