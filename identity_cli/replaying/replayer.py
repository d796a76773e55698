"""One replay: intake, resolver and store, connected.

The left half of the tool. Everything else reads the finished Run.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from identity_cli.audits.config import DEFAULT as DEFAULT_AUDITS
from identity_cli.audits.config import Config
from identity_cli.dialects.nesting import room_for_nesting
from identity_cli.errors import MixedVendors, NothingToReplay
from identity_cli.files.machine import free_memory, processes_with_files
from identity_cli.files.sources import EventSource
from identity_cli.findings.settings import read_settings
from identity_cli.reading.either_process import is_in_blocks
from identity_cli.reading.intake import Log, Progress, log_of
from identity_cli.reading.log_items import ReadsAlone
from identity_cli.reading.options import GoingOn, ReplayOptions
from identity_cli.reading.own_rules import with_rules
from identity_cli.reading.room_for_ids import IdsDoNotFit
from identity_cli.replaying.going_on.earlier_run import EarlierRun, earlier_run, given_in
from identity_cli.replaying.one_replay import Replay
from identity_cli.run_mark import DATABASE, is_run
from identity_cli.store.folder import new_run
from identity_cli.store.reading.run import Run
from identity_cli.store.seal import compact, seal
from identity_cli.store.writing.journal_writer import JournalWriter

DEFAULT_RUN = "idcli-run"


def replay(
    log: str | Path | Iterable[Any],
    run: str | Path | None = None,
    rules: str | None = None,
    buffer: float | None = None,
    *,
    settings: str | Path | None = None,
    continues: str | Path | None = None,
    **options: Any,
) -> Run:
    """Replay a log into a run folder and open it.

    log: a path, several paths, or one or several events as JSON objects (dicts). rules: if none are named,
    those of the log's own vendor. buffer: seconds of the log's time that backend events of unknown ids wait,
    0 for none. settings: a file as `.idcli.toml`, by which findings are made. continues: a run that the log
    goes on with, whose options stay: what comes out is of its files and these together, in that folder
    unless another is named. options: the other fields of ReplayOptions. An earlier run in the folder is
    replaced.
    UnknownChoice or BadOption for options, BadSettings for settings, LogUnreadable or NothingToReplay
    for a log, FolderNotARun where something else is in the folder; each of them is an IdcliError.
    """
    asked = ReplayOptions(rules=rules, buffer_seconds=buffer, **options)
    place = Path(run or continues or DEFAULT_RUN)
    going_on = None if continues is None else GoingOn(Path(continues), given_in(rules, buffer, options))
    config = DEFAULT_AUDITS if settings is None else read_settings(str(settings)).config
    items = iter([log] if isinstance(log, str | Path | dict) else log)
    first = list(islice(items, 1))
    everything = chain(first, items)
    if first and isinstance(first[0], str | Path):
        return replay_log(log_of(map(str, everything)), place, asked, None, config, going_on)
    return replay_log(Log([lambda _: iter([EventSource(everything)])]), place, asked, None, config, going_on)


def replay_log(
    log: Log,
    run: Path,
    options: ReplayOptions,
    on_progress: Progress | None = None,
    config: Config = DEFAULT_AUDITS,
    going_on: GoingOn | None = None,
) -> Run:
    """Replay a log into a run folder; it appears whole or not at all. config: of the audits.

    NothingToReplay if the log has no event and may not be empty, a run is there, or files were passed over;
    InputInRunFolder if the log lies in the run folder.
    Files of vendors whose rules differ are replayed under PostHog's, unless others are asked for: the
    default ones, or those of the log's dates. Where memory would not hold all ids it is begun anew, as if
    spill had been asked for; the Run says so. It begins like that where the memory is said of a log that does
    not come again.
    going_on: a run that the log goes on with: what comes out is of its files and these. CannotGoOn.
    """
    further = on_progress, config
    if options.memory is not None and going_on is None and not log.comes_again:
        options = replace(options, spill=True)
    options = _as_the_machine_allows(options)
    try:
        return _gone_on_with(log, run, options, further, going_on)
    except ReadsAlone:
        return _gone_on_with(log, run, replace(options, jobs=1), further, going_on)


def _as_the_machine_allows(options: ReplayOptions) -> ReplayOptions:
    """With its memory, measured once: what a run has does not depend on what else runs until it ends.

    And with as many jobs as there may be files for.
    """
    memory, most = options.memory, processes_with_files()
    if memory is None and (free := free_memory()) is not None:
        memory = max(1, free)
    return replace(options, memory=memory, jobs=options.jobs if options.processes <= most else most)


def _gone_on_with(
    log: Log,
    run: Path,
    options: ReplayOptions,
    further: tuple[Progress | None, Config],
    going_on: GoingOn | None,
) -> Run:
    if going_on is not None:
        with earlier_run(going_on) as earlier:
            return _replayed(log.after(earlier.files), run, earlier.asked(options), (*further, earlier))
    try:
        return _by_its_vendor(log, run, options, *further)
    except IdsDoNotFit:
        spilled = _by_its_vendor(log, run, replace(options, spill=True), *further)
        spilled.did_not_fit = True
        return spilled


def _by_its_vendor(
    log: Log, run: Path, options: ReplayOptions, on_progress: Progress | None, config: Config
) -> Run:
    try:
        return _replayed(log, run, options, (on_progress, config, None))
    except MixedVendors:
        if not log.comes_again:
            raise
        return _replayed(log, run, options, (on_progress, config, None), heeds_vendor=False)


def _replayed(
    log: Log,
    run: Path,
    options: ReplayOptions,
    further: tuple[Progress | None, Config, EarlierRun | None],
    *,
    heeds_vendor: bool = True,
) -> Run:
    started = time.perf_counter()
    on_progress, config, earlier = further
    with new_run(run, log.paths) as folder, _without_garbage_collection(), room_for_nesting():
        with (
            closing(JournalWriter(folder, with_events=options.with_events)) as journal,  # it marks the folder
            with_rules(log, options, heeds_vendor=heeds_vendor) as (begun, settled),
            closing(_replay_of(begun, settled, earlier)(folder, journal, on_progress)) as replaying,
        ):
            events, passed_over = replaying.write(config)
        if not events and (passed_over or is_run(run) or not options.may_be_empty):
            raise NothingToReplay(log.paths, replaying.reasons(passed_over))
        compact(folder / DATABASE)
        seal(folder / DATABASE)
    finished = Run(run)
    finished.seconds = time.perf_counter() - started
    return finished


def _replay_of(
    log: Log, options: ReplayOptions, earlier: EarlierRun | None
) -> Callable[[Path, JournalWriter, Progress | None], Replay]:
    """What makes the replay of a log with these options, given its folder, journal and progress."""
    kind: Callable[..., Replay] = Replay
    if earlier is not None:
        from identity_cli.replaying.continued import ContinuedReplay  # takes its time to import

        kind = partial(ContinuedReplay, earlier)
    elif options.spill or is_in_blocks(log, options):
        from identity_cli.replaying.spilled import SpilledReplay  # takes its time to import

        kind = SpilledReplay
        if is_in_blocks(log, options):
            options = replace(options, spill=True, jobs=options.processes)
    return lambda folder, journal, on_progress: kind(log, folder, journal, options, on_progress)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A replay makes millions of objects and no cycles: collecting costs a fifth of the time for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
