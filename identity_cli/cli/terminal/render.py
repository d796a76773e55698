"""Records as JSON, NDJSON or CSV for machines, and the colours and progress of a terminal.

The only module that imports rich, and only where a person looks on.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from identity_cli.cli.terminal.at_work import Ticker
from identity_cli.cli.terminal.fitting import is_terminal
from identity_cli.cli.terminal.options import guards_csv
from identity_cli.cli.terminal.text import visible_json

if TYPE_CHECKING:
    from identity_cli.store.reading.run import Run

Record = Mapping[str, Any]


def write_records(columns: Sequence[str], records: Iterable[Record], table_format: str) -> None:
    """Write records in a format for machines, one after the other as they come."""
    _WRITERS[table_format](columns, records)


def write_document(document: Mapping[str, Any]) -> None:
    """Write one JSON object: a key a line, and in its lists an item a line."""
    write = sys.stdout.write
    write("{")
    for number, (key, value) in enumerate(document.items()):
        write(f"{',' if number else ''}\n{json.dumps(key)}: ")
        if isinstance(value, list) and value:
            write("[")
            for index, item in enumerate(value):
                write(f"{',' if index else ''}\n  {json_text(item)}")
            write("\n]")
        else:
            write(json_text(value))
    write("\n}\n")


_encode = json.JSONEncoder(ensure_ascii=False).encode  # dumps would make one for every value


def json_text(value: Any) -> str:
    """Compact JSON that is safe to look at."""
    return visible_json(_encode(value))


def _write_json(columns: Sequence[str], records: Iterable[Record]) -> None:
    write = sys.stdout.write
    write("[")
    for index, record in enumerate(records):
        write(f"{',' if index else ''}\n{json_text(record)}")
    write("\n]\n")


def _write_ndjson(columns: Sequence[str], records: Iterable[Record]) -> None:
    for record in records:
        sys.stdout.write(json_text(record) + "\n")


def _write_csv(columns: Sequence[str], records: Iterable[Record]) -> None:
    from identity_cli.cli.terminal.text import visible_lines
    from identity_cli.tables.cells import csv_text  # only here: it brings msgspec along

    looked_at, guard = is_terminal(sys.stdout), partial(csv_text, guarded=guards_csv())
    sys.stdout.write(",".join(columns) + "\n")
    for record in records:
        line = ",".join([_csv_cell(record[column], guard) for column in columns])
        sys.stdout.write((visible_lines(line) if looked_at else line) + "\n")


def _csv_cell(value: Any, guarded: Callable[[str | None], str]) -> str:
    """Text and JSON are guarded; a number is one also where it is negative."""
    if value is None or isinstance(value, str):
        return guarded(value)
    if type(value) is int:
        return str(value)
    text = _encode(value)
    return text if isinstance(value, int | float) else guarded(text)


_WRITERS: dict[str, Callable[[Sequence[str], Iterable[Record]], None]] = {
    "json": _write_json,
    "ndjson": _write_ndjson,
    "csv": _write_csv,
}


def rich_ink() -> Callable[[Sequence[tuple[str, str]]], None]:
    """What writes styled text to the terminal; nothing in it is taken for markup."""
    from rich.console import Console
    from rich.text import Text

    console = Console(
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=True,
        color_system="standard",
        no_color=False,
    )

    def write(parts: Sequence[tuple[str, str]]) -> None:
        console.print(Text.assemble(*parts), soft_wrap=True)

    return write


class ReplayProgress:
    """A progress bar on standard error, once a replay has taken a second; to be called with bytes read."""

    WAIT_SECONDS = 1.0
    REFRESH_SECONDS = 0.2

    def __init__(
        self, total_bytes: int | None, doing: tuple[str, str] = ("Replaying", "Writing the run")
    ) -> None:
        """doing: what goes on while bytes are read, and after the last."""
        self._total = total_bytes
        self._reading, afterwards = doing
        self._afterwards = Ticker(afterwards)
        self._next = time.monotonic() + self.WAIT_SECONDS
        self._bar: Any = None

    def __call__(self, bytes_read: int) -> None:
        """Show how far the replay is."""
        if bytes_read == self._total:
            self._stop_bar()
            self._afterwards.start()
            return
        if time.monotonic() < self._next:
            return
        self._afterwards.stop()  # where the log is read once more
        self._next = time.monotonic() + self.REFRESH_SECONDS
        if self._bar is None:
            self._bar = _progress_bar()
            self._bar.add_task(self._reading, total=self._total)
            self._bar.start()
        self._bar.update(0, completed=bytes_read)
        self._bar.refresh()

    def __enter__(self) -> "ReplayProgress":
        return self

    def __exit__(self, *failure: object) -> None:
        self._stop_bar()
        self._afterwards.stop()

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def reading_progress(run: "Run") -> Iterator[Callable[[int], None] | None]:
    """Progress of a command that reads a run's log again; None where nobody watches."""
    if not is_terminal(sys.stderr):
        yield None
        return
    with ReplayProgress(_size_of_log(run), ("Reading the log", "Replaying")) as progress:
        yield progress


@contextmanager
def replaying_progress(run: "Run", times: int = 1) -> Iterator[Callable[[int], None] | None]:
    """Progress of a command that replays a run's log, perhaps several times; None where nobody watches."""
    if not is_terminal(sys.stderr):
        yield None
        return
    with ReplayProgress(times * _size_of_log(run), ("Replaying", "Comparing")) as progress:
        yield progress


@contextmanager
def export_progress(paths: Sequence[str]) -> Iterator[Callable[[int], None] | None]:
    """Progress of a command that reads exports and compares them; None where nobody watches."""
    if not is_terminal(sys.stderr):
        yield None
        return
    from pathlib import Path  # looking up a person should take no longer than starting

    size = Path(paths[0]).stat().st_size if len(paths) == 1 and Path(paths[0]).is_file() else None
    with ReplayProgress(size, ("Reading the export", "Comparing")) as progress:
        yield progress


def _size_of_log(run: "Run") -> int:
    return sum(source["size"] for source in run.sources())


def _progress_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as RateColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        DownloadColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )
