"""A run's log, read again as it was replayed."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from itertools import count

from identity_cli.events import Event
from identity_cli.files.places import scratch_folder
from identity_cli.reading.either_process import items_of
from identity_cli.reading.intake import log_of
from identity_cli.reading.log_items import Batch, Skipped
from identity_cli.replaying.again.rerun import check_sources, options_of, paths_of
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]


NOTHING = 0
"""What an event counts as that a plan leaves out: of it only the time counts."""


def events_of(run: Run, on_progress: Progress | None = None) -> Generator[tuple[int, Event, int], None, None]:
    """Every event of a run's log as it was replayed; LogChanged if it is another.

    Each with its seq, and the seq that it counts as: its own, or where it was skipped that of the
    event it repeats, or NOTHING.
    """
    options = options_of(run)
    with scratch_folder() as scratch:
        every_link = replace(options, every_link=True)
        items = items_of(log_of(paths_of(run)), every_link, (), scratch, on_progress)
        with closing(iter(items)) as every:
            for item in every:
                if isinstance(item, Batch):
                    for seq, event in enumerate(item.events, item.first_seq):
                        yield seq, event, seq
                elif isinstance(item, Skipped):
                    counts_as = item.repeats or [NOTHING] * len(item.events)
                    yield from zip(count(item.first_seq), item.events, counts_as)
        read = items.log_read().sources
        check_sources(run.sources(), [{"path": one.path, "size": one.size, "hash": one.hash} for one in read])
