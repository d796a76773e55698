"""What reads and watches a log where there are cores for several processes: else as either_process has it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from identity_cli.reading.earlier import Earlier
from identity_cli.reading.either_process import items_of, reads_elsewhere
from identity_cli.reading.intake import Log, Progress
from identity_cli.reading.log_items import ItemReader
from identity_cli.reading.options import MANY, ReplayOptions
from identity_cli.reading.watcher import Watcher
from identity_cli.reading.watchers import APART, Watchers

if TYPE_CHECKING:
    from identity_cli.reading.several_readers import Elsewhere


def items_of_several(
    log: Log,
    options: ReplayOptions,
    watchers: Watchers,
    scratch: Path,
    on_progress: Progress | None,
    earlier: Earlier | None = None,
) -> tuple[ItemReader, Sequence["Elsewhere"]]:
    """What reads a log, as items_of; and those that would watch what is resolved, if they are elsewhere."""
    if not _is_for_several(log, options):
        return items_of(log, options, watchers.reading, scratch, on_progress, earlier=earlier), ()
    from identity_cli.reading.several_readers import Elsewhere, SeveralReaders, WatchingIntake  # as above

    def elsewhere(some: Sequence[Watcher]) -> Elsewhere:
        return Elsewhere(lambda _: WatchingIntake(log, options, some, scratch, None, earlier), some)

    apart = [one for one in watchers.reading if isinstance(one, APART)]
    others = [one for one in watchers.reading if not isinstance(one, APART)]
    ours = [elsewhere(watchers.resolving)] if watchers.resolving else []
    last = elsewhere(apart) if apart else None
    reader = items_of(log, options, others, scratch, on_progress, earlier=earlier)
    return reader if last is None else SeveralReaders(reader, last), ours


def _is_for_several(log: Log, options: ReplayOptions) -> bool:
    """Not where each would have to sort the log, or to remember every event."""
    is_plain = options.order is None and not options.dedupe
    return is_plain and options.processes >= MANY and reads_elsewhere(log, options)
