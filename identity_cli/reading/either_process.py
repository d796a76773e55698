"""What reads a log: this process, a second one if that pays, or several, each some blocks of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from identity_cli.reading.earlier import Earlier
from identity_cli.reading.intake import Intake, Log, Progress, names_to_keep
from identity_cli.reading.log_items import ItemReader
from identity_cli.reading.options import MANY, ReplayOptions
from identity_cli.reading.watcher import Watcher


def _as_it_is(intake: Intake) -> ItemReader:
    return intake


def items_of(
    log: Log,
    options: ReplayOptions,
    watchers: Sequence[Watcher],
    scratch: Path,
    on_progress: Progress | None,
    through: Callable[[Intake], ItemReader] = _as_it_is,
    earlier: Earlier | None = None,
) -> ItemReader:
    """What reads a log: in another process if that pays and can be. scratch: a folder for sorting.

    through: what is made of it, where it is read. earlier: what it follows.
    """

    def reading(on_progress: Progress | None) -> ItemReader:
        return through(Intake(log, options, watchers, scratch, on_progress, earlier))

    if not reads_elsewhere(log, options):
        return reading(on_progress)
    from identity_cli.reading.child_process import SecondProcess  # takes its time to import

    return SecondProcess(reading, names_to_keep(options.applied_rules, watchers), on_progress)


def reads_elsewhere(log: Log, options: ReplayOptions) -> bool:
    """Whether that pays and can be."""
    if log.size is None or options.one_process:
        return False
    from identity_cli.files import processes  # which take their time to import
    from identity_cli.reading import child_process

    return log.size >= child_process.WORTH_IT_BYTES and processes.is_possible()


def is_in_blocks(log: Log, options: ReplayOptions) -> bool:
    """Whether several processes read a log: not where one has to sort it, or to know all events before."""
    is_plain = options.order is None and not options.dedupe and not options.left_out
    return is_plain and log.comes_again and options.processes >= MANY and reads_elsewhere(log, options)
