"""All that watches a log's events while they are read: a new watcher is a file, and a line here."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from identity_cli.reading.addresses import Addresses
from identity_cli.reading.arrivals import ArrivalWatch
from identity_cli.reading.capture_checks import CaptureChecks
from identity_cli.reading.clock_checks import ClockChecks
from identity_cli.reading.duplicates import RepeatCounter
from identity_cli.reading.group_events import GroupEvents
from identity_cli.reading.id_index import IdIndex
from identity_cli.reading.internal_marks import InternalMarks
from identity_cli.reading.login_windows import LoginWindows
from identity_cli.reading.misplaced_keys import MisplacedKeys
from identity_cli.reading.periods import PeriodCounts
from identity_cli.reading.shared_values import SharedValues
from identity_cli.reading.sites import Sites
from identity_cli.reading.unmodelled import UnmodelledWatch
from identity_cli.reading.watcher import BatchWatcher, Watcher, Watching

WATCHERS: tuple[Callable[[Watching], Watcher | None], ...] = (
    ArrivalWatch.asked,
    UnmodelledWatch.asked,
    CaptureChecks.asked,
    RepeatCounter.asked,
    InternalMarks.asked,
    GroupEvents.asked,
    MisplacedKeys.asked,
    ClockChecks.asked,
    Sites.asked,
    SharedValues.asked,
    Addresses.asked,
)
"""Each makes one, or none where it would have nothing to look for."""
BATCH_WATCHERS: tuple[Callable[[Watching], BatchWatcher | None], ...] = (
    IdIndex.asked,
    PeriodCounts.asked,
    LoginWindows.asked,
)
"""Those that need no more of an event than the resolver does."""


class Watchers(NamedTuple):
    """Those that a replay asks for: where the log is read, and where it is resolved."""

    reading: Sequence[Watcher]
    resolving: Sequence[BatchWatcher]


NOBODY = Watchers((), ())


def watchers_of(watching: Watching) -> Watchers:
    """Shared out so that both processes have as much to do: evidence keeps the reading one busy."""
    reading = [watcher for make in WATCHERS if (watcher := make(watching)) is not None]
    either = [one for make in BATCH_WATCHERS if (one := make(watching)) is not None]
    return Watchers(reading, either) if watching.evidence else Watchers([*reading, *either], ())
