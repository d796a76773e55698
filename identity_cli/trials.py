"""Replays a run's log anew, with something changed: what other settings would have come to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from identity_cli.errors import LogChanged, LogGone
from identity_cli.files.places import scratch_folder
from identity_cli.intake import Progress, ReplayOptions, log_of
from identity_cli.left_out import LeftOut
from identity_cli.replayer import replay_log
from identity_cli.store.run import Run


def options_of(run: Run) -> ReplayOptions:
    """What was asked of the replay that made a run, without its tables."""
    asked = run.metadata["options"]
    lists = {name: tuple(asked.get(name, ())) for name in ("mapping", "blocked_ids")}
    lists["left_out"] = tuple(map(_left_out, asked["left_out"]))
    return ReplayOptions(**{**asked, **lists}, table_formats=())


def _left_out(stored: str | list[Any]) -> str | LeftOut:
    return stored if isinstance(stored, str) else LeftOut(*stored)


@contextmanager
def replayed(run: Run, on_progress: Progress | None = None, **changes: Any) -> Iterator[Run]:
    """The run that its log gives with other ReplayOptions; gone at the end of the block.

    LogChanged if the log is not the one replayed.
    """
    with scratch_folder() as folder:
        options = replace(options_of(run), **changes)
        again = replay_log(log_of(paths_of(run)), folder / "run", options, on_progress)
        for before, after in zip(run.sources(), again.sources(), strict=True):
            check_source(before, after)
        try:
            yield again
        finally:
            again.close()


def paths_of(run: Run) -> list[str]:
    """The files of a run's log; LogGone if one is not there."""
    paths = [source["path"] for source in run.sources()]
    for path in paths:
        if not Path(path).exists():
            raise LogGone(path)
    return paths


def check_source(before: dict[str, Any], after: dict[str, Any]) -> None:
    """LogChanged unless a file is what it was."""
    if (before["size"], before["hash"]) != (after["size"], after["hash"]):
        raise LogChanged(before["path"], before["size"], after["size"])
