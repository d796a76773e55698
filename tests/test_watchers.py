"""Watchers see the events that are replayed, while they are read, and what they find comes into the run."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from identity_cli import Run, diff, replay
from identity_cli.reading import child_process, watchers
from identity_cli.reading.intake import Intake, log_of
from identity_cli.reading.log_items import Batch, Rows
from identity_cli.reading.options import ReplayOptions
from identity_cli.reading.reader import Block
from identity_cli.reading.watcher import of_run
from identity_cli.replaying.again.rerun import replayed

T = "2026-05-04T09:00:0{}Z"


class HostWatch:
    """Tells each event of a host at once, and at the end how many events it saw."""

    needs = ("$host",)
    remembers: ClassVar[Mapping[str, Any]] = {"events": int}

    def __init__(self) -> None:
        self.events = 0

    def look(self, block: Block) -> tuple[int, list[tuple[int, str]]]:
        hosts = [dict(event.properties.copied).get("$host") for event in block.events]
        return len(hosts), [(seq, host) for seq, host in zip(block.seqs, hosts, strict=True) if host]

    def take(self, looked: tuple[int, list[tuple[int, str]]]) -> Iterable[Rows]:
        events, found = looked
        self.events += events
        yield Rows("refused_at_door", found)

    def rows(self) -> Iterable[Rows]:
        yield of_run("events_watched", self.events)


def line(second: int, distinct_id: str, **properties: Any) -> dict[str, Any]:
    return {
        "event": "e",
        "distinct_id": distinct_id,
        "timestamp": T.format(second),
        "now": T.format(second),
        "properties": properties,
    }


@pytest.fixture
def log(tmp_path: Path) -> Path:
    lines = [line(1, "a", **{"$host": "x.example"}), line(5, "b"), line(1, "a"), line(1, "a"), line(7, "c")]
    path = tmp_path / "log.ndjson"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


@pytest.mark.parametrize("one_process", [True, False])
def test_a_new_watcher_is_a_line_in_the_list(
    one_process: bool, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_process, "WORTH_IT_BYTES", 0)
    monkeypatch.setattr(watchers, "WATCHERS", (*watchers.WATCHERS, lambda _: HostWatch()))
    run = replay(log, tmp_path / "run", one_process=one_process)
    assert [*run.database.execute("SELECT * FROM refused_at_door")] == [(1, "x.example")]
    assert run.metadata["events_watched"] == 5


def test_what_is_skipped_or_left_out_is_not_watched(log: Path, tmp_path: Path) -> None:
    def late(**options: Any) -> int:
        with_run: Run = replay(log, tmp_path / "run", **options)
        return int(with_run.metadata["arrivals"]["late"])

    assert late() == 2
    assert late(dedupe=True) == 1
    assert late(left_out=(f"{log}:2",)) == 0


def test_what_only_a_watcher_needs_comes_no_further(log: Path, tmp_path: Path) -> None:
    intake = Intake(log_of([str(log)]), ReplayOptions(), [HostWatch()], tmp_path)
    items = [*intake]
    assert [item.rows for item in items if isinstance(item, Rows) and item.table == "refused_at_door"] == [
        [(1, "x.example")]
    ]
    events = [event for item in items if isinstance(item, Batch) for event in item.events]
    assert len(events) == 5
    assert not any([*event.properties.copied] for event in events)


def test_a_run_made_to_be_compared_is_neither_watched_nor_audited(log: Path, tmp_path: Path) -> None:
    with replay(log, tmp_path / "run") as run, replayed(run, rules="2022-12") as other:
        assert [*run.id_index()]
        assert "verdict" in run.metadata
        assert not [*other.id_index()]
        assert "verdict" not in other.metadata
        assert diff(run, other).comparison.unchanged


def test_what_teams_share_is_told_in_the_order_of_the_log(tmp_path: Path) -> None:
    """And not in that of a set, which is another in each process where some events name no team."""
    teams = [5, None, 2, 9]
    log = [
        {"event": "e", "distinct_id": own, "team_id": team, "properties": {"$device_id": "shared"}}
        for own in ("ada", "bob")
        for team in teams
    ]
    with replay(log, tmp_path / "run") as run:
        shared = run.database.execute("SELECT DISTINCT team_id FROM shared_values WHERE kind = 'device'")
        assert [team for (team,) in shared] == [5, 1, 2, 9]
