"""The logs to measure with, and the runs that come out of them, in one folder."""

import contextlib
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.measure import REPOSITORY, Usage, run
from tests.bench.memory import IS_TOLD, peak_of_all

PYTHON = sys.executable
IDCLI = (PYTHON, "-m", "identity_cli")
GENERATOR = [Path(__file__).with_name(name) for name in ("generate.py", "visits.py")]


class Workshop:
    """Makes logs and replays them."""

    def __init__(self, folder: Path, replay_options: Sequence[str]) -> None:
        self._logs = folder.absolute()
        self._runs = self._logs / "runs"
        self._replay_options = replay_options
        self._logs.mkdir(parents=True, exist_ok=True)

    def log(self, kind: str, **numbers: int | bool) -> Path:
        """A log of that kind, made unless it is there and no older than its generator."""
        options = [f"--{name}" if value is True else f"--{name}={value}" for name, value in numbers.items()]
        words = [kind, *(option.lstrip("-").replace("=", "-") for option in options)]
        path = self._logs / f"{'-'.join(words)}.ndjson"
        if not path.exists() or path.stat().st_mtime < max(one.stat().st_mtime for one in GENERATOR):
            say(f"making {path.name}")
            run([PYTHON, "-m", "tests.bench.generate", kind, str(path), *options], cwd=REPOSITORY)
        return path

    def run_folder(self, log: Path) -> Path:
        """Where the run of a log goes."""
        return self._runs / log.stem

    def replaying(self, log: Path, *options: str, tool: Sequence[str] = IDCLI) -> list[str]:
        """The command that replays a log, with all default outputs, into a new folder. tool: which idcli."""
        run_folder = self.run_folder(log)
        shutil.rmtree(run_folder, ignore_errors=True)
        self._runs.mkdir(exist_ok=True)
        say(f"replaying {log.name} {' '.join(options)}".rstrip())
        asked = ("replay", str(log), "--run", str(run_folder), "--quiet")
        return [*tool, *asked, *self._replay_options, *options]

    def replay(self, log: Path, *options: str, tool: Sequence[str] = IDCLI) -> Usage:
        """What it takes."""
        return run(self.replaying(log, *options, tool=tool), cwd=REPOSITORY)

    def peak(self, log: Path, *options: str) -> int:
        """Bytes: the most that all its processes hold together, or the largest, where no system tells."""
        if IS_TOLD:
            return peak_of_all(self.replaying(log, *options))
        return self.replay(log, *options).peak_bytes

    def decode(self, unit: str, log: Path) -> Usage:
        """One unit on a log: its wall time is that of the loop alone."""
        say(f"decoding {log.name} for {unit}")
        usage = run([PYTHON, "-m", "tests.bench.units", unit, str(log)], cwd=REPOSITORY)
        return Usage(float(usage.output), usage.cpu, usage.peak_bytes, usage.output)

    def ask_peer(self, name: str, log: Path) -> Usage:
        """What another program takes for the same file; its output is how many persons it found."""
        folder = self._runs / name
        folder.mkdir(parents=True, exist_ok=True)
        say(f"asking {name}")
        return run([PYTHON, "-m", f"tests.bench.peers.{name}", str(log), str(folder)], cwd=REPOSITORY)

    def rows(self, log: Path, query: str) -> list[tuple[Any, ...]]:
        """What the run of a log says."""
        with contextlib.closing(sqlite3.connect(self.run_folder(log) / "run.db")) as database:
            return database.execute(query).fetchall()

    def count(self, log: Path, what: str) -> int:
        """Rows of its run."""
        ((count,),) = self.rows(log, f"SELECT count(*) FROM {what}")
        return int(count)

    def remove_runs(self) -> None:
        """Remove the runs; the logs stay for the next call."""
        shutil.rmtree(self._runs, ignore_errors=True)


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(text, file=sys.stderr, flush=True)
