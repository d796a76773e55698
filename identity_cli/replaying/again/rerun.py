"""Replays a run's log anew, with something changed: what other settings would have come to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, groupby, islice, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import Any

from identity_cli.errors import LogChanged, LogGone
from identity_cli.files.folders import container_of
from identity_cli.files.opening import numbered_lines, sources_at
from identity_cli.files.places import scratch_folder
from identity_cli.files.raw_file import check_rereadable
from identity_cli.files.sources import LineSource, PassedOver
from identity_cli.origins import Origin
from identity_cli.reading.left_out import LeftOut
from identity_cli.reading.options import ReplayOptions
from identity_cli.rules import RULE_SETS
from identity_cli.store.reading.run import Run

Progress = Callable[[int], None]
SETTINGS = tuple(
    (name, float(seconds))
    for name, rules in RULE_SETS.items()
    for seconds in dict.fromkeys((rules.buffer_seconds, 0, 60))
)
"""Every rule set, with its own buffer first, without one, and with the guide's minute."""


def options_of(run: Run) -> ReplayOptions:
    """What was asked of the replay that made a run, without its tables."""
    asked = run.metadata["options"]
    lists = {name: tuple(asked.get(name, ())) for name in ("mapping", "blocked_ids")}
    lists["left_out"] = tuple(map(_left_out, asked["left_out"]))
    return ReplayOptions(**{**asked, **lists}, table_formats=(), graph_formats=(), may_be_empty=True)


def _left_out(stored: str | list[Any]) -> str | LeftOut:
    return stored if isinstance(stored, str) else LeftOut(*stored)


@contextmanager
def replayed(run: Run, on_progress: Progress | None = None, **changes: Any) -> Iterator[Run]:
    """The run that its log gives with other ReplayOptions; gone at the end of the block.

    It tells who is who, and has nothing of what is watched or found besides.
    LogChanged if the log is not the one replayed.
    """
    from identity_cli.reading.intake import log_of  # whoever but reads the log needs none of a replay
    from identity_cli.replaying.replayer import replay_log

    with scratch_folder() as folder:
        options = replace(options_of(run), only_persons=True, **changes)
        again = replay_log(log_of(paths_of(run)), folder / "run", options, on_progress)
        check_sources(run.sources(), again.sources())
        try:
            yield again
        finally:
            again.close()


def paths_of(run: Run) -> list[str]:
    """The files of a run's log, archives for their members; LogGone, LogIsPipe where one cannot be had."""
    files: list[str] = []
    members: set[str] = set()
    for source in run.sources():
        path = run.file_of(source["path"])
        file = container_of(path)
        if not Path(file).exists():
            raise LogGone(source["path"])
        check_rereadable(file)
        if not (members and files[-1] == file and path != file and path not in members):
            files.append(file)
            members = set()
        members.add(path)
    return files


def log_files(run: Run) -> list[tuple[str, Path]]:
    """The files of a run's log: what each is called there, and where it is; LogGone, LogIsPipe."""
    return [(run.path_of(file), Path(file)) for file in paths_of(run)]


def lines_of_log(
    run: Run, on_progress: Callable[[int], None] | None = None
) -> Iterator[tuple[Origin, bytes]]:
    """The lines of a run's log, each with its place; LogChanged if a file is not as long as it was.

    on_progress is told the bytes read so far.
    """
    sizes = {run.file_of(source["path"]): source["size"] for source in run.sources()}
    done = 0
    for file in paths_of(run):
        size = Path(file).stat().st_size
        if size != sizes.get(file, size):
            raise LogChanged(run.path_of(file), sizes[file], size)
        for source in sources_at(file, longest_line=options_of(run).longest_line):
            if not isinstance(source, PassedOver) and source.path in sizes:
                yield from _with_places(source, run.path_of(source.path))
                done += source.bytes_read
                if on_progress is not None:
                    on_progress(done)


def _with_places(source: LineSource, path: str) -> Iterator[tuple[Origin, bytes]]:
    """The lines of a source; where several begin on one line of a document, which of them each is."""
    for number, group in groupby(numbered_lines(source), itemgetter(0)):
        begun = list(islice(group, 2))
        is_alone = len(begun) == 1
        for nth, (_, line) in enumerate(chain(begun, group), 1):
            yield Origin(path, number, None if is_alone else nth), line


def check_sources(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> None:
    """LogChanged unless each file, or member of an archive, is what it was, and none came or went."""
    nothing: dict[str, Any] = {"size": 0, "hash": None}
    for was, is_now in zip_longest(before, after):
        old, new = was or nothing, is_now or nothing
        if (old["size"], old["hash"]) != (new["size"], new["hash"]):
            raise LogChanged((was or is_now)["path"], old["size"], new["size"])
