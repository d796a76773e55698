"""A replay that goes on with a run, killed at any moment: that run stays whole, or the new one is there."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from lanes import first_quick

from identity_cli import Run, replay

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"
GOES_ON = """
import os, signal, sys
from identity_cli import replay

place, moment = sys.argv[1], int(sys.argv[2])
called = 0

def count(frame, event, argument):
    global called
    called += 1
    if called == moment:
        os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(count)
replay("tomorrow.ndjson", place, continues="run").close()
sys.setprofile(None)
print(called)
"""
"""Killed at so many calls and returns, of whatever function."""


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


def goes_on(place: str, moment: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", GOES_ON, place, str(moment)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the new run is to be; beside it a day's run, and the file of the next day."""
    monkeypatch.chdir(tmp_path)
    lines = SAMPLE.read_bytes().splitlines(keepends=True)
    Path("today.ndjson").write_bytes(b"".join(lines[:200]))
    Path("tomorrow.ndjson").write_bytes(b"".join([*lines[200:], b"torn\n"]))
    replay("today.ndjson", "run").close()
    return Path(request.param)


def moments(calls: int, count: int) -> list[int]:
    """Anywhere, and in the last steps, when the new run takes its place."""
    random = Random(calls)
    return [random.randrange(calls) for _ in range(count)] + [calls - 1 - 40 * nth for nth in range(count)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that kills")
@pytest.mark.parametrize("count", first_quick([2, 30]))
@pytest.mark.parametrize("place", ["run", "new"], indirect=True)
def test_killed_at_any_moment_one_whole_run_is_left(place: Path, count: int) -> None:
    before = contents(Path("run"))
    shutil.copytree("run", "kept")
    calls = int(goes_on(str(place)).stdout)
    after = contents(place)
    there = {path.name for path in Path().iterdir()} | {"run"}
    for moment in moments(calls, count):
        for folder in {Path("run"), place}:
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree("kept", "run")
        assert goes_on(str(place), moment).returncode == -signal.SIGKILL
        found = contents(place) if place.exists() else None
        assert found in (after, before if place.name == "run" else None)
        if place.name != "run":
            assert contents(Path("run")) == before
        with Run(place if found else "run") as run:
            assert run.damage() is None
        replay("today.ndjson", place).close()
        assert {path.name for path in Path().iterdir()} == there, "the next replay clears away what is left"
