"""All that watches a log's events while they are read: a new watcher is a file, and a line here."""

from collections.abc import Callable, Sequence

from identity_cli.reading.addresses import Addresses
from identity_cli.reading.arrivals import ArrivalWatch
from identity_cli.reading.capture_checks import CaptureChecks
from identity_cli.reading.clock_checks import ClockChecks
from identity_cli.reading.duplicates import RepeatCounter
from identity_cli.reading.group_events import GroupEvents
from identity_cli.reading.id_index import IdIndex
from identity_cli.reading.internal_marks import InternalMarks
from identity_cli.reading.login_windows import LoginWindows
from identity_cli.reading.periods import PeriodCounts
from identity_cli.reading.shared_values import SharedValues
from identity_cli.reading.unmodelled import UnmodelledWatch
from identity_cli.reading.watcher import Watcher, Watching

WATCHERS: tuple[Callable[[Watching], Watcher | None], ...] = (
    ArrivalWatch.asked,
    UnmodelledWatch.asked,
    CaptureChecks.asked,
    RepeatCounter.asked,
    InternalMarks.asked,
    IdIndex.asked,
    PeriodCounts.asked,
    SharedValues.asked,
    LoginWindows.asked,
    GroupEvents.asked,
    ClockChecks.asked,
    Addresses.asked,
)
"""Each makes one, or none where it would have nothing to look for."""


def watchers_of(watching: Watching) -> Sequence[Watcher]:
    """Those that a replay asks for."""
    return [watcher for make in WATCHERS if (watcher := make(watching)) is not None]
