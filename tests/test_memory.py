"""What a replay lets go of once it needs it no more."""

import gc
from pathlib import Path
from typing import Any

import pytest

from identity_cli import replay
from identity_cli.audits import id_per_load
from identity_cli.audits.audit import Limit
from identity_cli.audits.config import DEFAULT
from identity_cli.replaying import one_replay
from identity_cli.replaying.at_end.auditing import audit_report
from identity_cli.resolver.person_state import DistinctId, Person

SAMPLE = Path(__file__).parent.parent / "sample_data"


def test_everybody_is_let_go_before_the_audits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector is off in a replay, so what knows each other is freed only if it is parted."""
    alive: list[int] = []

    def counted(*given: Any, **options: Any) -> Any:
        alive.append(sum(isinstance(one, Person | DistinctId) for one in gc.get_objects()))
        return audit_report(*given, **options)

    gc.collect()
    before = sum(isinstance(one, Person | DistinctId) for one in gc.get_objects())
    monkeypatch.setattr(one_replay, "audit_report", counted)
    replay(SAMPLE / "events.ndjson", tmp_path / "run", evidence=False).close()
    assert alive == [before]


def test_of_very_many_fresh_ids_only_the_first_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = [{"event": "e", "distinct_id": f"id-{n}", "properties": {"$lib": "web"}} for n in range(90)]
    run = replay([{**event, "timestamp": "2023-03-08T12:00:00Z"} for event in log], tmp_path / "run")
    limit = Limit(id_per_load.AUDIT.threshold or 0, DEFAULT)
    (found,) = id_per_load.find(run, limit)
    assert found.distinct_ids == tuple(f"id-{n}" for n in range(20))
    assert (found.events, found.seqs) == (90, (1, 90))
    monkeypatch.setattr(id_per_load, "KEPT", 21)
    assert [*id_per_load.find(run, limit)] == [found]
