"""What every test may ask for: a log in, and what became of it out."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from outcomes import Outcome, resolve_lines

from identity_cli import Run, replay
from identity_cli.cli.terminal import page

# A script has its background jobs ignore interrupts, and what the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write golden files anew instead of comparing")
    parser.addoption("--fuzz-seconds", type=float, default=60, help="how long the tests of tests/fuzz go on")
    parser.addoption("--fuzz-seed", type=int, default=1, help="of the first of their logs")


@pytest.fixture
def resolved() -> Callable[..., Outcome]:
    """resolved(log, rules="guide", **options): lines in, what the resolver makes of them out."""

    def resolve_text(log: str, rules: Any = "guide", **options: Any) -> Outcome:
        return resolve_lines([line for line in log.splitlines() if line.strip()], rules, **options)

    return resolve_text


@pytest.fixture
def run_of(tmp_path: Path) -> Callable[..., Run]:
    """run_of(log, **options): replays text, bytes or events into a fresh run folder."""
    count = 0

    def replay_log(log: Any, **options: Any) -> Run:
        nonlocal count
        count += 1
        if isinstance(log, str | bytes):
            path = tmp_path / f"log{count}.ndjson"
            path.write_bytes(log.encode() if isinstance(log, str) else log)
            log = path
        return replay(log, run=tmp_path / f"run{count}", **{"may_be_empty": True, **options})

    return replay_log


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """terminal(80): from now on pages are laid out as on a terminal of so many columns, without colours."""

    def become(columns: int) -> None:
        monkeypatch.setattr(page, "is_terminal", lambda stream: True)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")

    return become
