"""What must be true of any log, tried on mutated lines, damaged containers and killed replays."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from corpus import CORPUS
from mutations import FuzzedLog, damaged_log, fuzzed_log
from patience import within

from identity_cli import Run, replay
from identity_cli.errors import AmbiguousDialect, IdcliError, LogUnreadable, NothingToReplay, NothingToSortBy
from identity_cli.reading import child_process as second_process
from identity_cli.reading.decoding import FAULT_OF_OURS
from identity_cli.replaying.at_end import finishing
from identity_cli.reports.run_summary import books

SAMPLE = Path(__file__).parents[2] / "sample_data"
GOOD = b'{"event":"e","distinct_id":"good","properties":{"$lib":"web"}}\n'
REFUSALS = (AmbiguousDialect, NothingToReplay, NothingToSortBy)


@pytest.fixture(autouse=True)
def _two_processes_whatever_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_process, "WORTH_IT_BYTES", 0)
    monkeypatch.setattr(finishing, "WORTH_IT_PERSONS", 0)


@pytest.fixture
def fault_of(tmp_path: Path) -> Callable[..., str | None]:
    """fault_of(lines, **options): what is wrong with what a replay makes of a log; None for nothing."""
    log, count = tmp_path / "log.ndjson", 0

    def files(name: str, **options: Any) -> dict[str, bytes] | str:
        try:
            with within(60):
                run = replay(log, tmp_path / name, may_be_empty=True, **options)
        except REFUSALS as refusal:
            return type(refusal).__name__
        run.close()
        return {path.name: path.read_bytes() for path in run.folder.iterdir()}

    def fault(lines: list[bytes], **options: Any) -> str | None:
        nonlocal count
        count += 1
        log.write_bytes(b"".join(line + b"\n" for line in lines))
        try:
            one, two = files(f"one{count}", **options, one_process=True), files(f"two{count}", **options)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
        if one != two:
            return "one process and two differ"
        return None if isinstance(one, str) else wrong_in(tmp_path / f"one{count}", len(lines))

    return fault


def wrong_in(folder: Path, lines: int) -> str | None:
    run = Run(folder)
    try:
        unbalanced = [str(book) for book in books(run) if not book.balances]
        if unbalanced:
            return f"the books do not balance: {unbalanced}"
        if run.metadata["lines"] != lines:
            return f"{run.metadata['lines']} lines of {lines}"
        kept = sum(1 for _ in run.rejected_lines())
        if kept != run.count("rejected"):
            return f"{kept} lines kept of {run.count('rejected')} rejected"
        faults = [reason for reason in run.reasons("rejected") if FAULT_OF_OURS in reason]
        return f"a fault of ours: {faults[0]}" if faults else None
    finally:
        run.close()


@pytest.mark.parametrize("what", list(CORPUS))
def test_what_ever_failed(what: str, fault_of: Callable[..., str | None]) -> None:
    dialect, text = CORPUS[what]
    line = text.encode("utf-8", "surrogateescape")
    assert fault_of([GOOD.strip(), line, GOOD.strip()], dialect=dialect) is None


def seeds(config: pytest.Config, share: float) -> Iterator[int]:
    """Seeds for this share of the time asked for."""
    until, seed = (
        time.monotonic() + config.getoption("--fuzz-seconds") * share,
        config.getoption("--fuzz-seed"),
    )
    while time.monotonic() < until:
        yield seed
        seed += 1


@pytest.mark.slow
def test_mutated_lines(
    pytestconfig: pytest.Config, fault_of: Callable[..., str | None], tmp_path: Path
) -> None:
    filters = str(SAMPLE / "test_account_filters.json")
    for seed in seeds(pytestconfig, 0.6):
        log = fuzzed_log(seed, filters)
        fault = fault_of(log.lines, **log.options)
        if fault:
            pytest.fail(f"seed {seed}, {log.options}: {fault}\n{cut_down(log, fault_of)!r}")
        for folder in [*tmp_path.glob("one*"), *tmp_path.glob("two*")]:
            subprocess.run(["rm", "-r", str(folder)], check=True)


def cut_down(log: FuzzedLog, fault_of: Callable[..., str | None]) -> list[bytes]:
    """The fewest lines that still fail, by halves and then one by one."""
    lines, step = log.lines, len(log.lines) // 2
    while step:
        for start in range(0, len(lines), step):
            fewer = lines[:start] + lines[start + step :]
            if fewer and fault_of(fewer, **log.options):
                lines = fewer
                break
        else:
            step //= 2
    return lines


@pytest.mark.slow
def test_damaged_containers(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    for seed in seeds(pytestconfig, 0.15):
        data, is_damaged = damaged_log(random.Random(seed))
        log = tmp_path / "log"
        log.write_bytes(data)
        try:
            run = replay(log, tmp_path / "run")
        except LogUnreadable as refusal:
            assert is_damaged, (seed, refusal)
            continue
        except IdcliError:  # no longer a container at all
            assert is_damaged, seed
            continue
        assert run.metadata["events"] == 100 or (is_damaged and run.count("rejected")), seed
        run.close()


KILLS = [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
SLOWED = """
import sys, time
def slow(event, arguments):
    if event in ("os.rename", "shutil.rmtree", "ctypes.dlsym"):
        time.sleep(0.02)
sys.addaudithook(slow)
from identity_cli.__main__ import main
main()
"""


@pytest.mark.slow
def test_kills_at_random_moments(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    """The run in its place is the earlier one or the new one, to the byte, and nothing is left but it."""
    log, place = tmp_path / "log.ndjson", tmp_path / "run"
    whole = []
    for count in (3_000, 4_000):
        log.write_bytes(b"".join(GOOD.replace(b"good", b"u%d" % number) for number in range(count)))
        replay(log, place).close()
        whole.append(contents(place))
    earlier = dict(whole[0])
    command = [sys.executable, "-c", SLOWED, "replay", str(log), "--run", str(place), "-q"]
    took = timed(command)
    for seed in seeds(pytestconfig, 0.25):
        chance = random.Random(seed)
        how = chance.choice(KILLS)
        put(place, earlier)
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, preexec_fn=heed_all) as process:  # noqa: PLW1509
            time.sleep(chance.uniform(0.3, 1.05) * took)
            process.send_signal(how)
        assert contents(place) in whole, (seed, how)
        left = {path.name for path in tmp_path.iterdir()} - {"log.ndjson", "run"}
        assert how == signal.SIGKILL or not left, (seed, how, left)
        if left:
            replay(log, place).close()
            assert {path.name for path in tmp_path.iterdir()} == {"log.ndjson", "run"}


def heed_all() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)


def timed(command: list[str]) -> float:
    started = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - started


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def put(folder: Path, files: dict[str, bytes]) -> None:
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
