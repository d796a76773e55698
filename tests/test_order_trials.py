"""What a run says of links in the other order is what a replay of the log in that order comes to."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from audit_logs import Event, at, event, login, race

from identity_cli import Run, replay
from identity_cli.findings.kept import findings_of
from identity_cli.replaying.at_end import order_trials
from identity_cli.store.reading import traces

Replayed = Callable[..., Run]
IDS = ("ada", "bob", "cem", "a", "b", "c")


@pytest.fixture
def replayed(tmp_path: Path) -> Replayed:
    def run_of(log: Sequence[Event], rules: str = "guide", **options: Any) -> Run:
        path = tmp_path / "log.ndjson"
        path.write_text("".join(json.dumps(line) + "\n" for line in log))
        return replay(path, tmp_path / "run", rules, table_formats=(), graph_formats=(), **options)

    return run_of


def test_an_order_that_changes_nobody_is_not_told(replayed: Replayed) -> None:
    with replayed([event("b"), at(1, login("ada", "a")), at(1, login("ada", "b"))]) as run:
        assert traces.order_trials(run) == ([], 1, 0)


def test_a_link_behind_one_that_happened_later_is_a_warning(replayed: Replayed) -> None:
    with replayed(race(9, 1)) as run:
        (found,) = [one for one in findings_of(run) if one.code == "order_sensitive"]
        assert str(found.severity) == "warning"
        assert "refused_identified, and attached had it come before" in found.message


def test_what_is_not_tried_is_told(replayed: Replayed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_trials, "MOST_TRIALS", 1)
    with replayed([*race(1, 1), at(1, login("cem", "a"))]) as run:
        (found,) = [one for one in findings_of(run) if one.code == "order_sensitive"]
        assert found.evidence["pairs_tried"] == 1
        assert found.evidence["pairs_not_tried"] == 1


def test_without_evidence_nothing_is_tried(replayed: Replayed) -> None:
    with replayed(race(1, 1), evidence=False) as run:
        assert traces.order_trials(run) == ([], 0, 0)


def random_log(seed: int) -> list[Event]:
    """Links between few ids, all within seconds; some ids have an event of a backend first."""
    chance = Random(seed)
    log: list[Event] = []
    for number in range(chance.randrange(4, 12)):
        own, other = chance.sample(IDS, 2)
        kind = chance.choice(
            ("plain", "plain", "identify", "$identify", "$create_alias", "$merge_dangerously")
        )
        if kind == "plain":
            sent = event(own, **({"$lib": "posthog-node"} if chance.random() < 0.5 else {}))
        elif kind == "identify":
            sent = event(own, "$identify")
        else:
            key = "$anon_distinct_id" if kind == "$identify" else "alias"
            sent = event(own, kind, **{key: other})
        log.append({**sent, "timestamp": f"2026-05-04T09:00:{chance.randrange(8) + number * 4:02}Z"})
    return log


def persons_of(run: Run) -> int:
    return int(run.database.execute("SELECT count(*) FROM people").fetchone()[0])


def outcome_at(run: Run, seq: int) -> str:
    return str(run.database.execute("SELECT outcome FROM links WHERE seq = ?", (seq,)).fetchone()[0])


@pytest.mark.parametrize("rules", ["guide", "2022-12", "2023-09", "2024-10", "current"])
@pytest.mark.parametrize("seed", range(40))
def test_a_replay_in_that_order_comes_to_the_same(replayed: Replayed, seed: int, rules: str) -> None:
    log = random_log(seed)
    with replayed(log, rules, buffer=0) as run:
        trials, before = traces.order_trials(run).found, persons_of(run)
    for one in trials:
        rest = [line for number, line in enumerate(log, 1) if number != one.later_seq]
        swapped = [*rest[: one.seq - 1], log[one.later_seq - 1], *rest[one.seq - 1 :]]
        with replayed(swapped, rules, buffer=0) as again:
            assert persons_of(again) - before == one.persons_swapped - one.persons
            assert [outcome_at(again, one.seq), outcome_at(again, one.seq + 1)] == one.outcomes


def test_random_logs_have_orders_that_decide(replayed: Replayed) -> None:
    found = 0
    for seed in range(40):
        with replayed(random_log(seed)) as run:
            found += len(traces.order_trials(run).found)
    assert found > 5
